"""What is plugged, from the text that plugs.json keeps: "residual(cbam(reduction=8))".

The grammar of plugs is Python's for calls, so that ast reads it without running anything; torch,
which paperkit.slots needs, is not wanted in a report.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["COMBINATIONS", "Call", "calls", "read_expression"]

COMBINATIONS = ("residual", "gate", "concat", "chain", "parallel")
Value = object


@dataclass(frozen=True)
class Call:
    """A module with its options, or one of COMBINATIONS over parts."""

    name: str
    parts: tuple["Call", ...] = ()
    options: tuple[tuple[str, Value], ...] = ()


def read_expression(text: str) -> Call:
    """Return what a text means; what cannot be read is taken for the name of a module."""
    try:
        return _call(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Call(text)


def calls(expression: Call) -> Iterator[Call]:
    """Yield the modules of an expression, those inside options (cbam(channel=eca)) last."""
    if expression.name in COMBINATIONS:
        for part in expression.parts:
            yield from calls(part)
        return
    yield expression
    for _, value in expression.options:
        if isinstance(value, Call) and (value.parts or value.options):
            yield from calls(value)


def _call(node: ast.expr) -> Call:
    if isinstance(node, ast.Name):
        return Call(node.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        options = tuple((str(word.arg), _value(word.value)) for word in node.keywords)
        return Call(node.func.id, tuple(_call(part) for part in node.args), options)
    raise ValueError(ast.unparse(node))


def _value(node: ast.expr) -> Value:
    if isinstance(node, ast.Name | ast.Call):
        words = {"true": True, "false": False, "none": None, "null": None}
        call = _call(node)
        return words.get(call.name, call) if isinstance(node, ast.Name) else call
    if isinstance(node, ast.List):
        return [_value(item) for item in node.elts]
    return ast.literal_eval(node)
