"""Average ranks over data sets, against Demšar 2006, and copied rows that take no part."""

import csv
import io
from typing import Any

import pytest
from scipy import stats as reference
from test_tables import generated, rows

from paperkit.report import build

# Demšar 2006, Journal of Machine Learning Research 7, table 6: AUC of C4.5, with m, with cf, both
DEMSAR = [
    (0.763, 0.768, 0.771, 0.798),
    (0.599, 0.591, 0.590, 0.569),
    (0.954, 0.971, 0.968, 0.967),
    (0.628, 0.661, 0.654, 0.657),
    (0.882, 0.888, 0.886, 0.898),
    (0.936, 0.931, 0.916, 0.931),
    (0.661, 0.668, 0.609, 0.685),
    (0.583, 0.583, 0.563, 0.625),
    (0.775, 0.838, 0.866, 0.875),
    (1.000, 1.000, 1.000, 1.000),
    (0.940, 0.962, 0.965, 0.962),
    (0.619, 0.666, 0.614, 0.669),
    (0.972, 0.981, 0.975, 0.9749),  # printed as 0.975, too, but with rank 3
    (0.957, 0.978, 0.946, 0.970),
]
METHODS = ("c45", "c45m", "c45cf", "c45both")


def compare(
    writer: Any, table: list[tuple[float | None, ...]], seeds: int = 1, **spec: Any
) -> None:
    """One row per data set, one value per method; None: that run is missing."""
    sets = [f"set{i}" for i in range(len(table))]
    planned = [
        writer.row("comparison", method, name, list(range(seeds)))
        for method in METHODS[: len(table[0])]
        for name in sets
    ]
    writer.plan("comparison", "comparison", planned, ["iou_set"], **spec)
    for row in planned:
        value = table[sets.index(row["dataset"])][METHODS.index(row["variant"])]
        for run in row["runs"] if value is not None else ():
            writer.run(run["id"], {"iou_set": value + 0.001 * run["seed"]})


def caption(writer: Any) -> str:
    lines = generated(writer, "macros.tex").splitlines()
    (line,) = [line for line in lines if line.startswith("\\pk@put{caption:tab_comparison}")]
    return line[line.index("Avg.") if "Avg." in line else 0 : -1]


def ranks(writer: Any) -> list[str]:
    """The column before the two of cost."""
    return [row[-3] for row in rows(generated(writer, "tab_comparison.tex"))]


def test_the_worked_example_of_demsar(writer: Any) -> None:
    compare(writer, list(DEMSAR))
    # his average ranks: 3.143, 2.000, 2.893, 1.964
    assert ranks(writer) == ["3.14", "\\pksecond{2.00}", "2.89", "\\pkbest{1.96}"]
    # his F of 3.69 does without the correction for ties, which the test has
    chi2 = reference.friedmanchisquare(*zip(*DEMSAR, strict=True)).statistic
    f = 13 * chi2 / (14 * 3 - chi2)
    p = reference.f.sf(f, 3, 39)
    assert caption(writer) == (
        "Avg. rank: mean over the 14 data sets of the rank by mIoU (1 is best, ties share the mean "
        "of their ranks). Friedman test over the data sets (Iman and Davenport): "
        f"$F(3, 39)={f:.2f}$, $p={p:.3f}$. Two methods differ where their average ranks are at "
        r"least 1.25 apart (Nemenyi, $\alpha=0.05$)."
    )


def test_his_own_statistic_where_nothing_ties(writer: Any) -> None:
    """χ² = 12 N / (k (k+1)) (Σ R² - k (k+1)² / 4), by hand for five data sets of three methods."""
    table = [(0.1, 0.2, 0.3), (0.1, 0.3, 0.2), (0.1, 0.2, 0.3), (0.2, 0.1, 0.3), (0.1, 0.2, 0.3)]
    compare(writer, list(table))
    # ranks 3+3+3+2+3 = 14, 2+1+2+3+2 = 10, 1+2+1+1+1 = 6; R = 2.8, 2.0, 1.2
    # χ² = 60/12 (7.84 + 4 + 1.44 - 12) = 6.4; F = 4 · 6.4 / (10 - 6.4) = 7.11
    assert ranks(writer) == ["2.80", "\\pksecond{2.00}", "\\pkbest{1.20}"]
    assert f"$F(2, 8)=7.11$, $p={reference.f.sf(4 * 6.4 / 3.6, 2, 8):.3f}$" in caption(writer)


def test_no_difference_means_that_no_pair_is_compared(writer: Any) -> None:
    table = [(0.1, 0.2, 0.3), (0.3, 0.1, 0.2), (0.2, 0.3, 0.1), (0.1, 0.2, 0.3), (0.3, 0.1, 0.2)]
    compare(writer, list(table))
    said = caption(writer)
    assert said.endswith("no difference between the methods is shown, so no pair is compared.")
    assert "Nemenyi" not in said


@pytest.mark.parametrize(
    ("table", "few"),
    [
        ([(0.1, 0.2, 0.3)] * 4, "4 data sets (5 needed)"),
        ([(0.1, 0.2)] * 5, "2 methods (3 needed)"),
        ([(0.1, 0.2)] * 2, "2 data sets (5 needed) and 2 methods (3 needed)"),
    ],
)
def test_too_few_for_a_test(writer: Any, table: list[Any], few: str) -> None:
    compare(writer, table)
    assert caption(writer).endswith(f" No test over data sets was made: {few} are too few.")


