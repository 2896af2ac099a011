"""The sentences beside a difference, whole."""

import pytest

from paperkit.report.metrics import find_metric
from paperkit.report.verdict import verdict_sentence, verdict_words
from paperkit.stats import verdict

NOISY, STEADY = [0.701, 0.712, 0.723], [0.690, 0.700, 0.713]


def test_inside_seed_noise() -> None:
    found = verdict(NOISY, STEADY)
    assert verdict_sentence(found, find_metric("iou_set")) == (
        f"+1.10, inside seed noise; about {found.seeds_needed} seeds would settle it"
    )
    assert verdict_sentence(verdict(STEADY, NOISY), find_metric("iou_set")) == (
        f"$-$1.10, inside seed noise; about {found.seeds_needed} seeds would settle it"
    )


def test_a_difference_that_100_seeds_would_not_show() -> None:
    found = verdict([0.70, 0.75, 0.8001], [0.70, 0.75, 0.80])
    assert verdict_words(found) == "inside seed noise; 100 seeds would not settle it"
    same = verdict([0.70, 0.75, 0.80], [0.70, 0.80, 0.75])
    assert verdict_words(same) == "inside seed noise; there is no difference to settle"


@pytest.mark.parametrize(
    ("ours", "words"),
    [
        ([0.80, 0.801, 0.803], "better; p < 0.001 over 3 seeds"),
        # 0.0387 over sqrt((0.0001 + 0.0000023) / 3): t = 6.62 with 4 degrees of freedom
        ([0.75, 0.73, 0.74], "better; p = 0.003 over 3 seeds"),
        ([0.60, 0.601, 0.603], "worse; p < 0.001 over 3 seeds"),
        ([0.80], "1 seed: nothing can be said of the method below 3"),
        ([0.80, 0.81], "2 seeds: nothing can be said of the method below 3"),
    ],
)
def test_of_the_method(ours: list[float], words: str) -> None:
    assert verdict_words(verdict(ours, [0.700, 0.701, 0.703][: len(ours)])) == words


def test_of_the_checkpoints() -> None:
    theirs = [[0.50 + 0.01 * c for c in range(20)]]
    ours = [[value + 0.01 + 0.001 * c for c, value in enumerate(theirs[0])]]
    assert verdict_words(verdict(ours, theirs)) == (
        "better on these test images; not shown for the method"
    )
    assert verdict_words(verdict(theirs, ours)) == (
        "worse on these test images; not shown for the method"
    )
    assert verdict_words(verdict(theirs * 3, theirs * 3)) == (
        "all 3 seeds gave the same; check that the seed is used"
    )


def test_lower_is_better() -> None:
    found = verdict([0.300, 0.301, 0.303], [0.400, 0.401, 0.403], higher=False)
    assert verdict_sentence(found, find_metric("loss")) == (
        "$-$0.100, better; p < 0.001 over 3 seeds"
    )
