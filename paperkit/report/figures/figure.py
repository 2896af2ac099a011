"""Write figures so that the same figure is the same file, byte for byte."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.report.figures.style import BASE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save"]

# no clock, no version of a library
METADATA: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "Creator": "paperkit", "Producer": "matplotlib"},
    ".svg": {"Date": None, "Creator": "paperkit"},
    ".png": {"Software": "paperkit"},
}
PREVIEW_DPI = 150


def save(
    figure: "Figure",
    stem: Path,
    *,
    formats: Sequence[str] = ("pdf",),
    preview: Path | None = None,
) -> list[Path]:
    """Write a figure as STEM.FORMAT at its exact size, and a PNG to look at.

    Args:
        figure: Any matplotlib figure.
        stem: Path without an ending; its folder is made.
        formats: Of pdf, svg and png.
        preview: Where a small PNG goes; None: nowhere.

    Returns:
        The files, the preview last.
    """
    wanted = [(stem.with_name(f"{stem.name}.{name}"), 300) for name in formats]
    wanted += [(preview, PREVIEW_DPI)] if preview is not None else []
    for path, dpi in wanted:
        _write(figure, path, dpi)
    return [path for path, _ in wanted]


def _write(figure: "Figure", path: Path, dpi: int) -> None:
    import matplotlib

    path.parent.mkdir(parents=True, exist_ok=True)
    settings: Any = BASE
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # a box stands for it; the report itself says which name has such a character
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure.savefig(path, dpi=dpi, metadata=METADATA[path.suffix])
        # everything stays where it is; finding it takes a third, so does "none" that stands for it
        figure.set_layout_engine(None)
