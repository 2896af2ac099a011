"""What may be said of a difference: about the method, about these checkpoints, or nothing yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paperkit.stats.describe import describe, t_interval
from paperkit.stats.many import holm
from paperkit.stats.method import MethodTest, method_test
from paperkit.stats.paired import SignedRank, signed_rank
from paperkit.stats.power import seeds_needed

__all__ = ["MIN_SEEDS", "Verdict", "verdict", "verdicts"]

MIN_SEEDS = 3
Kind = Literal["better", "worse", "inside seed noise", "checkpoints only", "too few"]
Claim = Literal["this method", "these checkpoints"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """What a table may call a difference.

    Attributes:
        kind: "better" and "worse" are said of the method. "checkpoints only": these trained
            weights differ on cases like these; another seed may not. "too few": fewer than
            MIN_SEEDS seeds, or seeds that all gave the same.
        claim: What difference, interval and p are about: the strongest claim that was tested and
            shown, else the strongest that was tested.
        difference: Ours minus theirs.
        ahead: Whether ours has the better mean, whichever way the metric goes.
        interval: 95 % of the difference, not adjusted for the number of tests; None where nothing
            could be tested.
        p: Adjusted by Holm over the differences judged together; None where not tested.
        n_seeds: The smaller number of the two methods.
        n_cases: Cases that are defined for every seed of both; 0 where only a value per seed is
            known, and 1 counts as that.
        seeds_needed: Seeds of each method that would find this difference four times in five;
            None where it is found, where it cannot be said, or where 100 would not do.
    """

    kind: Kind
    claim: Claim
    difference: float
    ahead: bool
    interval: tuple[float, float] | None
    p: float | None
    n_seeds: int
    n_cases: int
    seeds_needed: int | None = None


def verdict(
    ours: ArrayLike,
    theirs: ArrayLike,
    *,
    higher: bool = True,
    paired: bool = False,
    alpha: float = 0.05,
) -> Verdict:
    """Judge one difference; see verdicts."""
    return verdicts([(ours, theirs)], higher=higher, paired=paired, alpha=alpha)[0]


def verdicts(
    pairs: Sequence[tuple[ArrayLike, ArrayLike]],
    *,
    higher: bool = True,
    paired: bool = False,
    alpha: float = 0.05,
) -> list[Verdict]:
    """Judge differences that stand in one table, with Holm's adjustment over each claim.

    Args:
        pairs: (ours, theirs), each [seed, case] on the same cases, or [seed] for a metric that has
            no value per case. A case that is NaN anywhere in a pair is left out of it.
        higher: Whether more is better.
        paired: Whether position s is one thing for both (a fold); see method_test.
        alpha: Level of each claim over all the pairs.
    """
    samples = [_whole(ours, theirs) for ours, theirs in pairs]
    tests = _of_method(samples, paired)
    found = [_evidence(*sample, test) for sample, test in zip(samples, tests, strict=True)]
    of_method = _adjusted([None if e.method is None else float(e.method.p) for e in found])
    of_cases = _adjusted([None if e.ranks is None else e.ranks.p for e in found])
    family = max(1, sum(p is not None for p in of_method))
    return [
        _judge(evidence, p, p_cases, higher=higher, alpha=alpha, each=alpha / family)
        for evidence, p, p_cases in zip(found, of_method, of_cases, strict=True)
    ]


@dataclass(frozen=True)
class _Evidence:
    """The tests of one pair; None where the data do not allow one."""

    difference: float
    n_seeds: int
    by_case: Floats  # [case], averaged over seeds; empty where cases are not known
    method: MethodTest | None
    ranks: SignedRank | None

    def interval(self, *, of_method: bool) -> tuple[float, float] | None:
        if not of_method or self.method is None:
            return t_interval(describe(self.by_case.tolist()))
        low, high = self.method.interval()
        return float(low), float(high)

    def seeds_needed(self, alpha: float) -> int | None:
        if self.method is None:
            return None
        return seeds_needed(
            self.difference,
            float(self.method.seeds) * self.n_seeds,
            cases=float(self.method.cases),
            n_cases=self.by_case.size,
            alpha=alpha,
        )


def _evidence(a: Floats, b: Floats, method: MethodTest | None) -> _Evidence:
    """What is known of whole samples [seed, case]."""
    by_case = a.mean(axis=0) - b.mean(axis=0)
    cases = by_case if by_case.size > 1 else by_case[:0]
    ranks = signed_rank(cases) if cases.size else None
    difference = float(by_case.mean()) if by_case.size else float("nan")
    return _Evidence(difference, min(len(a), len(b)), cases, method, ranks)


def _whole(ours: ArrayLike, theirs: ArrayLike) -> tuple[Floats, Floats]:
    """Both as [seed, case], without the cases that are NaN anywhere."""
    a, b = (np.asarray(sample, dtype=float) for sample in (ours, theirs))
    a, b = (sample[:, None] if sample.ndim == 1 else sample for sample in (a, b))
    whole = ~(np.isnan(a).any(axis=0) | np.isnan(b).any(axis=0))
    return (a, b) if whole.all() else (a[:, whole], b[:, whole])


def _of_method(samples: Sequence[tuple[Floats, Floats]], paired: bool) -> list[MethodTest | None]:
    """The test of each pair, None where there is none; pairs of one shape are computed together."""
    found: list[MethodTest | None] = [None] * len(samples)
    alike: dict[tuple[int, ...], list[int]] = {}
    for place, (a, b) in enumerate(samples):
        # equal to the last bit: the seed did nothing, or one run was copied
        spread = a.size and (np.ptp(a, axis=0).any() or np.ptp(b, axis=0).any())
        if min(len(a), len(b)) >= MIN_SEEDS and spread:
            alike.setdefault((*a.shape, len(b)), []).append(place)
    for places in alike.values():
        a, b = (np.stack([samples[place][side] for place in places]) for side in (0, 1))
        for place, test in zip(places, method_test(a, b, paired=paired).each(), strict=True):
            found[place] = test
    return found


def _judge(
    found: _Evidence,
    p: float | None,
    p_cases: float | None,
    *,
    higher: bool,
    alpha: float,
    each: float,
) -> Verdict:
    ahead = bool(found.difference > 0 if higher else found.difference < 0)
    # the test is of ranks: where mean and ranks disagree, neither direction is shown
    agree = found.ranks is not None and found.ranks.effect * found.difference > 0
    on_cases = agree and p_cases is not None and p_cases <= alpha
    kind: Kind = "checkpoints only" if on_cases else "too few"
    if p is not None and p <= alpha:
        kind = "better" if ahead else "worse"
    elif p is not None and not on_cases:
        kind = "inside seed noise"
    of_method = kind in ("better", "worse", "inside seed noise")
    return Verdict(
        kind=kind,
        claim="this method" if of_method else "these checkpoints",
        difference=found.difference,
        ahead=ahead,
        interval=found.interval(of_method=of_method),
        p=p if of_method else p_cases,
        n_seeds=found.n_seeds,
        n_cases=found.by_case.size,
        seeds_needed=None if kind in ("better", "worse") else found.seeds_needed(each),
    )


def _adjusted(p: list[float | None]) -> list[float | None]:
    """Holm over those that were tested."""
    tested = iter(holm([value for value in p if value is not None]))
    return [None if value is None else next(tested) for value in p]
