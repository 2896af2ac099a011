"""The module that is examined: how it is built, what it is given, what should come out."""

import functools
import inspect
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Broken", "Footing", "Subject", "said", "tensor_of"]

WIDTHS = (8, 16, 64, 128, 256)
TWO_WIDTHS = ("fusion", "conv", "block", "up", "down")
# tried in this order, until the module runs: most run at the first
FOOTINGS = [(8, 9), (16, 16), (7, 7), (32, 32), (14, 14), (64, 64)]


class Broken(Exception):  # noqa: N818 - what the module is
    """The module does not run at all; the message says what it was given."""


@dataclass(frozen=True)
class Footing:
    """A width and a size at which the module runs, so that each check looks at one thing."""

    width: int
    height: int
    across: int


class Subject:
    """A class and what INFO says about it. Instances are built once for each width.

    Args:
        cls: The module's class.
        info: Its INFO.
        text: The text of its file; "" where there is none.
        name: The name of its file without .py.
    """

    def __init__(
        self, cls: type[nn.Module], info: Mapping[str, Any], *, text: str = "", name: str = ""
    ) -> None:
        self.cls, self.info, self.text = cls, info, text
        self.name = name or str(info.get("name", cls.__name__))
        self.arity = int(info.get("arity") or _arity(cls))
        self.kind = str(info.get("kind") or ("fusion" if self.arity == 2 else "attention"))
        self.needs: dict[str, Any] = dict(info.get("needs") or {})
        self.built = functools.lru_cache(maxsize=None)(self.build)

    @property
    def least(self) -> int:
        """The smallest height and width that INFO allows."""
        return int(self.needs.get("min_hw", 1))

    @functools.cached_property
    def footing(self) -> Footing:
        """Where the module runs. Raises Broken with the first error if nowhere."""
        first = ""
        for width in (*self.widths, 512):
            if self.emptied(width):
                continue  # `widths` says so
            for height, across in FOOTINGS:
                height, across = max(height, self.least), max(across, self.least)
                try:
                    self.run(self.built(width).eval(), self.inputs(2, width, height, across))
                    return Footing(width, height, across)
                except Exception as error:
                    size = f"{width} channels on a {height}x{across} map"
                    first = first or f"{self.cls.__name__} does not run with {size}: {said(error)}"
        raise Broken(first)

    @property
    def widths(self) -> list[int]:
        """The numbers of channels that INFO's needs allow."""
        unit = self.needs.get("divisible", 1)
        if not isinstance(unit, int):
            unit = int(inspect.signature(self.cls).parameters[unit].default)
        least = int(self.needs.get("min_channels", 1))
        allowed = [c for c in WIDTHS if c >= least and c % unit == 0]
        return allowed or [unit * max(1, -(-least // unit)) * n for n in (1, 2)]

    def build(self, channels: int, *, seed: int = 0) -> nn.Module:
        """Construct with C in and C out, as the slot engine does, without drawing random numbers.

        A module for another layout is wrapped, so that it takes [B, C, H, W].
        """
        count = 2 if self.kind in TWO_WIDTHS else 1
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # empty layers are a finding of their own
            torch.manual_seed(seed)
            made = self.cls(*[channels] * count)
        layout = self.info.get("layout", "NCHW")
        if layout not in ("NHWC", "NLC"):
            return made
        from paperkit.slots.combine import ChannelsLast, Tokens

        return ChannelsLast(made) if layout == "NHWC" else Tokens(made)

    def emptied(self, channels: int) -> str:
        """Return the parameters that have no element at this width, as C // 16 makes of 8."""
        try:
            named = self.built(channels).named_parameters()
        except Exception:
            return ""
        return ", ".join(name for name, parameter in named if parameter.numel() == 0)

    def inputs(
        self, batch: int, channels: int, height: int, across: int, *, seed: int = 1
    ) -> list[Tensor]:
        """Return normal noise, one tensor for each input."""
        generator = torch.Generator().manual_seed(seed)
        shape = (batch, channels, height, across)
        return [torch.randn(shape, generator=generator) for _ in range(self.arity)]

    def usual(self, batch: int = 2, *, seed: int = 1) -> list[Tensor]:
        """Return inputs of the footing's size."""
        at = self.footing
        return self.inputs(batch, at.width, at.height, at.across, seed=seed)

    def run(self, module: nn.Module, given: Sequence[Tensor]) -> Tensor:
        """Call with copies of the inputs under a fixed seed. Raises TypeError if not one tensor."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return tensor_of(module(*(x.clone() for x in given)))

    def sized(self, height: int, across: int) -> tuple[int, int]:
        """Return the size that should come out; down-samplers drop an odd row."""
        if self.kind == "up":
            return 2 * height, 2 * across
        return (height // 2, across // 2) if self.kind == "down" else (height, across)


def _arity(cls: type[nn.Module]) -> int:
    """Return how many tensors forward must be given: 1 or 2."""
    given = list(inspect.signature(cls.forward).parameters.values())[1:]
    needed = [p for p in given if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    return min(2, max(1, len(needed)))


def tensor_of(output: Any) -> Tensor:
    """Return the output if it is one tensor. Raises TypeError."""
    if not isinstance(output, Tensor):
        raise TypeError(f"forward returns a {type(output).__name__}, not one tensor")
    return output


def shaken(module: nn.Module, seed: int) -> nn.Module:
    """Move every parameter a little, so that what starts at zero takes part."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.add_(0.1 * noise.to(parameter.dtype))
    return module


def said(error: Exception) -> str:
    """Return an error's type and its first line."""
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
