"""From a configuration of a project to files: the room's one public function."""

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path

from paperkit.diagram.build import build
from paperkit.diagram.calls import read
from paperkit.diagram.compose import compose
from paperkit.diagram.graph import Graph
from paperkit.diagram.scene import Scene
from paperkit.errors import UserError
from paperkit.project import Project, ask
from paperkit.project.venue import find_venue

__all__ = ["FORMATS", "draw", "graph_of", "write"]

ENDINGS = {
    "pdf": ".pdf",
    "svg": ".svg",
    "png": ".png",
    "tikz": ".tex",
    "standalone": "-standalone.tex",
}
FORMATS = tuple(ENDINGS)
TRACER = Path(__file__).with_name("trace.py")


def draw(
    project: Project,
    *,
    config: str,
    overrides: Sequence[str] = (),
    plugs: Sequence[str] = (),
    out: Path,
    formats: Sequence[str] = ("pdf", "tikz", "png"),
    venue: str = "ieee-journal",
    style: str = "flat",
) -> list[Path]:
    r"""Draw the model that a configuration builds, with what is plugged into it highlighted.

    Args:
        project: Whose model; its code runs in a child of its own Python.
        config: Path of the configuration, from the project's root.
        overrides: As train.py takes them: "a.b=1", 'plugs=[{at: encoder.*, use: se}]'.
        plugs: As train.py's --plug takes them, after those of the configuration.
        out: Stem of the files; a format adds its ending.
        formats: Of pdf, svg, png, tikz (to \\input) and standalone (TikZ to compile).
        venue: Whose column and text widths the figure fits.
        style: "flat".

    Returns:
        The files, in the order of `formats`.

    Raises:
        UserError: Unknown format, venue or style; the model cannot be built or run.
    """
    _known("style", style, ("flat",))
    page = find_venue(venue)
    for name in formats:
        _known("format", name, FORMATS)
    graph = graph_of(project, config=config, overrides=overrides, plugs=plugs)
    return write(compose(graph, column=page.column, text=page.text), out, formats=formats)


def graph_of(
    project: Project, *, config: str, overrides: Sequence[str] = (), plugs: Sequence[str] = ()
) -> Graph:
    """Return the graph of the model that a configuration builds.

    Raises:
        UserError: The model cannot be built or run; with the student's own frames.
    """
    request = {
        "do": "trace",
        "config": config,
        "overrides": list(overrides),
        "plugs": list(plugs),
        "tracer": str(TRACER),
    }
    answer = ask.ask(project, request)
    error = answer.get("error")
    if error is not None:
        frames = f"\n{error['trace']}" if error.get("trace") else ""
        message = error["message"] or error["type"]
        where = "" if Path(config).name in message else f"{config}: "
        raise UserError(f"{where}{message}{frames}")
    return build(read(answer["graph"]), names=project.settings.names)


def write(scene: Scene, out: Path, *, formats: Sequence[str]) -> list[Path]:
    """Write a scene in each format; folders that are missing are made."""
    from paperkit.diagram import canvas, tikz

    texts: dict[str, Callable[[Scene], str]] = {"tikz": tikz.body, "standalone": tikz.standalone}
    out.parent.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in formats:
        path = out.with_name(out.name + ENDINGS[name])
        if name in texts:
            path.write_text(texts[name](scene), encoding="utf-8", newline="\n")
        else:
            canvas.save(scene, path)
        paths.append(path)
    return paths


def _known(what: str, value: str, known: Sequence[str]) -> None:
    if value in known:
        return
    near = difflib.get_close_matches(value, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    raise UserError(f"unknown {what} '{value}'; {hint}")
