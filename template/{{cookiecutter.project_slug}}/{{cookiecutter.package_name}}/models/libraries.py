"""Models of libraries by their names; a library is imported only when one of its models is named.

    build("smp:FPN/resnet18", channels=3, classes=2, size=(224, 224))

They return logits, and take images of any size: what a model cannot take is padded at the right and
at the bottom, and maps are cropped back. Projects have the same copy of this file and the three
beside it.
"""

import difflib
import importlib
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from torch import nn

from .any_size import Size, any_size
from .pretrained import Wish, of_encoder, of_timm, of_torchvision
from .weights import Misfit, NotFound, Weights, fetching, note

__all__ = ["FORMS", "LIBRARIES", "NotFound", "build", "wrong_task"]

LIBRARIES = {  # source -> its task, the package, and what pip installs
    "smp": ("segmentation", "segmentation_models_pytorch", "segmentation-models-pytorch"),
    "timm": ("classification", "timm", "timm"),
    "torchvision": ("classification", "torchvision", "torchvision"),
    "nnunet": (
        "segmentation",
        "dynamic_network_architectures",
        "'dynamic-network-architectures<0.4.3'",  # later ones want an old timm
    ),
}
FORMS = "smp:ARCH/ENCODER, timm:NAME, torchvision:NAME, nnunet:plain, nnunet:residual"


def build(
    name: str, *, channels: int, classes: int, size: Iterable[int], weights: Weights = None
) -> nn.Module:
    """Return the model of a name.

    Args:
        name: SOURCE:NAME, one of FORMS.
        channels: Of the images. Another number than 3 adapts the first convolution (timm and smp do
            it themselves, in torchvision's models a new one takes its place), and weights for 3 are
            averaged, so that a grey image gives what it gave.
        classes: Logits of each image or pixel; where weights have another number the head is fresh.
        size: H and W of the images; decides the padding, and the positions of a transformer.
        weights: None, "imagenet", or a file of the encoder's (smp) or the whole model's.

    Raises:
        NotFound: No such library, model or weights, or images too small for the model.
    """
    source, _, rest = name.partition(":")
    if source not in LIBRARIES:
        raise NotFound(f"no library is called {source!r}; models by name are {FORMS}")
    _installed(source)
    height, width = size
    given = weights if weights in (None, "imagenet") else Path(weights)
    return MAKERS[source](Wish(rest, channels, classes, (height, width), given))


def wrong_task(name: str, task: str) -> str | None:
    """Say why a model does not serve "segmentation" or "classification"; None where it does."""
    source, _, rest = name.partition(":")
    if LIBRARIES[source][0] == task:
        return None
    if task == "classification":
        out = "resnet18, resnet34, resnet50, timm:NAME or torchvision:NAME"
    else:
        out = f"smp:Unet/{f'tu-{rest}' if source == 'timm' else 'resnet34'} or unet"
    return f"{source} has models for {LIBRARIES[source][0]} only; use {out}"


def _smp(wish: Wish) -> nn.Module:
    import segmentation_models_pytorch as smp

    arch, _, encoder = wish.name.partition("/")
    known = {kind.__name__: kind for kind in smp.MODEL_ARCHITECTURES_MAPPING.values()}
    if arch not in known:
        raise NotFound(f"smp has no {arch!r}{_nearest(arch, known)}; it has {', '.join(known)}")
    encoders, form = smp.encoders.get_encoder_names(), f"smp:{arch}/resnet34"
    universal = encoder.startswith("tu-")
    if universal:
        _check_timm(encoder[3:], form=f"smp:{arch}/tu-resnet34")
    elif encoder not in encoders:
        near = _nearest(encoder, encoders)
        raise NotFound(f"smp has no encoder {encoder!r}{near}; the form is {form}")
    given: dict[str, Any] = {"in_channels": wish.channels, "classes": wish.classes}
    hub = wish.weights == "imagenet"
    given["encoder_weights"] = (True if universal else "imagenet") if hub else None

    def make(size: Size) -> nn.Module:
        more = _image_size(encoder[3:], size) if universal else {}
        with fetching(wish.weights, wish.name):
            model: nn.Module = known[arch](encoder, **given, **more)
        return model

    model = _any_size(make, wish, (32, _patch(encoder, other=32), 64, 128))
    if wish.weights:
        note(model, of_encoder(model.get_submodule("encoder"), wish))
    return model


def _timm(wish: Wish) -> nn.Module:
    import timm

    _check_timm(wish.name, form="timm:resnet50")
    given: dict[str, Any] = {"in_chans": wish.channels, "num_classes": wish.classes}
    if wish.weights == "imagenet" and not timm.is_model_pretrained(wish.name):
        raise Misfit(f"timm has no weights of {wish.name}; leave them out, or name a file")
    numpy = isinstance(wish.weights, Path) and wish.weights.suffix == ".npz"
    if numpy:
        given["pretrained_cfg_overlay"] = {"file": str(wish.weights), "custom_load": True}
    given["pretrained"] = numpy or wish.weights == "imagenet"

    def make(size: Size) -> nn.Module:
        with fetching(wish.weights, wish.name):
            more = given | _image_size(wish.name, size)
            model: nn.Module = timm.create_model(wish.name, **more)
        return model

    model = _any_size(make, wish, (_patch(wish.name, other=1), 32))
    if wish.weights and not numpy:
        note(model, of_timm(model, wish))
    return model


