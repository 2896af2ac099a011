"""The sentences beside a difference, whole."""

import csv
from typing import Any

import numpy as np
import pytest
import scipy.stats

from paperkit.report import build
from paperkit.report.metrics import find_metric
from paperkit.report.verdict import verdict_sentence, verdict_words
from paperkit.stats import holm, verdict

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
        r"$-$0.100, better; p \textless{} 0.001 over 3 seeds"
    )


RUNS = {
    "baseline": [0.700, 0.701, 0.703],
    "ca": [0.800, 0.801, 0.803],
    "cga": [0.706, 0.699, 0.708],
    "ca-cga": [0.740, 0.742, 0.741],
}


def table(writer: Any, **change: Any) -> dict[str, dict[str, str]]:
    """The CSV file of an ablation with three seeds, by variant."""
    rows = [writer.row("ablation", variant, None, [0, 1, 2]) for variant in RUNS]
    writer.plan("ablation", "ablation", rows, ["iou_set"])
    for variant, values in RUNS.items():
        for seed, value in enumerate(values):
            writer.run(f"ablation/{variant}/seed{seed}", {"iou_set": value}, **change)
    build(writer.project())
    path = writer.folder / "paper/generated/tab_ablation.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["variant"]: row for row in csv.DictReader(file)}


def settling(variant: str) -> int:
    """Seeds until 80 % power at 5 % over the three tests of the table, one by one."""
    a, b = np.array(RUNS[variant]), np.array(RUNS["baseline"])
    variance = a.var(ddof=1) + b.var(ddof=1)
    for k in range(2, 101):
        least = scipy.stats.t.ppf(1 - 0.05 / 3 / 2, 2 * k - 2)
        effect = (a.mean() - b.mean()) / np.sqrt(variance / k)
        if scipy.stats.nct.sf(least, 2 * k - 2, effect) >= 0.8:
            return k
    raise AssertionError(variant)


def test_the_csv_says_what_each_difference_shows(writer: Any) -> None:
    rows = table(writer)
    p = [scipy.stats.ttest_ind(RUNS[name], RUNS["baseline"]).pvalue for name in rows][1:]
    assert [float(rows[name]["iou_set/p"]) for name in list(rows)[1:]] == pytest.approx(holm(p))
    assert {name: row["iou_set/verdict"] for name, row in rows.items()} == {
        "baseline": "",
        "ca": "better; p < 0.001 over 3 seeds",
        "cga": f"inside seed noise; about {settling('cga')} seeds would settle it",
        "ca-cga": "better; p < 0.001 over 3 seeds",
    }


def test_two_seeds_are_not_judged(writer: Any) -> None:
    writer.ablation()
    build(writer.project())
    text = (writer.folder / "paper/generated/tab_ablation.csv").read_text(encoding="utf-8")
    assert text.count("2 seeds: nothing can be said of the method below 3") == 3


def test_folds_are_no_sample_of_seeds(writer: Any) -> None:
    assert {row["iou_set/verdict"] for row in table(writer, fold=1).values()} == {""}
