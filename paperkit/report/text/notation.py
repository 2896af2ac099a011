r"""One notation for the equations of several modules.

Published equations collide: delta is a ReLU in one paper and an h-swish in the next, W a weight
here and a map there. The rules:

- x, s and y are the feature that a module gets, the skip, and the feature that it gives, in bold.
  An input that an equation calls X without saying what that is becomes x, too, and its Y a y.
- The first module that uses a letter keeps it. Where a later one means something else by it, the
  letter has that module's mark as a subscript there. Equal meanings share one letter.
- Letters of sizes count (r in "C to r"); INFO's formula of parameters defines them.
- Indices are bound where they stand, and never collide.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from paperkit.latex.maths import Maths, Node, maths_tex
from paperkit.report.text.letters import (
    SIZES,
    changed,
    defined,
    is_word,
    letter,
    letters,
    marked,
    twins,
)

__all__ = ["SHARED", "Notation", "Source", "Written"]

SHARED = {
    r"\mathbf{x}": "feature that a module gets; at a fusion, from the decoder",
    r"\mathbf{s}": "skip feature that a fusion gets",
    r"\mathbf{y}": "feature that a module gives",
}
_BOLD = r"\mathbf"
_LETTER = re.compile(r"(?<![\w'])[A-Za-z](?![\w'])")
_SAME = {"over the pixels": "over the pixels of a channel"}


@dataclass(frozen=True)
class Source:
    """What a module's INFO says, read.

    Attributes:
        mark: A few letters or digits, another for each module.
        symbols: (symbols that share a meaning, the meaning as plain text).
        widths: {letter of a size: what it is, as plain text}.
        fusion: Whether it takes two inputs.
    """

    name: str
    mark: str
    equation: Maths
    symbols: tuple[tuple[tuple[Maths, ...], str], ...] = ()
    widths: Mapping[str, str] = field(default_factory=dict)
    fusion: bool = False


@dataclass(frozen=True)
class Written:
    """A module in the shared notation.

    Attributes:
        source: As it was, but for the shared letters.
        marks: {letter: mark} of those that collided.
        shared: Which of its letters are shared ones.
    """

    source: Source
    equation: Maths
    symbols: tuple[tuple[tuple[Maths, ...], str], ...]
    marks: Mapping[str, str]
    shared: Mapping[str, str]

    def plain(self, name: str) -> Maths:
        """Return a single letter of a text as the equations have it."""
        node = Node(name)
        if name in self.shared:
            name = f"{_BOLD}{{{self.shared[name]}}}"
            node = Node(_BOLD, ((Node(self.shared[node.name]),),))
        return (marked(node, self.marks[name]) if name in self.marks else node,)


class Notation:
    """The letters of several modules, in the order in which they came."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {name: {name: text} for name, text in SHARED.items()}
        self.written: list[Written] = []

    def add(self, source: Source) -> Written:
        """Write a module in the notation so far; its letters that collide get its mark."""
        shared = _shared(source)
        equation = _in_bold(source.equation, shared)
        symbols = tuple(
            (tuple(_in_bold(symbol, shared) for symbol in group), meaning)
            for group, meaning in source.symbols
        )
        plain = replace(source, equation=equation, symbols=symbols)
        uses = _uses(plain)
        every = {name for name, _ in letters(equation)} | set(uses)
        marks = dict.fromkeys(self._clashes(uses, every), source.mark)
        for name in uses.keys() - marks.keys():
            self.kept.setdefault(name, {}).update(uses[name])
        self.written.append(_marked(plain, marks, shared))
        return self.written[-1]

    def _clashes(self, uses: Mapping[str, Mapping[str, str]], every: set[str]) -> list[str]:
        """Letters that mean something else by now; also those whose meaning names such a letter."""
        found: set[str] = set()
        while True:
            more = {
                twin
                for name, use in uses.items()
                if name in self.kept and name not in found
                if not _agree(name, self.kept[name], use) or _names(use.values(), found)
                for twin in twins(name, every)
            }
            if not more:
                return sorted(found)
            found |= more


