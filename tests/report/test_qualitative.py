"""The qualitative grid: cases by the declared rule, errors striped, scores by hand."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from paperkit.errors import UserError
from paperkit.report.figures.cases import case_scores, pick
from paperkit.report.figures.figure import save
from paperkit.report.figures.grid import IGNORED, Truth, painted, striped
from paperkit.report.figures.qualitative import note, qualitative
from paperkit.runs import Plan, Planned, Row, Run, Summary

SHA = "0123456789abcdef"
PALETTE = [[0, 0, 0], [230, 159, 0], [86, 180, 233]]
CLASSES = ["sky", "road", "car"]
HEAD = "split,case,group,class,tp,fp,fn,tn,hd95,assd,nsd\n"


class Runs:
    """Writes run folders whose masks and counts agree."""

    def __init__(self, root: Path, cases: int, classes: list[str] = CLASSES) -> None:
        self.root, self.classes = root, classes
        rng = np.random.default_rng(0)
        self.truth = {
            f"town/{n:02d}": rng.integers(0, len(classes), (12, 16)) for n in range(cases)
        }
        self.data = root / "data" / SHA[:12]
        for case, mask in self.truth.items():
            self.mask(self.data / "truth", case, mask)
            self.mask(self.data / "images", case, mask)
        meta = {"class_names": classes, "ignore_index": None, "palette": PALETTE[: len(classes)]}
        (self.data / "meta.json").write_text(json.dumps(meta), encoding="utf-8")

    def mask(self, folder: Path, case: str, mask: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(mask.astype(np.uint8)).convert("P")
        image.putpalette([part for colour in PALETTE for part in colour])
        image.save(folder / f"{case.replace('/', '__')}.png")

    def run(self, variant: str, seed: int, wrong: dict[str, int], **change: Any) -> Run:
        """A run that errs in the first `wrong` pixels of each case."""
        folder = self.root / "exp" / variant / f"seed{seed}"
        lines = [HEAD]
        for case, truth in self.truth.items():
            guess = truth.copy().ravel()
            guess[: wrong[case]] = (guess[: wrong[case]] + 1) % len(self.classes)
            guess = guess.reshape(truth.shape)
            self.mask(folder / "samples", case, guess)
            for n, name in enumerate(self.classes):
                a, b = guess == n, truth == n
                counts = ((a & b).sum(), (a & ~b).sum(), (~a & b).sum(), (~a & ~b).sum())
                lines.append(f"test,{case},,{name},{','.join(map(str, counts))},,,\n")
        (folder / "cases.csv").write_text("".join(lines), encoding="utf-8")
        record = {"status": "done", "experiment": "exp", "variant": variant, "seed": seed}
        identity = f"exp/{variant}/seed{seed}"
        return Run(**{"folder": folder, "id": identity, "data_sha256": SHA, **record, **change})


def plan(runs: list[Run]) -> Plan:
    rows = tuple(
        Row(variant=v, on=(), method=None, dataset=None, config="c", overrides=(), set={},
            params=None, gmacs=None, input=None, plugs=(),
            runs=tuple(Planned(r.id, r.id, r.seed, None, None, None, None, None)
                       for r in runs if r.variant == v))
        for v in dict.fromkeys(run.variant for run in runs)
    )  # fmt: skip
    return Plan("ablation", "exp", None, {}, (), ("iou_set",), (), rows)


@pytest.fixture
def folder(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs", 11)


def two(folder: Runs) -> list[Run]:
    """The baseline errs in 60 pixels; the method in 6 per step of the case's number, from 0."""
    base = dict.fromkeys(folder.truth, 60)
    ours = {case: 6 * n for n, case in enumerate(folder.truth)}
    return [folder.run("baseline", s, base) for s in (0, 1)] + [
        folder.run("ours", s, ours) for s in (0, 1)
    ]


def texts(figure: Any) -> list[str]:
    found = [text.get_text() for text in figure.texts]
    return found + [text.get_text() for axes in figure.axes for text in axes.texts]


def test_the_percentiles_of_the_difference_are_picked() -> None:
    base = {f"c{n:02d}": 0.5 for n in range(11)}
    ours = {f"c{n:02d}": 0.9 - n / 20 for n in range(11)}
    # gains fall with n, so the 10th percentile is the last but one
    assert pick([base], [ours]) == ["c09", "c05", "c01"]
    # seeds are averaged: the second one cancels the first everywhere but at c03
    back = {case: 1 - value for case, value in ours.items()} | {"c03": 0.0}
    assert pick([base], [ours, back])[0] != pick([base], [ours, back])[-1]


