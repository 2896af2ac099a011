"""One plug alone, on the shapes of its place: does it run, write into its input, do anything?"""

import copy
import linecache
import traceback
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from .errors import Misfit, SlotError
from .plug import Plug
from .probe import Rehearsal, Shape, layer_of, rehearse
from .slot import Way

_OURS = Path(__file__).parent
_TORCH = Path(torch.__file__).parent
SMALL = 16  # pixels: a module that gives back its input does so at any size


def words(shape: Shape) -> str:
    """Write a shape as messages show it."""
    return "[" + ", ".join(map(str, shape)) + "]"


def tried(plug: Plug, module: nn.Module, given: Sequence[Shape], dtype: torch.dtype) -> Rehearsal:
    """Run a plug's module alone on these shapes. Raises Misfit, SlotError."""
    try:
        trial = rehearse(module.to(dtype), given, dtype)
    except Exception as error:
        shapes = " and ".join(map(words, given))
        raise Misfit(f"{plug.use} fails on {shapes}{failure(error)}") from error
    if len(trial.outputs) != 1:
        raise SlotError(f"{plug.use} returns {len(trial.outputs)} tensors; a plug returns one")
    if trial.writes:
        raise SlotError(
            f"{plug.use} changes its input in place, which would change what else reads it; "
            "look for inplace=True, x += ... or x[...] = ... on the input"
        )
    learning = [name for name, p in module.named_parameters() if p.requires_grad]
    if learning and len(trial.dead) == len(learning):
        raise SlotError(
            f"{plug.use} has {len(learning)} parameters, but no gradient reaches any of them: "
            f"{_some(learning)}; its output does not depend on them"
        )
    return trial


def failure(error: BaseException) -> str:
    """Say what was raised, and inside which layer, on which shapes."""
    said = f": {type(error).__name__}: {error}"
    layer = layer_of(error)
    if layer is None or not layer.name:
        return said
    got = " and ".join(map(words, layer.given)) or "no tensor"
    return f", in its {layer.name} ({layer.kind}), which got {got}{said}"


def own_frames(error: BaseException | None) -> str:
    """Return the lines of code that raised, without torch's and the slot engine's; "" for none."""
    lines = []
    for frame in traceback.extract_tb(error.__traceback__ if error else None):
        file = Path(frame.filename)
        inside = any(file.is_relative_to(home) for home in (_OURS, _TORCH))
        if inside or "site-packages" in file.parts or not file.is_file():
            continue
        code = frame.line or linecache.getline(frame.filename, frame.lineno or 0).strip()
        lines.append(f"\n  {_short(file)}, line {frame.lineno}, in {frame.name}: {code}")
    return "".join(lines)


def without_effect(module: nn.Module, way: Way, given: Sequence[Shape], seed: int) -> bool:
    """Tell whether a plug gives back what it got, whatever its weights are.

    Natural identities (a gate that starts at zero) are not meant: every parameter is moved first.
    A module that cannot be run on a small map is believed to do something.
    """
    if way == "fused":
        return False
    twin, generator = copy.deepcopy(module).cpu().float(), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(0.5 * torch.randn(parameter.shape, generator=generator))
    shapes = [(2, shape[1], *(min(n, SMALL) for n in shape[2:])) for shape in given]
    inputs = [torch.randn(shape, generator=generator) for shape in shapes]
    base = inputs[-1] if way == "skip" else torch.cat(inputs, dim=1)
    try:
        return all(_gives(twin.train(mode), inputs, base) for mode in (False, True))
    except Exception:
        return False


def _gives(module: nn.Module, inputs: Sequence[torch.Tensor], base: torch.Tensor) -> bool:
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        return torch.equal(module(*(x.clone() for x in inputs)), base)


def _short(file: Path) -> str:
    here = Path.cwd()
    return file.relative_to(here).as_posix() if file.is_relative_to(here) else file.name


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
