r"""All drafts of a project: generated/method_EXPERIMENT.tex and its kin, ready for \input."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paperkit.latex import Tex
from paperkit.project import Project
from paperkit.report.checks.usage import uncommented
from paperkit.report.cited.citations import Citations
from paperkit.report.collect import Experiment
from paperkit.report.files.table_tex import HEADER
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity
from paperkit.report.text.dataset import data
from paperkit.report.text.expression import calls, read_expression
from paperkit.report.text.implementation import implementation
from paperkit.report.text.method import method
from paperkit.report.text.objective import Objective
from paperkit.report.text.sources import Sources
from paperkit.report.text.statistics import statistics
from paperkit.report.text.symbols import symbols_tex

__all__ = ["Drafts", "drafts", "open_places"]

_TODO = re.compile(r"\\pktodo(?:\[([^\[\]]*)\])?\{")
_WRITTEN = re.compile(r"\\pkwrite\s*\{([^{}]*)\}")
_MARK = re.compile(r"[A-Za-z0-9]{1,5}")


@dataclass(frozen=True)
class Drafts:
    """Texts by file name, and what could not be taken over into them, one line each."""

    texts: dict[str, str]
    warnings: list[str]


def drafts(
    project: Project,
    experiments: Sequence[Experiment],
    names: Names,
    found: Mapping[str, Quantity],
    citations: Citations,
) -> Drafts:
    """Return the paragraphs of every experiment; their citations join the bibliography."""
    texts: dict[str, str] = {}
    warnings: list[str] = []
    for item in experiments:
        sources = Sources(project.root, project.package, names, dict(_marks(item)))
        objective = Objective.of(item, citations, sources)
        made = method(item, names, citations, sources)
        paragraphs = {
            "implementation": implementation(item, names, objective),
            "loss": objective.equations(item.name),
            "data": data(project.root, item, names, citations),
            "statistics": statistics(item, names, found, citations),
        }
        warnings += sources.warnings
        if made is not None:
            paragraphs["method"] = made.text
            if made.modules:
                paragraphs["symbols"] = symbols_tex(made.modules)
        texts |= {
            f"{kind}_{item.name}.tex": _file(text) for kind, text in paragraphs.items() if text
        }
    return Drafts(texts, list(dict.fromkeys(warnings)))


def open_places(texts: Mapping[str, str], paper: Path) -> list[str]:
    r"""Return the keys (empty for a \pktodo without one) of what is still to be written.

    Args:
        texts: The drafts.
        paper: The folder of main.tex, whose \pkwrite{KEY}{...} fill them.
    """
    own = [
        uncommented(path.read_text(encoding="utf-8", errors="replace"))
        for path in sorted(paper.glob("*.tex"))
    ]
    # main.tex asks for a whole section only where there is no draft of it
    written = {name.partition("_")[0] for name in texts}
    written |= {key for text in own for key in _WRITTEN.findall(text)}
    every = [key for text in [*texts.values(), *own] for key in _TODO.findall(text)]
    keyed = dict.fromkeys(key for key in every if key and key not in written)
    return [*keyed, *(key for key in every if not key)]


def _marks(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """The id of a component that is one module is a good mark of it: CA of coord_att."""
    taken: set[str] = set()
    for component in experiment.plan.components:
        uses = [read_expression(str(plug.get("use", ""))) for plug in component.plugs]
        modules = {call.name for use in uses for call in calls(use)}
        mark = component.id.upper()
        if len(modules) == 1 and _MARK.fullmatch(mark) and mark not in taken:
            taken.add(mark)
            yield modules.pop(), mark


def _file(text: Tex) -> str:
    return f"{HEADER}\n{text.rstrip()}\n"
