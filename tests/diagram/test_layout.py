"""Geometry of finished drawings: nothing overlaps, arrows end on borders, texts fit their boxes."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise

import pytest
import torchvision
from torch import nn

from paperkit.diagram.compose import ASPECT, compose
from paperkit.diagram.graph import Graph
from paperkit.diagram.scene import Arrow, Box, Scene, Text

COLUMN, PAGE = 252.0, 516.0
EVERYWHERE = tuple(f"{slot}.*=se" for slot in ("encoder", "skip", "down", "up", "decoder"))
MODELS = {
    "plain": (),
    "method": ("encoder.*=coord_att", "fuse.*=cga_fusion"),
    "long names": ("encoder.*=residual(coord_att)", "decoder.*=parallel(se, coord_att, merge=add)"),
    "one level": ("encoder.2=se", "skip.1=se", "bottleneck=se"),
    "everywhere": EVERYWHERE,
    "replaced": ("encoder.2/conv[k=3]:=scconv23",),
}
FOREIGN = ("smp:Unet", "smp:DeepLabV3Plus", "smp:FPN", "resnet18", "resnet50")
Make = Callable[[str], tuple[Graph, Scene]]


@pytest.fixture(scope="module")
def drawn(unet, smp, graph_of) -> Make:
    """Graph and drawing of a model, each made once."""
    kept: dict[str, tuple[Graph, Scene]] = {}

    def make(name: str) -> tuple[Graph, Scene]:
        if name not in kept:
            graph = graph_of(_model(name, unet, smp), (128, 96))
            kept[name] = graph, compose(graph, column=COLUMN, text=PAGE)
        return kept[name]

    return make


def _model(name: str, unet: Callable[..., nn.Module], smp: object) -> nn.Module:
    if name in MODELS:
        return unet(*MODELS[name])
    if name.startswith("smp:"):
        made: nn.Module = getattr(smp, name[4:])("resnet18", encoder_weights=None)
        return made
    model: nn.Module = getattr(torchvision.models, name)()
    return model


def every(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", names or (*MODELS, *FOREIGN))


def overlapping(scene: Scene) -> list[tuple[str, str]]:
    """Pairs of boxes, of texts, and of a text and a foreign box, that cover each other."""
    areas = [(f"box {b.id}", (b.left, b.bottom, b.right, b.top), b.id) for b in scene.boxes]
    areas += [(f"text {t.text}", printed(t), t.inside) for t in scene.texts]
    return [
        (one, other)
        for (one, a, home), (other, b, base) in combinations(areas, 2)
        if (not home or home != base) and _cover(a, b)
    ]


def _cover(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    slack = 0.05  # badges touch their stage
    return (
        a[0] + slack < b[2] and b[0] + slack < a[2] and a[1] + slack < b[3] and b[1] + slack < a[3]
    )


@cache
def printed(text: Text) -> tuple[float, float, float, float]:
    """What matplotlib's own font metrics say that a text covers: the independent measure."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(family="STIXGeneral", weight="bold" if text.bold else "normal")
    box = TextPath((0, 0), text.text, size=text.size, prop=font, usetex=False).get_extents()
    half = text.size * 0.33
    if text.turned:
        return text.x - half, text.y - box.width / 2, text.x + half, text.y + box.width / 2
    left = text.x - {"west": 0, "center": box.width / 2, "east": box.width}[text.anchor]
    return left, text.y - half, left + box.width, text.y + half


def loose(scene: Scene) -> list[Arrow]:
    """Arrows that do not start and end on the border of their boxes (or of its badges)."""
    found = []
    for arrow in (arrow for arrow in scene.arrows if arrow.source):
        ends = ((arrow.source, arrow.points[0]), (arrow.target, arrow.points[-1]))
        if not all(
            any(_on_border(box, point) for box in scene.boxes if box.id.split("#")[0] == name)
            for name, point in ends
        ):
            found.append(arrow)
    return found


def _on_border(box: Box, point: tuple[float, float]) -> bool:
    x, y = point
    inside = box.left - 0.01 <= x <= box.right + 0.01 and box.bottom - 0.01 <= y <= box.top + 0.01
    sides = (abs(x - box.left), abs(x - box.right), abs(y - box.bottom), abs(y - box.top))
    return inside and min(sides) < 0.01


def crossing(scene: Scene) -> list[tuple[str, str]]:
    """Arrows that run through a box or a text that is not theirs."""
    found = []
    for arrow in scene.arrows:
        areas = [((b.left, b.bottom, b.right, b.top), b.id.split("#")[0]) for b in scene.boxes]
        areas += [(printed(text), text.inside or text.text) for text in scene.texts]
        for (x1, y1), (x2, y2) in pairwise(arrow.points):
            line = (min(x1, x2), min(y1, y2), max(x1, x2) + 0.1, max(y1, y2) + 0.1)
            found += [
                (f"{arrow.source} -> {arrow.target}", name)
                for area, name in areas
                if name not in (arrow.source, arrow.target) and _cover(line, area)
            ]
    return found


