"""The recorded trace with types: calls, operations, and who is inside whom (pure Python)."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from paperkit.errors import UserError

__all__ = ["Call", "Op", "Trace", "read"]


@dataclass(frozen=True)
class Op:
    """One operation that made a tensor.

    Attributes:
        id: Its place in the order of execution.
        parent: The call in which it ran; None for the input.
        name: Name of the torch function ("conv2d", "cat").
        inputs: The operations whose results it read.
        out: Shape of the result without the batch: [C, H, W], [N, C] or [C].
    """

    id: int
    parent: int | None
    name: str
    inputs: tuple[int, ...]
    out: tuple[int, ...]

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width, None for anything but an image."""
        return (self.out[1], self.out[2]) if len(self.out) == 3 else None


@dataclass(frozen=True)
class Call:
    """One call of a module's forward.

    Attributes:
        id: Its place in the order of execution.
        parent: The call around it; None for the model.
        path: Dotted path from the model.
        kind: Class name.
        file: Name of the Python file that defines the class.
        params: Number of parameters below it.
        attrs: kernel_size and the like, for leaves.
        slot: Name of the slot it is; None for other modules.
        labels: Expressions plugged into the slot.
    """

    id: int
    parent: int | None
    path: str
    kind: str
    file: str
    params: int
    attrs: dict[str, Any]
    slot: str | None
    labels: tuple[str, ...]

    @property
    def plugged(self) -> bool:
        """Whether this is a slot that something is plugged into."""
        return bool(self.labels)


@dataclass(frozen=True)
class Trace:
    """Everything that ran, by id; `replaced` has slot and expression of plugs by their path."""

    model: str
    calls: dict[int, Call]
    ops: dict[int, Op]
    replaced: dict[str, tuple[str, str]]

    @cached_property
    def _below(self) -> dict[int | None, list[int]]:
        below: dict[int | None, list[int]] = defaultdict(list)
        for number in sorted({**self.calls, **self.ops}):
            below[self.item(number).parent].append(number)
        return below

    def item(self, number: int) -> Call | Op:
        """Return the call or the operation with this id."""
        return self.calls[number] if number in self.calls else self.ops[number]

    @property
    def root(self) -> Call:
        """The call of the model itself."""
        return next(call for call in self.calls.values() if call.parent is None)

    def children(self, call: Call) -> list[Call | Op]:
        """Return what ran directly inside `call`, in order; calls without operations excluded."""
        items = (self.item(number) for number in self._below[call.id])
        return [item for item in items if isinstance(item, Op) or self.inside(item)]

    def calls_inside(self, call: Call) -> list[Call]:
        """Return `call` and every call below it, in order."""
        found = [call]
        for number in self._below[call.id]:
            if number in self.calls:
                found += self.calls_inside(self.calls[number])
        return found

    def inside(self, item: Call | Op) -> tuple[Op, ...]:
        """Return every operation that ran inside `item`, in order."""
        if isinstance(item, Op):
            return (item,)
        found: list[Op] = []
        for number in self._below[item.id]:
            found += self.inside(self.item(number))
        return tuple(found)


def read(record: dict[str, Any]) -> Trace:
    """Give the tracer's dictionary types.

    Raises:
        UserError: The forward made no tensor out of the input, so there is nothing to draw.
    """
    calls = {row["id"]: _call(row) for row in record["calls"]}
    ops: dict[int, Op] = {}
    for row in record["ops"]:
        # position grids and buffers depend on no input: no part of the flow
        if row["name"] == "input" or any(number in ops for number in row["inputs"]):
            ops[row["id"]] = _op(row, ops)
    if len(ops) < 2:
        raise UserError(
            f"{record['model']}: its forward did nothing with the input, so there is no diagram; "
            "does it return the result of its layers?"
        )
    replaced = {row["path"]: (row["slot"], row["expression"]) for row in record["replaced"]}
    return Trace(record["model"], calls, ops, replaced)


def _call(row: dict[str, Any]) -> Call:
    slot = row["slot"] or {"name": None, "labels": []}
    where = (row["id"], row["parent"], row["path"], row["class"], row["file"])
    return Call(*where, row["params"], row["attrs"], slot["name"], tuple(slot["labels"]))


def _op(row: dict[str, Any], before: dict[int, Op]) -> Op:
    inputs = tuple(number for number in row["inputs"] if number in before)
    return Op(row["id"], row["parent"], row["name"], inputs, tuple(row["out"]))
