"""Display names: paperkit.yaml's, else a default that a reader understands. Plain text."""

from collections import Counter
from collections.abc import Iterable, Mapping

from paperkit.latex import Tex, escape, visible
from paperkit.models import baselines
from paperkit.report.metrics import find_metric
from paperkit.runs import Row

__all__ = ["Names"]

_DEFAULTS = {
    "baseline": "Baseline",
    "full": "Ours",
    "ours": "Ours",
    "synthetic": "Synthetic",
    "coord_att": "coordinate attention",
    "cga_fusion": "content-guided attention fusion",
    "se": "squeeze-and-excitation",
    "cbam": "CBAM",
    "scconv23": "SCConv",
    "attn_gate": "attention gates",
    "aspp": "ASPP",
}
_LONGEST_ACRONYM = 4


class Names:
    """Turns ids into display names.

    Args:
        given: paperkit.yaml's.
        rows: Of comparisons: a method that is a model and nothing else has the model's title.
    """

    def __init__(self, given: Mapping[str, str], rows: Iterable[Row] = ()) -> None:
        self.given = {name: visible(shown) for name, shown in given.items()}
        self.titles = _titles(rows)

    def plain(self, name: str) -> str:
        """Return the display name of any id, as plain text."""
        if name in self.given:
            return self.given[name]
        title = _model(name) or self.titles.get(name)
        if title:
            return title
        return _DEFAULTS.get(name, find_metric(name).display).replace("_", " ")

    def component(self, name: str) -> str:
        """Return a component's name; a short id is taken for an acronym (ca -> CA)."""
        if name in self.given or len(name) > _LONGEST_ACRONYM:
            return self.plain(name)
        return name.upper()

    def variant(self, row: Row, components: tuple[str, ...]) -> str:
        """Return a row's name: its own, `full` for all components, else what it has on."""
        if row.variant in self.given:
            return self.given[row.variant]
        if not row.on:
            return self.plain(row.variant)
        if row.on == components and "full" in self.given and not row.set:
            return self.given["full"]
        parts = row.variant.split("-")
        if tuple(parts) == row.on:
            return " + ".join(self.component(part) for part in parts)
        return self.plain(row.variant)

    def tex(self, name: str) -> Tex:
        """Return the display name of any id, escaped."""
        return escape(self.plain(name))

    def flat(self, ids: list[str], components: tuple[str, ...]) -> dict[str, str]:
        """Return id -> display name, for what takes a plain mapping (the figures)."""
        names = {name: self.plain(name) for name in ids}
        names.update({name: self.component(name) for name in components})
        return names | self.given


def _titles(rows: Iterable[Row]) -> dict[str, str]:
    """{method: title of its model}; a title that two methods would share names neither."""
    found = {
        row.variant: _model(row.set["model.name"])
        for row in rows
        if row.method and not row.plugs and "model.name" in row.set
        if all(key == "model.name" or key.startswith("data.") for key in row.set)
    }
    once = Counter(found.values())
    return {method: title for method, title in found.items() if title and once[title] == 1}


def _model(name: str) -> str:
    """The title of a baseline or of a library's model, such as FPN (ResNet-18); else empty."""
    known = baselines.find(name)
    if known:
        return known.title
    source, _, rest = name.partition(":")
    if source not in baselines.LIBRARY:
        return ""
    model, _, encoder = rest.replace("/tu-", "/").partition("/")
    if not encoder:
        return model
    kin = [row for row in baselines.BASELINES.values() if row.model.startswith(f"smp:{model}/")]
    family = [*kin, *filter(None, [baselines.find(model.lower())])]
    return f"{family[0].title if family else model} ({_model(encoder) or encoder})"
