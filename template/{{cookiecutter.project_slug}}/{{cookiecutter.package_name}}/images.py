"""Files to arrays: an image or a mask is read as what it is, and refused where that is unclear.

Images: 1, 8 or 16 bits, gray, RGB, RGBA, palette (a palette image is RGB), EXIF rotation applied;
`.npy` arrays [H,W] or [H,W,C] of uint8 or uint16 for any other number of channels.
Masks: a palette mask is its indices, never its colours, unless `data.palette` lists colours.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


class DataError(ValueError):
    """A file or a setting of the data is wrong; the message says which, where, and the way out."""


def read_image(path: Path, channels: int) -> np.ndarray:
    """One image as uint8 or uint16 [H,W,channels]. Raises DataError."""
    if path.suffix.lower() == ".npy":
        return _checked(np.load(path, allow_pickle=False), path, channels)
    image = _open(path)
    if image.mode in SIXTEEN_BITS:
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 65535:
            raise DataError(
                f"{path}: pixel values beyond 16 bits (0..65535); save it as 8 or 16 bits"
            )
        return np.repeat(values.astype(np.uint16)[..., None], channels, axis=2)
    if image.mode == "F" or channels not in MODES:
        raise DataError(
            f"{path}: mode {image.mode} cannot be read as {channels} channel(s); "
            "save it as an 8- or 16-bit image, or as .npy (uint8 or uint16, [H,W,C])"
        )
    return np.asarray(image.convert(MODES[channels])).reshape(image.height, image.width, channels)


def read_mask(
    path: Path, *, classes: int, ignore: int | None = None, palette: list | None = None
) -> np.ndarray:
    """One mask as uint8 class indices [H,W]; `palette[i]` is the file's value of class i."""
    colours = palette is not None and not isinstance(palette[0], int)
    image = _open(path, rotate=False)
    if colours:
        values = np.asarray(image.convert("RGB")).astype(np.int64) @ (65536, 256, 1)
        wanted = [r * 65536 + g * 256 + b for r, g, b in palette]
    else:
        values = _gray(image, path)
        wanted = palette or [*range(classes), *([] if ignore is None else [ignore])]
    return _indices(values, wanted, path, direct=palette is None, colours=colours)


def resize(array: np.ndarray, size: tuple[int, int], *, nearest: bool = False) -> np.ndarray:
    """[H,W] or [H,W,C] to `size` (H, W), same dtype; bilinear with antialiasing, or nearest."""
    if array.shape[:2] == size:
        return array
    if array.ndim == 3:
        planes = [resize(array[..., c], size, nearest=nearest) for c in range(array.shape[2])]
        return np.stack(planes, axis=2)
    method = Image.Resampling.NEAREST if nearest else Image.Resampling.BILINEAR
    # pillow interpolates 16 bits only as floats
    plane = array if array.dtype == np.uint8 else array.astype(np.float32)
    resized = np.asarray(Image.fromarray(plane).resize(size[::-1], method))
    return np.rint(resized).astype(array.dtype)


def unit(array: np.ndarray) -> np.ndarray:
    """uint8 or uint16 [H,W,C] to float32 [C,H,W] in 0..1."""
    top = 65535 if array.dtype == np.uint16 else 255
    return np.ascontiguousarray(array.transpose(2, 0, 1)).astype(np.float32) / top


def _open(path: Path, *, rotate: bool = True) -> Image.Image:
    try:
        with Image.open(path) as file:
            file.load()
            return ImageOps.exif_transpose(file) if rotate else file.copy()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; is data.root right?") from None
    except (OSError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: cannot be read as an image ({error})") from None


def _checked(array: np.ndarray, path: Path, channels: int) -> np.ndarray:
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[2] != channels or array.dtype not in (np.uint8, np.uint16):
        raise DataError(
            f"{path}: {array.dtype} {list(array.shape)}, but data.channels={channels} needs "
            f"uint8 or uint16 [H,W,{channels}]"
        )
    return array


def _gray(image: Image.Image, path: Path) -> np.ndarray:
    values = np.asarray(image).astype(np.int64)
    if values.ndim == 2:
        return values
    first = values[..., 0]
    # a gray mask saved as RGB(A) or gray with alpha is still a gray mask
    colours = values[..., :3] if image.mode in ("RGB", "RGBA") else values[..., :1]
    if (colours == first[..., None]).all():
        return first
    raise DataError(
        f"{path}: a mask of colours; list them in data.palette, one [r, g, b] per class"
    )


def _indices(
    values: np.ndarray, wanted: list[int], path: Path, *, direct: bool, colours: bool
) -> np.ndarray:
    indices = np.full(values.shape, 256, np.int64)
    for index, value in enumerate(wanted):
        indices[values == value] = value if direct else index
    unknown = values[indices == 256]
    if unknown.size:
        raise DataError(_stranger(int(unknown[0]), wanted, path, direct=direct, colours=colours))
    return indices.astype(np.uint8)


def _stranger(value: int, wanted: list[int], path: Path, *, direct: bool, colours: bool) -> str:
    if colours:
        rgb = [value >> 16, value >> 8 & 255, value & 255]
        return f"{path}: colour {rgb} is not in data.palette; add it, or correct the mask"
    known = ", ".join(map(str, wanted))
    if direct:
        return (
            f"{path}: mask value {value} is neither a class of data.class_names nor "
            f"data.ignore_index (known: {known})"
        )
    return f"{path}: mask value {value} is not in data.palette [{known}]"
