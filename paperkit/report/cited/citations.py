"""The bibliography of what the runs used: models, modules, data sets."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from paperkit.latex import Tex, is_tex_key, tex, tex_key
from paperkit.report.cited import borrowed
from paperkit.report.cited.bibfile import doubles, duplicates, read_bib
from paperkit.report.cited.bibtex import BadEntry, Entry, read_entry
from paperkit.report.names import Names
from paperkit.runs import Each, Run

__all__ = ["UNCITED", "Citations", "cite"]

UNCITED = Tex(r"\textbf{[cite?]}")


class Citations:
    """Entries of everything that the given runs cite.

    Attributes:
        works: The entries of the author's refs.bib.
        entries: By key, without those that the author's refs.bib has already (the author wins).
        missing: What is used but has no usable citation, as (what, why).
    """

    def __init__(self, runs: Sequence[Run], author: Path) -> None:
        text = author.read_text(encoding="utf-8", errors="replace") if author.is_file() else ""
        self.works = read_bib(text)
        # BibTeX looks keys up without regard to case
        self.authors = {work.key.lower() for work in self.works}
        self.entries: dict[str, Entry] = {}
        self.missing: dict[str, str] = {}
        runs = _distinct(runs)
        for run in runs:
            for cite in run.cites:
                if cite.key:  # else what was used says no paper
                    self._add(cite.key, cite.bibtex, cite.used_for)
        for run in runs:
            for what in _used(run):
                if what not in self.missing and not self.keys_for([run], what):
                    self.missing[what] = "it has no citation"

    def _add(self, key: str, bibtex: str, used_for: str) -> None:
        if self._has(key):
            return
        try:
            entry = read_entry(bibtex)
        except BadEntry as error:
            self.missing[used_for] = f"its BibTeX was not taken over: {error}"
            return
        if entry.key != key:
            self.missing[used_for] = f"its BibTeX has the key '{entry.key}', not '{key}'"
            return
        self.entries[key] = entry

    def known(self, keys: Sequence[str]) -> list[str]:
        """Return those of the keys that the bibliography has; notes the others as missing."""
        for key in keys:
            if not self._has(key):
                self.missing[key] = "neither references.bib nor refs.bib has this key"
        return [key for key in keys if self._has(key)]

    def keys_for(self, runs: Sequence[Run], what: str) -> list[str]:
        """Return the keys that runs cite for a model, module or data set, sorted."""
        every = {id(cites): cites for cites in Each(runs)("cites")}.values()  # runs share them
        keys = {cite.key for cites in every for cite in cites if cite.used_for == what}
        return sorted(key for key in keys if self._has(key))

    def mark(self, runs: Sequence[Run], what: str) -> Tex:
        r"""Return "\cite{..}" for a model, module or data set; empty where there is nothing."""
        return cite(self.keys_for(runs, what))

    def borrow(self, keys: Sequence[str]) -> Tex:
        r"""Return "\cite{..}" for works of borrowed.bib, which join the bibliography."""
        for key in keys:
            if not self._has(key):
                self.entries[key] = borrowed.entry(key)
        return cite(keys)

    def duplicates(self) -> list[str]:
        """Return one line for each work that has two keys, in refs.bib or in what runs cite."""
        ours = {key: entry.fields for key, entry in self.entries.items()}
        return [*duplicates(self.works, ours), *doubles(ours)]

    def of_model(self, runs: Sequence[Run]) -> list[str]:
        """Return the keys for the base model of runs."""
        models = set(Each(runs)("model.name")) - {None}
        return sorted({key for name in models for key in self.keys_for(runs, str(name))})

    def sentence(self, runs: Sequence[Run], names: Names) -> Tex:
        r"""Return "U-Net~\cite{..}, CoordAtt~\cite{..} and ..." of everything that runs used."""
        used = list(dict.fromkeys(what for run in _distinct(runs) for what in _used(run)))
        parts = [tex("#1~#2", names.tex(what), self.mark(runs, what) or UNCITED) for what in used]
        if len(parts) < 2:
            return Tex("").join(parts)
        return tex("#1 and #2", Tex(", ").join(parts[:-1]), parts[-1])

    def bib(self) -> str:
        """Return the text of references.bib."""
        head = (
            "% Written by `paperkit report` from what the runs used; your own entries: refs.bib\n"
        )
        return head + "".join("\n" + self.entries[key].text() for key in sorted(self.entries))

    def _has(self, key: str) -> bool:
        return is_tex_key(key) and (key in self.entries or key.lower() in self.authors)


def cite(keys: Sequence[str]) -> Tex:
    r"""Return "\cite{a,b}"; empty without keys."""
    return tex(r"\cite{#1}", Tex(",").join([tex_key(key) for key in keys])) if keys else Tex("")


def _distinct(runs: Sequence[Run]) -> list[Run]:
    """One of all runs that use and cite the same, which is one object where it was read once."""
    each, found = Each(runs), dict[tuple[str | int | None, ...], Run]()
    used = [each("model.name"), map(id, each("plugs")), map(id, each("cites"))]
    for key, run in zip(zip(*used, strict=True), runs, strict=True):
        found.setdefault(key, run)
    return list(found.values())


def _used(run: Run) -> Iterator[str]:
    """The model, then the plugged modules, then whatever else the run cites."""
    if run.model.name and not _is_own(run.model.name):
        yield run.model.name
    for plug in run.plugs:
        yield from (str(name) for name in plug.get("modules") or ())
    yield from (cite.used_for for cite in run.cites if cite.used_for)


def _is_own(model: str) -> bool:
    """Whether a model is the student's own factory (package.module:factory): nothing to cite."""
    library, colon, _ = model.partition(":")
    return bool(colon) and library not in ("smp", "timm", "torchvision", "nnunet")
