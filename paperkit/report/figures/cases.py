"""Which test cases a qualitative figure shows: chosen by a declared rule, never by eye."""

from collections.abc import Mapping, Sequence

from paperkit.runs import Run

__all__ = ["PERCENTILES", "case_scores", "pick", "rule"]

PERCENTILES = (10, 50, 90)


def rule(first: str, last: str, kept: int | None = None) -> str:
    """Return the caption's sentence on the choice of the cases.

    Args:
        first: Name of the first variant shown, which the last is compared to.
        last: Name of the last one.
        kept: Of how many test images predictions were kept; None of all.
    """
    among = "" if kept is None else f", among the {kept} whose predictions were kept"
    return (
        "The rows are the test images at the 10th, 50th and 90th percentile of the difference in "
        f"per-image overlap between {last} and {first}, averaged over seeds{among}; shown are the "
        "predictions of the first seed, striped where they are wrong."
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


def pick(first: Sequence[Mapping[str, float]], last: Sequence[Mapping[str, float]]) -> list[str]:
    """Return the cases at PERCENTILES of the difference last - first, without repetitions.

    Args:
        first: Scores by case, one mapping for each seed; cases that one lacks are out.
        last: The same of the variant that is compared to it.
    """
    shared = set.intersection(*(set(scores) for scores in (*first, *last)))
    gain = {
        case: sum(one[case] for one in last) / len(last)
        - sum(one[case] for one in first) / len(first)
        for case in shared
    }
    # equal gains stay in the order of their names, so the choice is the same everywhere
    order = sorted(gain, key=lambda case: (gain[case], case))
    places = [round(p / 100 * (len(order) - 1)) for p in PERCENTILES] if order else []
    return [order[place] for place in dict.fromkeys(places)]
