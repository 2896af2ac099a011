"""Copy the slot engine and the standard modules into the template: ``make sync``.

Generated projects train without paperkit, so they carry these files. They are written once, in
paperkit/slots and paperkit/zoo; a test holds the copies equal, byte for byte.
"""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "template/{{cookiecutter.project_slug}}/{{cookiecutter.package_name}}"
MODULES = ("coord_att", "cga_fusion")


def copies() -> dict[Path, Path]:
    """Return {copy in the template: the file that it is a copy of}, sorted by name."""
    engine = sorted((ROOT / "paperkit/slots").glob("*.py"))
    zoo = [ROOT / f"paperkit/zoo/{name}.py" for name in MODULES]
    return {PACKAGE / "slots" / f.name: f for f in engine} | {
        PACKAGE / "modules" / f.name: f for f in zoo
    }


def sync() -> None:
    """Bring the copies up to date; delete engine files that are no longer there."""
    wanted = copies()
    for copy in (PACKAGE / "slots").glob("*.py"):
        if copy not in wanted:
            copy.unlink()
    for copy, source in wanted.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)


if __name__ == "__main__":
    sync()
