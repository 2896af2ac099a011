"""The generated models: published sizes, torchvision's outputs, every slot, and refusals."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import segmentation_models_pytorch as smp
import torch
import torchvision
from sandbox import PACKAGE, config, module, project
from torch import nn

UNET_SLOTS = {
    *(
        f"{place}.{n}"
        for place in ("encoder", "skip", "down", "up", "fuse", "decoder")
        for n in range(4)
    ),
    "bottleneck",
    "head",
}
BLOCKS = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)]
RESNET18_SLOTS = {
    "stem",
    "pool",
    "head",
    *(f"stage.{n}" for n in range(4)),
    *(f"stage.{n}.block.{m}{end}" for n, m in BLOCKS for end in ("", ".branch", ".conv2")),
}


def build(folder: Path, *overrides: str, **sections: Any) -> nn.Module:
    model: nn.Module = module("models").build(config(folder, *overrides, **sections))
    return model


def refused(folder: Path, *overrides: str, **sections: Any) -> str:
    with pytest.raises(module("config").ConfigError) as caught:
        build(folder, *overrides, **sections)
    return str(caught.value).replace(str(folder), "HERE")


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def own(name: str, source: str) -> str:
    """A student's file in the project's package."""
    (project() / PACKAGE / f"{name}.py").write_text(source, encoding="utf-8")
    return f"model.name={PACKAGE}.{name}:make"


def test_unet_is_the_published_one_and_scales_with_width() -> None:
    unet = module("models.unet").UNet
    assert count(unet(3, 1)) == 34_527_041
    # a conv-BN-ReLU network of width w costs a w^2 + b w + c: three widths give the fourth
    c4, c8, c16, c32 = (count(unet(3, 1, width=w)) for w in (4, 8, 16, 32))
    a = ((c16 - c8) / 8 - (c8 - c4) / 4) / 12
    b = (c8 - c4) / 4 - 12 * a
    assert c32 == round(a * 32**2 + b * 32 + c4 - 16 * a - 4 * b)


@pytest.mark.parametrize(
    ("depth", "params"), [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032)]
)
def test_resnets_are_torchvisions(depth: int, params: int) -> None:
    resnet = module("models.resnet")
    theirs = getattr(torchvision.models, f"resnet{depth}")().eval()
    # untrained running statistics would hide a mix-up of two norms
    for index, layer in enumerate(m for m in theirs.modules() if isinstance(m, nn.BatchNorm2d)):
        layer.running_mean.fill_(0.01 * index)
        layer.weight.data.fill_(1 - 0.005 * index)
    ours = resnet.ResNet(depth, 3, 1000)
    assert count(ours) == params
    ours.load_state_dict(resnet.from_torchvision(theirs.state_dict()))
    image = torch.randn(2, 3, 70, 97, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(image), theirs(image), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (1, 5)])
def test_unet_takes_any_size(size: tuple[int, int]) -> None:
    model = module("models.unet").UNet(2, 3, width=4).eval()
    assert model(torch.zeros(1, 2, *size)).shape == (1, 3, *size)


def test_padding_is_cropped_back_to_the_same_pixels() -> None:
    model = module("models.unet").UNet(1, 2, width=4).eval()
    image = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    image[..., 20:, :], image[..., 27:] = 0, 0
    torch.testing.assert_close(model(image)[..., :20, :27], model(image[..., :20, :27]))


@pytest.mark.parametrize(
    ("name", "slots", "size"),
    [("unet", UNET_SLOTS, [1, 3, 32, 32]), ("resnet18", RESNET18_SLOTS, [1, 3, 32, 32])],
)
def test_slots_have_the_names_of_the_design(name: str, slots: set[str], size: list[int]) -> None:
    make = {k: v for task in module("models").MODELS.values() for k, v in task.items()}[name]
    rows = module("slots").table(make(3, 2, width=4), torch.zeros(size))
    assert {row["slot"] for row in rows} == slots


def test_every_component_path_leads_to_its_part() -> None:
    unet, resnet = module("models.unet"), module("models.resnet")
    model = unet.UNet(3, 2, width=4)
    at = {s.name: s.component for s in model.modules() if isinstance(s, module("slots").Slot)}
    assert model.get_submodule(at["encoder.2"]) is model.encoder[2]
    assert model.get_submodule(at["head"]) is model.head
    model = resnet.ResNet(50, 3, 2, width=4)
    at = {s.name: s.component for s in model.modules() if isinstance(s, module("slots").Slot)}
    assert model.get_submodule(at["stage.1.block.2"]) is model.stages[1].blocks[2]
    assert model.get_submodule(at["stage.1.block.2.conv2"]) is model.stages[1].blocks[2].conv2


@pytest.mark.parametrize("at", sorted(UNET_SLOTS - {"head"} - {f"fuse.{n}" for n in range(4)}))
def test_plugging_never_changes_a_base_weight(tmp_path: Path, at: str) -> None:
    base = build(tmp_path, model={"width": 4}).state_dict()
    plugged = build(tmp_path, model={"width": 4}, plugs=[{"at": at, "use": "coord_att"}])
    state = plugged.state_dict()
    assert len(state) > len(base)
    assert all(torch.equal(state[key], value) for key, value in base.items())


def test_building_draws_from_no_global_stream_and_the_seed_decides(tmp_path: Path) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = build(tmp_path, "seed=1", model={"width": 4})
    assert torch.equal(torch.get_rng_state(), before)
    again, other = (build(tmp_path, f"seed={s}", model={"width": 4}) for s in (1, 2))
    weights = [m.encoder[0][0].weight for m in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_smp_by_name_has_smps_weights_and_takes_odd_sizes(tmp_path: Path) -> None:
    model = build(tmp_path, "model.name=smp:Unet/resnet18", "data.size=[40, 33]")
    theirs = smp.Unet("resnet18", encoder_weights=None, classes=4)
    assert {k: v.shape for k, v in model.state_dict().items()} == {
        k: v.shape for k, v in theirs.state_dict().items()
    }
    assert model(torch.zeros(2, 3, 40, 33)).shape == (2, 4, 40, 33)


@pytest.mark.parametrize("name", ["timm:vit_tiny_patch16_224", "torchvision:resnet18"])
def test_classifiers_by_name_take_odd_sizes_and_a_file_of_weights(
    tmp_path: Path, name: str
) -> None:
    given = (f"model.name={name}", "data.size=[40, 33]")
    first = build(tmp_path, *given, task="classification")
    assert first.eval()(torch.zeros(2, 3, 40, 33)).shape == (2, 3)
    torch.save(first.state_dict(), tmp_path / "weights.pth")
    weights = f"model.backbone_weights={tmp_path / 'weights.pth'}"
    again = build(tmp_path, *given, weights, "seed=1", task="classification").state_dict()
    assert all(torch.equal(again[key], value) for key, value in first.state_dict().items())


def test_a_librarys_model_for_the_other_task(tmp_path: Path) -> None:
    assert refused(tmp_path, "model.name=timm:resnet18") == (
        "command line: model.name='timm:resnet18': timm has models for classification only; use "
        "smp:Unet/tu-resnet18 or unet"
    )
    assert refused(tmp_path, "model.name=smp:FPN/resnet18", task="classification") == (
        "command line: model.name='smp:FPN/resnet18': smp has models for segmentation only; use "
        "resnet18, resnet34, resnet50, timm:NAME or torchvision:NAME"
    )


def test_smp_is_imported_only_when_named(tmp_path: Path) -> None:
    config(tmp_path)
    script = (
        f"import sys; sys.path.insert(0, {str(project())!r})\n"
        f"from {PACKAGE} import config, models\n"
        f"models.build(config.load({str(tmp_path / 'config.yaml')!r}, ['model.width=4']))\n"
        "print(sorted({'segmentation_models_pytorch', 'timm', 'torchvision'} & set(sys.modules)))\n"
        "sys.modules['segmentation_models_pytorch'] = None\n"
        "try:\n"
        "    name = 'model.name=smp:FPN/resnet18'\n"
        f"    models.build(config.load({str(tmp_path / 'config.yaml')!r}, [name]))\n"
        "except config.ConfigError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout == (
        "[]\n"
        "command line: model.name='smp:FPN/resnet18': segmentation-models-pytorch is not "
        "installed; pip install segmentation-models-pytorch\n"
    )


def test_a_model_of_the_projects_own(tmp_path: Path) -> None:
    name = own(
        "mine",
        "from torch import nn\ndef make(channels, classes):\n"
        "    return nn.Conv2d(channels, classes, 1)\n",
    )
    assert isinstance(build(tmp_path, name), nn.Conv2d)


ENDS = {
    "nn.Softmax(1)": "ends in Softmax",
    "nn.Sigmoid()": "ends in Sigmoid",
    "Hidden(lambda x: x.softmax(1))": "returns values that sum to one (a softmax)",
    "Hidden(torch.sigmoid)": "returns values that are all between 0 and 1 (a sigmoid)",
    "Hidden(lambda x: 1 / (1 + (-x).exp()))": (
        "returns values that are all between 0 and 1 (a sigmoid)"
    ),
    "Hidden(nn.functional.hardsigmoid)": "returns values that are all between 0 and 1 (a sigmoid)",
}


@pytest.mark.parametrize("number", range(6))
def test_probabilities_are_refused(tmp_path: Path, number: int) -> None:
    end, found = list(ENDS.items())[number]
    name = own(
        f"ends{number}",
        "import torch\nfrom torch import nn\n"
        "class Hidden(nn.Module):\n"
        "    def __init__(self, how):\n        super().__init__(); self.how = how\n"
        "    def forward(self, x):\n        return self.how(x)\n"
        "def make(channels, classes):\n"
        f"    return nn.Sequential(nn.Conv2d(channels, classes, 1), {end})\n",
    )
    assert refused(tmp_path, name) == (
        f"command line: model.name='{PACKAGE}.ends{number}:make': {found}, but the losses and "
        "metrics here take logits and apply softmax themselves; a second one flattens the "
        "gradient: remove the last activation"
    )


def test_a_head_of_zeros_is_no_sigmoid(tmp_path: Path) -> None:
    name = own(
        "zeros",
        "from torch import nn\ndef make(channels, classes):\n"
        "    head = nn.Conv2d(channels, classes, 1)\n"
        "    nn.init.zeros_(head.weight); nn.init.zeros_(head.bias)\n    return head\n",
    )
    build(tmp_path, name)


MISTAKES = [
    (
        {"model": {"name": "resnet18"}},
        "HERE/config.yaml:LINE: model.name='resnet18': gives one label per image, task is "
        "segmentation; use smp:Unet/resnet34 (a ResNet as the encoder of a U-Net) or unet",
    ),
    (
        {"model": {"name": "unett"}},
        "HERE/config.yaml:LINE: model.name='unett': no such model; did you mean 'unet'?; known: "
        "unet, attention_unet, resunet, unetpp, nnunet_plain, nnunet_residual, fpn, linknet, "
        "pspnet, pan, manet, deeplabv3, deeplabv3plus, upernet, segformer, dpt, "
        "smp:ARCH/ENCODER, timm:NAME, torchvision:NAME, "
        f"nnunet:plain, nnunet:residual, {PACKAGE}.module:factory",
    ),
    (
        {"model": {"name": "smp:Unet/resnet19"}},
        "HERE/config.yaml:LINE: model.name='smp:Unet/resnet19': smp has no encoder 'resnet19'; did "
        "you mean 'resnet18'?; the form is smp:Unet/resnet34",
    ),
    (
        {"model": {"name": "os.path:join"}},
        "HERE/config.yaml:LINE: model.name='os.path:join': models come from smp:ARCH/ENCODER, "
        "timm:NAME, torchvision:NAME, nnunet:plain, nnunet:residual, or from this project "
        f"({PACKAGE}.module:factory)",
    ),
    (
        {"model": {"name": f"{PACKAGE}.nothing:make"}},
        f"HERE/config.yaml:LINE: model.name='{PACKAGE}.nothing:make': there is no module "
        f"{PACKAGE}.nothing; make {PACKAGE}/nothing.py",
    ),
    (
        {"model": {"width": 4, "freeze": ["encodr.*"]}},
        "HERE/config.yaml:LINE: model.freeze=['encodr.*']: encodr.* is no parameter; try "
        "'encoder.*'",
    ),
    (
        {"model": {"width": 4, "backbone_weights": "imagenet"}},
        "HERE/config.yaml:LINE: model.backbone_weights='imagenet': there are none for unet; leave "
        "it null",
    ),
]


@pytest.mark.parametrize(("sections", "message"), MISTAKES)
def test_a_wrong_name_says_what_would_be_right(
    tmp_path: Path, sections: dict[str, Any], message: str
) -> None:
    said = refused(tmp_path, **sections)
    key = message.split("model.")[1].split("=")[0]
    lines = (tmp_path / "config.yaml").read_text("utf-8").splitlines()
    line = 1 + next(n for n, text in enumerate(lines) if text.startswith(f"  {key}:"))
    if key == "name":  # data has a name, too
        line = lines.index("model:") + 2
    assert said == message.replace("LINE", str(line))


def test_freezing_and_starting_from_another_run(tmp_path: Path) -> None:
    frozen = build(tmp_path, model={"width": 4, "freeze": ["encoder.*"]})
    still = {n for n, p in frozen.named_parameters() if not p.requires_grad}
    assert still == {n for n, _ in frozen.named_parameters() if n.startswith("encoder.")}
    old = build(tmp_path, "seed=9", model={"width": 4})
    torch.save({"model": old.state_dict(), "ema": None}, tmp_path / "old.pt")
    start = {"width": 4, "init_from": str(tmp_path / "old.pt")}
    with pytest.warns(UserWarning, match="^coord_att: fresh behind trained weights"):
        new = build(tmp_path, model=start, plugs=[{"at": "skip.0", "use": "coord_att"}])
    assert all(torch.equal(new.state_dict()[k], v) for k, v in old.state_dict().items())
    wide = {"width": 8, "init_from": str(tmp_path / "old.pt")}
    assert refused(tmp_path, model=wide) == (
        "HERE/config.yaml:10: model.init_from='HERE/old.pt': the weights old.pt do not fit unet: "
        "encoder.0.0.weight is [4, 3, 3, 3] there and [8, 3, 3, 3] here, and 132 more differ; name "
        "the model that they are of"
    )


def test_a_models_file_runs_by_itself(tmp_path: Path) -> None:
    file = project() / PACKAGE / "models" / "resnet.py"
    done = subprocess.run(
        [sys.executable, str(file)], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[0] == (
        "ResNet-18: [1, 3, 224, 224] -> [1, 1000], 11,689,512 parameters, 1.81 GMACs"
    )
