"""Pictures for the paper: predicted masks into the run, images and truth once beside the runs."""

import colorsys
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from .config import Config
from .data import statistics
from .metrics import decide

LIMIT = 500  # test cases whose masks are kept
IGNORED = (200, 200, 200)
# Okabe & Ito, "Color universal design", 2008; then Tol's "muted" scheme, 2021: both are told apart
# by colour-blind readers
COLOURS = (
    "000000 e69f00 56b4e9 009e73 f0e442 0072b2 d55e00 cc79a7 "
    "332288 882255 999933 ddcc77 44aa99 aa4499 117733 cc6677 88ccee"
).split()
Colour = tuple[int, int, int]


def colours(config: Config) -> list[Colour]:
    """One RGB per class: the data set's own, if its palette has colours, else colour-blind safe."""
    palette, classes = config.data.palette, config.data.classes
    if palette and not isinstance(palette[0], int):
        return [tuple(colour) for colour in palette[:classes]]
    return [_colour(k) for k in range(classes)]


def index_image(mask: np.ndarray, config: Config) -> Image.Image:
    """Class indices uint8 [H,W] as a palette image: its values are the indices, shown in colour."""
    table = [*colours(config), *[IGNORED] * 256][:256]
    image = Image.fromarray(mask.astype(np.uint8)).convert("L")
    image.putpalette([value for colour in table for value in colour])
    return image


def folder(run: Path, data_sha256: str) -> Path:
    """Where images and truth of a data set lie: `data/` in the runs folder that holds the run."""
    run = run.resolve()
    root = next((parent for parent in run.parents if parent.name == "runs"), run.parent)
    return root / "data" / data_sha256[:12]


def save(
    config: Config, run: Path, batch: dict[str, Any], logits: torch.Tensor, *, data_sha256: str
) -> None:
    """Write samples/CASE.png of a test batch, and image and truth unless another run has.

    Only for segmentation; of each data set, the first 500 cases.
    """
    if config.task != "segmentation":
        return
    shared = folder(run, data_sha256)
    guesses = decide(logits.detach().float(), config.eval.threshold).cpu().numpy()
    for i, case in enumerate(batch["case"]):
        if int(batch["index"][i]) >= LIMIT:
            continue
        file = case.replace("/", "__") + ".png"
        _write(index_image(guesses[i], config), run / "samples" / file)
        if not (shared / "truth" / file).exists():
            _write(_image(config, batch["image"][i]), shared / "images" / file)
            _write(index_image(batch["mask"][i].numpy(), config), shared / "truth" / file)
    _describe(config, shared)


def _image(config: Config, image: torch.Tensor) -> Image.Image:
    mean, std = statistics(config)
    pixels = ((image.cpu() * std + mean).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    # what has neither 1 nor 3 channels is shown by its first
    return Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0])


def _describe(config: Config, shared: Path) -> None:
    meta = {
        "name": config.data.name,
        "class_names": config.data.class_names,
        "ignore_index": config.data.ignore_index,
        "palette": [list(colour) for colour in colours(config)],
        "n": len(list((shared / "truth").glob("*.png"))),
    }
    draft = shared / f"meta.{os.getpid()}"
    draft.write_text(json.dumps(meta, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(shared / "meta.json")


def _write(image: Image.Image, path: Path) -> None:
    """Never half a file: runs side by side write the same pictures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    image.save(draft, format="PNG")
    draft.replace(path)


def _colour(k: int) -> Colour:
    if k < len(COLOURS):
        return tuple(bytes.fromhex(COLOURS[k]))
    # beyond the named colours: hues a golden angle apart, in three lightnesses
    rgb = colorsys.hls_to_rgb(k * 0.618034 % 1, (0.35, 0.55, 0.75)[k % 3], 0.65)
    return tuple(round(255 * value) for value in rgb)
