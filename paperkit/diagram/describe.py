"""Words for what a diagram shows: the block of a stage, the resizing of an arrow, a plug."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from paperkit.diagram.calls import Call, Op, Trace
from paperkit.diagram.stages import PASS, Unit

__all__ = ["Block", "block", "change", "label"]

LAYERS = {
    "batch_norm": "BN",
    "group_norm": "GN",
    "instance_norm": "IN",
    "layer_norm": "LN",
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "gelu": "GELU",
    "silu": "SiLU",
    "hardswish": "h-swish",
    "sigmoid": "sigmoid",
    "linear": "linear",
    "max_pool2d": "max pool",
    "avg_pool2d": "avg pool",
    "adaptive_avg_pool2d": "global avg pool",
    "mean": "global avg pool",
}
MOST_LAYERS = 4


@dataclass(frozen=True)
class Block:
    """A stage in words: the block's class, how many of them, what one does, in how many parts."""

    kind: str
    repeat: int
    detail: str
    bands: int


def block(trace: Trace, call: Call, ops: tuple[Op, ...]) -> Block:
    """Describe a stage; `ops` are its operations without what was peeled off."""
    inner = [item for item in trace.children(call) if isinstance(item, Call)]
    blocks = [item for item in inner if not item.plugged]
    only = len({item.kind for item in blocks}) == 1 and len(inner) == len(trace.children(call))
    holder = call.kind == "Sequential" or len(blocks) > 1
    if only and holder and not _is_leaf(trace, blocks[0]):
        detail, bands = _detail(trace, trace.inside(blocks[0]))
        return Block(blocks[0].kind, len(blocks), detail, bands)
    detail, bands = _detail(trace, ops)
    if not _is_leaf(trace, call) and call.kind != "Sequential":
        return Block(call.kind, 1, detail, bands)
    layer = _layer(trace, next(op for op in ops if op.name not in PASS))
    kind = _largest(trace, inner) or layer
    return Block(kind, 1, "" if detail == kind else detail, bands)


def _largest(trace: Trace, inner: list[Call]) -> str:
    """A plain Sequential is named by the block in it that holds most of the parameters."""
    blocks = [item for item in inner if not _is_leaf(trace, item)]
    return max(blocks, key=lambda item: item.params).kind if blocks else ""


def _is_leaf(trace: Trace, call: Call) -> bool:
    return len(trace.calls_inside(call)) == 1


def _detail(trace: Trace, ops: tuple[Op, ...]) -> tuple[str, int]:
    """Name the layers in order; the smallest repeated pattern is taken out of the bracket."""
    layers = [_layer(trace, op) for op in ops if op.name not in PASS]
    if {"add", "iadd"} & {op.name.strip("_") for op in ops}:
        return "residual block", 1
    for length in range(1, min(MOST_LAYERS, len(layers)) + 1):
        pattern, times = layers[:length], len(layers) // length
        if pattern * times == layers:
            text = ", ".join(pattern)
            return (text, 1) if times == 1 else (f"{times} × ({text})", times)
    return "", 1


def _layer(trace: Trace, op: Op) -> str:
    if op.name.startswith(("conv", "conv_transpose")) and op.parent is not None:
        size = _span(trace.calls[op.parent].attrs.get("kernel_size"))
        depthwise = trace.calls[op.parent].attrs.get("groups", 1) == op.out[0] > 1
        name = "DW conv" if depthwise else "conv"
        return f"{size} {name}".strip()
    return LAYERS.get(op.name, op.name.replace("_", " "))


def _span(size: object) -> str:
    if isinstance(size, int):
        return f"{size}×{size}"
    return "×".join(f"{part:g}" for part in size) if isinstance(size, list) else ""


def change(trace: Trace, unit: Unit) -> str:
    """Say how a tensor is resized: "2×2 max pool", "2×2 up-conv", "bilinear ×2"."""
    op = next(op for op in unit.ops if op.name not in PASS)
    attrs = trace.calls[op.parent].attrs if op.parent is not None else {}
    span = _span(attrs.get("kernel_size"))
    if "pool" in op.name:
        kind = "max pool" if op.name.startswith("max") else "avg pool"
        return f"{span} {kind}".strip()
    names = unit.names
    if "conv_transpose2d" in names:
        return f"{span} up-conv".strip()
    factor = round(unit.ops[-1].out[-1] / trace.ops[unit.reads[0]].out[-1], 2)
    grown = f"×{factor:g} upsampling" if factor > 1 else f"×1/{1 / factor:g} downsampling"
    return f"{grown}, conv" if "conv2d" in names else grown


def label(trace: Trace, slot: Call, expressions: tuple[str, ...], names: Mapping[str, str]) -> str:
    """Shorten plugged expressions to what fits a box: modules without their settings.

    A module is written as `names` says, else as its class is: the paper's own name for it.
    Combinators keep theirs.
    """
    classes: dict[str, str] = {}
    for call in trace.calls_inside(slot):
        classes.setdefault(call.file, call.kind)
    classes |= names
    texts = [_without_settings(text) for text in expressions]
    named = [re.sub(r"[A-Za-z_]\w*", lambda m: classes.get(m[0], m[0]), text) for text in texts]
    return " → ".join(named)


def _without_settings(text: str) -> str:
    """Drop `key=value` from an expression: "residual(se(reduction=8))" is "residual(se)"."""
    name, bracket, rest = text.strip().partition("(")
    if not bracket:
        return name
    inner = [part for part in _split(rest.rpartition(")")[0]) if not _is_setting(part)]
    return f"{name}({', '.join(map(_without_settings, inner))})" if inner else name


def _is_setting(part: str) -> bool:
    return "=" in part.partition("(")[0]


def _split(text: str) -> list[str]:
    """Split at the commas that no bracket holds."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part.strip()]
