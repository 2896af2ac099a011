"""Paint and lay out a grid of pictures: tiles with a line below each, and the legend of classes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.latex import visible
from paperkit.project.venue import Venue
from paperkit.report.figures.style import INCH, POINT

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Pixels = np.ndarray[Any, np.dtype[Any]]

__all__ = ["Tile", "Truth", "grid_figure", "painted", "pixels", "striped"]

GAP, HEAD, FOOT, LINE = 3.0, 11.0, 10.0, 11.0  # points
NARROW = 4  # as many columns still fit one column of the page
TILE = 320  # pixels; stripes are drawn in an image at least as large
STRIPE, LIGHT = 10, 3  # pixels from one stripe to the next, and of the light line
IGNORED = (200, 200, 200)


@dataclass(frozen=True)
class Tile:
    """One picture of the grid and the line below it."""

    pixels: "Pixels"
    note: str = ""


@dataclass(frozen=True)
class Truth:
    """A data set's pictures: where they lie and what its classes are called and coloured."""

    folder: Path
    classes: list[str]
    colours: list[tuple[int, int, int]]
    ignored: int | None


def pixels(path: Path, *, colour: bool = False) -> "Pixels":
    """Read an image as RGB [H, W, 3], or a mask as class indices [H, W]."""
    import numpy as np
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB") if colour else image)


def painted(mask: "Pixels", truth: Truth) -> "Pixels":
    """Return the class colours [H, W, 3] of indices [H, W]; ignored pixels are grey."""
    import numpy as np

    table = np.full((256, 3), IGNORED, dtype=np.uint8)
    table[: len(truth.colours)] = truth.colours
    if truth.ignored is not None:
        table[truth.ignored] = IGNORED
    shown: Pixels = table[mask]
    return shown


def striped(guess: "Pixels", mask: "Pixels", truth: Truth) -> "Pixels":
    """Paint a prediction, and stripe what is wrong: stripes survive grey print."""
    import numpy as np

    wrong = guess != mask
    if truth.ignored is not None:
        wrong &= mask != truth.ignored
    factor = -(-TILE // max(mask.shape))
    large = np.repeat(np.repeat(painted(guess, truth), factor, 0), factor, 1)
    hit = np.repeat(np.repeat(wrong, factor, 0), factor, 1)
    y, x = np.indices(hit.shape)
    phase = (y + x) % STRIPE
    # a dark line beside each light one, so that stripes show on every colour
    large[hit & (phase < LIGHT)] = (255, 255, 255)
    large[hit & (phase == LIGHT)] = (0, 0, 0)
    return large


def grid_figure(
    page: Venue, heads: list[str], grid: list[list[Tile]], truth: Truth, names: Mapping[str, str]
) -> "Figure":
    """Lay out in points: a head, rows of tiles with a line below each, the legend's lines."""
    from matplotlib.figure import Figure

    width = page.column if len(heads) <= NARROW else page.text
    tile = (width - GAP * (len(heads) - 1)) / len(heads)
    tall = [tile * row[0].pixels.shape[0] / row[0].pixels.shape[1] for row in grid]
    entries = _legend_lines(truth, names, width, page.script)
    height = HEAD + sum(tall) + FOOT * len(grid) + LINE * len(entries) + 2
    figure = Figure(figsize=(width / INCH, height / INCH))
    y = height - HEAD
    for n, head in enumerate(heads):
        x = (n * (tile + GAP) + tile / 2) / width
        figure.text(x, (y + 3) / height, head, ha="center", size=page.small * POINT)
    for row, high in zip(grid, tall, strict=True):
        y -= high
        for n, one in enumerate(row):
            box = (n * (tile + GAP) / width, y / height, tile / width, high / height)
            _tile(figure.add_axes(box), one, page.script * POINT)
        y -= FOOT
    _draw_legend(figure, entries, (width, height), page.script)
    return figure


def _tile(axes: "Axes", tile: Tile, size: float) -> None:
    axes.imshow(tile.pixels, interpolation="nearest", aspect="auto")
    axes.axis("off")
    axes.text(0.5, -0.02, tile.note, transform=axes.transAxes, ha="center", va="top", size=size)


Entry = tuple[str, tuple[int, int, int] | None]


def _legend_lines(
    truth: Truth, names: Mapping[str, str], width: float, size: float
) -> list[list[Entry]]:
    """Break the classes into lines that fit; the last entry is what stripes mean."""
    entries: list[Entry] = [
        (visible(names.get(name, name)), colour)
        for name, colour in zip(truth.classes, truth.colours, strict=False)
    ]
    entries += [("ignored", IGNORED)] if truth.ignored is not None else []
    lines: list[list[Entry]] = [[]]
    for entry in [*entries, ("striped: wrong", None)]:
        if lines[-1] and _run([*lines[-1], entry], size) > width:
            lines.append([])
        lines[-1].append(entry)
    return lines


def _run(line: list[Entry], size: float) -> float:
    return sum(_wide(entry, size) for entry in line)


def _wide(entry: Entry, size: float) -> float:
    """Swatch, text (half the size for a letter of Times, on the safe side) and space."""
    return 24 + 0.52 * size * len(entry[0])


def _draw_legend(
    figure: "Figure", lines: list[list[Entry]], page: tuple[float, float], size: float
) -> None:
    width, height = page
    for n, line in enumerate(lines):
        x, y = (width - _run(line, size)) / 2 + 5, LINE * (len(lines) - n - 1) + 2
        for entry in line:
            name, colour = entry
            _swatch(figure, (x / width, y / height, 9 / width, 6.5 / height), colour)
            place = ((x + 12) / width, (y + 1) / height)
            figure.text(*place, name, size=size * POINT, va="baseline")
            x += _wide(entry, size)


def _swatch(
    figure: "Figure", box: tuple[float, float, float, float], colour: tuple[int, int, int] | None
) -> None:
    from matplotlib.patches import Rectangle

    x, y, width, height = box
    style: dict[str, Any] = {"hatch": "//////", "facecolor": "white"}
    if colour is not None:
        style = {"facecolor": [part / 255 for part in colour]}
    patch = Rectangle((x, y), width, height, edgecolor="black", linewidth=0.4, **style)
    patch.set_transform(figure.transFigure)
    figure.add_artist(patch)
