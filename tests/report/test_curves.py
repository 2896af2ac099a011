"""Training curves: means and bands by hand, and a legend that hides nothing."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from paperkit.project.venue import find_venue
from paperkit.report.figures.curves import NOTE, curve, curves, note
from paperkit.report.figures.figure import save
from paperkit.runs import Plan, Planned, Row, Run, Selection

LONG = "Gated Coordinate-Attention U-Net with Content-Guided Fusion of All Scales (ours)"
NAMES = {"base": "U-Net", "ours": "Ours_1", "iou_set": "mIoU", "a": "Set A", "b": "Set B"}


def write(folder: Path, rows: list[dict[str, Any]], **change: Any) -> Run:
    folder.mkdir(parents=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "metrics.jsonl").write_text(lines, encoding="utf-8")
    name = folder.as_posix()
    record: dict[str, Any] = {"status": "done", "experiment": "e", "variant": "v"}
    chosen = Selection("iou_set", "max", "val", 1, 0.5)
    return Run(**{"folder": folder, "id": name, **record, "selection": chosen, **change})


def logged(losses: list[float], scores: list[float | None]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for n, (loss, score) in enumerate(zip(losses, scores, strict=True), 1):
        rows.append({"epoch": n, "split": "train", "loss": loss, "lr": 0.1})
        rows.append({"epoch": n, "split": "val", "loss": loss, "iou_set": score})
    return [*rows, {"epoch": 1, "split": "test", "iou_set": 0.9}]


def plan(*rows: tuple[str, str | None, list[Run]]) -> Plan:
    made = tuple(
        Row(variant=v, on=(), method=None, dataset=d, config="c", overrides=(), set={},
            params=None, gmacs=None, input=None, plugs=(),
            runs=tuple(Planned(r.id, r.id, 0, None, None, None, None, None) for r in runs))
        for v, d, runs in rows
    )  # fmt: skip
    return Plan("ablation", "e", None, {}, (), ("dice_img",), (), made)


@pytest.fixture
def runs(tmp_path: Path) -> dict[str, list[Run]]:
    values = {
        "base": [([1.0, 0.5, 0.4], [0.2, 0.3, 0.4]), ([0.8, 0.7, 0.2], [0.4, 0.5, 0.4])],
        "ours": [([0.9, 0.3, 0.1], [0.3, 0.6, 0.8]), ([0.9, 0.5, 0.3], [0.5, 0.6, 0.6])],
    }
    return {
        name: [write(tmp_path / name / f"seed{n}", logged(*part)) for n, part in enumerate(parts)]
        for name, parts in values.items()
    }


def draw(found: dict[str, list[Run]], **names: str) -> Figure:
    every = [run for part in found.values() for run in part]
    made = plan(*((name, None, part) for name, part in found.items()))
    figure = curves(every, made, venue="ieee-journal", names=NAMES | names)
    assert figure is not None
    return figure


def test_mean_and_range_over_seeds(runs: dict[str, list[Run]]) -> None:
    line = curve(runs["base"], "train", "loss")
    assert line is not None
    assert line.epochs == [1, 2, 3] and line.seeds == 2
    assert line.mean == pytest.approx([0.9, 0.6, 0.3])
    assert (line.low, line.high) == ([0.8, 0.5, 0.2], [1.0, 0.7, 0.4])


def test_only_epochs_that_every_seed_has_count(tmp_path: Path) -> None:
    whole = write(tmp_path / "a", logged([3, 2, 1], [0.1, None, 0.3]))
    short = write(tmp_path / "b", logged([5, 4], [0.3, 0.2]))
    loss, score = (curve([whole, short], *what) for what in (("train", "loss"), ("val", "iou_set")))
    assert loss is not None and score is not None
    assert (loss.epochs, loss.mean) == ([1, 2], [4, 3])
    assert (score.epochs, score.mean) == ([1], [0.2])
    assert curve([whole], "val", "nothing") is None and curve([], "val", "loss") is None


def test_what_is_drawn(runs: dict[str, list[Run]]) -> None:
    left, right = draw(runs).axes
    assert [axes.get_ylabel() for axes in (left, right)] == ["training loss", "validation mIoU (%)"]
    assert [axes.get_xlabel() for axes in (left, right)] == ["epoch", "epoch"]
    base, ours = right.lines
    assert list(base.get_ydata()) == pytest.approx([30, 40, 40])
    assert list(ours.get_ydata()) == pytest.approx([40, 60, 70])
    band = right.collections[1].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(30) and band[:, 1].max() == pytest.approx(80)


def test_curves_differ_in_colour_line_and_marker(runs: dict[str, list[Run]]) -> None:
    for axes in draw(runs).axes:
        looks = [
            (to_hex(x.get_color()), str(x.get_linestyle()), x.get_marker()) for x in axes.lines
        ]
        assert all(len(set(part)) == len(axes.lines) for part in zip(*looks, strict=True))
        assert looks[-1] == ("#d55e00", "-", "D")


def test_many_curves_differ_in_two_of_the_three(runs: dict[str, list[Run]]) -> None:
    """There are fewer colours than methods in some papers; in grey print there is none."""
    many = {f"method{n}": runs["base"] for n in range(24)}
    lines = draw(many).axes[0].lines
    # matplotlib calls any dashes "--"; the pattern itself tells them apart
    looks = [(to_hex(x.get_color()), str(x._dash_pattern), x.get_marker()) for x in lines]
    unlike = [
        sum(x != y for x, y in zip(one, other, strict=True))
        for n, one in enumerate(looks)
        for other in looks[:n]
    ]
    assert min(unlike) == 2 and len(looks) == 24


def test_the_legend_says_what_line_and_band_are(runs: dict[str, list[Run]]) -> None:
    [legend] = draw(runs).legends
    assert [text.get_text() for text in legend.get_texts()] == ["U-Net", "Ours_1"]
    assert legend.get_title().get_text() == "mean of 2 seeds, band: min to max"
    one = {name: found[:1] for name, found in runs.items()}
    assert draw(one).legends[0].get_title().get_text() == "one seed"


@pytest.mark.parametrize("count", [2, 4, 10])
@pytest.mark.parametrize("name", ["A rather long name of the method", LONG, "WM" * 40])
def test_legend_and_axes_do_not_overlap_and_all_is_inside(
    runs: dict[str, list[Run]], tmp_path: Path, name: str, count: int
) -> None:
    many = {f"m{n}": runs["base"] for n in range(count - 1)}
    figure = draw({**many, "ours": runs["ours"]}, ours=name, m2=name, iou_set=f"mIoU of {name}")
    save(figure, tmp_path / "curves")
    renderer = figure._get_renderer()
    legend = figure.legends[0].get_window_extent(renderer)
    page = figure.bbox
    for area in (legend, *(axes.get_tightbbox(renderer) for axes in figure.axes)):
        assert page.x0 <= area.x0 and area.x1 <= page.x1
        assert page.y0 <= area.y0 and area.y1 <= page.y1
    for axes in figure.axes:
        assert not axes.get_tightbbox(renderer).overlaps(legend)
        assert axes.bbox.height * 72 / figure.dpi > 45  # points: room for the curves


def test_epochs_are_whole_numbers(runs: dict[str, list[Run]], tmp_path: Path) -> None:
    figure = draw(runs)
    save(figure, tmp_path / "curves")
    for axes in figure.axes:
        assert all(float(tick).is_integer() for tick in axes.get_xticks())


def test_each_data_set_has_its_panels(runs: dict[str, list[Run]]) -> None:
    every = [run for part in runs.values() for run in part]
    made = plan(("base", "a", runs["base"]), ("base", "b", runs["ours"]))
    figure = curves(every, made, venue="ieee-journal", names=NAMES)
    assert figure is not None
    assert [axes.get_title() for axes in figure.axes] == ["Set A", "Set A", "Set B", "Set B"]


def test_runs_that_are_not_done_are_left_out(runs: dict[str, list[Run]], tmp_path: Path) -> None:
    failed = write(tmp_path / "failed", logged([9.0], [0.0]), status="failed")
    figure = draw(runs | {"base": [*runs["base"], failed]})
    assert list(figure.axes[0].lines[0].get_ydata()) == pytest.approx([0.9, 0.6, 0.3])
    assert curves([failed], plan(("v", None, [failed])), venue="ieee-journal", names={}) is None


def test_a_name_with_dollars_is_printed_as_it_is(
    runs: dict[str, list[Run]], tmp_path: Path
) -> None:
    figure = draw(runs, ours="costs $5_$")
    save(figure, tmp_path / "curves")
    assert figure.legends[0].get_texts()[1].get_text() == "costs $5_$"


def test_the_same_runs_give_the_same_bytes(runs: dict[str, list[Run]], tmp_path: Path) -> None:
    one, two = (save(draw(runs), tmp_path / name)[0].read_bytes() for name in ("a", "b"))
    assert one == two


def test_the_caption_tells_of_losses_of_different_definition(runs: dict[str, list[Run]]) -> None:
    made = plan(*((name, None, part) for name, part in runs.items()))
    first, *others = made.rows
    same = [
        replace(row, set={"loss.name": "dice", "optim.lr": n}) for n, row in enumerate(made.rows)
    ]
    assert note(replace(made, rows=tuple(same))) == NOTE
    other = replace(first, set={"loss.plus": {"boundary": 0.01}})
    assert note(replace(made, rows=(other, *others))) == (
        f"{NOTE} The training losses are of different definition: compare shapes, not values."
    )


def test_a_figure_of_many_data_sets_fits_a_page_and_says_what_it_leaves_out(
    runs: dict[str, list[Run]],
) -> None:
    for count, said in ((5, NOTE), (6, NOTE + " The first 5 data sets are shown.")):
        made = plan(*((name, f"set{n}", part) for n in range(count) for name, part in runs.items()))
        assert note(made) == said
        every = [run for part in runs.values() for run in part]
        figure = curves(every, made, venue="ieee-journal", names=NAMES)
        assert figure is not None
        assert [axes.get_title() for axes in figure.axes[::2]] == [f"set{n}" for n in range(5)]
        assert 72.27 * figure.get_figheight() <= find_venue("ieee-journal").height