def _names(texts: Iterable[str], marked_letters: set[str]) -> bool:
    """Whether one of the texts names a letter that is marked: "x averaged" where x is."""
    inside = {letter for text in texts for letter in _LETTER.findall(text)}
    return any(twins(letter, marked_letters) & marked_letters for letter in inside)


def _marked(source: Source, marks: Mapping[str, str], shared: Mapping[str, str]) -> Written:
    local = _local(source)

    def mark(node: Node) -> Node:
        name = letter(node)
        known = name in marks and not (_is_size(node) and name not in local)
        return marked(node, marks[str(name)]) if known else node

    symbols = tuple(
        (tuple(changed(s, mark) for s in group), text) for group, text in source.symbols
    )
    return Written(source, changed(source.equation, mark), symbols, marks, shared)


def _shared(source: Source) -> dict[str, str]:
    """Which letters of a module are the shared ones: {"X": "x", "x": "x", "y": "y"}."""
    used = {name for name, _ in letters(source.equation)}
    said = {name for group, _ in source.symbols for s in group for name, _ in letters(s)}
    found = {"x": "x", "y": "y"} | ({"s": "s"} if source.fusion else {})
    if "X" in used - said - defined(source.equation) and not {"x", r"\mathbf{x}"} & used:
        found["X"] = "x"
        if "Y" in used - said and not {"y", r"\mathbf{y}"} & used:
            found["Y"] = "y"
    return found


def _in_bold(maths: Maths, shared: Mapping[str, str]) -> Maths:
    """Write shared letters in bold, but for a value of them: x_c(i, j)."""

    def change(node: Node) -> Node:
        whole = node.name in ("X", "Y") or (node.sub is None and node.sup is None)
        if node.name not in shared or not whole:
            return node
        return replace(node, name=_BOLD, args=((Node(shared[node.name]),),))

    return changed(maths, change, scripts=False)


def _uses(source: Source) -> dict[str, dict[str, str]]:
    """{letter: {symbol: meaning}} of what may collide; {} where only the equation says."""
    values = ("x", "y", "s") if source.fusion else ("x", "y")
    found: dict[str, dict[str, str]] = {}
    for group, meaning in source.symbols:
        for symbol in group:
            shown = maths_tex(symbol)
            for name, _ in [*letters(symbol)][:1]:
                if not (source.fusion and shown in SHARED):
                    found.setdefault(name, {})[shown] = _plain(meaning)
    local, seen = _local(source), [*letters(source.equation)]
    for name, node in seen:
        index = len(name) == 1 and name.islower() and name not in local
        if (
            name not in (*found, *values)
            and not index
            and not (_is_size(node) and name not in local)
        ):
            found[name] = {}
    for name, text in source.widths.items():
        found.setdefault(name, {name: text})
    for bold in (f"{_BOLD}{{{value}}}" for value in values):
        if bold in found:
            found[bold].setdefault(bold, SHARED[bold])
    inside = {name for name, _ in seen} | set(source.widths)
    return {n: use for n, use in found.items() if n in inside or not (len(n) == 1 and n.islower())}


def _agree(name: str, kept: Mapping[str, str], use: Mapping[str, str]) -> bool:
    """Whether two modules mean the same by a letter."""
    both = kept.keys() & use.keys()
    return all(kept[symbol] == use[symbol] for symbol in both) and (bool(both) or is_word(name))


def _local(source: Source) -> set[str]:
    """Letters that the module defines itself, by its equation or by a symbol without scripts."""
    said = {str(maths_tex(symbol)) for group, _ in source.symbols for symbol in group}
    return defined(source.equation) | {name for name in said if len(name) == 1}


def _is_size(node: Node) -> bool:
    return node.name in SIZES and node.sub is None and node.sup is None


def _plain(meaning: str) -> str:
    text = " ".join(meaning.split())
    return _SAME.get(text, text)
