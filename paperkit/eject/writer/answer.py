"""What the child answers: the file's text, and a checkpoint under the file's names."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .ejected import eject
from .errors import EjectError

__all__ = ["answer"]


def answer(model: nn.Module, example: Tensor, request: dict[str, Any]) -> dict[str, Any]:
    """Return {text, top, params, renamed, fixed, weights}.

    Args:
        model: As the configuration builds it.
        example: One input.
        request: {"name": of the class or "", "source": the configuration and its changes,
            "version": paperkit's, "weights": a checkpoint or null, "out": where the converted
            weights go}.

    Raises:
        EjectError: The model cannot be written, or the checkpoint is of another model.
    """
    if request["weights"]:
        _load(model, Path(request["weights"]))
    about = _about(model, request["name"], request["source"], request["version"])
    made = eject(model, example, about=about, name=request["name"])
    if request["weights"]:
        torch.save(made.convert(model.state_dict()), request["out"])
    return {
        "text": made.text,
        "top": made.top,
        "params": made.params,
        "renamed": made.renamed,
        "fixed": made.fixed,
        "weights": bool(request["weights"]),
    }


def _load(model: nn.Module, file: Path) -> None:
    try:
        saved = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        first = str(error).partition("\n")[0]
        raise EjectError(f"{file}: not a checkpoint of tensors ({first})") from None
    state = saved.get("ema") or saved["model"] if "model" in saved else saved
    own = model.state_dict()
    wrong = [key for key in own if key not in state or state[key].shape != own[key].shape]
    wrong += [key for key in state if key not in own]
    if wrong:
        some = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
        raise EjectError(
            f"{file} is of another model, it differs in {some}; give the configuration and the "
            "plugs of that run"
        )
    model.load_state_dict(state)


def _about(model: nn.Module, name: str, source: str, version: str) -> str:
    """Return the first paragraphs of the file's docstring."""
    places: dict[str, list[str]] = defaultdict(list)
    for record in getattr(model, "plug_records", []):
        places[str(record["expression"])].append(str(record["slot"]))
    added = [f"  {what}: {_ranges(where)}" for what, where in places.items()]
    first = f"{name or type(model).__name__}, the network of {source}."
    lines = [first, "", f"Written by paperkit {version} (paperkit eject)."]
    return "\n".join([*lines, *(["", "Added to the baseline:", *added] if added else [])])


def _ranges(places: list[str]) -> str:
    """Write encoder.0, encoder.1, encoder.2 as encoder.0-2."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for place in places:
        region, _, number = place.rpartition(".")
        if re.fullmatch(r"\d+", number):
            numbers[region].append(int(number))
        else:
            numbers[place] = []
    return ", ".join(
        f"{region}.{min(n)}-{max(n)}"
        if len(n) > 2 and sorted(n) == list(range(min(n), max(n) + 1))
        else ", ".join([f"{region}.{number}" for number in n] or [region])
        for region, n in numbers.items()
    )
