"""Cut a trace into units: the modules and operations that a diagram would name.

A container is opened while what it calls ends at more than one resolution, so an encoder falls
into its stages and a stage of residual blocks stays whole. Resizing and concatenation at the
beginning of a block are peeled off, because the figure shows them as arrows and nodes.
"""

from dataclasses import dataclass

from paperkit.diagram.calls import Call, Op, Trace

__all__ = ["CONV", "JOIN", "PASS", "Unit", "cut", "is_down", "is_pass", "is_up"]

PASS = frozenset(
    (
        *("view", "view_as", "reshape", "flatten", "permute", "transpose", "contiguous", "movedim"),
        *("clone", "detach", "to", "float", "half", "type", "type_as", "cpu", "cuda", "identity"),
        *("pad", "getitem", "dropout", "squeeze", "unsqueeze", "expand"),
        *("chunk", "split", "narrow", "unbind"),
    )
)
JOIN = frozenset(("cat", "concat", "concatenate", "add", "iadd", "mul", "imul", "sub", "stack"))
CONV = frozenset(
    (
        *("conv1d", "conv2d", "conv3d", "conv_transpose2d", "linear", "matmul", "bmm"),
        *("scaled_dot_product_attention", "multi_head_attention_forward"),
        "transformer_encoder_layer_fwd",
    )
)
GROW = frozenset(("interpolate", "upsample", "conv_transpose2d", "pixel_shuffle"))


@dataclass(frozen=True)
class Unit:
    """Operations that are drawn as one thing; `item` is the call or operation that names it."""

    item: Call | Op
    ops: tuple[Op, ...]

    @property
    def ids(self) -> frozenset[int]:
        """Ids of its operations."""
        return frozenset(op.id for op in self.ops)

    @property
    def names(self) -> list[str]:
        """Names of its operations."""
        return [op.name for op in self.ops]

    @property
    def reads(self) -> list[int]:
        """Operations outside that it reads, in order."""
        return list(dict.fromkeys(i for op in self.ops for i in op.inputs if i not in self.ids))


def cut(trace: Trace) -> list[Unit]:
    """Return the units in the order in which they run; together they hold every operation."""
    source = Unit(trace.ops[0], (trace.ops[0],))
    return [source, *_opened(trace, trace.root)]


def _opened(trace: Trace, call: Call) -> list[Unit]:
    return [unit for item in trace.children(call) for unit in _units(trace, item)]


def _units(trace: Trace, item: Call | Op) -> list[Unit]:
    whole = Unit(item, trace.inside(item))
    replaced = isinstance(item, Call) and item.path in trace.replaced
    if isinstance(item, Op) or item.plugged or replaced or is_up(trace, whole):
        return [whole]
    if item.slot is not None or _resolutions(trace, item) > 1:
        return _opened(trace, item)
    return _peeled(trace, item)


def _resolutions(trace: Trace, call: Call) -> int:
    """Count the resolutions at which the modules in `call` end; 1×1 and strips do not count."""
    ends = [trace.inside(child)[-1].size for child in trace.children(call) if _is_call(child)]
    return len({size for size in ends if size is not None and min(size) > 1})


def _is_call(item: Call | Op) -> bool:
    return isinstance(item, Call)


def _peeled(trace: Trace, call: Call) -> list[Unit]:
    units: list[Unit] = []
    children = trace.children(call)
    for n, item in enumerate(children):
        unit = Unit(item, trace.inside(item))
        if not (is_pass(unit) or is_up(trace, unit) or is_down(trace, unit) or _joins(unit)):
            rest = tuple(op for child in children[n:] for op in trace.inside(child))
            return [*units, Unit(call, rest)]
        units.append(unit)
    return units


def _joins(unit: Unit) -> bool:
    names = [name for name in unit.names if name not in PASS]
    return len(names) == 1 and names[0] in JOIN and len(unit.reads) > 1


def is_pass(unit: Unit) -> bool:
    """Whether the unit only moves values around: views, crops, dropout."""
    return all(name in PASS for name in unit.names)


def is_up(trace: Trace, unit: Unit) -> bool:
    """Whether the unit enlarges one tensor, and then convolves it at most once."""
    names = [name for name in unit.names if name not in PASS]
    grows = bool(names) and names[0] in GROW
    convs = sum(name in CONV for name in names[1:])
    return grows and convs <= 1 and len(unit.reads) == 1 and _growth(trace, unit) > 1


def is_down(trace: Trace, unit: Unit) -> bool:
    """Whether the unit shrinks one tensor without parameters; global pooling does not count."""
    size = unit.ops[-1].size
    free = not CONV & set(unit.names)
    return (
        free
        and len(unit.reads) == 1
        and size is not None
        and min(size) > 1
        and _growth(trace, unit) < 1
    )


def _growth(trace: Trace, unit: Unit) -> float:
    """Height after over height before; 1 where one of them is no image."""
    before, after = trace.ops[unit.reads[0]].size, unit.ops[-1].size
    if before is None or after is None or 1 in (*before, *after):
        return 1.0
    return min(after[0] / before[0], after[1] / before[1])
