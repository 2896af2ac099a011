"""From plugs to pieces: what is built, checked against its place, before anything is changed.

A Piece is one plug at one place. Each is built under its own random stream, tried alone on the
shapes that flow there, and measured. Whatever does not fit is said here, before training.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

import torch
from torch import nn

from .build import Builder, Spec, spec_of
from .combine import Fused
from .errors import Misfit, SlotError
from .info import About
from .plug import Call, Expr, Plug
from .probe import Rehearsal, Seen, Shape, rehearse
from .seeds import own_stream
from .sites import Site, hits, sites
from .slot import Slot, Way
from .start import START, initialised
from .trial import own_frames, tried, without_effect, words

MANY = 24  # places that a message may try one by one


@dataclass
class Piece:
    """One plug at one place, built and measured, not yet in the model."""

    plug: Plug
    site: Site
    module: nn.Module
    way: Way
    into: Shape
    out: Shape
    trial: Rehearsal
    used: list[About]
    notes: list[str] = field(default_factory=list)


@dataclass
class Planner:
    """What is known about a model while its plugs are planned."""

    model: nn.Module
    seen: dict[str, Seen]
    find: Callable[[str], type]
    seed: int = 0
    taken: dict[tuple[str, str], int] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)  # fuse slots where one tensor is left
    fits: dict[tuple[str, int], list[Site]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for module in self.model.modules():
            if isinstance(module, Slot) and set(module.ways) - {"skip"}:
                self.joined.add(module.name)

    def pieces(self, plug: Plug, wrong: list[SlotError] | None = None) -> list[Piece]:
        """Return the pieces of one plug, one for each place that it hits.

        Raises SlotError, but with a list ``wrong`` puts there what does not fit and goes on.
        """
        found = []
        for site in hits(self.model, plug):
            try:
                found.append(self._piece(plug, site))
                self._one_input_after_fusing(found[-1])
            except SlotError as error:
                if wrong is None:
                    raise
                wrong.append(error)
        return found

    def _piece(self, plug: Plug, site: Site) -> Piece:
        site, notes = self._place(plug, site)
        try:
            self._refuse(plug, site)
            replaces = plug.how == "replace" and site.inputs == 1
            piece = self._replacement(plug, site) if replaces else self._insertion(plug, site)
        except Misfit as error:
            said = f"{site.name}: {error}{self._fitting(plug, site)}{own_frames(error.__cause__)}"
            raise Misfit(said) from error.__cause__
        except SlotError as error:
            raise type(error)(f"{site.name}: {error}") from error.__cause__
        piece.notes = notes + piece.notes
        return piece

    def _place(self, plug: Plug, site: Site) -> tuple[Site, list[str]]:
        """A fusion asked for at skip.N is placed at fuse.N, where both of its inputs are."""
        region, _, index = site.name.partition(".")
        fuse = sites(self.model).get(f"fuse.{index}")
        if region != "skip" or fuse is None or not self._takes_two(plug.use):
            return site, []
        return fuse, [f"{plug.use} takes two inputs, so it is at {fuse.name} and not {site.name}"]

    def _takes_two(self, use: Expr) -> bool:
        return isinstance(use, Call) and Builder(self.find).about(use.name).arity == 2

    def _refuse(self, plug: Plug, site: Site) -> None:
        seen = self.seen.get(site.path)
        if seen is None or not seen.calls:
            raise SlotError("this place is never reached in a forward pass of the model")
        heads = [s for s in sites(self.model).values() if s.name == "head"]
        inside = any(h.component and _within(site.path, h.component) for h in heads)
        last = seen.last and not site.before
        if plug.how == "insert" and (site.name == "head" or last or inside):
            raise SlotError(
                "nothing goes after the head, whose output is the model's answer; "
                f"use another slot: {', '.join(self._others(site))}"
            )
        if self._takes_two(plug.use) and site.inputs == 1:
            two = [s.name for s in sites(self.model).values() if s.inputs == 2]
            places = ", ".join(two) or "none in this model"
            raise SlotError(
                f"{plug.use} takes two inputs, but here is one; places with two: {places}"
            )

    def _others(self, site: Site) -> list[str]:
        named = [s.name for s in sites(self.model).values() if s.name not in ("head", site.name)]
        return sorted(named, key=lambda name: name.count("."))[:8] or [
            "path:MODULE before the last one"
        ]

    def _insertion(self, plug: Plug, site: Site) -> Piece:
        into, base = self._shapes(site)
        two = self._takes_two(plug.use)
        spec = Spec(into[0][1], into[0][1], into[0][2:], skip=into[1][1] if two else None)
        if not two:
            spec = Spec(base[1], base[1], base[2:])
        given = into if two else (base,)
        builder = Builder(self.find)
        with self._stream(plug, site):
            module, way, want = builder.build(plug.use, spec), _way(builder, two), base
            if way == "fused":
                fused = self._try(plug, module, given).outputs[0]
                _same(fused[2:], base[2:], (fused, base), plug)
                module = Fused(module, fused[1], base[1])
            elif way == "skip":
                want = into[1]
            module = initialised(plug, module, way, given)
        trial = self._try(plug, module, given)
        _same(trial.outputs[0], want, (trial.outputs[0], want), plug)
        if without_effect(module, way, given, self.seed):
            raise SlotError(
                f"{plug.use} gives back its input whatever its weights are, so this row would "
                "equal the row without it; does its forward return x by mistake?"
            )
        if plug.how == "replace" and way != "fused":
            raise SlotError(f"{plug.use} does not replace the concatenation; insert it with =")
        return Piece(
            plug,
            site,
            module,
            way,
            given[0],
            want,
            trial,
            builder.used,
            _notes(trial, builder.used),
        )

    def _replacement(self, plug: Plug, site: Site) -> Piece:
        if site.component is None:
            raise SlotError("there is nothing to replace here; insert with = instead of :=")
        if plug.init in START:
            raise SlotError(f"init: {plug.init} blends with what is replaced; use init: native")
        seen = self.seen[site.component]
        if len(seen.inputs) != 1 or not seen.bare:
            raise SlotError(
                f"{site.component} takes or returns a collection of tensors; only what takes one "
                "tensor and returns one can be replaced"
            )
        into, want = seen.inputs[0], seen.outputs[0]
        old = self.model.get_submodule(site.component)
        builder = Builder(self.find)
        with self._stream(plug, site):
            module = builder.build(plug.use, _replaced(old, into, want))
            module = initialised(plug, module, "one", (into,))
        trial = self._try(plug, module, (into,))
        _same(trial.outputs[0], want, (trial.outputs[0], want), plug)
        before = rehearse(old, (into,), self._dtype())
        trial = replace(trial, macs=trial.macs - before.macs)
        return Piece(
            plug, site, module, "one", into, want, trial, builder.used, _notes(trial, builder.used)
        )

    def _shapes(self, site: Site) -> tuple[tuple[Shape, ...], Shape]:
        """Return what arrives at a site, and the shape that goes on when nothing is plugged."""
        into, base = site.shapes(self.seen)
        if len(base) != 4:
            raise SlotError(f"a plug takes [B, C, H, W], but here is {words(base)}")
        return into, base

    def _stream(self, plug: Plug, site: Site) -> AbstractContextManager[None]:
        """Twice the same plug at one place must not start with the same weights."""
        key = (site.name, str(plug.use))
        self.taken[key] = self.taken.get(key, -1) + 1
        return own_stream(self.seed, *key, self.taken[key])

    def _try(self, plug: Plug, module: nn.Module, given: Sequence[Shape]) -> Rehearsal:
        return tried(plug, module, given, self._dtype())

    def _dtype(self) -> torch.dtype:
        floats = (p.dtype for p in self.model.parameters() if p.is_floating_point())
        return next(floats, torch.float32)

    def _fitting(self, plug: Plug, site: Site) -> str:
        """Name the other slots of the same kind where this plug would fit."""
        if plug.how == "replace" or site.name not in sites(self.model):
            return ""
        key = (str(plug.use), site.inputs)
        if key not in self.fits:
            self.fits[key] = [other for other in self._alike(site) if self._fits(plug, other)]
        names = ", ".join(other.name for other in self.fits[key] if other.name != site.name)
        return f"; it would fit: {names}" if names else "; it fits at no slot of this model"

    def _alike(self, site: Site) -> list[Site]:
        """Return what could be named instead; of large models not every block."""
        every = [other for other in sites(self.model).values() if other.inputs == site.inputs]
        few = [other for other in every if ".block." not in other.name]
        return every if len(every) <= MANY else few

    def _fits(self, plug: Plug, site: Site) -> bool:
        try:
            self._refuse(plug, site)
            self._insertion(plug, site)
        except SlotError:
            return False
        return True

    def _one_input_after_fusing(self, piece: Piece) -> None:
        two = piece.site.inputs == 2
        if two and piece.way != "one" and piece.site.name in self.joined:
            raise SlotError(
                f"{piece.site.name}: {piece.plug.use} takes two inputs, but the plugs before "
                "it leave one; put it first"
            )
        if two and piece.way != "skip":
            self.joined.add(piece.site.name)


def _way(builder: Builder, two: bool) -> Way:
    if not two:
        return "one"
    return "fused" if builder.used[0].fuses else "skip"


def _replaced(old: nn.Module, into: Shape, want: Shape) -> Spec:
    """Read off what the module in the place of old must do."""
    if isinstance(old, nn.Conv2d):
        return spec_of(old, into[2:])
    if len(into) != 4 or len(want) != 4:
        raise SlotError(
            f"a plug takes and gives [B, C, H, W], but what is replaced takes {words(into)} and "
            f"gives {words(want)}"
        )
    pairs = list(zip(into[2:], want[2:], strict=True))
    stride = tuple(_stride(a, b) for a, b in pairs)
    scale = tuple(max(1, b // a) for a, b in pairs)
    return Spec(into[1], want[1], into[2:], stride=stride, scale=scale)


def _stride(a: int, b: int) -> int:
    """Return what takes a pixels to b, whether an odd one is dropped or padded."""
    fits = (s for s in range(1, a + 1) if b in (a // s, -(-a // s)))
    return next(fits, 1)


def _same(got: Shape, want: Shape, whole: tuple[Shape, Shape], plug: Plug) -> None:
    if got != want:
        raise Misfit(
            f"{plug.use} gives {words(whole[0])}, but what follows was built for {words(whole[1])}"
        )


def _notes(trial: Rehearsal, used: Sequence[About]) -> list[str]:
    """Say what does not stop a training but should be known."""
    notes = []
    for module in used:
        least = module.info.get("needs", {}).get("min_train_batch", 1)
        if least > 1:
            notes.append(f"{module.name} trains with batches of {least} or more")
    if trial.dead:
        more = f" and {len(trial.dead) - 3} more" if len(trial.dead) > 3 else ""
        notes.append(f"no gradient reaches {', '.join(trial.dead[:3])}{more}: they do nothing")
    return notes


def _within(path: str, component: str) -> bool:
    return path == component or path.startswith(f"{component}.")