def test_ties_and_few_cases() -> None:
    assert pick([{"b": 0.5, "a": 0.5}], [{"a": 0.5, "b": 0.5}]) == ["a", "b"]
    assert pick([{"a": 0.1}], [{"a": 0.2}]) == ["a"]
    assert pick([{"a": 0.1}], [{"b": 0.2}]) == []


def test_scores_are_those_of_the_counts(folder: Runs) -> None:
    [run] = [folder.run("v", 0, dict.fromkeys(folder.truth, 30))]
    scores = case_scores(run)
    for case, truth in folder.truth.items():
        with Image.open(run.folder / "samples" / f"{case.replace('/', '__')}.png") as image:
            guess = np.asarray(image)
        by_hand = [
            ((guess == k) & (truth == k)).sum() / ((guess == k) | (truth == k)).sum()
            for k in range(3)
        ]
        assert scores[case] == pytest.approx(np.mean(by_hand))


def test_two_classes_count_the_foreground_and_empty_ones_nothing(tmp_path: Path) -> None:
    run = Run(folder=tmp_path, id="r", experiment="e", variant="v", status="done")
    rows = ["test,a,,ground,9,1,1,0,,,\n", "test,a,,lesion,3,1,2,0,,,\n"]
    rows += ["test,b,,ground,9,0,0,0,,,\n", "test,b,,lesion,0,0,0,9,,,\n"]
    rows += ["val,c,,ground,9,0,0,0,,,\n", "val,c,,lesion,5,0,0,9,,,\n"]
    (tmp_path / "cases.csv").write_text(HEAD + "".join(rows), encoding="utf-8")
    assert case_scores(run) == {"a": 0.5}
    assert case_scores(run, dice=True) == {"a": pytest.approx(6 / 9)}


def test_what_is_drawn(folder: Runs) -> None:
    runs = two(folder)
    names = {"baseline": "U-Net", "ours": "Ours", "road": "street"}
    figure = qualitative(runs, plan(runs), folder.root / "data", venue="ieee-journal", names=names)
    assert figure is not None
    assert len(figure.axes) == 3 * 4
    assert texts(figure)[:4] == ["image", "truth", "U-Net", "Ours"]
    assert texts(figure)[4:8] == ["sky", "street", "car", "striped: wrong"]
    # the method errs in 6 n pixels, so its gain falls with n: 09, 05, 01 from the 10th percentile
    notes = texts(figure)[8:]
    assert notes[::4] == ["09", "05", "01"]
    assert notes[7] == f"IoU {100 * case_scores(runs[2])['town/05']:.1f}"


LONG = "Gated Coordinate-Attention U-Net with Content-Guided Fusion of All Scales (ours)"


@pytest.mark.parametrize("variants", [2, 5])
@pytest.mark.parametrize(
    "name", [LONG, "DeepLabV3PlusMobileNetV3LargeWithoutAnyPlaceToBreak", "WM" * 40]
)
def test_long_names_stay_in_their_place(folder: Runs, variants: int, name: str) -> None:
    first, *_, last = two(folder)
    between = [
        folder.run(f"m{n}", 0, dict.fromkeys(folder.truth, 9 * n)) for n in range(variants - 2)
    ]
    runs = [first, *between, last]
    names = {run.variant: name for run in runs} | {"road": name, "iou_img": name}
    figure = qualitative(runs, plan(runs), folder.root / "data", venue="ieee-journal", names=names)
    assert figure is not None
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    page = figure.bbox
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    boxes += [t.get_window_extent(renderer) for axes in figure.axes for t in axes.texts]
    boxes = [box for box in boxes if box.width > 1] + [axes.bbox for axes in figure.axes]
    for n, box in enumerate(boxes):
        assert page.x0 - 0.5 <= box.x0 and box.x1 <= page.x1 + 0.5
        assert page.y0 - 0.5 <= box.y0 and box.y1 <= page.y1 + 0.5
        assert not any(box.overlaps(other) for other in boxes[:n])


