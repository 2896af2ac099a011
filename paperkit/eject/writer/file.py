"""The text of the file: what it is, imports, classes, names of weights, and a small main."""

import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from torch import nn

from .classes import Class
from .header import cite, docstring
from .homes import Homes
from .layout import WIDTH, construct, statement
from .make import Field, Make
from .source import Piece, pieces
from .structure import Structure

__all__ = ["renamed", "write"]

TELLTALE = re.compile(r"\b(slots?|hooks?|plugged|plugs?)\b", re.IGNORECASE)
CONVERT = '''
def convert(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a training checkpoint under the names that they have here."""
    converted = {}
    for key, value in state.items():
        for old, new in RENAMED.items():
            if key.startswith(old):
                key = new + key.removeprefix(old)
                break
        converted[key] = value
    return converted
'''


def write(
    structure: Structure, model: nn.Module, size: Sequence[int], about: str, *, fixed: bool
) -> str:
    """Return the file.

    Args:
        structure: Of the model.
        model: The model, for its number of parameters.
        size: [C, H, W] of an input.
        about: The first paragraph of its docstring: which model this is.
        fixed: Its forward is written for this size only, and says so for any other.
    """
    names = renamed(structure.homes)
    if fixed:
        top = structure.top.head
        top.lines = [*_check(top, size), *(top.lines or [])]
    body = [
        *_kept(structure.kept),
        *(_class(one) for one in structure.classes),
        *([_names(names)] if names else []),
        _main(structure, size),
    ]
    text = "\n\n".join(part.rstrip() + "\n" for part in body)
    code = next(line for line in text.splitlines() if not line.startswith("#"))
    space = "\n\n" if code.startswith(("class ", "def ", "@")) else "\n"
    head = docstring(structure, model, about, bool(names))
    return f"{head}\n{_imports(text, structure)}{space}{text}"


def renamed(homes: Homes) -> dict[str, str]:
    """Return {old prefix: new prefix} of weights that are called otherwise here, longest first."""
    found: dict[str, str] = {}
    news: dict[str, str | None] = {"": ""}
    for path, module in homes.model.named_modules(remove_duplicate=False):
        if not path:
            continue
        outer, _, key = path.rpartition(".")
        above = news.get(outer)
        expected = None if above is None else f"{above}.{key}".lstrip(".")
        news[path] = homes.full(module) if module in homes.at else None
        if news[path] != expected and news[path] is not None and module.state_dict():
            found[f"{path}."] = f"{news[path]}."
    return dict(sorted(found.items(), key=lambda pair: (-pair[0].count("."), pair[0])))


def _imports(text: str, structure: Structure) -> str:
    used = set(_kept_imports(structure.kept))
    for mark, line in (
        (r"\bOrderedDict\(", "from collections import OrderedDict"),
        (r"\bmath\.", "import math"),
        (r"\btorch\.", "import torch"),
        (r"\btorchvision\.", "import torchvision"),
        (r"\bF\.", "import torch.nn.functional as F"),
        (r"\bTensor\b", "from torch import Tensor"),
        (r"\bnn\.", "from torch import nn"),
    ):
        if re.search(mark, text):
            used.add(line)
    if "import torch.nn.functional as F" in used:
        used.discard("from torch.nn import functional as F")
    return _sorted_imports(used)


def _sorted_imports(lines: set[str]) -> str:
    """Sort as ruff does: future, standard library, the rest; plain imports first; names merged."""
    plain = sorted(line for line in lines if line.startswith("import "))
    named: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith("from "):
            home, _, what = line.removeprefix("from ").partition(" import ")
            named.setdefault(home, set()).add(what)
    merged = [f"from {home} import {', '.join(sorted(named[home]))}" for home in sorted(named)]
    sections: list[list[str]] = [[], [], []]
    for line in [*plain, *merged]:
        top = line.split()[1].partition(".")[0]
        number = 0 if top == "__future__" else 1 if top in sys.stdlib_module_names else 2
        sections[number].append(line)
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _kept_imports(kinds: Sequence[type]) -> Iterator[str]:
    for kind in kinds:
        found = pieces(kind)
        yield from found[1] if found else ()


def _kept(kinds: Sequence[type]) -> Iterator[str]:
    """Yield the classes that stay as they were written, each file's together."""
    written: set[Piece] = set()
    files: dict[str, list[Piece]] = {}
    infos: dict[str, Any] = {}
    for kind in kinds:
        for piece in (pieces(kind) or ((), ()))[0]:
            if piece not in written:
                written.add(piece)
                files.setdefault(piece.file, []).append(piece)
                infos[piece.file] = getattr(sys.modules[kind.__module__], "INFO", {})
    for file, found in files.items():
        for number, piece in enumerate(sorted(found, key=lambda one: one.line)):
            info = infos[file] if not number else {}
            note = f"{info['name']}: {cite(info)}" if info.get("title") else ""
            comment = textwrap.fill(note, WIDTH, initial_indent="# ", subsequent_indent="# ")
            yield f"{comment}\n{piece.text}" if comment else piece.text


