"""Slot: a named place in a model where modules can be plugged in.

A model's author writes ``self.skip = Slot("skip.0")`` and calls ``s = self.skip(s)``. Nobody
pays for an empty slot: it has no parameters and no state_dict keys, and returns its input. So a
baseline with empty slots is exactly the baseline, and its checkpoints load into plugged models.
"""

from typing import Literal

import torch
from torch import Tensor, nn

Way = Literal["one", "skip", "fused"]


class Slot(nn.Module):
    """A place where modules are plugged in; they chain in the order in which they were added.

    Args:
        name: What a plug calls this place: "encoder.0", "skip.2", "fuse.1".
        component: Dotted path, from the model, of the module that the slot names: what ``:=``
            replaces and what predicates such as ``/conv[k=3]`` search. None: nothing to replace.
        inputs: 1, or 2 for a place where a decoder feature x meets a skip s. Empty, such a slot
            concatenates them.
    """

    def __init__(self, name: str, component: str | None = None, *, inputs: int = 1) -> None:
        super().__init__()
        if inputs not in (1, 2):
            raise ValueError(f"Slot({name!r}): inputs is {inputs!r}, but a slot takes 1 or 2")
        self.name = name
        self.component = component
        self.inputs = inputs
        self.plugs = nn.ModuleList()
        self.ways: list[Way] = []
        self.labels: list[str] = []

    def add(self, module: nn.Module, *, way: Way = "one", label: str = "") -> None:
        """Plug a module in, after those that are here.

        ``way`` says how it is called: "one" m(x), on the concatenation where there are two
        inputs; "skip" s <- m(x, s), after which x and s go on as two; "fused" x <- m(x, s), one
        tensor as wide as the concatenation, because that is what the next layer was built for.
        """
        self.plugs.append(module)
        self.ways.append(way)
        self.labels.append(label)

    def forward(self, x: Tensor, s: Tensor | None = None) -> Tensor:
        """Return what goes on: x [B, C, H, W], or with a skip s [B, D, H, W] [B, C + D, H, W]."""
        for plug, way in zip(self.plugs, self.ways, strict=True):
            if way == "skip":
                s = plug(x, s)
            elif way == "fused":
                x, s = plug(x, s), None
            else:
                x, s = plug(_joined(x, s)), None
        return _joined(x, s)

    def after(self, module: nn.Module, args: object, output: Tensor) -> Tensor:  # noqa: ARG002
        """Forward hook that plugs into models that were written without slots.

        A bound method on purpose: deepcopy (EMA) rebinds it to the copied slot, whereas a closure
        would go on calling the original's plugs. The copy is for hosts that add in place
        (``out += x``), which would destroy what a final sigmoid or ReLU keeps for its gradient.
        """
        return self.forward(output).clone()

    def extra_repr(self) -> str:
        """Show the name, and what is plugged in, where a model is printed."""
        return ", ".join([self.name, *self.labels])


def _joined(x: Tensor, s: Tensor | None) -> Tensor:
    return x if s is None else torch.cat([x, s], dim=1)
