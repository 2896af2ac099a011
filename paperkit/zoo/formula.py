"""Evaluate the formulas of INFO["params"]: "3*C*m + 3*m + 2*C with m=max(8, C//32)".

Numbers, names, + - * / // % ** and max, min, gcd, log2 (rounded down); nothing else is a formula,
and nothing is executed.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping

from paperkit.errors import UserError

_OPERATORS: dict[type[ast.operator], Callable[[int | float, int | float], int | float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., int | float]] = {
    "max": max,
    "min": min,
    "gcd": math.gcd,
    "log2": lambda number: int(number).bit_length() - 1,
}


def evaluate(formula: str, **names: int) -> int:
    """Compute the whole number that a formula gives; names are its variables, C=64.

    After "with" come definitions, separated by ";", which may use the names and each other in
    order. Raises UserError for anything that is not a formula or not a whole number.
    """
    body, _, definitions = formula.partition(" with ")
    known: dict[str, int | float] = dict(names)
    for definition in filter(None, (part.strip() for part in definitions.split(";"))):
        name, _, text = definition.partition("=")
        known[name.strip()] = _value(_tree(text, formula), known, formula)
    value = _value(_tree(body, formula), known, formula)
    if value != int(value):
        raise UserError(f"the formula {formula!r} gives {value}, not a whole number, for {names}")
    return int(value)


def _tree(text: str, formula: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise UserError(f"the formula {formula!r} cannot be read: {error.msg}") from None


def _value(node: ast.expr, known: Mapping[str, int | float], formula: str) -> int | float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            pair = (_value(left, known, formula), _value(right, known, formula))
            return _OPERATORS[type(op)](*pair)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(arg, known, formula) for arg in args))
    raise UserError(f"the formula {formula!r} may not contain {ast.unparse(node)!r}")
