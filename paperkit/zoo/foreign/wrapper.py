"""The file that makes a copied class a module: its INFO, and a class around it."""

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["literal_info", "wrapper"]

WIDTHS = {
    "attention": ("channels",),
    "conv": ("in_channels", "out_channels"),
    "block": ("in_channels", "out_channels"),
    "fusion": ("channels", "skip_channels"),
}
USUAL = {
    "kernel_size": ("int", "3"),
    "stride": ("int", "1"),
    "padding": ("int", "1"),
    "dilation": ("int", "1"),
    "groups": ("int", "1"),
    "bias": ("bool", "True"),
}
FILE = '''"""{cls} of {origin}, as a module that can be plugged in.

The copied file is kept word for word in _{name}.py; this one says what it is and how it is built.
"""

from torch import Tensor, nn

from ._{name} import {cls} as Copied

INFO = {{
{info}}}


class {plug}(nn.Module):
    """{cls}, built for the channels of its place.

    Args:
{args}
    """

    def __init__({signature}) -> None:
        super().__init__()
        self.copied = Copied({call})

    def forward(self, {inputs}) -> Tensor:
        """Return {shape} as x."""
        y: Tensor = self.copied({passed}){first}
        return y
'''


def wrapper(
    name: str, plug: str, found: Mapping[str, Any], cited: Mapping[str, Any], origin: str
) -> str:
    """Return the text of modules/NAME.py.

    Args:
        name: The module's name.
        plug: The name of its class.
        found: What foreign.fitting found.
        cited: Title, authors, venue, year, key, bibtex and licence.
        origin: The file that was copied, as the user wrote it.
    """
    widths = WIDTHS[found["kind"]]
    options = {**{k: (type(v).__name__, repr(v)) for k, v in found["options"].items()}}
    samples = {key: USUAL[key] for key in found["samples"]}
    typed = [f"{key}: {kind} = {value}" for key, (kind, value) in {**samples, **options}.items()]
    second = "skip: Tensor" if found["arity"] == 2 else ""
    args = [*(f"        {w}: Width of what comes in." for w in widths)]
    both = "of the input and of the output" if len(widths) == 1 else "of the output"
    args[-1:] = [f"        {widths[-1]}: C {both}."]
    args += [f"        {key}: As in the copied class." for key in [*samples, *options]]
    return FILE.format(
        name=name,
        cls=found["cls"],
        origin=origin,
        plug=plug,
        info=_info(name, found, cited, origin),
        args="\n".join(args),
        signature=", ".join(
            ["self", *(f"{w}: int" for w in widths), *(["*"] if typed else []), *typed]
        ),
        call=_call(found, widths, [*samples, *options]),
        inputs=", ".join(filter(None, ["x: Tensor", second])),
        passed="x, skip" if second else "x",
        first="[0]" if found["first"] else "",
        shape={"NHWC": "[B, H, W, C]", "NLC": "[B, H * W, C]"}.get(found["layout"], "[B, C, H, W]"),
    )


def _call(found: Mapping[str, Any], widths: tuple[str, ...], passed: list[str]) -> str:
    which = {"in": widths[0], "out": widths[-1]}
    if found["kind"] == "fusion" and "out" not in found["roles"].values():
        which["in"] = widths[-1]
    given = [f"{key}={which[role]}" for key, role in found["roles"].items()]
    given += [f"{key}={value!r}" for key, value in found["given"].items()]
    return ", ".join(given + [f"{key}={key}" for key in passed])


def _info(name: str, found: Mapping[str, Any], cited: Mapping[str, Any], origin: str) -> str:
    """Return INFO as a literal, BibTeX over several lines."""
    values: dict[str, Any] = {
        "name": name,
        **{key: cited[key] for key in ("title", "authors", "venue", "year", "key")},
        "bibtex": cited["bibtex"],
        "kind": found["kind"],
        "arity": found["arity"],
        **({"returns": "fused"} if found["arity"] == 2 else {}),
        "layout": found["layout"],
        "equation": "",
        "symbols": {},
        "params": found.get("params"),
        "needs": found.get("needs", {}),
        "components": {},
        "recommended": ["fuse.*"] if found["arity"] == 2 else ["encoder.*"],
        "variants": {},
        "source": f"copied from {origin}, word for word in _{name}.py",
        "licence": cited["licence"],
    }
    if values["params"] is None:
        del values["params"]
    return literal_info(values)


def literal_info(values: Mapping[str, Any]) -> str:
    """Return the lines of INFO, key by key."""
    return "".join(f'    "{key}": {_literal(value)},\n' for key, value in values.items())


def _literal(value: Any) -> str:
    if isinstance(value, str) and "\n" in value:
        return f'r"""{value}"""'
    if isinstance(value, str | list):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
