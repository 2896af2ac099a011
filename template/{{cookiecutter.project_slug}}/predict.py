"""Apply a trained model to a folder of images.

    python predict.py --run runs/single/baseline/seed0 --input photos --output predicted

Segmentation: predicted/masks/NAME.png (class indices, shown in colour, at the size of the image)
and predicted/overlays/NAME.png. Classification: predicted/predictions.csv.
Exit codes: 0 done, 1 some images could not be read (they are listed), 2 your mistake.
"""

import argparse
import csv
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tqdm import tqdm

from {{cookiecutter.package_name}} import checkpoint, data, images, metrics, samples, slots, trained
from {{cookiecutter.package_name}}.cases import READABLE
from {{cookiecutter.package_name}}.config import Config, ConfigError

MISTAKES = (ConfigError, slots.SlotError, checkpoint.CheckpointError)


def found(folder: Path) -> dict[str, Path]:
    """Name of the result -> image, for all images below a folder (or for one image)."""
    if not folder.exists():
        raise ConfigError(f"--input {folder}: no such file or folder")
    files = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    root = folder.parent if folder.is_file() else folder
    paths = [path for path in files if re.fullmatch(rf"\.{READABLE}", path.suffix, re.IGNORECASE)]
    if not paths:
        raise ConfigError(f"--input {folder}: no images in it (png, jpg, bmp, tif, gif, webp, npy)")
    stems = Counter(path.with_suffix("") for path in paths)
    # a.jpg and a.png beside each other must not overwrite each other's result
    names = [path.with_suffix("") if stems[path.with_suffix("")] == 1 else path for path in paths]
    return {name.relative_to(root).as_posix(): path for name, path in zip(names, paths, strict=True)}


@torch.inference_mode()
def predict(config: Config, model: torch.nn.Module, raw: np.ndarray) -> torch.Tensor:
    """Image [H,W,C] as read -> logits [1,K,H,W] at its own size, or [1,K]."""
    mean, std = data.statistics(config)
    small = torch.from_numpy(images.unit(images.resize(raw, tuple(config.data.size))))
    device = next(model.parameters()).device
    logits = model(((small - mean) / std)[None].to(device)).float()
    if config.task == "classification":
        return logits
    return F.interpolate(logits, raw.shape[:2], mode="bilinear", align_corners=False)


def overlay(raw: np.ndarray, mask: np.ndarray, config: Config) -> Image.Image:
    """The image, tinted by class (class 0 stays as it is), with solid outlines."""
    shown = (images.unit(raw).transpose(1, 2, 0) * 255).astype(np.uint8)
    shown = shown[..., :3] if shown.shape[2] >= 3 else shown[..., :1].repeat(3, 2)
    colours = np.array(samples.colours(config))[mask]
    edge = np.zeros(mask.shape, bool)
    edge[1:] |= mask[1:] != mask[:-1]
    edge[:, 1:] |= mask[:, 1:] != mask[:, :-1]
    share = np.where(edge, 1.0, np.where(mask > 0, 0.4, 0.0))[..., None]
    return Image.fromarray((shown * (1 - share) + colours * share).round().astype(np.uint8))


def save(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True, help="run folder with checkpoints/best.pt")
    parser.add_argument("--input", type=Path, required=True, help="folder of images, or one image")
    parser.add_argument("--output", type=Path, required=True, help="folder for the results")
    given = parser.parse_args()
    try:
        paths = found(given.input)
        config, model, _ = trained.restore(given.run)
    except MISTAKES as error:
        print(f"predict.py: {error}", file=sys.stderr)
        return 2
    rows, failed, threshold = [], [], config.eval.threshold
    for name, path in tqdm(paths.items(), desc="predict", disable=not sys.stderr.isatty()):
        try:
            raw = images.read_image(path, config.data.channels)
        except images.DataError as error:
            failed.append(str(error))
            continue
        logits = predict(config, model, raw)
        guess = metrics.decide(logits, threshold)[0].cpu().numpy()
        if config.task == "classification":
            shares = [f"{p:.6f}" for p in logits.softmax(1)[0].tolist()]
            rows.append([name, config.data.class_names[int(guess)], *shares])
            continue
        save(samples.index_image(guess, config), given.output / "masks" / f"{name}.png")
        save(overlay(raw, guess, config), given.output / "overlays" / f"{name}.png")
    if config.task == "classification":
        given.output.mkdir(parents=True, exist_ok=True)
        with (given.output / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["image", "prediction", *config.data.class_names], *rows])
    print(f"{len(paths) - len(failed)} of {len(paths)} images predicted, in {given.output}")
    for line in failed:
        print(f"predict.py: {line}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