def _check_timm(name: str, *, form: str) -> None:
    _installed("timm")
    import timm

    plain, _, tag = name.partition(".")
    if not timm.is_model(plain):
        near = _nearest(plain, timm.list_models())
        raise NotFound(f"timm has no {plain!r}{near}; the form is {form}")
    tags = [known.partition(".")[2] for known in timm.list_pretrained(f"{plain}.*")]
    if tag and tag not in tags:
        there = ", ".join(tags) or "none"
        raise NotFound(f"timm has no weights {tag!r} of {plain}; there are: {there}")


def _image_size(name: str, size: Size) -> dict[str, Size]:
    """Return img_size for those of timm's models that are built for one size."""
    import timm

    fixed = getattr(timm.get_pretrained_cfg(name), "fixed_input_size", False)
    return {"img_size": size} if fixed else {}


def _patch(name: str, *, other: int) -> int:
    """Return the side of a transformer's patches as its name says it (patch14), or the other."""
    said = [part.removeprefix("patch") for part in name.split("_") if part.startswith("patch")]
    return int(said[0]) if said and said[0].isdecimal() else other


def _torchvision(wish: Wish) -> nn.Module:
    from torchvision import models

    known = models.list_models(module=models)
    if wish.name not in known:
        near = _nearest(wish.name, known)
        raise NotFound(f"torchvision has no {wish.name!r}{near}; the form is torchvision:resnet50")
    given: dict[str, Any] = {"num_classes": wish.classes, "weights": None}
    if wish.name in ("googlenet", "inception_v3"):
        given |= {"aux_logits": False, "init_weights": True}
    steps: tuple[int | Size, ...] = (1, 32)
    if wish.name.startswith("vit_"):  # square images of whole patches
        patch = int(wish.name.rpartition("_")[2])
        side = math.ceil(max(wish.size) / patch) * patch
        steps, given["image_size"] = ((side, side),), side

    def make(_: Size) -> nn.Module:
        model: nn.Module = models.get_model(wish.name, **given)
        _take_channels(model, wish.channels)
        return model

    model = _any_size(make, wish, steps)
    if wish.weights:
        note(model, of_torchvision(model, wish, side=given.get("image_size", 0)))
    return model


def _take_channels(model: nn.Module, channels: int) -> None:
    path, old = next((n, m) for n, m in model.named_modules() if isinstance(m, nn.Conv2d))
    if old.in_channels != channels:
        taken = ("out_channels", "kernel_size", "stride", "padding", "dilation", "groups")
        told = {key: getattr(old, key) for key in taken}
        parent, _, child = path.rpartition(".")
        new = nn.Conv2d(channels, bias=old.bias is not None, **told)
        setattr(model.get_submodule(parent), child, new)


def _nnunet(wish: Wish) -> nn.Module:
    """2-d networks as nnU-Net plans them: 32 to 512 features, deepest maps of 4 pixels or more."""
    from dynamic_network_architectures.architectures import unet

    stages = max(2, min(6, 1 + int(math.log2(max(1, min(wish.size) / 4)))))
    depths: dict[str, Any] = {"n_conv_per_stage": 2, "n_conv_per_stage_decoder": 2}
    if wish.name == "residual":
        depths = {"n_blocks_per_stage": [1, 3, 4, 6, 6, 6][:stages], "n_conv_per_stage_decoder": 1}
    elif wish.name != "plain":
        raise NotFound(f"nnunet has no {wish.name!r}; it has nnunet:plain and nnunet:residual")
    if wish.weights:
        raise Misfit("there are no weights for nnunet; leave them out")
    kind = unet.PlainConvUNet if wish.name == "plain" else unet.ResidualEncoderUNet

    def make(_: Size) -> nn.Module:
        model: nn.Module = kind(
            input_channels=wish.channels,
            num_classes=wish.classes,
            n_stages=stages,
            features_per_stage=[min(512, 32 * 2**n) for n in range(stages)],
            conv_op=nn.Conv2d,
            kernel_sizes=3,
            strides=[1] + [2] * (stages - 1),
            **depths,
            conv_bias=True,
            norm_op=nn.InstanceNorm2d,
            norm_op_kwargs={"eps": 1e-5, "affine": True},
            nonlin=nn.LeakyReLU,
            nonlin_kwargs={"inplace": True},
        )
        initialize: Any = kind.initialize
        return model.apply(initialize)

    return _any_size(make, wish, (2 ** (stages - 1),))


MAKERS = {"smp": _smp, "timm": _timm, "torchvision": _torchvision, "nnunet": _nnunet}


def _any_size(
    make: Callable[[Size], nn.Module], wish: Wish, steps: Iterable[int | Size]
) -> nn.Module:
    model = any_size(make, wish.channels, wish.size, steps)
    if model is None:
        shown = "x".join(map(str, wish.size))
        raise NotFound(f"{wish.name} cannot take images of {shown}; use larger ones, such as 224")
    return model


def _installed(source: str) -> None:
    _, package, wanted = LIBRARIES[source]
    try:
        importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        name = package.replace("_", "-")
        raise NotFound(f"{name} is not installed; pip install {wanted}") from None


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
