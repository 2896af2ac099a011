"""The qualitative grid: image, truth and predictions of cases that a declared rule picks."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.errors import UserError
from paperkit.project.venue import find_venue
from paperkit.report.figures.cases import case_scores, pick, rule
from paperkit.report.figures.grid import Tile, Truth, grid_figure, painted, pixels, striped
from paperkit.report.figures.style import rc
from paperkit.runs import Plan, Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["note", "qualitative"]

MOST = 5  # predictions side by side: the first, the last, and what lies between as far as it fits


def qualitative(
    runs: Sequence[Run], plan: Plan, data_dir: Path, *, venue: str, names: Mapping[str, str]
) -> "Figure | None":
    """Draw image, truth and the predictions of each variant for the cases that `note` tells of.

    Args:
        runs: The experiment's runs; those that are done count.
        plan: Its plan; the last row is compared to the first. Of several data sets the first is
            shown.
        data_dir: The folder runs/data.
        venue: Name of the venue whose column or text width the figure has.
        names: Display names of variants, classes and metrics.

    Returns:
        The figure, or None where there is nothing to compare: fewer than two variants with
        samples, no images beside the runs, or no segmentation.
    """
    import matplotlib

    page = find_venue(venue)
    shown = _shown(runs, plan)
    truth = _truth(next(iter(shown.values()))[0], data_dir) if len(shown) > 1 else None
    if truth is None:
        return None
    dice = plan.metrics[:1] == ("dice_img",) or plan.metrics[:1] == ("dice_set",)
    scores = {
        variant: [_pictured(case_scores(run, dice=dice), shown, truth) for run in found]
        for variant, found in shown.items()
    }
    cases = pick(next(iter(scores.values())), next(reversed(scores.values())))
    if not cases:
        return None
    metric = names.get("dice_img" if dice else "iou_img", "Dice" if dice else "IoU")
    heads = ["image", "truth", *(names.get(variant, variant) for variant in shown)]
    grid = [_row(case, shown, scores, truth, metric) for case in cases]
    settings: Any = rc(page)
    with matplotlib.rc_context(settings):
        return grid_figure(page, heads, grid, truth, names)


def note(runs: Sequence[Run], plan: Plan, names: Mapping[str, str]) -> str:
    """Return the caption's sentences, see qualitative; empty where too few variants are shown."""
    shown = _shown(runs, plan)
    if len(shown) < 2:
        return ""
    first, *_, last = (names.get(variant, variant) for variant in shown)
    run = next(iter(shown.values()))[0]
    kept = sum(path.suffix == ".png" for path in (run.folder / "samples").iterdir())
    few = run.summary and run.summary.n_cases and kept < run.summary.n_cases
    said = rule(first, last, kept if few else None)
    if plan.rows[-1].dataset == plan.rows[0].dataset:
        return said
    return f"{said} The data set is {names.get(str(run.dataset), run.dataset)}."


def _shown(runs: Sequence[Run], plan: Plan) -> dict[str, list[Run]]:
    """Return the runs of the variants in the figure, by seed; the first data set's only."""
    rows = [row for row in plan.rows if row.dataset == plan.rows[0].dataset]
    done = {run.id: run for run in runs if run.status in {"done", "imported"}}
    found = {}
    for row in rows:
        kept = [done[planned.id] for planned in row.runs if planned.id in done]
        kept = [run for run in kept if (run.folder / "samples").is_dir()]
        if kept:
            found[row.variant] = sorted(kept, key=lambda run: (run.seed or 0, run.fold or 0))
    variants = list(found)
    if len(variants) > MOST:
        variants = [*variants[: MOST - 1], variants[-1]]
    return {variant: found[variant] for variant in variants}


def _truth(run: Run, data_dir: Path) -> Truth | None:
    folder = data_dir / (run.data_sha256 or "")[:12]
    path = folder / "meta.json"
    if not run.data_sha256 or not path.is_file():
        return None
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
        colours = [(int(r), int(g), int(b)) for r, g, b in meta["palette"]]
        return Truth(folder, list(meta["class_names"]), colours, meta["ignore_index"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: not the description of a data set ({type(error).__name__}: {error}); "
            "delete the folder and evaluate a run again: python evaluate.py --run RUN"
        ) from None


def _pictured(
    scores: dict[str, float], shown: Mapping[str, list[Run]], truth: Truth
) -> dict[str, float]:
    """Keep the cases that can be shown: of large test sets, training keeps the first pictures."""
    folders = [truth.folder / "images", truth.folder / "truth"]
    folders += [found[0].folder / "samples" for found in shown.values()]
    there = set.intersection(*({path.name for path in folder.glob("*.png")} for folder in folders))
    return {case: score for case, score in scores.items() if _file(case) in there}


def _file(case: str) -> str:
    return case.replace("/", "__") + ".png"


def _row(
    case: str,
    shown: Mapping[str, list[Run]],
    scores: Mapping[str, list[dict[str, float]]],
    truth: Truth,
    metric: str,
) -> list[Tile]:
    image = pixels(truth.folder / "images" / _file(case), colour=True)
    mask = pixels(truth.folder / "truth" / _file(case))
    tiles = [Tile(image, case.rpartition("/")[2]), Tile(painted(mask, truth))]
    for variant, found in shown.items():
        guess = pixels(found[0].folder / "samples" / _file(case))
        note = f"{metric} {100 * scores[variant][0][case]:.1f}"
        tiles.append(Tile(striped(guess, mask, truth), note))
    return tiles
