r"""What a symbol means, as LaTeX: the texts of INFO, with their letters as the equations have them.

"1x1 convolution, C to r" becomes "$1\times1$ convolution, $C$ to $r$". The texts are untrusted:
what is not taken for a letter or a size is escaped.
"""

import ast
import re
from collections.abc import Callable, Iterator

from paperkit.latex import Tex, escape, tex
from paperkit.latex.maths import BadMaths, Maths, maths_tex, read_maths

__all__ = ["meaning_tex", "prose", "widths"]

_OPERAND = r"(?:\d+|[A-Za-z])"
# "a" and "I" are words; 3C/8, HW and 2 x 4 x g are not
_PIECE = re.compile(
    rf"(?P<times>(?<![\w/]){_OPERAND}(?: ?x ?{_OPERAND})+(?![\w']))"
    r"|(?P<size>(?<![\w/])(?:\d+[CHWGK]|[CHWGK]{2,3}|[CHWGK](?=/))[CHWGK]?(?:/\d+|/[a-z])?(?![\w']))"
    r"|(?P<letter>(?<![\w'/-])[B-HJ-Zb-zA](?![\w'-]))"
)


def meaning_tex(text: str, letter: Callable[[str], Maths]) -> Tex:
    """Return a text of INFO["symbols"]; `letter` says how the equations write a letter of it."""
    found: list[Tex] = []
    for n, part in enumerate(text.split("$")):
        try:
            maths = read_maths(part) if n % 2 else None
        except BadMaths:
            maths = None
        found.append(tex("$#1$", maths_tex(maths)) if maths else _prose(part, letter))
    return Tex("").join(found)


def widths(formula: str) -> dict[str, str]:
    """Return {letter: definition} of a formula of INFO["params"]: {"r": "max(1, C//16)"}."""
    _, _, definitions = formula.partition(" with ")
    pairs = [part.partition("=") for part in definitions.split(";")]
    return {
        name.strip(): f"${value}$"
        for name, _, text in pairs
        if len(name.strip()) == 1 and (value := _formula(text.strip()))
    }


def prose(text: str) -> Tex:
    """Return a text of INFO that has no letters of the equations: an apostrophe is none of code."""
    return escape(re.sub(r"(?<=\w)'", "\N{RIGHT SINGLE QUOTATION MARK}", text))


def _prose(text: str, letter: Callable[[str], Maths]) -> Tex:
    found, at = [], 0
    for match in _PIECE.finditer(text):
        found += [_escaped(text[at : match.start()]), _mathematics(match, letter)]
        at = match.end()
    return Tex("").join([*found, _escaped(text[at:])])


def _escaped(text: str) -> Tex:
    """Escape a piece and keep the spaces at its ends."""
    middle = prose(text)
    before = " " if text[:1].isspace() and middle else ""
    after = " " if text[-1:].isspace() else ""
    return tex("#1", Tex("").join([_space(before), middle, _space(after)]))


def _space(text: str) -> Tex:
    return Tex(" ") if text else Tex("")


def _mathematics(match: re.Match[str], letter: Callable[[str], Maths]) -> Tex:
    if match.lastgroup == "times":
        operands = re.split(r" ?x ?", match[0])
        return tex("$#1$", Tex(r"\times ").join([_operand(o, letter) for o in operands]))
    if match.lastgroup == "size":  # C/4 and HW are numbers, whatever C or W mean elsewhere
        return tex("$#1$", maths_tex(read_maths(match[0])))
    return tex("$#1$", maths_tex(letter(match[0])))


def _operand(text: str, letter: Callable[[str], Maths]) -> Tex:
    return maths_tex(letter(text) if text.isalpha() else read_maths(text))


def _formula(text: str) -> str:
    """Python arithmetic as LaTeX; empty where it is something else."""
    try:
        return "".join(_terms(ast.parse(text, mode="eval").body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""


def _terms(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=int() as number):
            yield str(number)
        case ast.Name(id=name) if len(name) == 1:
            yield name
        case ast.Call(func=ast.Name(id="max" | "min" | "gcd" as name), args=args):
            inside = [",\\,".join("".join(_terms(arg)) for arg in args)]
            yield rf"\{name}({inside[0]})"
        case ast.BinOp(left=left, op=op, right=right):
            yield from _operation("".join(_terms(left)), op, "".join(_terms(right)))
        case _:
            raise ValueError(ast.dump(node))


def _operation(left: str, op: ast.operator, right: str) -> Iterator[str]:
    match op:
        case ast.FloorDiv():
            yield rf"\lfloor {left} / {right} \rfloor "
        case ast.Mult():
            yield rf"{left}\,{right}"
        case ast.Add() | ast.Sub():
            yield f"({left} {'+' if isinstance(op, ast.Add) else '-'} {right})"
        case _:
            raise ValueError(op)
