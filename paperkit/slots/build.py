"""From an expression to a module that fits one place.

The place decides the channels; a plug never names them. What a class is given depends on its
kind: conv (in, out, kernel, stride, ...), block, up and down (in, out), fusion (x, skip), else (C).
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from .combine import ChannelsLast, Concat, Gate, Parallel, Residual, Tokens
from .errors import Misfit, SlotError
from .info import FACTOR, SPECIFICATION, About, about, checked
from .plug import Call, Combine, Expr, Value, show

Pair = tuple[int, ...]


@dataclass(frozen=True)
class Spec:
    """What a place wants: the channels in and out, and of a convolution also how it samples.

    ``skip`` is the width of the second input where there are two; ``size`` is H and W.
    """

    into: int
    out: int
    size: Pair
    skip: int | None = None
    kernel_size: Pair = (3, 3)
    stride: Pair = (1, 1)
    padding: Pair | str = (1, 1)
    dilation: Pair = (1, 1)
    groups: int = 1
    bias: bool = True
    scale: Pair = (1, 1)

    @property
    def keeps(self) -> bool:
        """Whether shapes in and out are equal."""
        return self.into == self.out and {*self.stride, *self.scale} == {1}

    def inner(self) -> "Spec":
        """Return the place after the channels and the stride have been dealt with."""
        factors = zip(self.size, self.scale, self.stride, strict=True)
        size = tuple(n * up // down for n, up, down in factors)
        return Spec(self.out, self.out, size)


def spec_of(conv: nn.Module, size: Pair) -> Spec:
    """Return the specification of a convolution: what a module in its place must do."""
    taken: dict[str, Any] = {key: getattr(conv, key) for key in SPECIFICATION}
    taken["bias"] = taken["bias"] is not None
    return Spec(int(conv.in_channels), int(conv.out_channels), size, **taken)  # type: ignore[arg-type]


@dataclass
class Builder:
    """Builds expressions; ``used`` collects what has been used, for citations and licences."""

    find: Callable[[str], type]
    used: list[About] = field(default_factory=list)

    def build(self, expr: Expr, spec: Spec) -> nn.Module:
        """Return the module of an expression for a place. Raises SlotError, Misfit."""
        return self._call(expr, spec) if isinstance(expr, Call) else self._combine(expr, spec)

    def about(self, name: str) -> About:
        """Look a module up and remember that it is used."""
        module = about(name, self.find)
        if all(module.name != other.name for other in self.used):
            self.used.append(module)
            for part in module.info.get("parts", ()):  # of a composite, which cites its parts
                self.about(part)
        return module

    def _call(self, call: Call, spec: Spec) -> nn.Module:
        module = self.about(call.name)
        if module.arity == 2 and spec.skip is None:
            raise SlotError(
                f"{call.name} takes two inputs, x and a skip; it stands alone at a fuse slot, "
                f"not inside a combination (several plugs at one slot chain in order)"
            )
        given = {key: self._value(module, key, value, spec) for key, value in call.args}
        self._options_papers(module, call)
        _needs(module, given, spec)
        if module.kind == "fusion":
            return _made(module, spec.into, spec.skip, **given)
        if module.kind == "conv":
            return _made(module, spec.into, spec.out, **_sampling(module, spec), **given)
        if module.kind in FACTOR:
            return _made(module, spec.into, spec.out, **_factor(module, spec), **given)
        return _adapted(_laid_out(_made(module, spec.out, **given), module), spec)

    def _options_papers(self, module: About, call: Call) -> None:
        """An option that is another paper's idea brings that paper's citation along."""
        also = module.info.get("also", {})
        for paper in (also.get(f"{key}={value}") for key, value in call.args):
            if paper and all(paper != other.info for other in self.used):
                self.used.append(About(module.name, module.cls, paper))

    def _combine(self, combine: Combine, spec: Spec) -> nn.Module:
        if combine.kind == "chain":
            first = self.build(combine.parts[0], spec)
            return nn.Sequential(first, *(self.build(p, spec.inner()) for p in combine.parts[1:]))
        if combine.kind == "parallel":
            branches = [self.build(part, spec) for part in combine.parts]
            return Parallel(branches, spec.out, combine.merge)
        if not spec.keeps:
            raise Misfit(
                f"{combine.kind} adds to its own input, so it cannot take {spec.into} channels "
                f"to {spec.out} with stride {max(spec.stride)}; use chain or parallel"
            )
        inner = self.build(combine.parts[0], spec)
        if combine.kind == "concat":
            return Concat(inner, spec.out)
        return Residual(inner) if combine.kind == "residual" else Gate(inner)

    def _value(self, module: About, key: str, value: Value, spec: Spec) -> Any:
        if key not in module.info.get("components", {}) or value is None:
            return checked(module, key, value)
        if not isinstance(value, Call | Combine):
            said = f"{module.name}: {key} is {show(value)}, but it takes a module"
            raise SlotError(f"{said}, such as {key}=se or {key}=residual(se)")
        return functools.partial(self._component, value, spec)

    def _component(self, expr: Expr, spec: Spec, channels: int) -> nn.Module:
        return self.build(expr, Spec(channels, channels, spec.size))


def _made(module: About, *widths: int | None, **given: Any) -> nn.Module:
    """Construct; a class that refuses its arguments is quoted, with its own error as the cause."""
    try:
        return module.cls(*widths, **given)
    except SlotError:
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise Misfit(f"{module.name}{widths} cannot be built: {said}") from error


def _laid_out(made: nn.Module, module: About) -> nn.Module:
    layout = module.info.get("layout", "NCHW")
    return {"NHWC": ChannelsLast, "NLC": Tokens}.get(layout, lambda same: same)(made)


def _adapted(made: nn.Module, spec: Spec) -> nn.Module:
    """A module that keeps its shape, where the replaced one did not, gets a 1x1 convolution."""
    if spec.keeps:
        return made
    stride = (spec.stride[0], spec.stride[-1])
    return nn.Sequential(nn.Conv2d(spec.into, spec.out, 1, stride, bias=False), made)


def _sampling(module: About, spec: Spec) -> dict[str, Any]:
    """Return what the class can be told; what it cannot be told must not be needed."""
    known = module.parameters()
    usual = Spec(1, 1, spec.size)
    told: dict[str, Any] = {}
    for key in SPECIFICATION:
        value = getattr(spec, key)
        if key in known:
            told[key] = value if isinstance(value, bool | int | str) else _plain(value)
        elif key not in ("bias", "padding") and value != getattr(usual, key):
            raise Misfit(f"{module.name} has no {key}, but the convolution has {key}={value}")
    return told


def _factor(module: About, spec: Spec) -> dict[str, Any]:
    key = FACTOR[module.kind]
    value = getattr(spec, key)
    if key in module.parameters() and set(value) != {1}:
        return {key: _plain(value)}
    if module.kind == "block" and set(value) != {1}:
        raise Misfit(f"{module.name} has no {key}, but what it replaces has {key}={value}")
    return {}


def _plain(value: Pair) -> int | Pair:
    return value[0] if len(set(value)) == 1 else value


def _needs(module: About, given: dict[str, Any], spec: Spec) -> None:
    """Compare INFO["needs"] with the place."""
    needs = module.info.get("needs", {})
    least, size = needs.get("min_hw", 1), "x".join(map(str, spec.size))
    if min(spec.size) < least:
        raise Misfit(
            f"{module.name} needs maps of {least}x{least} or more, but here they are {size}"
        )
    channels = min(c for c in (spec.out, spec.skip or spec.out))
    if channels < needs.get("min_channels", 1):
        raise Misfit(
            f"{module.name} needs {needs['min_channels']} channels or more, not {channels}"
        )
    unit = _unit(module, given, needs.get("divisible", 1))
    if channels % unit:
        raise Misfit(f"{module.name} needs channels divisible by {unit}, but here are {channels}")


def _unit(module: About, given: dict[str, Any], unit: int | str) -> int:
    """Resolve a divisor that is the name of an argument ("groups") or a number."""
    if isinstance(unit, int):
        return unit
    return int(given.get(unit, module.parameters()[unit].default))
