"""Checkpoints: dictionaries of tensors and plain values, loadable with weights_only=True.

A save is a temporary file, flushed to the disk, that replaces the old one in one step: killed at
any moment, there is always a whole checkpoint.
"""

import hashlib
import math
import os
from pathlib import Path
from typing import Any

import torch


class CheckpointError(ValueError):
    """A checkpoint cannot be used; the message says why and the way out."""


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint. Raises CheckpointError when the disk is full; the old one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, RuntimeError) as error:
        # torch reports a full disk as RuntimeError("unexpected pos ...")
        temporary.unlink(missing_ok=True)
        raise CheckpointError(
            f"{path}: cannot be written ({error}); is the disk full? The last checkpoint stays, "
            "continue with --resume"
        ) from None


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU. Raises CheckpointError."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such file; train first: python train.py") from None
    except Exception as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path}: is not a whole checkpoint ({first})") from None


def better(value: float, best: float | None, mode: str) -> bool:
    """Whether a checkpoint is the best so far; anything is better than nothing or NaN."""
    if best is None or math.isnan(best):
        return best is None or not math.isnan(value)
    return value > best if mode == "max" else value < best


def weights(state: dict[str, Any]) -> dict[str, torch.Tensor]:
    """What a run is tested with: the moving average if it has one, else the model."""
    return state["ema"] or state["model"]


def sha256(path: Path) -> str:
    """The hash of a file; summary.json keeps it, so a swapped checkpoint is noticed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
