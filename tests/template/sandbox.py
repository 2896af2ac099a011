"""One rendered project for the tests of its data, metrics and scripts; its path is not ASCII."""

import atexit
import importlib
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

TEMPLATE = Path(__file__).parents[2] / "template"
PACKAGE = "sandbox_project"


@cache
def project() -> Path:
    """The project's folder, rendered once per test session."""
    from cookiecutter.main import cookiecutter

    home = Path(tempfile.mkdtemp(prefix="论文 paper-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    answers = {"project_name": "Sandbox", "package_name": PACKAGE}
    untouched = {"replay_dir": str(home / "replay"), "cookiecutters_dir": str(home / "fetched")}
    made = cookiecutter(
        str(TEMPLATE),
        no_input=True,
        output_dir=str(home),
        extra_context=answers,
        default_config=untouched,  # nobody's home folder is read or written
    )
    return Path(made)


def module(name: str) -> ModuleType:
    """A module of the project's package."""
    if str(project()) not in sys.path:
        sys.path.insert(0, str(project()))
    return importlib.import_module(f"{PACKAGE}.{name}")


def config(folder: Path, *overrides: str, **sections: Any) -> Any:
    """A Config of the project: the synthetic set at 32 pixels, with sections laid over it."""
    task = sections.get("task", "segmentation")
    names = ["background", "disk", "square", "triangle"][task == "classification" :]
    data = {"name": "synthetic", "size": 32, "class_names": names, **sections.pop("data", {})}
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump({"data": data, **sections}, allow_unicode=True), "utf-8")
    return module("config").load(file, list(overrides))
