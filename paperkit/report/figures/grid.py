"""Paint and lay out a grid of pictures: tiles with a line below each, and the legend of classes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.latex import visible
from paperkit.project.venue import Venue
from paperkit.report.figures.labels import LEADING, drawn_width, in_lines
from paperkit.report.figures.style import INCH, POINT

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Pixels = np.ndarray[Any, np.dtype[Any]]

__all__ = ["Tile", "Truth", "grid_figure", "painted", "pixels", "striped"]

GAP, HEAD, FOOT, LINE = 3.0, 11.0, 10.0, 11.0  # points
SWATCH = 24.0  # points; with the space around it
NARROW = 4  # as many columns still fit one column of the page
TILE = 320  # pixels; stripes are drawn in an image at least as large
STRIPE, LIGHT = 10, 3  # pixels from one stripe to the next, and of the light line
IGNORED = (200, 200, 200)
CENTRED: dict[str, Any] = {"ha": "center", "linespacing": LEADING}


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
    """Lay out in points: heads, rows of tiles with a note below each, the legend's lines."""
    from matplotlib.figure import Figure

    width = page.column if len(heads) <= NARROW else page.text
    tile = (width - GAP * (len(heads) - 1)) / len(heads)
    heads = [in_lines(head, tile, page.small, most=4) for head in heads]
    grid = [[Tile(t.pixels, in_lines(t.note, tile, page.script)) for t in row] for row in grid]
    tall = [tile * row[0].pixels.shape[0] / row[0].pixels.shape[1] for row in grid]
    foot = FOOT + _more(page.script, [t.note for row in grid for t in row])
    entries = _legend_lines(truth, names, width, page.script)
    top = sum(tall) + foot * len(grid) + LINE * len(entries) + 2
    height = top + HEAD + _more(page.small, heads)
    figure = Figure(figsize=(width / INCH, height / INCH))
    for n, head in enumerate(heads):
        place = ((n * (tile + GAP) + tile / 2) / width, (top + 1) / height)
        style: dict[str, Any] = {"va": "bottom", "size": page.small * POINT} | CENTRED
        figure.text(*place, head, **style)
    y = top
    for row, high in zip(grid, tall, strict=True):
        y -= high
        for n, one in enumerate(row):
            box = (n * (tile + GAP) / width, y / height, tile / width, high / height)
            _tile(figure.add_axes(box), one, page.script * POINT)
        y -= foot
    _draw_legend(figure, entries, (width, height), page.script)
    return figure


def _more(size: float, texts: list[str]) -> float:
    """How much higher than one line the highest of them is, in points."""
    return LEADING * size * max(text.count("\n") for text in texts)


def _tile(axes: "Axes", tile: Tile, size: float) -> None:
    axes.imshow(tile.pixels, interpolation="nearest", aspect="auto")
    axes.axis("off")
    axes.text(0.5, -0.02, tile.note, transform=axes.transAxes, va="top", size=size, **CENTRED)


Entry = tuple[str, tuple[int, int, int] | None]


def _legend_lines(
    truth: Truth, names: Mapping[str, str], width: float, size: float
) -> list[list[Entry]]:
    """Break the classes into lines that fit; the last entry is what stripes mean."""
    entries: list[Entry] = [
        (in_lines(visible(names.get(name, name)), width - SWATCH, size, most=1), colour)
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
    return SWATCH + drawn_width(entry[0], size)


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
