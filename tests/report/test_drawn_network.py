"""The diagram of the paper shows the network that was trained, never another one."""

from pathlib import Path
from typing import Any

import pytest

from paperkit.project.venue import find_venue
from paperkit.report.collect import collect
from paperkit.report.figures.drawings import drawings
from paperkit.report.names import Names

Drawn = tuple[str, tuple[str, ...]]


@pytest.fixture
def drawn(writer: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The configuration and overrides of the network that the report draws; None if it does not."""
    for name in ("baseline", "ours", "unet"):
        writer.text(f"configs/{name}.yaml", "task: segmentation\n")
    asked: list[Drawn] = []

    def draw(_: Any, *, config: str, overrides: tuple[str, ...], **__: Any) -> list[Path]:
        asked.append((config, overrides))
        return []

    monkeypatch.setattr("paperkit.diagram.draw", draw)

    def found() -> Drawn:
        experiments = collect(writer.folder / "runs")
        figures = drawings(writer.project(), experiments, find_venue("ieee-journal"), Names({}, []))
        next(f for f in figures if f.name == "fig_architecture").draw(writer.folder / "x")
        return asked[-1]

    return found


def row(writer: Any, experiment: str, variant: str, **change: Any) -> Any:
    made = writer.row(experiment, variant, None, [0])
    writer.run(f"{experiment}/{variant}/seed0", {"iou_set": 0.5})
    return made | change


def test_an_ablation_shows_all_components(writer: Any, drawn: Any) -> None:
    plugs = ["plugs=[{at: encoder.*, use: coord_att}]"]
    rows = [row(writer, "a", "baseline"), row(writer, "a", "ca", overrides=plugs)]
    writer.plan("ablation", "a", rows, ["iou_set"])
    assert drawn() == ("configs/baseline.yaml", tuple(plugs))


def test_a_comparison_shows_the_own_method(writer: Any, drawn: Any) -> None:
    rows = [row(writer, "c", "unet", config="configs/unet.yaml")]
    rows += [row(writer, "c", "ours", config="configs/ours.yaml", overrides=["model.width=8"])]
    writer.plan("comparison", "c", rows, ["iou_set"])
    assert drawn() == ("configs/ours.yaml", ("model.width=8",))


def test_rows_of_settings_show_what_they_are_varied_of(writer: Any, drawn: Any) -> None:
    """As an ablation of losses: configs/ours.yaml is there, too, but nobody trained it."""
    rows = [row(writer, "l", "plain"), row(writer, "l", "gdice", set={"loss.name": "gdice"})]
    writer.plan("ablation", "l", rows, ["iou_set"])
    assert drawn() == ("configs/baseline.yaml", ())


def test_before_anything_is_trained_it_is_the_design(drawn: Any) -> None:
    assert drawn() == ("configs/ours.yaml", ())
