"""From the trace to boxes and arrows, against what the models say of themselves."""

import importlib

import pytest
import torch
import torchvision
from torch import Tensor, nn

from paperkit.diagram.shape import find_shape, spine
from paperkit.zoo import se

PLUGS = ("encoder.*=coord_att", "fuse.*=cga_fusion(reduction=8)")


def test_unet_boxes(unet, graph_of) -> None:
    graph = graph_of(unet())
    assert [(n.id, n.channels, n.size, n.level) for n in graph.nodes if n.kind == "stage"] == [
        ("encoder.0", 64, (64, 96), 0),
        ("encoder.1", 128, (32, 48), 1),
        ("encoder.2", 256, (16, 24), 2),
        ("encoder.3", 512, (8, 12), 3),
        ("bottleneck", 1024, (4, 6), 4),
        ("decoder.3", 512, (8, 12), 3),
        ("decoder.2", 256, (16, 24), 2),
        ("decoder.1", 128, (32, 48), 1),
        ("decoder.0", 64, (64, 96), 0),
        ("head", 2, (64, 96), 0),
    ]
    assert [n.channels for n in graph.nodes if n.kind == "join"] == [1024, 512, 256, 128]
    block = graph.node("encoder.0")
    assert (block.label, block.detail, block.bands) == (
        "DoubleConv", "2 × (3×3 conv, BN, ReLU)", 2,
    )  # fmt: skip


def test_unet_arrows(unet, graph_of) -> None:
    graph = graph_of(unet())
    assert {e.label for e in graph.edges} == {"", "2×2 max pool", "×2 upsampling, conv"}
    into = [{e.source for e in graph.into(n.id)} for n in graph.nodes if n.kind == "join"]
    assert into == [
        {"encoder.3", "bottleneck"},
        {"encoder.2", "decoder.3"},
        {"encoder.1", "decoder.2"},
        {"encoder.0", "decoder.1"},
    ]


def test_plugged_slots_stand_where_they_are_and_empty_ones_nowhere(unet, graph_of) -> None:
    graph = graph_of(unet(*PLUGS))
    assert [(n.slot, n.label) for n in graph.nodes if n.kind == "slot"] == [
        *((f"encoder.{n}", "CoordAtt") for n in range(4)),
        *((f"fuse.{n}", "CGAFusion") for n in (3, 2, 1, 0)),
    ]
    assert {e.source for e in graph.into("fuse_slot.1")} == {"encoder_slot.1", "decoder.2"}


def test_odd_sizes_are_padded_and_cropped_without_boxes(unet, graph_of) -> None:
    boxes = [(n.id.split("@")[0], n.kind) for n in graph_of(unet(), (64, 96)).nodes]
    assert [(n.id.split("@")[0], n.kind) for n in graph_of(unet(), (61, 90)).nodes] == boxes


def test_replaced_components_are_badges_of_their_stage(unet, graph_of) -> None:
    graph = graph_of(unet("encoder.2/conv[k=3]:=scconv23"))
    badges = {n.id: n.badges for n in graph.nodes if n.badges}
    assert list(badges) == ["encoder.2"]
    assert [(b.label, len(b.slots)) for b in badges["encoder.2"]] == [("SCConv", 2)]


def test_display_names_win_over_class_names(unet, graph_of) -> None:
    graph = graph_of(unet("encoder.0=residual(coord_att)"), coord_att="CA")
    assert [n.label for n in graph.nodes if n.kind == "slot"] == ["residual(CA)"]