def _class(one: Class) -> str:
    lines = [f"class {one.name}({one.base}):"]
    doc = _doc(one)
    lines += [*doc, ""] if doc else []
    lines += _constructor(one)
    if one.lines is not None:
        arguments = ", ".join(["self", *one.arguments])
        arrow = f" -> {one.returns}" if one.returns else ""
        lines += ["", *_signature(f"    def forward({arguments}){arrow}:")]
        for line in one.lines:
            inner = len(line) - len(line.lstrip())
            lines += statement(line.lstrip(), 8 + inner)
    return "\n".join(lines)


def _constructor(one: Class) -> list[str]:
    given = [f"{name}: {kind}" + (f" = {d}" if d else "") for name, kind, d in one.params]
    lines = _signature(f"    def __init__({', '.join(['self', *given])}) -> None:")
    numbers = tuple(map(str, range(len(one.children))))
    if one.base == "nn.Sequential" and tuple(key for key, _ in one.children) == numbers:
        layers = Make("super().__init__", tuple(Field("", m, placed=True) for _, m in one.children))
        lines += construct("", layers, 8)
    else:
        lines.append("        super().__init__()")
        for key, make in one.children:
            if key.isidentifier():
                lines += construct(f"self.{key} = ", make, 8)
            else:
                lines += construct(f'self.add_module("{key}", ', make, 8, ")")
    lines += [f"        self.{name} = {name}" for name in one.settings]
    for name, make in one.tensors:
        prefix = "" if make.head == "self.register_buffer" else f"self.{name} = "
        lines += construct(prefix, make, 8)
    return lines


def _signature(line: str) -> list[str]:
    """Break a def that is too long as the formatters do: all arguments in one line, or each."""
    if len(line) <= WIDTH:
        return [line]
    head, _, rest = line.partition("(")
    inside, _, tail = rest.rpartition(")")
    middle = f"{' ' * 8}{inside}"
    if len(middle) <= WIDTH:
        parts = [f"{' ' * 8}{part}," for part in _arguments(inside)]
        return [f"{head}(", *parts, f"    ){tail}"]
    return [f"{head}(", *(f"{' ' * 8}{p}," for p in _arguments(inside)), f"    ){tail}"]


def _arguments(inside: str) -> list[str]:
    return re.split(r", (?![^\[]*\])", inside)


def _doc(one: Class) -> list[str]:
    """Return the first sentence of what the author said about the class."""
    own = one.origin.__dict__.get("__doc__") or ""
    if one.origin.__module__.startswith("torch.nn."):
        own = ""
    first = re.split(
        r"(?<=[a-z0-9)\]][.:;]) (?=[A-Z0-9])", " ".join(own.strip().split("\n\n")[0].split())
    )[0]
    if (
        TELLTALE.search(first)
        or "`" in first
        or "\\" in first
        or '"' in first
        or first.startswith("Args")
    ):
        first = ""
    if not first and one.lines is None and one.base == "nn.Module":
        first = "Never called; its weights are in the checkpoint."
    if not first:
        return []
    text = first.rstrip(":;")
    if len(text) <= WIDTH - 7:  # without the closing quotes, which do not break a line
        return [f'    """{text}"""']
    indent = " " * 4
    lines = textwrap.wrap(f'"""{text}', WIDTH, initial_indent=indent, subsequent_indent=indent)
    return [*lines, f'{indent}"""']


def _check(top: Class, size: Sequence[int]) -> list[str]:
    """Return the lines that refuse inputs for which other code would run."""
    x = top.arguments[0].partition(":")[0]
    wanted = "x".join(map(str, size))
    return [
        f"if {x}.shape[1:] != ({', '.join(map(str, size))}):",
        f'    raise ValueError(f"{{tuple({x}.shape[1:])}}: this network takes {wanted}")',
    ]


def _names(names: dict[str, str]) -> str:
    rows = "".join(f'    "{old}": "{new}",\n' for old, new in names.items())
    comment = "# names of weights in checkpoints of the training code, and here"
    return f"{comment}\nRENAMED = {{\n{rows}}}\n\n{CONVERT}"


def _main(structure: Structure, size: Sequence[int]) -> str:
    shape = ", ".join(map(str, (1, *size)))
    return f"""if __name__ == "__main__":
    model = {structure.top.head.name}().eval()
    x = torch.zeros({shape})
    print("input     ", list(x.shape))
    print("output    ", list(model(x).shape))
    print("parameters", sum(p.numel() for p in model.parameters()))
"""
