"""Metrics of the user's own: which way is better, in which unit, printed with how many decimals."""

import csv
import io
from typing import Any

import pytest

from paperkit.errors import UserError
from paperkit.report import build, trace
from paperkit.report.metrics import find_metric

# by hand: boundaries lie 12, 9, 7 and 4 mm apart, over three seeds
DISTANCE = {"baseline": 12.0, "ca": 9.0, "cga": 7.0, "ca-cga": 4.0}


@pytest.mark.parametrize(
    "name", ["hd95", "hd95_img", "ASSD", "mean_abs_error", "val_loss", "rmse", "test/ece", "FID"]
)
def test_of_errors_and_distances_less_is_better(name: str) -> None:
    assert not find_metric(name).higher


@pytest.mark.parametrize(
    "name", ["nsd", "auroc", "kidney_dice", "lossless_ratio", "precision", "hdice", "terror_recall"]
)
def test_of_anything_else_more_is(name: str) -> None:
    assert find_metric(name).higher


@pytest.fixture
def made(writer: Any) -> Any:
    """An ablation with a distance."""

    def write(settings: str = "", metric: str = "hd95_img", scale: float = 1.0) -> Any:
        rows = [writer.row("ablation", variant, None, [0, 1, 2]) for variant in DISTANCE]
        writer.plan("ablation", "ablation", rows, [metric])
        for row in rows:
            for planned in row["runs"]:
                value = (DISTANCE[row["variant"]] + 0.1 * planned["seed"]) * scale
                writer.run(planned["id"], {metric: value})
        writer.text("paperkit.yaml", f"figures: []\n{settings}")
        return build(writer.project())

    return write


def table(writer: Any) -> list[list[str]]:
    text = (writer.folder / "paper/generated/tab_ablation.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def claims(writer: Any) -> dict[str, str]:
    text = (writer.folder / "paper/generated/tab_ablation.csv").read_text("utf-8")
    rows = csv.DictReader(io.StringIO(text))
    return {row["variant"]: next(v for k, v in row.items() if k.endswith("/verdict"))[:6]
            for row in rows}  # fmt: skip


def test_the_smallest_distance_is_bold_and_better(writer: Any, made: Any) -> None:
    made()
    head, _, *rows = table(writer)
    assert head[2] == "hd95 img ↓"
    assert [row[2].partition(" ±")[0] for row in rows] == [
        "12.100", "9.100", "<ins>7.100</ins>", "**4.100**",
    ]  # fmt: skip
    assert claims(writer) == {"baseline": "", "ca": "better", "cga": "better", "ca-cga": "better"}


def test_paperkit_yaml_says_which_way_is_better(writer: Any, made: Any) -> None:
    made("metrics: {hd95_img: {better: higher}, cost: {better: lower}}\n")
    head, _, *rows = table(writer)
    assert head[2] == "hd95 img ↑" and rows[0][2].startswith("**12.100**")
    assert set(claims(writer).values()) == {"", "worse;"}
    made("metrics: {cost: {better: lower}}\n", metric="cost")
    assert table(writer)[0][2] == "cost ↓" and claims(writer)["ca-cga"] == "better"


def test_unit_decimals_and_definition_are_printed(writer: Any, made: Any) -> None:
    settings = (
        "names: {hd95_img: HD95}\n"
        "metrics:\n"
        "  hd95_img: {unit: mm, decimals: 1, definition: '95th percentile {of} the distance.'}\n"
    )
    made(settings)
    head, _, *rows = table(writer)
    assert head[2] == "HD95 ↓ (mm)"
    assert [row[2].replace("**", "").replace("\xa0", " ") for row in rows][3] == "4.1 ± 0.1"
    text = (writer.folder / "paper/generated/tab_ablation.tex").read_text("utf-8")
    assert "(mm)" in text
    macros = (writer.folder / "paper/generated/macros.tex").read_text("utf-8")
    assert "HD95: 95th percentile \\{of\\} the distance, in mm." in macros
    found = trace(writer.project(), "ablation/ca/hd95_img")
    assert (found.display, found.unit) == ("9.1", "mm")
    assert found.metric.startswith("95th percentile {of} the distance")


def test_a_fraction_may_be_printed_in_percent(writer: Any, made: Any) -> None:
    made("metrics: {score: {unit: '%'}, iou_set: {decimals: 1}}\n", metric="score", scale=0.01)
    head, _, *rows = table(writer)
    assert head[2] == "score ↑ (%)" and rows[0][2].startswith("**12.10**")
    made("metrics: {iou_set: {decimals: 1}}\n", metric="iou_set", scale=0.01)
    assert table(writer)[2][2].startswith("**12.1**")


def test_a_metric_that_no_experiment_has_is_told(made: Any) -> None:
    settings = "metrics: {hd95_imgs: {better: lower}, hd95_img: {better: lower}}\n"
    assert made(settings).warnings == (
        "paperkit.yaml: metrics.hd95_imgs: no experiment has this metric; did you mean 'hd95_img'?",
    )


@pytest.mark.parametrize(
    ("name", "way", "key"), [("hd95_img", "less", "lower"), ("my_cost", "more", "higher")]
)
def test_a_direction_that_is_only_guessed_is_told(made: Any, name: str, way: str, key: str) -> None:
    assert made("", metric=name).warnings == (
        f"{name}: paperkit does not know this metric and takes {way} for better; paperkit.yaml "
        f"says it: metrics: {{{name}: {{better: {key}, definition: ...}}}}",
    )
    assert made(f"metrics: {{{name}: {{better: {key}}}}}\n", metric=name).warnings == ()
    assert made("", metric="iou_set", scale=0.01).warnings == ()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            "metrics: {hd95: {beter: lower}}",
            "paperkit.yaml:2: unknown key 'metrics.hd95.beter'; did you mean 'better'?",
        ),
        (
            "metrics: {hd95: {better: less}}",
            "paperkit.yaml:2: metrics.hd95.better = 'less': input should be 'higher' or 'lower'",
        ),
        (
            "metrics: {hd95: {decimals: 9}}",
            "paperkit.yaml:2: metrics.hd95.decimals = 9: input should be less than or equal to 6",
        ),
    ],
)
def test_what_is_wrong_there_has_its_line(made: Any, settings: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        made(settings)
    assert str(caught.value) == message