@every()
def test_nothing_overlaps(drawn: Make, name: str) -> None:
    assert overlapping(drawn(name)[1]) == []


@every()
def test_arrows_end_on_borders_and_cross_nothing(drawn: Make, name: str) -> None:
    _, scene = drawn(name)
    assert loose(scene) == []
    assert crossing(scene) == []


@every()
def test_texts_fit_their_boxes(drawn: Make, name: str) -> None:
    _, scene = drawn(name)
    for text in (text for text in scene.texts if text.inside):
        box, (left, bottom, right, top) = scene.box(text.inside), printed(text)
        assert box.left < left and right < box.right, text
        assert box.bottom < bottom and top < box.top, text


@every()
def test_fits_the_page_and_no_font_is_below_six_points(drawn: Make, name: str) -> None:
    _, scene = drawn(name)
    assert min(text.size for text in scene.texts) >= 6
    assert any(abs(scene.width - width) < 0.5 for width in (COLUMN, PAGE))
    left, bottom, right, top = scene.extent
    assert left >= 0 and bottom >= 0 and right <= scene.width and top <= scene.height
    if name != "everywhere":  # eight slots in vertical arrows need their height
        assert scene.height <= ASPECT * PAGE


@every(*MODELS)
def test_every_plug_is_drawn_exactly_once(drawn: Make, name: str) -> None:
    graph, scene = drawn(name)
    plugged = [node.id for node in graph.nodes if node.kind == "slot"]
    badges = [f"{node.id}#{n}" for node in graph.nodes for n, _ in enumerate(node.badges)]
    orange = [b.id for b in scene.boxes if b.look == "slot" and not b.id.startswith("legend")]
    assert sorted(orange) == sorted([*plugged, *badges])
    assert len(orange) == {"plain": 0, "method": 8, "long names": 8, "one level": 3,
                           "everywhere": 20, "replaced": 1}[name]  # fmt: skip
    named = [text.inside for text in scene.texts if text.bold]
    assert sorted(named) == sorted(orange)


@every(*(name for name in FOREIGN if name != "smp:FPN"), *MODELS)
def test_every_box_of_the_graph_is_drawn(drawn: Make, name: str) -> None:
    graph, scene = drawn(name)
    drawn_ids = {box.id for box in scene.boxes}
    assert {node.id for node in graph.nodes} <= drawn_ids
    assert len([a for a in scene.arrows if a.source]) == len(graph.edges)


def test_what_a_chain_cannot_show_is_said(drawn: Make) -> None:
    _, scene = drawn("smp:FPN")
    assert "not drawn: 3 boxes of parallel branches" in [text.text for text in scene.texts]


def test_a_chain_that_fits_takes_one_column(drawn: Make) -> None:
    assert drawn("resnet18")[1].width == pytest.approx(COLUMN, abs=0.5)
    assert drawn("plain")[1].width == pytest.approx(PAGE, abs=0.5)


def test_each_resolution_is_named_once(drawn: Make) -> None:
    sizes = [text.text for text in drawn("method")[1].texts if text.grey]
    assert sizes == ["128×96", "64×48", "32×24", "16×12", "8×6"]


def test_the_u_is_a_u(drawn: Make) -> None:
    scene = drawn("method")[1]
    encoder = [scene.box(f"encoder.{n}") for n in range(4)]
    decoder = [scene.box(f"decoder.{n}") for n in range(4)]
    assert [b.y for b in encoder] == sorted((b.y for b in encoder), reverse=True)
    for left, right in zip(encoder, decoder, strict=True):
        assert left.y == right.y and left.x < right.x and left.h == right.h
    assert all(a.x < b.x for a, b in pairwise(encoder))
    assert all(a.x > b.x for a, b in pairwise(decoder))


def test_the_checks_can_fail(drawn: Make) -> None:
    _, scene = drawn("method")
    first, second = scene.boxes[:2]
    moved = replace(first, x=second.x, y=second.y)
    spoilt = Scene(scene.width, scene.height, [moved, *scene.boxes[1:]], scene.arrows, scene.texts)
    assert (f"box {first.id}", f"box {second.id}") in overlapping(spoilt)
    assert first.id in {arrow.source for arrow in loose(spoilt)}
    across = Arrow("", "", ((0, second.y), (scene.width, second.y)), "main")
    assert (" -> ", second.id) in crossing(replace(scene, arrows=[across]))
