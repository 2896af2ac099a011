"""How a class that nobody described is built and called: by its arguments' names, and by trials."""

import copy
import inspect
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor, nn

from paperkit.errors import UserError
from paperkit.zoo.conform.subject import said

__all__ = ["Fit", "fit"]

# what people call C, or the first of two widths
INTO = (
    *("channels", "channel", "dim", "d_model", "in_planes", "inplanes", "in_channel"),
    *("in_channels", "num_channels", "n_channels", "in_dim", "in_ch", "in_chs", "inp", "c1", "c"),
    *("embed_dim", "embed_dims", "hidden_dim", "hidden_size", "input_dim", "input_channels"),
    *("in_features", "num_features", "n_feat", "n_feats", "nf", "ch", "cin", "c_in", "in_c"),
    *("input_dims", "dims", "filters", "width", "gate_channels", "gate_channel", "f_g", "planes"),
)
OUT = (
    *("out_planes", "outplanes", "out_channel", "out_channels", "out_dim", "out_ch", "out_chs"),
    *("oup", "outp", "c2", "output_dim", "output_channels", "out_features", "cout", "c_out"),
    *("out_c", "output_dims", "f_l", "planes"),
)
# what is required and is no width
NO_WIDTH = re.compile(r"head|size|kernel|ratio|reduc|group|resol|num|stride|depth|rate|^[hwkn]$")
SIZES = ((12, 20), (16, 16), (32, 32), (7, 7), (14, 14), (56, 56))
COUNTED = (64, 128, 256, 8, 16)
WIDTHS = (64, 32, 128, 256, 512)
# NLC before NHWC: what runs on tokens and on maps was written for tokens
LAYOUTS = ("NCHW", "NLC", "NHWC")


@dataclass
class Fit:
    """What was found.

    Attributes:
        cls: Name of the class.
        roles: "in" or "out" for each argument that takes a width, by name.
        given: Values of other arguments, from the user.
        options: Default of each remaining argument, by name, where it is a plain value.
        samples: Which of kernel_size, stride, ... it takes.
        arity: 1 or 2 tensors.
        layout: NCHW, NHWC or NLC.
        kind: attention, conv, block or fusion.
        first: Whether it returns a tuple, of which the first is the feature.
        width: C of the trial that ran.
        size: H and W of the trial that ran.
        params: The formula over C that counts the parameters, where a polynomial does.
        needs: {"min_channels": n} where it cannot be built, or is empty, with fewer.
    """

    cls: str
    roles: dict[str, str]
    given: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    arity: int = 1
    layout: str = "NCHW"
    kind: str = "attention"
    first: bool = False
    width: int = 0
    size: tuple[int, int] = (0, 0)
    params: str | None = None
    needs: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    def build(self, cls: type[nn.Module], channels: int, out: int | None = None) -> nn.Module:
        """Construct with C in and `out` (or C) out, without drawing from the global stream."""
        width = {"in": channels, "out": out or channels}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return cls(**{name: width[role] for name, role in self.roles.items()}, **self.given)


def fit(cls: type[nn.Module], given: Mapping[str, Any]) -> Fit:
    """Find arguments, arity and layout.

    Args:
        cls: The class.
        given: Values for arguments that no trial can guess.

    Raises:
        UserError: It cannot be built or run with what was tried; the message says what is missing.
    """
    arity = _arity(cls)
    error = ""
    for roles in _roles(cls, given):
        found = Fit(cls.__name__, roles, dict(given), arity=arity)
        missing = _missing(cls, found)
        if missing:
            listed = " ".join(f"--set {name}=VALUE" for name in missing)
            error = error or f"{cls.__name__} needs values for {', '.join(missing)}: {listed}"
            continue
        ran, why = _run(cls, found)
        if ran:
            return _described(cls, found)
        error = why or error
    raise UserError(error or f"{cls.__name__} takes no argument that could be the channels")


