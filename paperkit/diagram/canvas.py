"""Draw a scene with matplotlib: PDF, SVG and PNG, byte for byte the same every time."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.diagram.scene import Arrow, Box, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "HEAD", "INKS", "LINES", "figure", "save"]

INCH = 72.27
POINT = 72 / 72.27  # matplotlib's points are larger than TeX's
INKS = {"ink": "#262626", "grey": "#5A5A5A", "band": "#8FA3B5"}
ORANGE = "#E69F00"
COLOURS = {
    "stage": "#D6E4F0",
    "stage2": "#E4E0EC",
    "stage3": "#E6E6E6",
    "plain": "#FFFFFF",
    "slot": ORANGE,
    "join": "#FFFFFF",
    "main": "#4D4D4D",
    "down": "#B8478A",
    "up": "#00795A",
    "skip": "#0072B2",
}
LINES = {"slot": 1.1, "stage": 0.6, "stage2": 0.6, "stage3": 0.6, "plain": 0.6, "join": 0.7}
ARROW = 0.85
HEAD = (3.6, 3.4)  # length and width of an arrow's head
DASH = (3.0, 1.6)
ROUND, CORNER = 1.3, 4.0
RC: Any = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "text.usetex": False,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "paperkit",
    "savefig.bbox": None,
}
METADATA: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "Creator": "paperkit"},
    ".svg": {"Date": None, "Creator": "paperkit"},
    ".png": {"Software": "paperkit"},
}


def figure(scene: Scene) -> "Figure":
    """Return the scene as a figure of exactly its size; x and y of the axes are TeX points."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(scene.width / INCH, scene.height / INCH))
    axes = drawn.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, scene.width), ylim=(0, scene.height))
    axes.axis("off")
    for arrow in scene.arrows:
        _arrow(axes, arrow)
    for box in scene.boxes:
        _box(axes, box)
    for text in scene.texts:
        _text(axes, text)
    return drawn


def save(scene: Scene, path: Path, *, dpi: float = 300) -> Path:
    """Write the scene as the format that the suffix of `path` names: .pdf, .svg or .png."""
    import matplotlib

    with matplotlib.rc_context(RC), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure(scene).savefig(path, dpi=dpi, metadata=METADATA[path.suffix])
    return path


def _box(axes: "Axes", box: Box) -> None:
    from matplotlib.patches import Ellipse, FancyBboxPatch, Patch

    style: dict[str, Any] = {
        "facecolor": COLOURS[box.look],
        "edgecolor": INKS["ink"],
        "linewidth": LINES[box.look] * POINT,
    }
    patch: Patch = FancyBboxPatch(
        (box.left, box.bottom), box.w, box.h, boxstyle=f"round,pad=0,rounding_size={ROUND}", **style
    )
    if box.look == "join":
        patch = Ellipse((box.x, box.y), box.w, box.h, **style)
    axes.add_patch(patch)
    for n in range(1, box.bands):
        x = box.left + box.w * n / box.bands
        axes.plot([x, x], [box.bottom, box.top], color=INKS["band"], lw=0.45 * POINT)


def _arrow(axes: "Axes", arrow: Arrow) -> None:
    from matplotlib.patches import PathPatch, Polygon

    colour = COLOURS[arrow.way]
    (x0, y0), (x1, y1) = arrow.points[-2:]
    length = max(abs(x1 - x0), abs(y1 - y0))
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    back = (x1 - ux * HEAD[0], y1 - uy * HEAD[0])
    dash = (0, [part * POINT / (ARROW * POINT) for part in DASH]) if arrow.way == "skip" else "-"
    line = _bent([*arrow.points[:-1], back])
    axes.add_patch(
        PathPatch(line, fill=False, edgecolor=colour, lw=ARROW * POINT, ls=dash, capstyle="butt")
    )
    half = HEAD[1] / 2
    corners = [(x1, y1), (back[0] - uy * half, back[1] + ux * half)]
    corners.append((back[0] + uy * half, back[1] - ux * half))
    axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="none"))


def _bent(points: list[tuple[float, float]]) -> Any:
    """Return a path with rounded corners."""
    from matplotlib.path import Path as Line

    line, codes = [points[0]], [Line.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        line += [_toward(corner, before), corner, _toward(corner, after)]
        codes += [Line.LINETO, Line.CURVE3, Line.CURVE3]
    return Line([*line, points[-1]], [*codes, Line.LINETO])


def _toward(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    dx, dy = end[0] - start[0], end[1] - start[1]
    part = min(0.5, CORNER / max(abs(dx), abs(dy), 1e-9))
    return start[0] + part * dx, start[1] + part * dy


def _text(axes: "Axes", text: Text) -> None:
    align = {"west": "left", "east": "right", "center": "center"}[text.anchor]
    axes.text(
        text.x,
        # from the middle of the capitals to the baseline: the same in both emitters
        text.y - (0 if text.turned else text.size * 0.33),
        text.text,
        size=text.size * POINT,
        weight="bold" if text.bold else "normal",
        color=INKS["grey" if text.grey else "ink"],
        ha="center" if text.turned else align,
        va="center" if text.turned else "baseline",
        rotation=90 if text.turned else 0,
        parse_math=False,
    )