def test_one_data_set_has_no_ranks(writer: Any) -> None:
    compare(writer, [(0.1, 0.2, 0.3)])
    assert "rank" not in generated(writer, "tab_comparison.tex")
    assert "Avg" not in caption(writer)


def test_a_method_with_a_gap_is_not_ranked(writer: Any) -> None:
    compare(writer, [(0.9, 0.2, 0.3), (None, 0.3, 0.2)])
    assert ranks(writer) == ["--", "1.50", "1.50"]  # the others by themselves, and they tie
    assert "; methods with a result on every data set are ranked." in caption(writer)


def test_copied_rows_have_no_rank_wherever_they_stand(writer: Any) -> None:
    value = {"iou_set": 99.9}
    copied = {
        "old": {"set0": value, "set1": value, "cite": "ronneberger2015unet"},
        "lost": {"set0": {"iou_set": 98}, "cite": "nobody2000"},
        "bare": {"set1": {"iou_set": 97.5}},
    }
    compare(writer, [(0.1, 0.2), (0.2, 0.1)], literature=copied)
    tex = generated(writer, "tab_comparison.tex")
    first, second, third, *own = rows(tex)
    note = "\\rlap{\\textsuperscript{a}}"
    assert first[:4] == [
        f"old~\\cite{{ronneberger2015unet}}{note}",
        "99.9\\phantom{0}",
        "99.9\\phantom{0}",
        "--",
    ]
    # an unknown key is no \cite (it would print [?]), but the row stays, marked
    assert second[:4] == [f"lost~\\textbf{{[cite?]}}{note}", "98\\phantom{.00}", "--", "--"]
    assert third[:4] == [f"bare~\\textbf{{[cite?]}}{note}", "--", "97.5\\phantom{0}", "--"]
    assert [row[3] for row in own] == ["1.50", "1.50"]
    assert "\\textsuperscript{a}as printed in the cited paper; not ranked." in tex
    assert "\\midrule\nc45" in tex
    assert list(build(writer.project()).uncited) == [
        "bare is used without a citation: its copied row has no cite: KEY",
        "nobody2000 is used without a citation: neither references.bib nor refs.bib has this key",
    ]


def test_heads_of_two_levels_stay_over_their_columns(writer: Any) -> None:
    compare(writer, [(0.1, 0.2), (0.2, 0.1), (0.3, 0.1)])
    tex = generated(writer, "tab_comparison.tex")
    head = tex.split("\\toprule\n")[1].split("\\midrule")[0].replace("@{}", "").splitlines()
    heads = "".join(f" & \\multicolumn{{1}}{{c}}{{set{i}}}" for i in range(3))
    assert head[0] == f"{heads} &  &  &  \\\\"
    assert head[1] == "\\cmidrule(lr){2-2} \\cmidrule(lr){3-3} \\cmidrule(lr){4-4}"
    assert "\\multicolumn{1}{c}{Avg.~rank\\,\\ensuremath{\\downarrow}}" in head[2]
    assert [line.count("&") for line in (head[0], head[2], head[3])] == [6, 6, 6]


def test_the_csv_has_the_interval_of_each_rank(writer: Any) -> None:
    # two seeds 0.001 apart. First and second method overlap on the first data set only:
    # 0.5 and 0.501 against 0.5005 and 0.5015, on the second 0.6 against 0.9
    compare(writer, [(0.5, 0.5005, 0.1), (0.6, 0.9, 0.1)], seeds=2)
    table = list(csv.DictReader(io.StringIO(generated(writer, "tab_comparison.csv"))))
    found = [[float(row[key]) for key in ("rank", "rank/low", "rank/high")] for row in table]
    # second on both, or first on one: 2 or 1.5; first on both, or second on one: 1 or 1.5
    assert found == [[2.0, 1.5, 2.0], [1.0, 1.0, 1.5], [3.0, 3.0, 3.0]]


def test_the_runs_are_drawn_anew_on_each_data_set(writer: Any) -> None:
    """On each of 12 data sets the second is ahead in a share of the draws, one by one."""
    compare(writer, [(0.5, 0.5004, 0.1)] * 12, seeds=2)
    # a draw of two runs has the later one 0, 1 or 2 times; equal counts leave the second ahead
    times = reference.binom(2, 0.5)
    ahead = sum(times.pmf(a) * times.sf(a - 1) for a in range(3))
    low, high = (reference.binom(12, ahead).ppf(tail) for tail in (0.025, 0.975))
    table = list(csv.DictReader(io.StringIO(generated(writer, "tab_comparison.csv"))))
    found = [float(table[0][key]) for key in ("rank", "rank/low", "rank/high")]
    assert found == pytest.approx([2.0, 1 + low / 12, 1 + high / 12])


def test_one_seed_gives_no_interval(writer: Any) -> None:
    compare(writer, [(0.5, 0.4), (0.6, 0.9)])
    table = list(csv.DictReader(io.StringIO(generated(writer, "tab_comparison.csv"))))
    assert [(row["rank"], row["rank/low"], row["rank/high"]) for row in table] == [
        ("1.5", "", "")
    ] * 2
