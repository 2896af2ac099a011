"""What a library's model gets of weights: of a hub, or of a file in any of the library's forms.

Projects have the same copy of this file.
"""

import importlib
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from .any_size import Size
from .weights import Given, Loaded, State, Weights, fetched, fetching, load, read


@dataclass(frozen=True)
class Wish:
    """The arguments of libraries.build; the name without its source."""

    name: str
    channels: int
    classes: int
    size: Size
    weights: Weights


def of_encoder(encoder: nn.Module, wish: Wish) -> Loaded:
    """Load a file into an encoder of smp; weights of a hub are there already."""
    name = wish.name.partition("/")[2]
    if not isinstance(wish.weights, Path):
        return fetched(encoder)
    rename = _inside if name.startswith("tu-") else dict
    return load(encoder, read(wish.weights).fitted(encoder, rename), name=name)


def _inside(state: State) -> State:
    """Name weights as smp's tu- encoders do, which hold a model of timm's."""
    return {f"model.{key.removeprefix('model.')}": value for key, value in state.items()}


def of_timm(model: nn.Module, wish: Wish) -> Loaded:
    """Load a file, of older names or sizes too, as timm does; those of a hub are there already."""
    import timm

    if not isinstance(wish.weights, Path):
        known = timm.get_pretrained_cfg(wish.name)
        head = (known.classifier or ()) if known and known.num_classes != wish.classes else ()
        return fetched(model, heads=(head,) if isinstance(head, str) else tuple(head))
    home = importlib.import_module(timm.model_entrypoint(wish.name.partition(".")[0]).__module__)
    adapt = getattr(home, "checkpoint_filter_fn", lambda state, _: state)
    theirs = read(wish.weights).fitted(model)
    theirs = replace(theirs, state=adapt(theirs.state, model))
    return load(model, theirs, name=wish.name, classes=wish.classes)


def of_torchvision(model: nn.Module, wish: Wish, *, side: int) -> Loaded:
    """Load a file or fetch weights; a transformer for square images gets positions of that side."""
    from torchvision import models

    if isinstance(wish.weights, Path):
        theirs = read(wish.weights)
    else:
        with fetching(wish.weights, wish.name, mirror=False):
            hub = models.get_model_weights(wish.name).DEFAULT
            theirs = Given("imagenet", hub.get_state_dict(check_hash=True))
    theirs = theirs.fitted(model)
    if side and "encoder.pos_embedding" in theirs.state:
        patch = int(wish.name.rpartition("_")[2])
        state = models.vision_transformer.interpolate_embeddings(side, patch, theirs.state)
        theirs = replace(theirs, state=dict(state))
    return load(model, theirs, name=wish.name, classes=wish.classes)
