"""`paperkit --help` starts near a bare typer program: nothing heavy is imported for it."""

import subprocess
import sys

HEAVY = [
    *("PIL", "cookiecutter", "docx", "jinja2", "matplotlib", "numpy", "pydantic", "rich", "scipy"),
    *("segmentation_models_pytorch", "timm", "torch", "torchvision", "xlsxwriter", "yaml"),
]
HELP = "from paperkit.cli import main; code = main(['--help'])"


def heavy_modules(statement: str) -> list[str]:
    """Return the heavy modules that a fresh interpreter holds after a statement."""
    tail = f"import sys; print('loaded', *[n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{tail}"], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1].split()[1:]


def test_help_imports_nothing_heavy() -> None:
    assert heavy_modules(HELP) == []


def test_a_heavy_import_would_be_seen() -> None:
    assert heavy_modules(f"import numpy\n{HELP}") == ["numpy"]
