"""Augmentation in two steps: `draw` decides, a pure function of (seed, epoch, index); `apply` does.

Nothing is drawn from a global generator, so a replayed, resumed or parallel epoch sees exactly the
same images, whatever the number of workers. Philox is counter-based: each (epoch, index) owns its
own stretch of the stream (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from .config import Augment

STREAM = 1  # data.py shuffles with stream 0


@dataclass(frozen=True)
class Draw:
    """What happens to one sample. shift is (x, y) in image sizes, angle in degrees."""

    hflip: bool
    vflip: bool
    scale: float
    shift: tuple[float, float]
    angle: float
    brightness: float
    contrast: float


def draw(settings: Augment, *, seed: int, epoch: int, index: int) -> Draw:
    """The parameters of one sample in one epoch. Same arguments, same Draw."""
    rng = generator(seed, STREAM, epoch, index)
    # all numbers are always drawn, so switching one transform leaves the others as they were
    flips, (scale, x, y, angle, brightness, contrast) = rng.random(2), rng.uniform(-1, 1, 6)
    low, high = np.log(settings.scale)
    factor = float(np.exp((low + high) / 2 + scale * (high - low) / 2))
    room = abs(1 - 1 / factor) / 2  # the crop stays inside the image, or the image inside the crop
    return Draw(
        hflip=bool(flips[0] < settings.hflip),
        vflip=bool(flips[1] < settings.vflip),
        scale=factor,
        shift=(float(x) * room, float(y) * room),
        angle=float(angle) * settings.rotate,
        brightness=float(brightness) * settings.brightness,
        contrast=1 + float(contrast) * settings.contrast,
    )


def apply(
    drawn: Draw, image: torch.Tensor, mask: torch.Tensor | None = None, *, ignore: int | None = None
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Normalised image [C,H,W] (bilinear) and mask [H,W] (nearest), both as drawn.

    Brightness and contrast are in standard deviations of the data set, so they mean the same for
    dark 16-bit images. What a zoom-out or a rotation uncovers is mirrored; in the mask it is
    ignored, if there is an index to ignore.
    """
    image = image * drawn.contrast + drawn.brightness
    flips = [dim for dim, flip in ((-1, drawn.hflip), (-2, drawn.vflip)) if flip]
    image, mask = image.flip(flips), mask if mask is None else mask.flip(flips)
    if drawn.scale == 1 and drawn.angle == 0:
        return image, mask
    grid = _grid(drawn, *image.shape[-2:])
    image = _warp(image, grid, "bilinear", "reflection")
    if mask is None:
        return image, None
    if ignore is None:
        return image, _warp(mask[None].float(), grid, "nearest", "reflection")[0].to(mask.dtype)
    # grid_sample can only fill with zero, so zero must mean "ignore" for a moment
    shifted = _warp(mask[None].float() - ignore, grid, "nearest", "zeros")[0]
    return image, (shifted + ignore).to(mask.dtype)


def generator(seed: int, stream: int, epoch: int, index: int = 0) -> np.random.Generator:
    """A generator that belongs to (seed, stream, epoch, index) alone."""
    return np.random.Generator(np.random.Philox(key=[seed, stream], counter=[0, 0, epoch, index]))


def _grid(drawn: Draw, height: int, width: int) -> torch.Tensor:
    """Sampling grid [1,H,W,2] of affine_grid; the rotation is in pixels, not in half-sizes."""
    angle = np.deg2rad(drawn.angle)
    cos, sin, ratio = np.cos(angle) / drawn.scale, np.sin(angle) / drawn.scale, height / width
    x, y = 2 * drawn.shift[0], 2 * drawn.shift[1]
    theta = torch.tensor([[[cos, -sin * ratio, x], [sin / ratio, cos, y]]], dtype=torch.float32)
    return F.affine_grid(theta, [1, 1, height, width], align_corners=False)


def _warp(tensor: torch.Tensor, grid: torch.Tensor, mode: str, padding: str) -> torch.Tensor:
    options = {"mode": mode, "padding_mode": padding, "align_corners": False}
    return F.grid_sample(tensor[None], grid, **options)[0]
