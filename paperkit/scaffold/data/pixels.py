"""Read every image and mask once: what it is, and the numbers that the configuration needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

MOST_COLOURS = 64
REMEMBERED = 1024
WIDE = ("I;16", "I;16B", "I;16L", "I")
ANSWERS = {
    "empty": "empty file (0 bytes); copy it again or remove it",
    "damaged": "cannot be read as an image; copy it again or remove it",
    "float": "32-bit floats; save it as 8 or 16 bits",
    "wide": "pixel values beyond 16 bits (0..65535); save it as 8 or 16 bits",
    "array": "needs uint8 or uint16 [H,W] or [H,W,C]",
}


class Unreadable(Exception):  # noqa: N818 - a finding, collected with the others
    """This file cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class ImageFacts:
    """size (W, H) as shown, channels as needed, bits per channel, sums over pixels in 0..1."""

    size: tuple[int, int]
    channels: int
    bits: int
    total: np.ndarray
    squares: np.ndarray
    digest: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class MaskFacts:
    """Pixel counts by value: an int, or 65536 R + 256 G + B where the file has colours."""

    size: tuple[int, int]
    coloured: bool
    counts: dict[int, int] = field(default_factory=dict)
    lossy: bool = False


def read_image(path: Path) -> ImageFacts:
    """Facts of one image. Raises Unreadable."""
    import hashlib

    raw = _bytes(path)
    array, bits, notes = _pixels(path, raw)
    unit = array.reshape(-1, array.shape[2]).astype("float64") / (65535 if bits == 16 else 255)
    return ImageFacts(
        (array.shape[1], array.shape[0]),
        array.shape[2],
        bits,
        unit.sum(0),
        (unit**2).sum(0),
        hashlib.sha256(raw).digest(),
        notes,
    )


def read_mask(path: Path, *, as_colours: bool) -> MaskFacts:
    """Values of one mask; as_colours reads a palette mask as its colours. Raises Unreadable."""
    import numpy as np

    image = _decode(_bytes(path))
    if image.mode == "F":
        raise Unreadable(ANSWERS["float"])
    size, lossy = image.size, (image.format or "") in ("JPEG", "MPO")
    if as_colours and image.mode == "P":
        image = image.convert("RGB")
    array = np.asarray(image).astype(np.int64)
    if array.ndim == 3 and array.shape[2] == 2:
        array = array[..., 0]
    coloured = array.ndim == 3 and not (array[..., :3] == array[..., :1]).all()
    if array.ndim == 3:
        array = array[..., :3] @ (65536, 256, 1) if coloured else array[..., 0]
    values, counts = _unique(array)
    return MaskFacts(size, coloured, dict(zip(values, counts, strict=True)), lossy)


def _unique(array: np.ndarray) -> tuple[list[int], list[int]]:
    import numpy as np

    flat = array.ravel()
    if flat.min() >= 0 and flat.max() < 256:
        counts = np.bincount(flat)
        values = np.flatnonzero(counts)
        return values.tolist(), counts[values].tolist()
    values, counts = np.unique(flat, return_counts=True)
    # a photograph has 100,000 colours; what is no mask need not be remembered whole
    return values[:REMEMBERED].tolist(), counts[:REMEMBERED].tolist()


def _bytes(path: Path) -> bytes:
    raw = path.read_bytes()
    if not raw:
        raise Unreadable(ANSWERS["empty"])
    return raw


def _decode(raw: bytes) -> Image.Image:
    import warnings
    from io import BytesIO

    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a large image is no danger here, its size is reported
            image = Image.open(BytesIO(raw))
            image.load()
    except Exception as error:  # decoders raise whatever a damaged file makes them stumble on
        raise Unreadable(ANSWERS["damaged"]) from error
    return image


def _pixels(path: Path, raw: bytes) -> tuple[np.ndarray, int, tuple[str, ...]]:
    """[H,W,C] as the project will read it, bits per channel, and what is worth knowing."""
    import numpy as np
    from PIL import ImageOps

    if path.suffix.lower() == ".npy":
        return _array(raw)
    image = _decode(raw)
    notes: tuple[str, ...] = ("EXIF rotation",) if image.getexif().get(0x0112, 1) != 1 else ()
    # 16-bit colour PNG: bit depth and colour type are the bytes 24 and 25 of the header
    if raw[:8] == b"\x89PNG\r\n\x1a\n" and raw[24] == 16 and raw[25] != 0:
        notes += ("16-bit colour, read with 8 bits per channel",)
    shown = ImageOps.exif_transpose(image)
    if shown.mode == "F":
        raise Unreadable(ANSWERS["float"])
    if shown.mode in WIDE:
        values = np.asarray(shown).astype(np.int64)
        if values.min() < 0 or values.max() > 65535:
            raise Unreadable(ANSWERS["wide"])
        return values[..., None], 16, notes
    array = np.asarray(shown.convert(_mode(shown)))
    array = array[..., None] if array.ndim == 2 else array
    if array.shape[2] == 4 and (array[..., 3] == 255).all():
        array = array[..., :3]  # an alpha channel that says nothing
    return array, 8, notes


def _mode(image: Image.Image) -> str:
    if image.mode in ("1", "L"):
        return "L"
    if image.mode == "LA":
        return "L"
    return "RGBA" if image.mode == "RGBA" else "RGB"


def _array(raw: bytes) -> tuple[np.ndarray, int, tuple[str, ...]]:
    from io import BytesIO

    import numpy as np

    try:
        array = np.load(BytesIO(raw), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise Unreadable(ANSWERS["damaged"]) from error
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or array.dtype not in (np.uint8, np.uint16):
        raise Unreadable(ANSWERS["array"])
    return array, 16 if array.dtype == np.uint16 else 8, ()
