"""A student's own module: a first file to edit, or a composite of others; and its test."""

import keyword
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from paperkit.errors import UserError
from paperkit.scaffold.first import FIRST
from paperkit.scaffold.manifest import record
from paperkit.scaffold.modules import add_modules

if TYPE_CHECKING:
    from paperkit.zoo.facts import Entry

__all__ = ["check_name", "new_composite", "new_module", "write_module"]

WORDS = ("residual", "gate", "concat", "chain", "parallel", "true", "false", "none")


def new_module(root: Path, package: str, name: str, *, kind: str = "attention") -> "Entry":
    """Write modules/NAME.py, a working module of this kind to edit, and its test.

    Raises:
        UserError: The name is taken or cannot be one, or there is no first file of this kind.
    """
    from paperkit.zoo.compose.source import camel

    if kind not in FIRST:
        raise UserError(f"--kind {kind}: new writes one of {', '.join(FIRST)}; any other by hand")
    check_name(root, package, name)
    noun = " ".join([*filter(None, name.removesuffix("loss").split("_")), "loss"])
    text = FIRST[kind].format(name=name, cls=camel(name), noun=noun)
    return write_module(root, package, name, {f"{name}.py": text})


def new_composite(root: Path, package: str, name: str, expression: str) -> "Entry":
    """Write modules/NAME.py from an expression; parts that the project lacks are copied first.

    Raises:
        UserError: As new_module; or the expression cannot be read, or a part cannot be used.
    """
    from paperkit.slots import SlotError
    from paperkit.slots.grammar import parse_expr
    from paperkit.zoo import facts
    from paperkit.zoo.compose import composite, part_names

    check_name(root, package, name)
    folder = root / package / "modules"

    def find(part: str) -> "Entry":
        return facts.of_file(facts.target(part, folder).file)

    try:
        expr = parse_expr(expression)
    except SlotError as error:
        raise UserError(str(error)) from None
    parts = part_names(expr, find)
    text = composite(name, expr, find)
    lacking = [part for part in parts if not (folder / f"{part}.py").is_file()]
    if lacking:
        add_modules(root, lacking)
    return write_module(root, package, name, {f"{name}.py": text})


def check_name(root: Path, package: str, name: str) -> None:
    """Raise UserError unless a new module may have this name."""
    from paperkit import zoo
    from paperkit.zoo.catalogue import AMBIGUOUS

    if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower():
        raise UserError(f"{name!r} cannot name a module: small letters, digits and _, as in my_att")
    if name.startswith("_") or name in WORDS:
        raise UserError(f"{name!r} has a meaning in plugs already; choose another name")
    if name in zoo.names():
        raise UserError(
            f"the catalogue has a module {name}; copy it (paperkit add {name}), or choose another "
            "name"
        )
    if name in AMBIGUOUS:
        raise UserError(f"{name!r} is the name of several papers' modules; choose a fuller one")
    for file in (f"{package}/modules/{name}.py", f"tests/test_{name}.py"):
        if (root / file).exists():
            raise UserError(f"{file} is there already; choose another name, or edit that file")


def write_module(root: Path, package: str, name: str, files: Mapping[str, str | bytes]) -> "Entry":
    """Write files into the folder of the project's modules, and the test of `name`."""
    from paperkit.scaffold.module_test import module_test
    from paperkit.zoo import facts

    folder = root / package / "modules"
    for file, text in files.items():
        (folder / file).write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    entry = facts.of_file(folder / f"{name}.py", "own")
    test = root / "tests" / f"test_{name}.py"
    test.parent.mkdir(exist_ok=True)
    text = module_test(entry, package).replace("is_the_papers", "is_infos")
    test.write_text(text, encoding="utf-8", newline="\n")
    written = [*(f"{package}/modules/{file}" for file in files), f"tests/{test.name}"]
    record(root, sorted(written), package)
    return entry