def _arity(cls: type[nn.Module]) -> int:
    given = list(inspect.signature(cls.forward).parameters.values())[1:]
    needed = [p for p in given if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    if len(needed) not in (1, 2):
        names = ", ".join(p.name for p in needed) or "nothing"
        raise UserError(
            f"{cls.__name__}.forward takes {names}; a plug takes x, or x and a skip: write a class "
            "around it that does"
        )
    return len(needed)


def _roles(cls: type[nn.Module], given: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield guesses of which arguments are widths, the likeliest first."""
    free = [name for name in inspect.signature(cls).parameters if name not in given]
    parameters = inspect.signature(cls).parameters
    required = [name for name in free if parameters[name].default is inspect.Parameter.empty]
    into = [name for name in free if name.lower() in INTO]
    out = [name for name in free if name.lower() in OUT]
    guesses = [{i: "in", o: "out"} for i, o in itertools.product(into, out) if i != o]
    guesses += [{name: "in"} for name in into]
    other = [] if into else [name for name in required if not NO_WIDTH.search(name.lower())]
    guesses += [{other[0]: "in", other[1]: "out"}] if len(other) > 1 else []
    guesses += [{other[0]: "in"}] if other else []
    guesses += [{}] if not required else []
    seen: list[dict[str, str]] = []
    for guess in sorted(guesses, key=lambda g: len(set(required) - set(g))):
        if guess not in seen:
            seen.append(guess)
            yield guess


def _missing(cls: type[nn.Module], found: Fit) -> list[str]:
    empty, kinds = inspect.Parameter.empty, (inspect.Parameter.VAR_POSITIONAL,)
    return [
        name
        for name, p in inspect.signature(cls).parameters.items()
        if p.default is empty
        and p.kind not in (*kinds, inspect.Parameter.VAR_KEYWORD)
        and name not in found.roles
        and name not in found.given
    ]


def _run(cls: type[nn.Module], found: Fit) -> tuple[bool, str]:
    """Try widths, sizes and layouts; note in `found` what ran, or say why the first failed."""
    why = ""
    for width in WIDTHS:
        doubled = (2, 1) if "out" in found.roles.values() and found.arity == 1 else (1,)
        for factor in doubled:
            try:
                module = found.build(cls, width, factor * width).eval()
            except Exception as error:
                why = why or f"{cls.__name__} cannot be built with {width} channels: {said(error)}"
                continue
            for size, layout in itertools.product(SIZES, LAYOUTS):
                ran, error_said = _one(module, found, (width, factor * width), size, layout)
                if ran:
                    found.layout, found.width, found.size = layout, width, size
                    return True, ""
                why = why or f"{cls.__name__} does not run on {_shape(width, size)}: {error_said}"
    return False, why


def _one(
    module: nn.Module, found: Fit, widths: tuple[int, int], size: tuple[int, int], layout: str
) -> tuple[bool, str]:
    want = _laid(widths[1], size, layout)
    first = ""
    for device in ("meta", "cpu"):
        try:
            given = [torch.zeros(_laid(widths[0], size, layout), device=device)] * found.arity
            with torch.no_grad():
                twin = _meta(module) if device == "meta" else module
                out = twin(*given)
        except Exception as error:
            first = said(error)
            continue
        found.first = isinstance(out, list | tuple) and isinstance(out[0], Tensor)
        out = out[0] if found.first else out
        if not isinstance(out, Tensor):
            return False, f"it returns a {type(out).__name__}, not one tensor"
        if tuple(out.shape) == want:
            return True, ""
        return False, f"it returns {list(out.shape)} for {list(given[0].shape)}"
    return False, first


def _meta(module: nn.Module) -> nn.Module:
    return copy.deepcopy(module).to("meta")


def _counts(cls: type[nn.Module], found: Fit) -> dict[int, int]:
    """Return the parameters by C, for each C that it can be built with and leaves none empty."""
    counts: dict[int, int] = {}
    for width in COUNTED:
        try:
            sizes = [p.numel() for p in found.build(cls, width).parameters()]
        except Exception:
            continue
        if 0 not in sizes:
            counts[width] = sum(sizes)
    return counts


def _formula(counts: Mapping[int, int]) -> str | None:
    """Return the polynomial in C that counts the parameters, where there is one; else None."""
    if len(counts) < 4:
        return None
    (x, a), (y, b), (z, c) = [(Fraction(n), Fraction(m)) for n, m in sorted(counts.items())[-3:]]
    square = ((c - a) / (z - x) - (b - a) / (y - x)) / (z - y)
    slope = (b - a) / (y - x) - square * (x + y)
    rest = a - square * x * x - slope * x
    if any(square * n * n + slope * n + rest != count for n, count in counts.items()):
        return None
    terms = [_term(square, "C**2"), _term(slope, "C"), _term(rest, "")]
    return " + ".join(filter(None, terms)) or "0"


def _term(factor: Fraction, power: str) -> str:
    if factor == 0:
        return ""
    above = str(factor.numerator) if factor.numerator != 1 or not power else ""
    text = "*".join(filter(None, [above, power]))
    return text if factor.denominator == 1 else f"{text}/{factor.denominator}"


def _described(cls: type[nn.Module], found: Fit) -> Fit:
    parameters = inspect.signature(cls).parameters
    sampling = ("kernel_size", "stride", "padding", "dilation", "groups", "bias")
    two = "out" in found.roles.values()
    if found.arity == 2:
        found.kind = "fusion"
    elif two and _widens(cls, found):
        found.kind = "conv" if "kernel_size" in parameters else "block"
    takes = sampling if found.kind == "conv" else ("stride",) if found.kind == "block" else ()
    found.samples = tuple(name for name in takes if name in parameters)
    found.options = {
        name: p.default
        for name, p in parameters.items()
        if name not in (*found.roles, *found.samples, *found.given)
        and isinstance(p.default, bool | int | float | str)
    }
    counts = _counts(cls, found)
    if counts and min(counts) > min(COUNTED):
        found.needs = {"min_channels": min(counts)}
    found.params = _formula(counts)
    return found


def _widens(cls: type[nn.Module], found: Fit) -> bool:
    """Tell whether the two widths may differ: attention modules often take two and need one."""
    given = torch.zeros(_laid(found.width, found.size, found.layout))
    try:
        with torch.no_grad():
            out = found.build(cls, found.width, 2 * found.width).eval()(given)
    except Exception:
        return False
    out = out[0] if found.first else out
    return 2 * found.width in (out.shape[1], out.shape[-1])


def _laid(channels: int, size: tuple[int, int], layout: str) -> tuple[int, ...]:
    height, width = size
    if layout == "NHWC":
        return 2, height, width, channels
    if layout == "NLC":
        return 2, height * width, channels
    return 2, channels, height, width


def _shape(channels: int, size: tuple[int, int]) -> str:
    return f"[2, {channels}, {size[0]}, {size[1]}]"
