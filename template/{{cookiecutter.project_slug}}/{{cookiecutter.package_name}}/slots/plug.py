"""What a plug is, as data: where, what, and how. ``str`` gives back the text that is parsed.

Plug      at "encoder.*"   use Call("coord_att")   how "insert"
Call      a module with its arguments: cbam(reduction=8, channel=eca)
Combine   residual(E) | gate(E) | concat(E) | chain(E, ...) | parallel(E, ..., merge=add)

All are frozen: equal plugs are equal objects, usable in sets and as keys.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

COMBINATIONS = ("residual", "gate", "concat", "chain", "parallel")
MERGES = ("add", "mean", "mul", "max", "concat", "gate")
HOWS = ("insert", "replace")
INITS = ("native", "identity", "small", "zero_last")
How = Literal["insert", "replace"]
Init = Literal["native", "identity", "small", "zero_last"]


@dataclass(frozen=True)
class Call:
    """A module by its file's name, with keyword arguments in the order in which they came."""

    name: str
    args: tuple[tuple[str, "Value"], ...] = ()

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={show(value)}" for key, value in self.args)
        return f"{self.name}({inside})" if inside else self.name


@dataclass(frozen=True)
class Combine:
    """One of COMBINATIONS over one or more expressions; merge matters for "parallel" only."""

    kind: str
    parts: tuple["Expr", ...]
    merge: str = "add"

    def __str__(self) -> str:
        inside = [str(part) for part in self.parts]
        if self.kind == "parallel":
            inside.append(f"merge={self.merge}")
        return f"{self.kind}({', '.join(inside)})"


Expr: TypeAlias = Call | Combine
Value: TypeAlias = "bool | int | float | str | Call | Combine | tuple[Value, ...] | None"


@dataclass(frozen=True)
class Plug:
    """One expression at one or many slots.

    Attributes:
        at: The selector: "encoder.*", "fuse.{0,1}", "encoder.2/conv[k=3]", "path:layer3.1.bn2".
        use: What goes there.
        how: "insert" after what the slot names, or "replace" it.
        match: How many places the selector must hit; None: one or more.
        init: "native" as published; "identity" x + a(m(x) - x) with a learnt a = 0; "small" the
            same with a = 0.001; "zero_last" the last layer starts at zero (for residual(E)).
    """

    at: str
    use: Expr
    how: How = "insert"
    match: int | None = None
    init: Init = "native"

    def __str__(self) -> str:
        sign = "=" if self.how == "insert" else ":="
        options = [f"match={self.match}"] if self.match is not None else []
        options += [f"init={self.init}"] if self.init != "native" else []
        tail = "; " + ", ".join(options) if options else ""
        return f"{self.at}{sign}{self.use}{tail}"

    def mapping(self) -> dict[str, Any]:
        """Return the same as the YAML mapping of a configuration; defaults are left out."""
        given: dict[str, Any] = {"at": self.at, "use": str(self.use)}
        if self.how != "insert":
            given["how"] = self.how
        if self.match is not None:
            given["match"] = self.match
        if self.init != "native":
            given["init"] = self.init
        return given


def show(value: Value) -> str:
    """Write an argument's value as the grammar reads it."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return "[" + ", ".join(show(item) for item in value) + "]"
    return str(value)
