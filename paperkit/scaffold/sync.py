"""Copy the slot engine, library models and standard modules into the template: ``make sync``.

Generated projects train without paperkit, so they carry these files. They are written once, in
paperkit/slots, models and zoo; a test holds the copies equal, byte for byte.
"""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "template/{{cookiecutter.project_slug}}/{{cookiecutter.package_name}}"
MODELS = (
    *("any_size.py", "baselines.py", "libraries.py", "pretrained.py", "weights.py"),
    "references.bib",
)
MODULES = ("coord_att", "cga_fusion", "dice", "focal", "jaccard", "lovasz", "tversky")


def copies() -> dict[Path, Path]:
    """Return {copy in the template: the file that it is a copy of}, sorted by name."""
    engine = {file.name: file for file in (ROOT / "paperkit/slots").glob("*.py")}
    models = {name: ROOT / f"paperkit/models/{name}" for name in MODELS}
    zoo = {f"{name}.py": ROOT / f"paperkit/zoo/{name}.py" for name in MODULES}
    parts = {"slots": engine, "models": models, "modules": zoo}
    found = {PACKAGE / part / name: f for part, files in parts.items() for name, f in files.items()}
    return dict(sorted(found.items()))


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
