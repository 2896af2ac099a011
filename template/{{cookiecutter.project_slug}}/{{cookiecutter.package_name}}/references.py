"""What a run borrowed, as run.json's `cites`: the model, the loss, the optimiser and the plugs."""

import re
from functools import cache
from pathlib import Path

from torch import nn

from . import slots
from .config import Config
from .models import baselines

LOSSES = {
    "dice": ("milletari2016vnet", "Dice loss"),
    "dice_ce": ("milletari2016vnet", "Dice loss"),
    "jaccard": ("rahman2016iou", "Jaccard loss"),
    "tversky": ("salehi2017tversky", "Tversky loss"),
    "lovasz": ("berman2018lovasz", "Lovasz-softmax loss"),
    "focal": ("lin2017focal", "focal loss"),
}
ENTRIES = Path(__file__).parent / "models" / "references.bib"


def cites(config: Config, model: nn.Module) -> list[dict[str, str]]:
    """[{key, bibtex, for}], each paper once: the model first, then loss, optimiser, plugs."""
    found = [(key, config.model.name) for key in baselines.keys(config.model.name)]
    if config.loss.name in LOSSES:
        found.append(LOSSES[config.loss.name])
    if config.optim.name == "adamw":
        found.append(("loshchilov2019adamw", "AdamW"))
    if config.optim.schedule == "cosine":
        found.append(("loshchilov2017sgdr", "cosine schedule"))
    entries = [{"key": key, "bibtex": bibtex(key), "for": what} for key, what in found]
    return list({entry["key"]: entry for entry in [*entries, *slots.cites(model)]}.values())


def bibtex(key: str) -> str:
    """The entry of a key of models/references.bib."""
    return _entries()[key]


@cache
def _entries() -> dict[str, str]:
    text = ENTRIES.read_text(encoding="utf-8")
    entries = re.findall(r"^(@\w+\{(\S+),.*?^\})", text, flags=re.MULTILINE | re.DOTALL)
    return {key: entry for entry, key in entries}
