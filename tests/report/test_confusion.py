"""The confusion matrix: counted by hand over two seeds, and every label inside the figure."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from paperkit.report.figures.confusion import confusion, counts
from paperkit.runs import load_plan, load_runs

HEAD = "split,case,group,target,prediction,p_target,rank\n"
CLASSES = ["disk", "square", "triangle"]
SEEDS = {
    0: [("disk", "disk"), ("disk", "square"), ("square", "square"), ("triangle", "disk")],
    1: [("disk", "disk"), ("disk", "disk"), ("square", "square"), ("triangle", "triangle")],
}
TABLE = [[3, 1, 0], [0, 2, 0], [1, 0, 1]]  # the eight pairs above


def write(writer, pairs, seed, variant="ca-cga"):
    folder = f"runs/ablation/{variant}/seed{seed}"
    rows = [f"test,{n},,{truth},{guess},0.5,1" for n, (truth, guess) in enumerate(pairs)]
    rows.append("val,9,,square,triangle,0.5,2")  # another split does not count
    writer.text(f"{folder}/cases.csv", HEAD + "\n".join(rows) + "\n")


@pytest.fixture
def classified(writer):
    writer.ablation(["acc_set"])
    for seed, pairs in SEEDS.items():
        write(writer, pairs, seed)
    return writer


def drawn(writer, names=None):
    runs = load_runs(writer.folder / "runs", "ablation")
    plan = load_plan(writer.folder / "runs", "ablation")
    return confusion(runs, plan, venue="ieee-journal", names=names or {})


def test_seeds_are_counted_together(classified):
    every = load_runs(classified.folder / "runs", "ablation")
    classes, table = counts([run for run in every if run.variant == "ca-cga"])
    assert classes == CLASSES
    assert table.tolist() == TABLE


def test_the_full_method_is_shown_in_percent_of_the_true_class(classified):
    figure = drawn(classified, {"ca-cga": "Ours", "disk": "Disk & ring"})
    axes = figure.axes[0]
    assert axes.get_title() == "Ours"
    np.testing.assert_allclose(
        axes.images[0].get_array(), [[0.75, 0.25, 0], [0, 1, 0], [0.5, 0, 0.5]]
    )
    said = {(text.get_position(), text.get_text()) for text in axes.texts}
    assert said == {
        ((0, 0), "75"), ((1, 0), "25"), ((1, 1), "100"), ((0, 2), "50"), ((2, 2), "50"),
    }  # fmt: skip
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Disk & ring", *CLASSES[1:]]


def test_segmentation_has_none(writer):
    writer.ablation()
    assert drawn(writer) is None


@pytest.mark.parametrize("count", [2, 11, 30, 100])
def test_everything_is_inside_at_any_number_of_classes(writer, count):
    writer.ablation(["acc_set"])
    names = [f"a class with a long name {n}" for n in range(count)]
    pairs = [(names[n], names[(n * 7) % count]) for n in range(count)]
    for seed in (0, 1):
        write(writer, pairs, seed)
    figure = drawn(writer, {"ca-cga": "Gated Coordinate-Attention U-Net with a Long Name " * 2})
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    box = figure.get_window_extent()
    parts = [*figure.axes[0].get_xticklabels(), *figure.axes[0].get_yticklabels()]
    parts += [figure.axes[0].xaxis.label, figure.axes[0].yaxis.label, figure.axes[0].title]
    for part in parts:
        inside = part.get_window_extent(renderer)
        assert inside.x0 >= box.x0 - 0.5
        assert inside.x1 <= box.x1 + 0.5
        assert inside.y0 >= box.y0 - 0.5
        assert inside.y1 <= box.y1 + 0.5
    ticks = [t.get_window_extent(renderer) for t in figure.axes[0].get_yticklabels()]
    assert all(not a.overlaps(b) for a, b in pairwise(ticks))


def test_one_long_name_does_not_touch_its_neighbour(writer):
    writer.ablation(["acc_set"])
    names = ["disk", "square", "triangle", "a class with a long name"]
    for seed in (0, 1):
        write(writer, list(zip(names, reversed(names), strict=True)), seed)
    figure = drawn(writer)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    boxes = [tick.get_window_extent(renderer) for tick in figure.axes[0].get_xticklabels()]
    assert min(b.x0 - a.x1 for a, b in pairwise(boxes)) * 72 / figure.dpi > 3  # points, a space
