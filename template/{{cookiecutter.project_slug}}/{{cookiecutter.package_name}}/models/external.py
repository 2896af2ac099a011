"""Models by name: smp:ARCH/ENCODER, and package.module:factory of this project's own package.

A library is imported only when one of its models is named. Nothing outside this project's package
and the named library is ever imported because a configuration says so.
"""

import difflib
import importlib
import importlib.util
from collections.abc import Iterable

import torch.nn.functional as F
from torch import Tensor, nn

from ..config import Config

PACKAGE = __name__.partition(".")[0]


class NotFound(ValueError):
    """The name leads to no model; the message ends with the way out."""


def build(config: Config) -> nn.Module:
    """The model that `config.model.name` names. Raises NotFound."""
    source, _, name = config.model.name.partition(":")
    if source == "smp":
        return _smp(name, config)
    if source.partition(".")[0] == PACKAGE:
        return _own(source, name, config)
    raise NotFound(
        f"models come from smp:ARCH/ENCODER or from this project ({PACKAGE}.module:factory)"
    )


class AnySize:
    """Mixed in before a model that needs sizes divisible by its stride: pads, and crops back."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        multiple = max(self.encoder.output_stride, 32)
        x = F.pad(x, (0, -width % multiple, 0, -height % multiple))
        return super().forward(x)[..., :height, :width]


def _smp(name: str, config: Config) -> nn.Module:
    try:
        import segmentation_models_pytorch as smp
    except ModuleNotFoundError as error:
        if error.name != "segmentation_models_pytorch":
            raise
        raise NotFound(
            "segmentation-models-pytorch is not installed; pip install segmentation-models-pytorch"
        ) from None
    if config.task != "segmentation":
        raise NotFound("smp has models for segmentation only; use resnet18, resnet34 or resnet50")
    arch, _, encoder = name.partition("/")
    known = {kind.__name__: kind for kind in smp.MODEL_ARCHITECTURES_MAPPING.values()}
    if arch not in known:
        raise NotFound(f"smp has no {arch!r}{_nearest(arch, known)}; it has {', '.join(known)}")
    encoders = smp.encoders.get_encoder_names()
    if encoder not in encoders and not encoder.startswith("tu-"):
        near = _nearest(encoder, encoders)
        raise NotFound(f"smp has no encoder {encoder!r}{near}; the form is smp:{arch}/resnet34")
    kind = type(arch, (AnySize, known[arch]), {"__doc__": known[arch].__doc__})
    return kind(
        encoder_name=encoder,
        encoder_weights=config.model.backbone_weights,
        in_channels=config.data.channels,
        classes=config.data.classes,
    )


def _own(source: str, name: str, config: Config) -> nn.Module:
    try:
        spec = importlib.util.find_spec(source)
    except ModuleNotFoundError:
        spec = None
    if spec is None:
        raise NotFound(f"there is no module {source}; make {source.replace('.', '/')}.py")
    factory = getattr(importlib.import_module(source), name, None)
    if not callable(factory):
        raise NotFound(f"{source} has no {name!r}; define it: def {name}(channels, classes)")
    model = factory(channels=config.data.channels, classes=config.data.classes)
    if not isinstance(model, nn.Module):
        raise NotFound(f"{name} returned a {type(model).__name__}; it must return an nn.Module")
    return model


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
