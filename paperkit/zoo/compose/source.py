"""The text of a composite's file: INFO, with the equation and the parts, and one class."""

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from paperkit.slots.plug import Call, Combine, Expr, Value
from paperkit.zoo.compose.writer import Term, Writer
from paperkit.zoo.facts import Entry

__all__ = ["camel", "composite", "part_names"]

FILE = '''"""{title}

One module with a name of its own, made of others; the paper cites them. Written by
paperkit modules new {name} --from "{expr}"
"""

{imports}

INFO = {{
    "name": "{name}",
    "own": True,
    "parts": [{parts}],
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""{equation}""",
    "symbols": {{
{symbols}
    }},
{params}    "needs": {needs},
    "components": {{}},
    "recommended": ["encoder.*"],
    "licence": "{licence}",
}}


{classes}'''
CLASS = '''
class {cls}(nn.Module):
    """{said}

    Args:
        channels: C of the input and of the output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
{inside}

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H, W] as x."""
{forward}
'''


def composite(name: str, expr: Expr, find: Callable[[str], Entry]) -> str:
    """Return the text of modules/NAME.py.

    Args:
        name: Of the module; its class is called like it, MyBlock for my_block.
        expr: What it is made of.
        find: From a part's name to its entry; its parts are imported from sibling files.

    Raises:
        UserError: A part that takes two inputs or changes the shape, or an unknown argument.
    """
    writer = Writer(find)
    out = writer.term(expr, Term("x", r"\mathbf{x}"))
    entries = [find(part) for part in part_names(expr, find)]
    formula = _formula(expr, writer, find)
    said, equation = _said(expr, entries), _equation(writer, out)
    classes = "\n".join(_classes(camel(name), writer, out, said)).lstrip("\n")
    return FILE.format(
        name=name,
        title=said,
        expr=expr,
        imports=_imports(writer, classes),
        parts=", ".join(f'"{entry.name}"' for entry in entries),
        equation=equation,
        symbols=_symbols(writer, entries, equation),
        params=f'    "params": "{formula}",\n' if formula else "",
        needs=str(_needs(entries)).replace("'", '"'),
        licence="; ".join(sorted({str(e.info.get("licence") or "?") for e in entries})),
        classes=classes,
    )


def part_names(expr: Value, find: Callable[[str], Entry]) -> list[str]:
    """Return the modules that an expression names, components included, each once, in order."""
    return list(dict.fromkeys(_names(expr, find)))


def camel(name: str) -> str:
    """my_block -> MyBlock."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def _names(expr: Value, find: Callable[[str], Entry]) -> Iterator[str]:
    if isinstance(expr, Combine):
        for part in expr.parts:
            yield from _names(part, find)
    elif isinstance(expr, Call):
        yield expr.name
        components = find(expr.name).info.get("components") or {} if expr.args else {}
        for key, value in expr.args:
            if key in components:
                yield from _names(value, find)


def _said(expr: Expr, entries: list[Entry]) -> str:
    names = [entry.name for entry in entries]
    listed = ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
    ways = {"parallel": "side by side", "chain": "one after the other"}
    way = ways.get(expr.kind, f"as a {expr.kind}") if isinstance(expr, Combine) else ""
    return f"Made of {listed}{f', {way}' if way else ''}."


def _imports(writer: Writer, classes: str) -> str:
    functools = "import functools\n\n" if "functools." in classes else ""
    torch = "import torch\n" if "torch." in classes else ""
    siblings = "".join(f"from .{n} import {c}\n" for n, c in sorted(writer.imports.items()))
    return f"{functools}{torch}from torch import Tensor, nn\n\n{siblings}".rstrip()


def _equation(writer: Writer, out: Term) -> str:
    lines = [*writer.equations, rf"\mathbf{{y}} &= {out.tex}"]
    if len(lines) == 1:
        return lines[0].replace("&= ", "= ")
    return "\\begin{aligned}\n" + ", \\\\\n".join(lines) + "\n\\end{aligned}"


def _symbols(writer: Writer, entries: list[Entry], equation: str) -> str:
    said = {rf"\mathrm{{{writer.imports[e.name]}}}": e.title for e in entries}
    words = {"W_p": "1x1 convolution", "W_g": "1x1 convolution", r"\sigma": "sigmoid"}
    said |= {sign: text for sign, text in words.items() if sign in equation}
    return "\n".join(f'        r"{sign}": "{text}",' for sign, text in said.items())


def _classes(cls: str, writer: Writer, out: Term, said: str) -> Iterator[str]:
    for name, inner, term in writer.helpers:
        yield from _classes(name, inner, term, "What stands in for a component.")
    forward = [*writer.statements, f"y: Tensor = {out.code}", "return y"]
    if not out.plain:
        forward[-2:] = [f"return {out.code}"]
    yield CLASS.format(
        cls=cls,
        said=said,
        inside="\n".join(f"        {line}" for line in writer.inside),
        forward="\n".join(f"        {line}" for line in forward),
    )


def _needs(entries: list[Entry]) -> dict[str, Any]:
    """Return what all parts need at once."""
    every = [entry.info.get("needs") or {} for entry in entries]
    merged: dict[str, Any] = {}
    for key in ("min_hw", "min_channels", "min_train_batch"):
        values = [int(needs[key]) for needs in every if key in needs]
        if values:
            merged[key] = max(values)
    units = [needs["divisible"] for needs in every if isinstance(needs.get("divisible"), int)]
    return merged | ({"divisible": math.lcm(*units)} if units else {})


def _formula(expr: Expr, writer: Writer, find: Callable[[str], Entry]) -> str:
    """Return the sum of the parts' formulas; "" where an argument may change one of them."""
    calls = list(_leaves(expr))
    if any(call.args or "params" not in find(call.name).info for call in calls):
        return ""
    bodies, definitions = [], []
    for number, call in enumerate(calls, start=1):
        body, _, defined = str(find(call.name).info["params"]).partition(" with ")
        own = [part.partition("=")[0].strip() for part in defined.split(";") if part.strip()]
        for name in own:
            new = f"{name}{number}"
            body, defined = (re.sub(rf"\b{name}\b", new, text) for text in (body, defined))
        bodies.append(body.strip())
        definitions += [part.strip() for part in defined.split(";") if part.strip()]
    total = " + ".join([*bodies, *writer.glue])
    return total + (f" with {'; '.join(definitions)}" if definitions else "")


def _leaves(expr: Expr) -> Iterator[Call]:
    if isinstance(expr, Call):
        yield expr
    else:
        for part in expr.parts:
            yield from _leaves(part)
