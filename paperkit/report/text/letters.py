r"""Letters of equations: which there are, which are sizes or indices, and how they are replaced."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from paperkit.latex.maths import Maths, Node, maths_tex
from paperkit.latex.mathset import ACCENTS, FONTS, LETTERS

__all__ = ["SIZES", "changed", "defined", "letter", "letters", "marked", "parts", "twins"]

SIZES = ("B", "C", "H", "W")
_UPRIGHT = "\\mathrm"


def letter(node: Node) -> str | None:
    r"""Return a node's letter without scripts and accents, as x or \mathbf{x}; None for others."""
    if node.name in ACCENTS and len(node.args[0]) == 1:
        return letter(node.args[0][0])
    if node.name in FONTS:
        plain = maths_tex((Node(node.name, node.args),))
        return str(plain) + "'" * node.primes
    if node.name.strip() in LETTERS or (len(node.name) == 1 and node.name.isalpha()):
        return node.name + "'" * node.primes
    return None


def letters(maths: Maths) -> Iterator[tuple[str, Node]]:
    """Yield (letter, node) of all letters, also inside brackets, but not those in scripts."""
    for node in maths:
        found = letter(node)
        if found is not None:
            yield found, node
        else:
            for inside in node.args:
                yield from letters(inside)


def defined(maths: Maths) -> set[str]:
    """Return the letters to the left of an = : what the equation itself defines."""
    found: set[str] = set()
    for row in _rows(maths):
        side: list[Node] = []
        for node in row:
            if node.name == "=":
                found |= {name for name, _ in letters(tuple(side))}
                side = []
            elif node.name in (",", r"\quad", r"\qquad", ";") and found and not _only_letters(side):
                side = []
            elif node.name != "&":
                side.append(node)
    return found


def changed(maths: Maths, change: Callable[[Node], Node], *, scripts: bool = True) -> Maths:
    """Return a tree with `change` applied to each letter, also in scripts if asked for."""
    return tuple(_changed(node, change, scripts) for node in maths)


def marked(node: Node, mark: str) -> Node:
    r"""Return a letter with a mark as its first subscript: W_1 becomes W_{\mathrm{SE},1}."""
    upright = Node(_UPRIGHT, (tuple(Node(char) for char in mark),))
    more = () if node.sub is None else (Node(","), *node.sub)
    return replace(node, sub=(upright, *more))


def parts(maths: Maths) -> list[Maths]:
    """Split at commas: "F_1, F_h" are two symbols."""
    found: list[list[Node]] = [[]]
    for node in maths:
        if node.name == ",":
            found.append([])
        else:
            found[-1].append(node)
    return [tuple(part) for part in found if part]


def twins(name: str, among: Iterable[str]) -> set[str]:
    r"""Return a letter with those that differ in the font only: z_c is a value of \mathbf{z}."""
    plain = _bare(name)
    return {other for other in among if _bare(other) == plain} | {name}


def is_word(name: str) -> bool:
    r"""Return whether it is a word such as \mathrm{BN}, which explains itself."""
    return name.startswith(_UPRIGHT) and len(_bare(name)) > 1


def _bare(name: str) -> str:
    for font in (r"\mathbf", r"\boldsymbol", _UPRIGHT):
        if name.startswith(font):
            return name.removeprefix(font).strip("{} ")
    return name


def _changed(node: Node, change: Callable[[Node], Node], scripts: bool) -> Node:
    if scripts:
        node = replace(node, sub=_inside(node.sub, change), sup=_inside(node.sup, change))
    if letter(node) is not None:
        return change(node)
    return replace(node, args=tuple(changed(arg, change, scripts=scripts) for arg in node.args))


def _inside(maths: Maths | None, change: Callable[[Node], Node]) -> Maths | None:
    return None if maths is None else changed(maths, change)


def _rows(maths: Maths) -> Iterator[Maths]:
    """The lines of an aligned environment, or the whole."""
    if len(maths) == 1 and maths[0].name == "begin" and maths[0].word != "cases":
        row: list[Node] = []
        for node in maths[0].args[0]:
            if node.name == r"\\":
                yield tuple(row)
                row = []
            else:
                row.append(node)
        yield tuple(row)
    else:
        yield maths


def _only_letters(side: list[Node]) -> bool:
    return all(letter(node) is not None or node.name == "," for node in side)
