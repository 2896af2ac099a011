"""Which test cases a qualitative figure shows: chosen by a declared rule, never by eye."""

from collections.abc import Mapping, Sequence

from paperkit.runs import Run

__all__ = ["PERCENTILES", "RULE", "case_scores", "pick"]

PERCENTILES = (10, 50, 90)
RULE = (
    "The rows are the test images at the 10th, 50th and 90th percentile of the difference in "
    "per-image overlap between the full method and the baseline, averaged over seeds; shown are "
    "the predictions of the first seed, striped where they are wrong."
)


def case_scores(run: Run, *, dice: bool = False) -> dict[str, float]:
    """Return the overlap of each test case: IoU (or Dice) averaged over the classes it has.

    With two classes only the second, the foreground, counts; a class that neither truth nor
    prediction have is left out (metric_spec v1). Cases without any such class have no score.
    """
    rows = [row for row in run.cases() if row.split == "test" and "tp" in row.values]
    labels = list(dict.fromkeys(row.label for row in rows))
    counted = set(labels[1:] if len(labels) == 2 else labels)
    values: dict[str, list[float]] = {}
    for row in rows:
        tp, fp, fn = (row.values.get(key) or 0.0 for key in ("tp", "fp", "fn"))
        whole = 2 * tp + fp + fn if dice else tp + fp + fn
        if row.label in counted and whole:
            values.setdefault(row.case, []).append((2 * tp if dice else tp) / whole)
    return {case: sum(found) / len(found) for case, found in values.items()}


def pick(baseline: Sequence[Mapping[str, float]], full: Sequence[Mapping[str, float]]) -> list[str]:
    """Return the cases at PERCENTILES of the difference full - baseline, without repetitions.

    Args:
        baseline: Scores by case, one mapping for each seed; cases that one lacks are out.
        full: The same of the full method.
    """
    shared = set.intersection(*(set(scores) for scores in (*baseline, *full)))
    gain = {
        case: sum(one[case] for one in full) / len(full)
        - sum(one[case] for one in baseline) / len(baseline)
        for case in shared
    }
    # equal gains stay in the order of their names, so the choice is the same everywhere
    order = sorted(gain, key=lambda case: (gain[case], case))
    places = [round(p / 100 * (len(order) - 1)) for p in PERCENTILES] if order else []
    return [order[place] for place in dict.fromkeys(places)]