def test_wrong_pixels_are_striped_and_right_ones_are_not() -> None:
    truth = Truth(Path(), CLASSES, [(0, 0, 0), (230, 159, 0), (86, 180, 233)], 255)
    mask = np.array([[0, 1, 2, 255]] * 4, np.uint8)
    guess = np.array([[0, 2, 2, 1]] * 4, np.uint8)
    picture = striped(guess, mask, truth)
    side = picture.shape[1] // 4
    right, wrong, ignored = (picture[:, n * side : (n + 1) * side] for n in (2, 1, 3))
    assert (right == (86, 180, 233)).all() and (ignored == (230, 159, 0)).all()
    colours = {tuple(c) for c in wrong.reshape(-1, 3)}
    assert colours == {(86, 180, 233), (255, 255, 255), (0, 0, 0)}
    assert (painted(mask, truth)[:, 3] == IGNORED).all()


def test_nothing_to_compare_is_no_figure(folder: Runs, tmp_path: Path) -> None:
    runs = two(folder)
    data = folder.root / "data"
    for kept, where in ((runs[:2], data), (runs, tmp_path / "elsewhere"), ([], data)):
        made = plan(kept or runs)
        assert qualitative(kept, made, where, venue="ieee-journal", names={}) is None


def test_a_case_without_its_picture_is_left_out(folder: Runs) -> None:
    runs = two(folder)
    (runs[2].folder / "samples" / "town__05.png").unlink()
    figure = qualitative(runs, plan(runs), folder.root / "data", venue="ieee-journal", names={})
    # of the ten that are left, counted from the smallest gain
    assert figure is not None and texts(figure)[8::4] == ["09", "06", "01"]


def test_many_variants_keep_the_first_and_the_last(folder: Runs) -> None:
    runs = [folder.run(f"v{n}", 0, dict.fromkeys(folder.truth, 10 * n)) for n in range(7)]
    figure = qualitative(runs, plan(runs), folder.root / "data", venue="ieee-journal", names={})
    assert figure is not None
    assert texts(figure)[:7] == ["image", "truth", "v0", "v1", "v2", "v3", "v6"]
    assert figure.get_figwidth() == pytest.approx(516 / 72.27)


def test_damaged_description_is_explained(folder: Runs) -> None:
    runs = two(folder)
    path = folder.data / "meta.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        qualitative(runs, plan(runs), folder.root / "data", venue="ieee-journal", names={})
    assert str(caught.value) == (
        f"{path}: not the description of a data set (KeyError: 'palette'); "
        "delete the folder and evaluate a run again: python evaluate.py --run RUN"
    )


def test_the_same_runs_give_the_same_bytes(folder: Runs, tmp_path: Path) -> None:
    runs = two(folder)
    found = []
    for name in ("a", "b"):
        figure = qualitative(
            runs[::-1], plan(runs), folder.root / "data", venue="ieee-journal", names={}
        )
        assert figure is not None
        found.append(save(figure, tmp_path / name)[0].read_bytes())
    assert found[0] == found[1]


SAID = (
    "The rows are the test images at the 10th, 50th and 90th percentile of the difference in "
    "per-image overlap between {} and {}, averaged over seeds{}; shown are the predictions of the "
    "first seed, striped where they are wrong."
)


def test_the_caption_says_what_is_compared_and_how_cases_are_chosen(folder: Runs) -> None:
    runs = two(folder)
    names = {"baseline": "U-Net {1}", "ours": "Dice loss"}
    assert note(runs, plan(runs), names) == SAID.format("Dice loss", "U-Net {1}", "")
    assert note(runs[:1], plan(runs), names) == ""


def test_the_caption_says_of_how_many_images_predictions_were_kept(folder: Runs) -> None:
    """Training keeps the masks of 500 test images; the percentiles are those of these."""
    summary = Summary("test", None, n_cases=6000, metrics={}, per_class={})
    runs = [replace(run, summary=summary) for run in two(folder)]
    kept = f", among the {len(folder.truth)} whose predictions were kept"
    assert note(runs, plan(runs), {}) == SAID.format("ours", "baseline", kept)


def test_of_several_data_sets_the_caption_names_the_one_shown(folder: Runs) -> None:
    runs = [replace(run, dataset="town") for run in two(folder)]
    rows = plan(runs).rows
    both = [replace(row, dataset=name) for name in ("town", "sea") for row in rows]
    found = note(runs, replace(plan(runs), rows=tuple(both)), {"town": "Cityscapes"})
    assert found == SAID.format("ours", "baseline", "") + " The data set is Cityscapes."