@pytest.mark.parametrize(
    ("name", "repeats"), [("resnet18", [2, 2, 2, 2]), ("resnet34", [3, 4, 6, 3])]
)
def test_smp_unet_against_what_smp_says(smp, graph_of, name: str, repeats: list[int]) -> None:
    model = smp.Unet(name, encoder_weights=None, classes=5)
    graph = graph_of(model)
    shape = find_shape(graph)
    assert shape is not None
    stages = [graph.node(f"encoder.layer{n}") for n in (1, 2, 3, 4)]
    assert [64, *(stage.channels for stage in stages)] == list(model.encoder.out_channels[1:])
    assert [stage.repeat for stage in stages] == repeats
    assert [n.level for n in stages] == [2, 3, 4, 5]
    decoder = [n for n in graph.nodes if n.label == "UnetDecoderBlock"]
    assert [n.channels for n in decoder] == [256, 128, 64, 32, 16]
    assert sorted(skip.source for skip in shape.skips) == [
        "encoder.conv1", "encoder.layer1", "encoder.layer2", "encoder.layer3",
    ]  # fmt: skip


def test_resnet_is_a_chain(graph_of) -> None:
    graph = graph_of(torchvision.models.resnet50(), (64, 64))
    assert find_shape(graph) is None
    assert [(n.label, n.repeat, n.channels) for n in spine(graph)] == [
        ("input", 1, 3),
        ("7×7 conv", 1, 64),
        ("Bottleneck", 3, 256),
        ("Bottleneck", 4, 512),
        ("Bottleneck", 6, 1024),
        ("Bottleneck", 3, 2048),
        ("global avg pool", 1, 2048),
        ("linear", 1, 1000),
        ("output", 1, 1000),
    ]


def test_blocks_in_a_stage_are_counted_and_their_plugs_are_badges(package, graph_of) -> None:
    resnet = importlib.import_module(f"{package.__name__}.models.resnet")
    slots = importlib.import_module(f"{package.__name__}.slots")
    model = resnet.ResNet(34, 3, 10)
    plug = "stage.*.block.*.branch=se(reduction=4)"
    slots.apply(model, [plug], torch.zeros(1, 3, 64, 64), find={"se": se.SE}.__getitem__)
    stages = [n for n in graph_of(model).nodes if n.label == "BasicBlock"]
    assert [n.repeat for n in stages] == [3, 4, 6, 3]
    assert [[(b.label, len(b.slots)) for b in n.badges] for n in stages] == [
        [("SE", 3)], [("SE", 4)], [("SE", 6)], [("SE", 3)],
    ]  # fmt: skip


def test_branches_beside_the_longest_way_make_no_u(smp, graph_of) -> None:
    assert find_shape(graph_of(smp.FPN("resnet18", encoder_weights=None), (64, 64))) is None


def test_blocks_that_begin_with_their_pooling_or_joining_are_opened(graph_of) -> None:
    class Down(nn.Sequential):
        def __init__(self, into: int, out: int) -> None:
            super().__init__(nn.MaxPool2d(2), nn.Sequential(nn.Conv2d(into, out, 3, padding=1)))

    class Up(nn.Module):
        def __init__(self, into: int, out: int) -> None:
            super().__init__()
            self.up = nn.ConvTranspose2d(into, out, 2, 2)
            self.conv = nn.Sequential(nn.Conv2d(2 * out, out, 3, padding=1), nn.ReLU())

        def forward(self, x: Tensor, s: Tensor) -> Tensor:
            x = nn.functional.pad(self.up(x), (1, -1, 0, 0))
            return self.conv(torch.cat([s, x], 1))

    class Tutorial(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inc = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
            self.down1, self.down2 = Down(8, 16), Down(16, 32)
            self.up1, self.up2 = Up(32, 16), Up(16, 8)

        def forward(self, x: Tensor) -> Tensor:
            a = self.inc(x)
            b = self.down1(a)
            return self.up2(self.up1(self.down2(b), b), a)

    graph = graph_of(Tutorial())
    labels = {(e.source, e.target): e.label for e in graph.edges}
    assert labels["inc", "down1"] == "2×2 max pool"
    assert {label for (_, target), label in labels.items() if "cat" in target} == {
        "",
        "2×2 up-conv",
    }
    shape = find_shape(graph)
    assert shape is not None
    assert sorted(s.source for s in shape.skips) == ["down1", "inc"]
