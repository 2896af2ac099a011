"""The tracer sees every operation once, in order, and leaves the model as it was."""

import ast
import json
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from paperkit.diagram import trace as tracer
from paperkit.diagram.calls import read
from paperkit.diagram.trace import trace
from paperkit.errors import UserError
from paperkit.slots.slot import Slot


class Small(nn.Module):
    """conv, pool, bilinear up, cat, plus and times, on two scales."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.slot = Slot("encoder.0")

    def forward(self, x: Tensor) -> Tensor:
        a = self.slot(self.conv(x))
        b = self.pool(self.pool(a))
        c = F.interpolate(b, scale_factor=4)
        return torch.cat([a, c], 1) + torch.cat([c, a], 1) * 2


def ops(model: nn.Module, size: int = 16) -> dict[int, tuple[str, list[int], list[int]]]:
    rows = trace(model, torch.zeros(1, 3, size, size))["ops"]
    return {n: (row["name"], row["inputs"], row["out"]) for n, row in enumerate(rows)}


def test_operations_sources_and_shapes() -> None:
    record = trace(Small(), torch.zeros(1, 3, 16, 16))
    place = {row["id"]: n for n, row in enumerate(record["ops"])}
    seen = [(r["name"], [place[i] for i in r["inputs"]], r["out"]) for r in record["ops"]]
    assert seen == [
        ("input", [], [3, 16, 16]),
        ("conv2d", [0], [4, 16, 16]),
        ("max_pool2d", [1], [4, 8, 8]),
        ("max_pool2d", [2], [4, 4, 4]),
        ("interpolate", [3], [4, 16, 16]),
        ("cat", [1, 4], [8, 16, 16]),
        ("cat", [4, 1], [8, 16, 16]),
        ("mul", [6], [8, 16, 16]),
        ("add", [5, 7], [8, 16, 16]),
    ]


def test_one_module_called_twice_is_two_calls() -> None:
    calls = trace(Small(), torch.zeros(1, 3, 16, 16))["calls"]
    assert [call["path"] for call in calls] == ["", "conv", "slot", "pool", "pool"]
    assert len({call["id"] for call in calls}) == 5


def test_a_plug_that_does_nothing_still_appears() -> None:
    model = Small()
    model.slot.add(nn.Identity(), label="nothing")
    names = [name for name, _, _ in ops(model).values()]
    assert names == [
        "input",
        "conv2d",
        "view_as",
        *[name for name, *_ in ops(Small()).values()][2:],
    ]


def test_a_slot_that_runs_from_a_hook_comes_after_its_host() -> None:
    model = nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU()), nn.Conv2d(4, 2, 1))
    slot = Slot("stage.0")
    slot.add(nn.Conv2d(4, 4, 1), label="se")
    model.register_module("paperkit_slot", slot)
    host = model[0]
    host.register_forward_hook(slot.after)
    # the container would call the slot once more at the end
    del model._modules["paperkit_slot"]
    host.slot = slot
    host.forward = lambda x: host[1](host[0](x))  # type: ignore[method-assign]
    record = read(trace(model, torch.zeros(1, 3, 8, 8)))
    top = [getattr(item, "path", "clone") for item in record.children(record.root)]
    assert top == ["0", "0.slot", "clone", "1"]
    assert host.forward(torch.zeros(1, 3, 8, 8)).shape == (1, 4, 8, 8)


def test_a_fusion_in_a_librarys_decoder_is_a_plug() -> None:
    """There the slot is a Join, which takes the concatenation apart."""
    import segmentation_models_pytorch as smp

    from paperkit.slots import apply
    from paperkit.zoo.load import find

    model = smp.Unet("resnet18", encoder_weights=None)
    apply(model, ["fuse.1=attn_gate"], torch.zeros(1, 3, 64, 64), find=find)
    calls = read(trace(model, torch.zeros(1, 3, 64, 64))).calls.values()
    assert [(call.slot, call.labels) for call in calls if call.plugged] == [
        ("fuse.1", ("attn_gate",))
    ]


def test_the_model_is_left_as_it_was() -> None:
    model = Small().train()
    model.conv.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    trace(model, torch.zeros(1, 3, 16, 16))
    assert model.training and model.pool.training and not model.conv.training
    assert all("forward" not in vars(module) for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(value.device.type == "cpu" for value in model.state_dict().values())


def test_nothing_is_computed_on_the_meta_device() -> None:
    class Huge(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.interpolate(x, size=(1 << 20, 1 << 20))

    assert ops(Huge())[1] == ("interpolate", [0], [3, 1 << 20, 1 << 20])


def test_a_forward_that_looks_at_values_runs_for_real() -> None:
    class Looks(Small):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) if float(x.max()) < 1 else x

    assert [name for name, *_ in ops(Looks()).values()][-1] == "add"


def test_an_error_of_the_model_is_its_own_and_leaves_no_wrapper() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(5, 4, 3))
    with pytest.raises(RuntimeError, match="expected input"):
        trace(model, torch.zeros(1, 3, 16, 16))
    assert all("forward" not in vars(module) for module in model.modules())


def test_the_record_is_json_and_typed_reading_keeps_it() -> None:
    record = json.loads(json.dumps(trace(Small(), torch.zeros(1, 3, 16, 16))))
    typed = read(record)
    assert typed.root.kind == "Small"
    assert [op.name for op in typed.inside(typed.root)] == [r["name"] for r in record["ops"][1:]]


def test_a_forward_that_does_nothing_is_explained() -> None:
    class Nothing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x

    with pytest.raises(UserError) as caught:
        read(trace(Nothing(), torch.zeros(1, 3, 8, 8)))
    assert str(caught.value) == (
        "Nothing: its forward did nothing with the input, so there is no diagram; "
        "does it return the result of its layers?"
    )


def test_the_file_needs_only_torch_and_the_standard_library() -> None:
    tree = ast.parse(Path(tracer.__file__).read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in nodes
    }
    assert {name.split(".")[0] for name in names} <= {"torch", *sys.stdlib_module_names}
