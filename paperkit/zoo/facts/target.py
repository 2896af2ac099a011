"""What a command means by NAME or FILE[:CLASS]."""

from dataclasses import dataclass
from pathlib import Path

from paperkit.errors import UserError
from paperkit.zoo.catalogue import path

__all__ = ["Target", "target"]


@dataclass(frozen=True)
class Target:
    """A file, and the class in it that is meant; "" is the one called like the file."""

    file: Path
    cls: str = ""


def target(text: str, modules: Path | None = None) -> Target:
    """Find the file that NAME or FILE[:CLASS] means.

    Args:
        text: "se", "third_party/Foo.py" or "third_party/Foo.py:Foo".
        modules: The folder with the project's modules; its copy comes before the catalogue's.

    Raises:
        UserError: No such file, or no such module; with the nearest names.
    """
    name, _, cls = text.rpartition(":") if ".py:" in text else (text, "", "")
    if name.endswith(".py") or "/" in name or "\\" in name:
        file = Path(name)
        if not file.is_file():
            raise UserError(f"there is no file {name}")
        return Target(file.resolve(), cls)
    if modules is not None and (modules / f"{name}.py").is_file():
        return Target(modules / f"{name}.py", cls)
    return Target(path(name), cls)
