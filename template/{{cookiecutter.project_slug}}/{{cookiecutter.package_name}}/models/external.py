"""Models by name: of libraries (libraries.py), and package.module:factory of this project's own.

Nothing outside this project's package and the named library is ever imported because a
configuration says so.
"""

import importlib
import importlib.util

from torch import nn

from ..config import ROOT, Config
from . import baselines
from .libraries import FORMS, LIBRARIES, NotFound, wrong_task
from .libraries import build as from_library

PACKAGE = __name__.partition(".")[0]


def build(config: Config, full_name: str) -> nn.Module:
    """The model of a name, for the data of a configuration. Raises NotFound."""
    source, _, name = full_name.partition(":")
    if source in LIBRARIES:
        return _library(config, full_name)
    if source.partition(".")[0] == PACKAGE:
        return _own(source, name, config)
    raise NotFound(f"models come from {FORMS}, or from this project ({PACKAGE}.module:factory)")


def is_library(name: str) -> bool:
    """Whether a name is a library's, which loads its weights itself."""
    known = baselines.BASELINES.get(name)
    return (known.model if known else name).partition(":")[0] in LIBRARIES


def _library(config: Config, name: str) -> nn.Module:
    data, weights = config.data, config.model.backbone_weights
    refused = wrong_task(name, config.task)
    if refused:
        raise NotFound(refused)
    if weights not in (None, "imagenet"):
        weights = ROOT / weights
    return from_library(
        name, channels=data.channels, classes=data.classes, size=data.size, weights=weights
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
