"""Every baseline by its name: what comes out, its size and its cost as published."""

import math
import sys
from pathlib import Path
from typing import Any

import pytest
import segmentation_models_pytorch as smp
import torch
import torchvision
from torch import nn

sys.path.append(str(Path(__file__).parents[1] / "template"))
from sandbox import config, module

from paperkit.models.baselines import BASELINES
from paperkit.slots import cost

CLASSES = {"classification": 1000, "segmentation": 2}


def made(name: str, folder: Path, *, size: tuple[int, int] = (45, 70), **model: Any) -> nn.Module:
    """The project's model of a baseline's name, without numbers in it."""
    task = BASELINES[name].task
    given = config(
        folder,
        task=task,
        model={"name": name, **model},
        data={"size": list(size), "class_names": [str(n) for n in range(CLASSES[task])]},
    )
    # SegFormer's encoder asks a tensor for its value while it is built
    with torch.device("cpu" if name == "segformer" else "meta"):
        found: nn.Module = module("models")._base(given)
    return found.to("meta").eval()


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def gmacs(model: nn.Module, size: int, *, channels: int = 3) -> float:
    return cost(model, torch.zeros(1, channels, size, size, device="meta"))[1]


def shape(model: nn.Module, size: tuple[int, int]) -> tuple[int, ...]:
    with torch.no_grad():
        return tuple(model(torch.zeros(2, 3, *size, device="meta")).shape)


