"""Plug into every slot of many foreign models, and see that each plug does what its name says.

    python benchmarks/slots_everywhere.py --library smp|timm|torchvision|nnunet [--only vit]
        [--blocks] [--survive] [--out FILE.json]

A model is built with random weights. At each of its named slots outside blocks (--blocks: inside
too) a bias is plugged in: it must be accepted, leave the base keys as they are, and the output
must depend on it (one backward through the plugged model, on numbers and not on shapes alone).
--survive also tries deepcopy, torch.save, torch.compile and torch.export with the plugs in. One
line per model and one for the library; the JSON holds what failed and why.
"""

import argparse
import copy
import io
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from paperkit.slots import SlotError, apply, records
from paperkit.slots.probe import tensors
from paperkit.slots.sites import regions, sites

ARCHITECTURES = (
    *("Unet", "UnetPlusPlus", "MAnet", "Linknet", "FPN", "PAN", "PSPNet"),
    *("DeepLabV3", "DeepLabV3Plus", "UPerNet", "Segformer"),
)
ENCODERS = (
    *("resnet18", "resnet50", "se_resnet50", "timm-resnest14d", "efficientnet-b0"),
    *("timm-efficientnet-b0", "mobilenet_v2", "mobileone_s0", "vgg11_bn", "densenet121"),
    *("dpn68", "xception", "inceptionv4", "mit_b0", "timm-skresnet18", "timm-res2net50_26w_4s"),
    *("tu-convnext_atto", "tu-regnety_002", "tu-pvt_v2_b0", "tu-mambaout_femto"),
    *("tu-swin_s3_tiny_224", "tu-swinv2_cr_tiny_224", "tu-mobilenetv3_small_050"),
)
VITS = (  # what DPT takes
    *("tu-vit_tiny_patch16_224", "tu-deit_tiny_patch16_224", "tu-deit_tiny_distilled_patch16_224"),
    *(
        "tu-eva02_tiny_patch14_224",
        "tu-vit_wee_patch16_reg1_gap_256",
        "tu-vit_small_patch16_dinov3",
    ),
    *("tu-vit_relpos_small_patch16_224", "tu-beit_base_patch16_224"),
)
TORCHVISION = (
    *("alexnet", "vgg11", "vgg11_bn", "resnet18", "resnet50", "resnext50_32x4d", "googlenet"),
    *("inception_v3", "densenet121", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large"),
    *("efficientnet_b0", "efficientnet_v2_s", "convnext_tiny", "regnet_y_400mf", "regnet_x_400mf"),
    *("shufflenet_v2_x0_5", "squeezenet1_0", "squeezenet1_1", "mnasnet0_5", "vit_b_16", "swin_t"),
    *("swin_v2_t", "maxvit_t", "wide_resnet50_2"),
)
SMALL = ("test_", "atto", "femto", "pico", "nano", "xxs", "tiny", "_t", "small", "_s", "18", "_b0")


@dataclass
class Verdict:
    """What was found at one model: slots outside blocks, and what is wrong, by slot.

    ``refused``: the library's own words where it cannot build or run the model.
    """

    model: str
    slots: list[str] = field(default_factory=list)
    asked: int = 0
    wrong: dict[str, str] = field(default_factory=dict)
    refused: str = ""


class Bias(nn.Module):
    """x + b: the plainest plug; large enough to be seen behind normalisations."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.linspace(-1, 1, channels).view(-1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return x + b."""
        return x + self.bias


def find(_: str) -> type:
    """Look a module up: there is one."""
    return Bias


def judge(name: str, model: nn.Module, image: Tensor, *, inside: bool = False) -> Verdict:
    """Plug all slots of a model at once, each with its own bias, and look at their gradients."""
    named = sites(model.eval())
    asked = [s for s in named if s != "head" and (inside or ".block." not in s)]
    asked = [s for s in asked if not named[s].idle]
    verdict = Verdict(name, regions(named), len(asked))
    before = copy.deepcopy(model.state_dict())
    taken = _plug(model, asked, image, verdict.wrong)
    missing, unexpected = model.load_state_dict(before, strict=False)
    if unexpected or any(not key.startswith("plugged.") for key in missing):
        verdict.wrong["every slot"] = "the base keys have changed"
    verdict.wrong |= _without_effect(model, taken, image) if taken else {}
    return verdict


def _plug(model: nn.Module, asked: list[str], image: Tensor, wrong: dict[str, str]) -> list[str]:
    """Plug all at once; where one is refused, one by one, and note which. Return the others."""
    try:
        apply(model, [f"{slot}=bias" for slot in asked], image, find=find)
        return asked
    except SlotError:
        taken = []
    for slot in asked:
        try:
            apply(model, [f"{slot}=bias"], image, find=find)
            taken.append(slot)
        except SlotError as error:
            wrong[slot] = str(error)
    return taken


def _without_effect(model: nn.Module, taken: list[str], image: Tensor) -> dict[str, str]:
    """Return the slots on whose bias the output does not depend."""
    torch.manual_seed(1)
    outputs = list(tensors(model(torch.rand_like(image))))
    torch.stack([(t * torch.randn_like(t)).sum() for t in outputs]).sum().backward()
    grads = [model.get_submodule(r["path"]).get_parameter("bias").grad for r in records(model)]
    return {
        slot: "the output does not depend on it"
        for slot, grad in zip(taken, grads, strict=True)
        if grad is None or not grad.abs().max() > 0
    }


def survival(model: nn.Module, image: Tensor) -> dict[str, str]:
    """Return what does not survive, and why: copies that call the copy's plugs, and graphs."""
    with torch.no_grad():
        want = next(tensors(model(image)))
        ways: dict[str, Callable[[], Any]] = {
            "deepcopy": lambda: copy.deepcopy(model),
            "save": lambda: _saved(model),
            "compile": lambda: torch.compile(model, backend="eager"),
            "export": lambda: torch.export.export(model, (image,)).module(),
        }
        wrong = {}
        for name, way in ways.items():
            try:
                same = torch.allclose(next(tensors(way()(image))), want, rtol=1e-3, atol=1e-4)
                wrong |= {} if same else {name: "another output"}
            except Exception as error:
                wrong[name] = f"{type(error).__name__}: {error}"[:200]
        torch.compiler.reset()
        return wrong


def _saved(model: nn.Module) -> nn.Module:
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    loaded = torch.load(file, weights_only=False)
    assert isinstance(loaded, nn.Module)
    return loaded


Made = tuple[str, Callable[[], nn.Module], tuple[int, ...]]


def smp() -> Iterator[Made]:
    """Yield all architectures with all encoders, and DPT with what it takes."""
    import segmentation_models_pytorch as library

    for name in ARCHITECTURES:
        for encoder in ENCODERS:
            size = (3, 224, 224) if encoder.endswith("224") else (3, 128, 128)
            made = getattr(library, name)
            yield f"{name}/{encoder}", partial(made, encoder, encoder_weights=None), size
    for encoder in VITS:
        side = 224 if "beit" in encoder or "relpos" in encoder or "_14_" in encoder else 64
        more = {"img_size": side} if side == 64 or "_14_" in encoder else {}
        make = partial(library.DPT, encoder, encoder_weights=None, **more)
        yield f"DPT/{encoder}", make, (3, side, side)


def torchvision() -> Iterator[Made]:
    """Yield a list of classifiers."""
    from torchvision.models import get_model

    for name in TORCHVISION:
        more = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        yield name, partial(get_model, name, weights=None, **more), (3, 224, 224)


def timm() -> Iterator[Made]:
    """Yield the smallest-sounding model of every family that knows its features."""
    import timm as library

    for family in library.list_modules():
        names = library.list_models(module=family)
        if names:
            yield (name := min(names, key=_rank)), partial(library.create_model, name), ()


def _rank(name: str) -> tuple[int, int, str]:
    heavy = any(word in name for word in ("large", "huge", "giant", "_l_", "xl", "base"))
    small = next((n for n, word in enumerate(SMALL) if word in name), len(SMALL))
    return heavy, small, name


def nnunet() -> Iterator[Made]:
    """Yield both 2-d networks, with and without deep supervision."""
    from dynamic_network_architectures.architectures.unet import PlainConvUNet, ResidualEncoderUNet

    more = {"conv_bias": True, "norm_op": nn.InstanceNorm2d, "nonlin": nn.LeakyReLU}
    shape = (1, 6, (32, 64, 128, 256, 512, 512), nn.Conv2d, 3, (1, 2, 2, 2, 2, 2), 2)
    for kind in (PlainConvUNet, ResidualEncoderUNet):
        for deep in (False, True):
            make = partial(kind, *shape, 3, 2, deep_supervision=deep, **more)
            yield f"{kind.__name__}{'/deep' * deep}", make, (1, 128, 160)


LIBRARIES = {"smp": smp, "timm": timm, "torchvision": torchvision, "nnunet": nnunet}


def verdict(made: Made, *, inside: bool = False, survive: bool = False) -> Verdict:
    """Build one model and judge it. A failure of the library's own is no fault of a slot."""
    name, make, size = made
    torch.manual_seed(0)
    try:
        model = _awake(make().eval())
        image = torch.zeros(1, *(size or model.default_cfg["input_size"]))  # type: ignore[misc]
        with torch.no_grad():
            model(image)
    except Exception as error:
        return Verdict(name, refused=f"{type(error).__name__}: {error}".partition("\n")[0][:200])
    found = judge(name, model, image, inside=inside)
    if survive:
        found.wrong |= survival(model, image)
    return found


def _awake(model: nn.Module) -> nn.Module:
    """Give layers that a library starts at zero (ViT's head) weights that let plugs through."""
    for parameter in model.parameters():
        if parameter.dim() > 1 and not parameter.any():
            nn.init.normal_(parameter, std=0.02)
    return model


def main() -> None:
    """Judge all models of a library; print one line for each and one for all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--library", choices=LIBRARIES, required=True)
    parser.add_argument("--only", default="", help="models whose name contains this")
    parser.add_argument("--blocks", action="store_true", help="the slots inside blocks too")
    parser.add_argument("--survive", action="store_true", help="deepcopy, save, compile, export")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    found = []
    for made in LIBRARIES[given.library]():
        if given.only in made[0]:
            one = verdict(made, inside=given.blocks, survive=given.survive)
            found.append(one)
            print(one.model, *one.slots, "|", one.refused or one.wrong or "all work", flush=True)
    print(summary(given.library, found))
    if given.out:
        rows = json.dumps([asdict(one) for one in found], indent=1)
        given.out.write_text(rows + "\n", encoding="utf-8")


def summary(library: str, found: list[Verdict]) -> str:
    """Count models and slots in one line."""
    ran = [one for one in found if not one.refused]
    none = [one.model for one in ran if not one.asked]
    asked, wrong = sum(one.asked for one in ran), sum(len(one.wrong) for one in ran)
    return (
        f"{library}: {len(ran)} models run here ({len(found) - len(ran)} refused by the library), "
        f"{asked} slots, {wrong} faults; without named slots: {', '.join(none) or 'none'}"
    )


if __name__ == "__main__":
    main()
