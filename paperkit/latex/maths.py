r"""Equations that nobody vouches for: read, checked against a list, and written anew.

A module's INFO brings its equation as LaTeX. `read_maths` takes it apart into a tree of what
mathset.py lists, with every brace, script and \left in its place; anything else (``\input``, ``$``,
``%``, ``^^``, a command of the user's own) is refused. `maths_tex` writes a tree as LaTeX, so that
only what was understood is printed, and it compiles with amsmath and amssymb.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from paperkit.latex.escaping import escape
from paperkit.latex.mathset import (
    CHARACTERS,
    DELIMITERS,
    ENVIRONMENTS,
    OPERATORS,
    PLAIN,
    SIZES,
    TWO,
    UNARY,
)
from paperkit.latex.source import Tex

__all__ = ["BadMaths", "Maths", "Node", "maths_tex", "read_maths", "rewritten"]

LONGEST, DEEPEST = 4000, 40
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.S)


class BadMaths(ValueError):  # noqa: N818 - it is the mathematics that is bad
    """Mathematics that is not taken over; the message says what it has, as "the command ..."."""


@dataclass(frozen=True)
class Node:
    r"""A piece of an equation with its scripts.

    Attributes:
        name: A character, a command, "{}" (a group), "&", "\\\\", "left" (args: the inside),
            "text" (its words are `word`), or "begin" (the environment is `word`).
        args: Of a command or group.
        word: Delimiters of left and of sizes, the name of an environment, words of a text.
        sub, sup: Scripts; None where there is none.
        primes: How many follow it.
    """

    name: str
    args: "tuple[Maths, ...]" = ()
    word: str = ""
    sub: "Maths | None" = None
    sup: "Maths | None" = None
    primes: int = 0


Maths = tuple[Node, ...]


def read_maths(text: str) -> Maths:
    """Return the tree of an equation or symbol.

    Raises:
        BadMaths: It has what is not on the list, or would not compile.
    """
    if len(text) > LONGEST:
        raise BadMaths(f"more than {LONGEST} characters")
    reader = _Reader(_TOKEN.findall(text))
    found = reader.until("")
    if not found:
        raise BadMaths("nothing in it")
    return found


def rewritten(maths: Maths, change: Callable[[Node], Node]) -> Maths:
    """Return a tree with `change` applied to each node, from the inside out; not to scripts."""
    return tuple(
        change(replace(node, args=tuple(rewritten(arg, change) for arg in node.args)))
        for node in maths
    )


def maths_tex(maths: Maths) -> Tex:
    """Return a tree as LaTeX for mathematics mode."""
    return Tex(_joined(maths))


class _Reader:
    """The tokens, and how far they are read."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def peek(self, *, raw: bool = False) -> str:
        while not raw and self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise BadMaths("no end")
        self.at += 1
        return token

    def until(self, end: str, opened: str = "", *, rows: bool = False) -> Maths:
        r"""Read up to and with `end`; `rows`: whether & and \\ may stand here."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadMaths(f"more than {DEEPEST} levels")
        found: list[Node] = []
        while token := self.peek():
            if token == end:
                break
            if token in ("^", "_", "'"):
                self._script(found)
            elif token in ("&", r"\\"):
                if not rows:
                    raise BadMaths(f"the character {token} outside of aligned")
                found.append(Node(self.take()))
            else:
                found.append(self._node(found[-1] if found else None))
        if end:
            if not token:
                raise BadMaths(f"{opened} without its end")
            self.take()
        self.depth -= 1
        return tuple(found)

    def _script(self, found: list[Node]) -> None:
        if not found or found[-1].name in ("&", r"\\"):
            found.append(Node("{}", ((),)))
        mark, node = self.take(), found.pop()
        if mark == "'":
            if node.sup is not None:
                raise BadMaths("a prime behind a superscript")
            found.append(replace(node, primes=node.primes + 1))
            return
        if (node.sup if mark == "^" else node.sub) is not None:
            raise BadMaths(f"two scripts {mark} at one symbol")
        script = self._argument()
        found.append(replace(node, sup=script) if mark == "^" else replace(node, sub=script))

    def _argument(self) -> Maths:
        if self.peek() == "{":
            self.take()
            return self.until("}", "a bracket {")
        return (self._node(None),)

    def _node(self, before: Node | None) -> Node:
        token = self.take()
        if token == "{":
            return Node("{}", (self.until("}", "a bracket {"),))
        if (token.isascii() and token.isalnum()) or token in CHARACTERS:
            return Node(token)
        if token in (r"\limits", r"\nolimits") and (before is None or before.name not in OPERATORS):
            raise BadMaths(f"the command {token} behind no operator")
        if token in PLAIN:
            return Node(token)
        if token in UNARY:
            return Node(token, (self._argument(),))
        if token in TWO:
            return Node(token, (self._argument(), self._argument()))
        return self._special(token)

    def _special(self, token: str) -> Node:
        if token in (r"\text", r"\operatorname"):
            return Node(token, word=self._words(token))
        if token in SIZES:
            return Node(token, word=self._delimiter(token))
        if token == r"\left":
            left = self._delimiter(token)
            inside = self.until(r"\right", r"the command \left")
            return Node("left", (inside,), word=f"{left} {self._delimiter(token)}")
        if token == r"\begin":
            return self._environment()
        what = "the command" if token[0] == "\\" else "the character"
        shown = token if token.isprintable() else f"U+{ord(token[-1]):04X}"
        raise BadMaths(f"{what} {shown}" + (" where another belongs" if token in "^_'" else ""))

    def _environment(self) -> Node:
        name = self._words(r"\begin")
        if name not in ENVIRONMENTS:
            raise BadMaths(f"the environment {name}")
        inside = self.until(r"\end", f"the environment {name}", rows=True)
        if self._words(r"\end") != name:
            raise BadMaths(f"the environment {name} without its end")
        rows = " ".join(node.name for node in inside if node.name in ("&", r"\\")).split(r"\\")
        if max(row.count("&") for row in rows) > ENVIRONMENTS[name]:
            raise BadMaths(f"too many & in a row of {name}")
        return Node("begin", (inside,), word=name)

    def _delimiter(self, command: str) -> str:
        token = self.take()
        if token not in DELIMITERS:
            raise BadMaths(f"no bracket behind {command}")
        return token

    def _words(self, command: str) -> str:
        """The raw inside of the braces that follow: letters, digits, spaces and -,.()/ only."""
        if self.take() != "{":
            raise BadMaths(f"no words behind {command}")
        found = ""
        while (token := self.peek(raw=True)) != "}":
            found += token or self.take()
            self.at += 1
        self.take()
        if not re.fullmatch(r"[A-Za-z0-9 ,.()/-]*", found):
            raise BadMaths(f"signs inside of {command}")
        return found


def _joined(maths: Maths) -> str:
    return "".join(map(_written, maths)).rstrip(" ")


def _written(node: Node) -> str:
    inner = [_joined(arg) for arg in node.args]
    if node.name == r"\\":
        return "\\\\\\relax\n"  # a bracket or star in the next line would be an argument of \\
    if node.name == "left":
        left, right = node.word.split()
        text = rf"\left{left} {inner[0]}\right{right} "
    elif node.name == "begin":
        text = f"\\begin{{{node.word}}}\n{inner[0]}\n\\end{{{node.word}}}"
    elif node.name in (r"\text", r"\operatorname"):
        first, last = (" " if end == " " else "" for end in (node.word[:1], node.word[-1:]))
        text = f"{node.name}{{{first}{escape(node.word)}{last}}}"  # escape has no space at an end
    elif node.name == "{}":
        text = f"{{{inner[0]}}}"
    else:
        text = node.name + node.word + "".join(f"{{{arg}}}" for arg in inner)
    scripts = _scripts(node)
    if not scripts and node.name[0] == "\\" and text[-1].isalpha():
        text += " "
    return text + scripts


def _scripts(node: Node) -> str:
    r"""A prime is a superscript, too: x'^2 is written x^{\prime 2}."""
    sub = "" if node.sub is None else f"_{{{_joined(node.sub)}}}"
    above = r"\prime " * node.primes + ("" if node.sup is None else _joined(node.sup))
    return f"{sub}^{{{above.strip()}}}" if above else sub
