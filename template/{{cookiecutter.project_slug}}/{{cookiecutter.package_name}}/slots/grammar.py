"""Read plugs from text or from YAML mappings. A recursive-descent parser; nothing is evaluated.

plug     := selector ("=" | ":=") expr [";" option ("," option)*]
option   := "match=" number | "init=" word
expr     := word [ "(" [argument ("," argument)*] ")" ]
argument := expr                      inside residual, gate, concat, chain, parallel
          | word "=" value
value    := number | "string" | true | false | none | "[" [value ("," value)*] "]" | expr
selector := see selector.py

A word as a value is a module where the argument is one of INFO's components, else a text.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from .errors import GrammarError, SlotError, nearest
from .plug import COMBINATIONS, HOWS, INITS, MERGES, Call, Combine, Expr, Plug, Value
from .selector import SELECTOR, read_selector

_WORD = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\'\\]*\'')
_SPACE = re.compile(r"\s*")
_CONSTANTS: dict[str, bool | None] = {
    "true": True,
    "false": False,
    "none": None,
    "True": True,
    "False": False,
    "None": None,
    "null": None,
}
_KEYS = ("at", "use", "how", "match", "init")


def parse(text: str) -> Plug:
    """Read one plug, "encoder.*=coord_att(reduction=16)". Raises GrammarError with the position."""
    reader = _Reader(text)
    at = reader.selector()
    how = "replace" if reader.skip(":=") else "insert"
    if how == "insert":
        reader.expect("=", 'expected "=" (insert) or ":=" (replace) after the slot')
    use = reader.expr()
    options = reader.options() if reader.skip(";") else {}
    reader.end()
    return plug_from({"at": at, "use": use, "how": how, **options})


def parse_expr(text: str) -> Expr:
    """Read what is plugged, without the slot: "residual(cbam)". Raises GrammarError."""
    reader = _Reader(text)
    use = reader.expr()
    reader.end()
    return use


def plug_from(mapping: Mapping[str, Any]) -> Plug:
    """Read {at, use, how, match, init}, as configurations hold it. Raises SlotError.

    ``use`` is text or an expression; the other keys as in Plug, which has their defaults.
    """
    for key in mapping:
        if key not in _KEYS:
            raise SlotError(f"a plug has no key {key!r}; {nearest(str(key), _KEYS)}")
    for key in ("at", "use"):
        if key not in mapping:
            raise SlotError(f"the plug {dict(mapping)!r} has no {key!r}")
    at, use = mapping["at"], mapping["use"]
    if not isinstance(at, str):
        raise SlotError(f"at: {at!r} is not a text such as 'encoder.*'")
    read_selector(at)
    how, init = mapping.get("how", "insert"), mapping.get("init", "native")
    for key, value, legal in (("how", how, HOWS), ("init", init, INITS)):
        if value not in legal:
            raise SlotError(f"{at}: {key} is {value!r}, but it is one of {', '.join(legal)}")
    match = mapping.get("match")
    if match is not None and (isinstance(match, bool) or not isinstance(match, int) or match < 1):
        raise SlotError(f"{at}: match is {match!r}, but it counts the places hit: 1, 2, ...")
    return Plug(at.strip(), _expression(at, use), how, match, init)


def as_plug(given: "Plug | str | Mapping[str, Any]") -> Plug:
    """Return the plug that a text, a mapping or a Plug means."""
    if isinstance(given, Plug):
        return given
    return parse(given) if isinstance(given, str) else plug_from(given)


def _expression(at: str, use: object) -> Expr:
    if isinstance(use, Call | Combine):
        return use
    if isinstance(use, str):
        return parse_expr(use)
    raise SlotError(f"{at}: use is {use!r}, but it is a text such as 'cbam(reduction=8)'")


class _Reader:
    """The text, and how far it is read. Spaces are free between all symbols."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.skip("")

    def fail(self, wish: str, position: int | None = None) -> GrammarError:
        return GrammarError(self.text, self.at if position is None else position, wish)

    def skip(self, symbol: str) -> bool:
        """Read the symbol if it comes next, and the spaces after it."""
        if not self.text.startswith(symbol, self.at):
            return False
        self.at = cast(re.Match[str], _SPACE.match(self.text, self.at + len(symbol))).end()
        return True

    def expect(self, symbol: str, wish: str) -> None:
        if not self.skip(symbol):
            raise self.fail(wish)

    def take(self, pattern: re.Pattern[str]) -> str:
        """Read what the pattern matches here; "" if nothing."""
        found = pattern.match(self.text, self.at)
        token = found.group() if found else ""
        self.skip(token)
        return token

    def word(self, wish: str) -> str:
        token = self.take(_WORD)
        if not token:
            raise self.fail(wish)
        return token

    def end(self) -> None:
        if self.at < len(self.text):
            raise self.fail("the plug should end here")

    def selector(self) -> str:
        token = self.take(SELECTOR)
        if not token:
            raise self.fail('expected a slot, such as "encoder.*" or "path:layer3.1.bn2"')
        return token

    def options(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while True:
            start = self.at
            key = self.word("expected match=N or init=WORD")
            if key not in ("match", "init") or key in found:
                raise self.fail("expected match=N or init=WORD, each once", start)
            self.expect("=", 'expected "="')
            value = self.value()
            found[key] = value.name if isinstance(value, Call) else value
            if not self.skip(","):
                return found

    def expr(self) -> Expr:
        start = self.at
        name = self.word("expected a module's name")
        parts, args = self.arguments(name) if self.skip("(") else ([], {})
        if name not in COMBINATIONS:
            return Call(name, tuple(args.items()))
        legal = {"merge"} if name == "parallel" else set()
        if set(args) - legal:
            raise self.fail(f"{name} takes no {min(set(args) - legal)}=", start)
        least = 2 if name == "parallel" else 1
        if len(parts) < least or (len(parts) > 1 and name not in ("chain", "parallel")):
            wish = {"parallel": "two or more modules", "chain": "one or more modules"}
            raise self.fail(f"{name} takes {wish.get(name, 'exactly one module')}", start)
        return Combine(name, tuple(parts), self.merge(args, start))

    def merge(self, args: Mapping[str, Value], start: int) -> str:
        value = args.get("merge", "add")
        merge = value.name if isinstance(value, Call) and not value.args else value
        if merge not in MERGES:
            raise self.fail(f"merge is one of {', '.join(MERGES)}", start)
        return str(merge)

    def arguments(self, name: str) -> tuple[list[Expr], dict[str, Value]]:
        """Read up to the closing bracket: expressions (combinations only) and key=value pairs."""
        parts: list[Expr] = []
        args: dict[str, Value] = {}
        while not self.skip(")"):
            if parts or args:
                self.expect(",", 'expected "," or ")"')
            start = self.at
            key = self.take(_WORD)
            if key and self.skip("="):
                if key in args:
                    raise self.fail(f"{key} is given twice", start)
                args[key] = self.value()
            elif name in COMBINATIONS:
                self.at = start
                parts.append(self.expr())
            else:
                raise self.fail(f"{name}'s arguments are written key=value", start)
        return parts, args

    def value(self) -> Value:
        if self.skip("["):
            return tuple(self.items())
        start = self.at
        for pattern, read in ((_NUMBER, _number), (_STRING, _string)):
            token = self.take(pattern)
            if token:
                return read(token)
        word = self.take(_WORD)
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if not word:
            raise self.fail("expected a value: a number, a word, a quoted text or [a list]")
        if not self.text.startswith("(", self.at):
            return Call(word)
        self.at = start
        return self.expr()

    def items(self) -> list[Value]:
        found: list[Value] = []
        while not self.skip("]"):
            if found:
                self.expect(",", 'expected "," or "]"')
            found.append(self.value())
        return found


def _number(token: str) -> int | float:
    try:
        return int(token)
    except ValueError:
        return float(token)


def _string(token: str) -> str:
    return str(json.loads(token)) if token[0] == '"' else token[1:-1]
