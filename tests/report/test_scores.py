"""Shares of a metric by test case: their mean is the metric, whatever the images lack."""

import math
from pathlib import Path
from typing import Any

import pytest

from paperkit.report.scores import Scores
from paperkit.runs import Each, Run, load_run, load_runs
from paperkit.runs.files import Files

RUNS = Path(__file__).parents[1] / "data/runs"
HEAD = "split,case,group,class,tp,fp,fn,tn,hd95,assd,nsd"


def made(
    writer: Any, name: str, rows: list[str], metrics: dict[str, float], head: str = HEAD
) -> Run:
    folder = writer.run(f"e/{name}/seed0", metrics)
    (folder / "cases.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return load_run(folder)


def test_shares_of_the_sample_runs_have_the_logged_metric_as_mean() -> None:
    """Real predictions: classes that images lack, and false alarms."""
    runs = load_runs(RUNS)
    for metric in ("iou_img", "dice_img"):
        found = Scores().evidence(Each(runs[:4]), Each(runs[4:]), metric)
        for run, shares in zip(runs, [*found.ours, *found.theirs], strict=True):
            assert run.summary is not None and shares.shape == (60,)
            assert math.fsum(shares) / 60 == pytest.approx(run.summary.metrics[metric], abs=1e-9)


def test_an_image_counts_for_a_class_by_how_few_others_have_it(writer: Any) -> None:
    """Classes x (on both images) and y (on the second), IoU by hand.

    x: 0.5 and 0.9, mean 0.7; y: 0.6 where it is and 0 where it is only predicted, mean 0.3;
    metric (0.7 + 0.3) / 2 = 0.5. Shares of two images: 2/2 * (0.5/2 - 0.3/1) and (0.9/2 + 0.6/1).
    """
    rows = [
        "test,a,,x,50,0,50,0,,,",
        "test,a,,y,0,7,0,0,,,",  # a false alarm
        "test,a,,z,0,0,0,9,,,",  # on no image: no class of the mean
        "test,b,,x,90,10,0,0,,,",
        "test,b,,y,60,20,20,0,,,",
        "test,b,,z,0,0,0,9,,,",
    ]
    run = made(writer, "m", rows, {"iou_img": 0.5})
    found = Scores().evidence(Each([run]), Each([run]), "iou_img")
    assert found.ours.tolist() == [[pytest.approx(-0.05), pytest.approx(1.05)]]
    # the same but for the false alarm: the other image is a tie
    quiet = [row.replace("test,a,,y,0,7", "test,a,,y,0,0") for row in rows]
    better = made(writer, "n", quiet, {"iou_img": 0.65})
    (a, b), (c, d) = (
        Scores().evidence(Each([run]), Each([better]), "iou_img").theirs[0],
        found.ours[0],
    )
    assert (a - c, b - d) == (pytest.approx(0.3), pytest.approx(0.0, abs=1e-12))


@pytest.mark.parametrize(
    ("rows", "logged"),
    [
        (["test,a,,x,1,1,0,0,,,", "test,a,,y,1,1,0,0,,,", "test,a,,z,0,1,0,0,,,"], 1 / 3),
        (["test,a,,x,1,1,0,0,,,", "test,b,,x,1,1,0,0,,,"], 0.51),
        (["val,a,,x,1,1,0,0,,,"], 0.5),
        ([], 0.5),
    ],
    ids=["a class of no truth", "another definition", "another split", "no file"],
)
def test_without_shares_that_fit_a_seed_has_one_value(
    writer: Any, rows: list[str], logged: float
) -> None:
    run = made(writer, "m", rows, {"iou_img": logged})
    found = Scores().evidence(Each([run]), Each([run]), "iou_img")
    assert (*found.ours, *found.theirs, found.difference) == (logged, logged, 0.0)


def test_other_cases_are_no_pairs(writer: Any) -> None:
    one = made(writer, "m", ["test,a,,x,1,1,0,0,,,"], {"iou_img": 0.5})
    other = made(writer, "n", ["test,b,,x,3,1,0,0,,,"], {"iou_img": 0.75})
    found = Scores().evidence(Each([one]), Each([other]), "iou_img")
    assert (*found.ours, *found.theirs, found.difference) == (0.5, 0.75, -0.25)


def test_of_two_classes_the_foreground_counts(writer: Any) -> None:
    rows = ["test,a,,back,9,0,0,0,,,", "test,a,,lesion,1,0,3,0,,,"]
    run = made(writer, "m", rows, {"dice_img": 0.4})
    assert Scores().evidence(Each([run]), Each([run]), "dice_img").ours.tolist() == [
        [pytest.approx(0.4)]
    ]


def test_images_are_right_or_wrong_in_classification(writer: Any) -> None:
    head = "split,case,group,target,prediction,p_target,rank"
    rows = ["test,a,,cat,cat,0.9,1", "test,b,,cat,dog,0.1,6", "test,c,,dog,cat,0.4,2"]
    metrics = {"acc_set": 1 / 3, "top5_set": 2 / 3, "f1_set": 0.25}
    run = made(writer, "m", rows, metrics, head)
    found = {
        metric: Scores().evidence(Each([run]), Each([run]), metric).ours.tolist()
        for metric in metrics
    }
    assert found == {"acc_set": [[1, 0, 0]], "top5_set": [[1, 0, 1]], "f1_set": [0.25]}


def test_a_patient_has_the_sum_of_its_images(writer: Any) -> None:
    """IoU 0.2, 0.4, 0.9 of patients p, p, q: sums 0.6 and 0.9 of 3 images, times 2 patients."""
    rows = ["test,a,p,x,2,8,0,0,,,", "test,b,p,x,4,6,0,0,,,", "test,c,q,x,9,1,0,0,,,"]
    run = made(writer, "m", rows, {"iou_img": 0.5})
    found = Scores().evidence(Each([run]), Each([run]), "iou_img")
    assert found.grouped and found.ours.tolist() == [[pytest.approx(0.4), pytest.approx(0.6)]]


def test_of_runs_without_cases_one_is_asked(writer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [load_run(writer.run(f"e/m/seed{seed}", {"iou_img": 0.5})) for seed in range(3)]
    asked: list[str] = []
    read = Files.read
    monkeypatch.setattr(Files, "read", lambda self, path: asked.append(path) or read(self, path))
    assert Scores().evidence(Each(runs), Each(runs), "iou_img").ours.tolist() == [0.5] * 3
    assert [Path(path).parent.name for path in asked] == ["seed0"]


def test_where_a_later_run_has_no_cases_only_the_seeds_count(writer: Any) -> None:
    one = made(writer, "m", ["test,a,,x,1,1,0,0,,,"], {"iou_img": 0.5})
    bare = load_run(writer.run("e/n/seed0", {"iou_img": 0.25}))
    assert Scores().evidence(Each([one, bare]), Each([one, one]), "iou_img").ours.tolist() == [
        0.5,
        0.25,
    ]


def test_a_file_is_read_once(writer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made(writer, "m", ["test,a,,x,1,1,0,0,,,"], {"iou_img": 0.5, "dice_img": 2 / 3})
    found: list[str] = []
    read = Files.read
    monkeypatch.setattr(
        Files, "read", lambda self, path: found.append(Path(path).name) or read(self, path)
    )
    scores = Scores()
    for metric in ("iou_img", "dice_img", "iou_img", "iou_set"):
        scores.evidence(Each([run]), Each([run]), metric)
    assert found == ["cases.csv"]
