"""What a run borrowed, as run.json's `cites`: the model, the loss, the optimiser and the plugs."""

import re
from functools import cache
from pathlib import Path

from torch import nn

from . import modules, slots
from .config import Config
from .models import baselines

ENTRIES = Path(__file__).parent / "models" / "references.bib"


def cites(config: Config, model: nn.Module) -> list[dict[str, str]]:
    """[{key, bibtex, for}]: the model first, then optimiser, losses, plugs."""
    found = [(key, config.model.name) for key in baselines.keys(config.model.name)]
    if config.optim.name == "adamw":
        found.append(("loshchilov2019adamw", "AdamW"))
    if config.optim.schedule == "cosine":
        found.append(("loshchilov2017sgdr", "cosine schedule"))
    entries = [{"key": key, "bibtex": bibtex(key), "for": what} for key, what in found]
    entries += [*losses(config), *slots.cites(model)]
    return list({(entry["key"], entry["for"]): entry for entry in entries}.values())


def losses(config: Config) -> list[dict[str, str]]:
    """The papers of the losses that are files; without a key, a report asks for the paper."""
    infos = [{"noun": n} | modules.info(n) for n, _, _ in config.loss.parts() if n != "ce"]
    said = [info for info in infos if info.get("key") or not info.get("own")]
    keys = {"key": "key", "bibtex": "bibtex", "for": "noun"}
    return [{key: info.get(own, "") for key, own in keys.items()} for info in said]


def bibtex(key: str) -> str:
    """The entry of a key of models/references.bib."""
    return _entries()[key]


@cache
def _entries() -> dict[str, str]:
    text = ENTRIES.read_text(encoding="utf-8")
    entries = re.findall(r"^(@\w+\{(\S+),.*?^\})", text, flags=re.MULTILINE | re.DOTALL)
    return {key: entry for entry, key in entries}
