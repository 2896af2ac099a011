"""From a model to the text of its file, which is compared with the model before it is returned."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .encode import Trace
from .errors import EjectError
from .file import renamed, write
from .looks import meta_copy
from .structure import Structure, structure
from .tracer import trace
from .verify import difference

__all__ = ["Ejected", "eject"]


@dataclass(frozen=True)
class Ejected:
    """The file, the name of its network, and the weights that are called otherwise in it."""

    text: str
    top: str
    renamed: dict[str, str]
    params: int
    fixed: bool  # it takes inputs of the configured size only

    def convert(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the weights of the model under the names that they have in the file."""
        found = {}
        for key, value in state.items():
            old = next((old for old in self.renamed if key.startswith(old)), "")
            found[self.renamed.get(old, "") + key.removeprefix(old)] = value.clone()
        return found


def eject(model: nn.Module, example: Tensor, *, about: str, name: str = "") -> Ejected:
    """Write a model as plain code, and see that it is the same network.

    Args:
        model: With whatever is plugged in; on the CPU; left as it is. Its modules' constructors
            are known if it was built inside ``recording()``.
        example: One input [1, C, H, W].
        about: The first paragraph of the file's docstring.
        name: Of the network's class; default: that of the model.

    Raises:
        EjectError: What cannot be written, and why.
    """
    size = [int(n) for n in example.shape[1:]]
    problem: str | None = None
    # hooks copy what they give, in case that the host writes in place; try without
    for copies, fixed in ((False, False), (True, False), (False, True), (True, True)):
        made = _structure(model, example, copies)
        top = made.top.head.name = name or made.top.head.name
        text = write(made, model, size, about, fixed=fixed)
        problem = difference(model, text, top, (2, *size))
        if problem is None and not fixed:
            problem = difference(model, text, top, (2, *_other(size)))
        if problem is None:
            count = sum(parameter.numel() for parameter in model.parameters())
            return Ejected(text, top, renamed(made.homes), count, fixed)
    raise EjectError(f"the written file is not the same network: {problem}")


def _structure(model: nn.Module, example: Tensor, copies: bool) -> Structure:
    try:
        twin = meta_copy(model)
        traces = _traces(twin, example.to("meta"))
    except (RuntimeError, NotImplementedError):
        # code that makes its own tensors on the CPU cannot run on the meta device
        twin = copy.deepcopy(model)
        traces = _traces(twin, example)
    return structure(model, twin, *traces, copies=copies)


def _traces(twin: nn.Module, example: Tensor) -> tuple[Trace, Trace]:
    pair = torch.zeros(2, *example.shape[1:], device=example.device)
    training = trace(twin, pair, training=True)
    return training, trace(twin, pair, training=False)


def _other(size: list[int]) -> tuple[int, ...]:
    """Return a second size, not square: about half of the first, in steps of 32."""
    channels, *space = size
    half = [max(64, n // 64 * 32) for n in space]
    half[-1] += 32
    return channels, *half