def by_hooks(model: nn.Module, size: int) -> float:
    """GMACs of convolutions and linear layers, counted layer by layer from k, C and the map."""
    total = []

    def note(layer: Any, _: Any, out: torch.Tensor) -> None:
        weight = math.prod(layer.weight.shape)  # k k C_in/groups C_out
        total.append(weight * out.numel() // out.shape[1 if out.ndim == 4 else -1])

    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(note)
        if isinstance(layer, nn.ConvTranspose2d):  # each input pixel meets the whole kernel
            layer.register_forward_hook(
                lambda m, x, _: total.append(m.weight.numel() * x[0].shape[-1] * x[0].shape[-2])
            )
    with torch.no_grad():
        model(torch.zeros(1, 3, size, size, device="meta"))
    return sum(total) / 1e9


TORCHVISION = {
    name: row.model.removeprefix("torchvision:")
    for name, row in BASELINES.items()
    if row.task == "classification" and (":" not in row.model or "torchvision:" in row.model)
    if row.model.removeprefix("torchvision:") in torchvision.models.list_models()
}
SQUARE = ("vit_b_16", "vit_b_32", "vit_l_16")  # their positions are of one size


@pytest.mark.parametrize("name", TORCHVISION)
def test_classifiers_are_as_torchvision_documents_them(name: str, tmp_path: Path) -> None:
    weights = torchvision.models.get_model_weights(TORCHVISION[name]).DEFAULT
    side = weights.transforms().crop_size[0]  # EfficientNet's figures are for larger images
    model = made(name, tmp_path, size=(side, side) if name in SQUARE else (45, 70))
    assert count(model) == weights.meta["num_params"]
    assert gmacs(model, side) == pytest.approx(weights.meta["_ops"], abs=1e-3)
    size = (45, 70)
    if name in SQUARE:
        model = made(name, tmp_path, size=size)
    assert shape(model, size) == (2, 1000)


# parameters, GMACs at 224 and how exactly they are known: the papers' mult-adds, timm's parameters
PUBLISHED = {
    "mobilenet_v1": (4_231_976, 0.569, 1e-3),  # Table 8: 569 M mult-adds
    "resnest50": (27_483_240, 5.39, 5e-3),  # Table 3: 5.39 GFLOPs
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_classifiers_are_as_their_papers_document_them(name: str, tmp_path: Path) -> None:
    params, published, within = PUBLISHED[name]
    model = made(name, tmp_path)
    assert shape(model, (45, 70)) == (2, 1000)
    assert count(model) == params
    assert gmacs(model, 224) == pytest.approx(published, rel=within)


CLOSED = {  # on 10 classes: channels, side, parameters, multiplications
    "softmax_regression": (1, 28, 784 * 10 + 10, 784 * 10),
    "mlp": (1, 28, 784 * 256 + 256 + 256 * 10 + 10, 784 * 256 + 256 * 10),
    "lenet": (  # 6@28, 16@10, 120, 84, 10
        *(1, 28, 61_706),
        25 * 6 * 28**2 + 25 * 6 * 16 * 10**2 + 400 * 120 + 120 * 84 + 84 * 10,
    ),
    "nin": (
        *(3, 32, 966_986),
        (75 * 192 + 192 * 160 + 160 * 96) * 32**2
        + (25 * 96 * 192 + 2 * 192 * 192) * 16**2
        + (9 * 192 * 192 + 192 * 192 + 192 * 10) * 8**2,
    ),
}


@pytest.mark.parametrize("name", CLOSED)
def test_the_first_classifiers_count_by_hand(name: str, tmp_path: Path) -> None:
    channels, side, params, multiplications = CLOSED[name]
    data = {"size": side, "channels": channels, "class_names": [*"0123456789"]}
    given = config(tmp_path, task="classification", model={"name": name}, data=data)
    model = module("models").build(given).eval()
    with torch.no_grad():
        assert model(torch.zeros(2, channels, side, side)).shape == (2, 10)
    assert count(model) == params
    assert gmacs(model.to("meta"), side, channels=channels) * 1e9 == pytest.approx(multiplications)
    assert shape(made(name, tmp_path), (45, 70)) == (2, 1000)


def unet_layers(*, gates: bool) -> list[tuple[int, int, int, int]]:
    """(k, C_in, C_out, level) of U-Net's convolutions at width 64, 3 channels and 1 class."""
    w = [64 * 2**n for n in range(5)]
    found = [(1, 64, 1, 0)]
    for n in range(5):
        found += [(3, w[n - 1] if n else 3, w[n], n), (3, w[n], w[n], n)]
    for n in range(4):
        found += [(3, w[n + 1], w[n], n), (3, 2 * w[n], w[n], n), (3, w[n], w[n], n)]
        found += [(1, w[n], w[n] // 2, n)] * 2 + [(1, w[n] // 2, 1, n)] if gates else []
    return found


def resunet_layers() -> list[tuple[int, int, int, int]]:
    """The same of ResUNet, its shortcuts' projections last."""
    units = [(3, 64, 0), (64, 128, 1), (128, 256, 2), (256, 512, 3)]
    units += [(512 + 256, 256, 2), (256 + 128, 128, 1), (128 + 64, 64, 0)]
    threes = [(3, a, out, n) for into, out, n in units for a in (into, out)]
    return [(1, 64, 1, 0), *threes, *((1, into, out, n) for into, out, n in units)]


OWN = {  # published parameters, layers
    "unet": (34_527_041, unet_layers(gates=False)),
    "attention_unet": (34_878_573, unet_layers(gates=True)),
    "resunet": (7_789_313 + 430_272, resunet_layers()),  # the paper's 7.8 M, and its projections
}


@pytest.mark.parametrize("name", OWN)
def test_our_segmentation_models_count_by_hand(name: str, tmp_path: Path) -> None:
    params, layers = OWN[name]
    model = made(name, tmp_path)
    assert shape(model, (45, 70)) == (2, 2, 45, 70)
    assert count(model) == params + 64 + 1  # the second class
    by_hand = sum(k * k * into * out * (224 >> n) ** 2 for k, into, out, n in layers)
    assert gmacs(model, 224) == pytest.approx((by_hand + 64 * 224**2) / 1e9, rel=1e-9)


def test_resunets_projections_are_what_the_paper_leaves_out() -> None:
    assert sum(into * out for k, into, out, _ in resunet_layers()[-7:] if k == 1) == 430_272
    assert round(OWN["resunet"][0] - 430_272, -5) == 7_800_000


ONE_CLASS = {  # documented for 1 class, and what a second one adds
    "unetpp": (26_078_609, 9 * 16 + 1),
    "fpn": (23_155_393, 128 + 1),
    "deeplabv3plus": (22_437_457, 256 + 1),
}
ATTENTION = {  # matrix products of attention at 224, which no layer's weights have a part in
    "manet": 49**2 * (64 + 512),  # PAB on 7x7 maps of 512 channels
    "dpt": 12 * 2 * 197**2 * 768,  # ViT-B: 12 blocks of 196 patches and a class token
    # MiT-B0: twice two blocks at each of four sizes; keys and values are reduced to 7x7
    "segformer": 2 * 2 * 49 * sum((56 >> n) ** 2 * c for n, c in enumerate((32, 64, 160, 256))),
}


@pytest.mark.parametrize("name", [n for n, r in BASELINES.items() if r.model.startswith("smp:")])
def test_smps_models_are_the_librarys(name: str, tmp_path: Path) -> None:
    arch, _, encoder = BASELINES[name].model.removeprefix("smp:").partition("/")
    with torch.device("cpu" if name == "segformer" else "meta"):
        theirs = getattr(smp, arch)(encoder, encoder_weights=None, classes=2).to("meta").eval()
    model = made(name, tmp_path)
    assert shape(model, (45, 70)) == (2, 2, 45, 70)
    if name == "dpt":  # its positions are of one size
        model = made(name, tmp_path, size=(224, 224))
    assert count(model) == count(theirs)
    assert count(model) == sum(ONE_CLASS.get(name, (count(model),)))
    side = 256 if name == "pan" else 224  # PAN's sizes are divisible by 128
    by_hand = by_hooks(theirs, side) + ATTENTION.get(name, 0) / 1e9
    assert gmacs(model, side) == pytest.approx(by_hand, rel=1e-9)


def test_segformers_published_size(tmp_path: Path) -> None:
    per_class = 256 + 1
    ade20k = count(made("segformer", tmp_path)) + 148 * per_class
    assert round(ade20k / 1e6, 1) == 3.8  # Table 1 of the paper: B0 with 150 classes


@pytest.mark.parametrize("name", ["nnunet_plain", "nnunet_residual"])
def test_nnunets_networks_are_the_librarys(name: str, tmp_path: Path) -> None:
    unet = pytest.importorskip("dynamic_network_architectures.architectures.unet")
    kind, depth = unet.PlainConvUNet, {"n_conv_per_stage": 2, "n_conv_per_stage_decoder": 2}
    if name == "nnunet_residual":  # nnU-Net's ResEncUNetPlanner
        kind = unet.ResidualEncoderUNet
        depth = {"n_blocks_per_stage": (1, 3, 4, 6, 6, 6), "n_conv_per_stage_decoder": 1}
    with torch.device("meta"):
        theirs = kind(
            *(3, 6, (32, 64, 128, 256, 512, 512), nn.Conv2d, 3, (1, 2, 2, 2, 2, 2)),
            **depth,
            num_classes=2,
            conv_bias=True,
            norm_op=nn.InstanceNorm2d,
            norm_op_kwargs={"eps": 1e-5, "affine": True},
            nonlin=nn.LeakyReLU,
        ).eval()
    model = made(name, tmp_path, size=(224, 224))
    assert count(model) == count(theirs)
    assert gmacs(model, 224) == pytest.approx(by_hooks(theirs, 224), rel=1e-9)
    assert shape(made(name, tmp_path), (45, 70)) == (2, 2, 45, 70)


def test_every_baseline_is_counted_here() -> None:
    rest = {n for n, r in BASELINES.items() if r.model.startswith(("smp:", "nnunet:"))}
    assert {*TORCHVISION, *PUBLISHED, *CLOSED, *OWN, *rest} == set(BASELINES)


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "attention_unet", "resunet", "segformer"])
def test_with_numbers_the_logits_are_finite(name: str, tmp_path: Path) -> None:
    task = BASELINES[name].task
    given = config(tmp_path, "data.size=[45, 70]", task=task, model={"name": name, "width": 8})
    model = module("models").build(given).eval()
    with torch.no_grad():
        logits = model(torch.rand(1, 3, 45, 70, generator=torch.Generator().manual_seed(0)))
    assert logits.shape[:2] == (1, given.data.classes)
    assert logits.isfinite().all() and logits.std() > 0
