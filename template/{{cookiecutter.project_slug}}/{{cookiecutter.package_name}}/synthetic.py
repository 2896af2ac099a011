"""A data set that needs no download: shapes on a textured, noisy, unevenly lit ground.

The outline defines the classes; colour is a hint (each class leans to one channel, on a ground of
any colour), so that a small network learns something in a minute and has something left to learn.
Sample i is a pure function of (i, size).
"""

import numpy as np

SHAPES = ("disk", "square", "triangle")
CLASS_NAMES = {"segmentation": ("background", *SHAPES), "classification": SHAPES}
VERSION = 2
# far apart, so that no count makes two splits share a sample
FIRST = {"train": 0, "val": 1_000_000, "test": 2_000_000}


def segmentation(index: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Image uint8 [H,W,3] and mask uint8 [H,W]: 0 ground, 1 disk, 2 square, 3 triangle."""
    rng = np.random.default_rng([VERSION, index])
    image, mask = _ground(rng, size), np.zeros(size, np.uint8)
    for _ in range(rng.integers(2, 6)):
        shape = int(rng.integers(len(SHAPES)))
        centre, radius = rng.uniform(0.08, 0.92, 2), rng.uniform(0.09, 0.2)
        distance = _distance(rng, shape, size, centre, radius)
        _paint(rng, image, distance, shape)
        mask[distance < 0] = shape + 1
    return _finish(rng, image), mask


def classification(index: int, size: tuple[int, int]) -> tuple[np.ndarray, int]:
    """Image uint8 [H,W,3] of one shape, and its class: 0 disk, 1 square, 2 triangle."""
    rng = np.random.default_rng([VERSION, index, 1])
    image, shape = _ground(rng, size), index % len(SHAPES)
    centre, radius = rng.uniform(0.35, 0.65, 2), rng.uniform(0.16, 0.3)
    _paint(rng, image, _distance(rng, shape, size, centre, radius), shape)
    return _finish(rng, image), shape


def _grid(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Pixel centres y, x [H,W] in units of the shorter side."""
    height, width = size
    y, x = np.mgrid[:height, :width].astype(np.float32) + 0.5
    return y / min(size), x / min(size)


def _ground(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    y, x = _grid(size)
    ground = rng.uniform(0.3, 0.7, 3).astype(np.float32) + np.zeros((*size, 1), np.float32)
    for _ in range(3):
        angle, frequency, phase = rng.uniform(0, np.pi), rng.uniform(3, 14), rng.uniform(0, 7)
        wave = np.sin(2 * np.pi * frequency * (y * np.sin(angle) + x * np.cos(angle)) + phase)
        ground += 0.05 * wave[..., None]
    return ground


def _distance(
    rng: np.random.Generator, shape: int, size: tuple[int, int], centre: np.ndarray, radius: float
) -> np.ndarray:
    """Signed distance [H,W] to the outline in pixels, negative inside; areas are about equal."""
    y, x = _grid(size)
    turn = rng.uniform(0, 2 * np.pi)
    dy, dx = y - centre[0] * size[0] / min(size), x - centre[1] * size[1] / min(size)
    u, v = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
    if shape == 0:
        return (np.hypot(u, v) - radius) * min(size)
    sides, inner = ((4, 0.886), (3, 0.778))[shape - 1]
    angles = 2 * np.pi * np.arange(sides) / sides
    edges = [u * np.cos(a) + v * np.sin(a) for a in angles]
    return (np.max(edges, axis=0) - inner * radius) * min(size)


def _paint(rng: np.random.Generator, image: np.ndarray, distance: np.ndarray, shape: int) -> None:
    y, x = _grid(distance.shape)
    angle, frequency = rng.uniform(0, np.pi), rng.uniform(6, 16)
    stripes = np.sin(2 * np.pi * frequency * (y * np.sin(angle) + x * np.cos(angle)))
    offset = rng.uniform(0.06, 0.15, 3) * rng.choice((-1, 1), 3)
    offset[shape] = rng.uniform(0.15, 0.3)
    colour = image.mean((0, 1)) + offset + 0.06 * stripes[..., None]
    inside = np.clip(0.5 - distance, 0, 1)[..., None]
    image += inside * (colour - image)


def _finish(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    y, x = _grid(image.shape[:2])
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.5)
    light = 1 + strength * ((y - y.mean()) * np.sin(angle) + (x - x.mean()) * np.cos(angle))
    noisy = image * light[..., None] + rng.normal(0, 0.06, image.shape)
    return (np.clip(noisy, 0, 1) * 255).astype(np.uint8)
