"""What the table and the paragraph on where it helps both say: names, numbers by key, sizes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from paperkit.latex import Tex, escape, number, rounded, tex
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity, result_key
from paperkit.report.where.facts import LIMIT, Facts
from paperkit.report.where.parts import Part
from paperkit.report.where.read import Compared

__all__ = ["DECIMALS", "Found", "listed"]

DECIMALS = 2
MOST = 10  # classes in print


@dataclass(frozen=True)
class Found:
    """All that was found on one data set, and how it is called.

    Attributes:
        compared, parts, facts: See their modules.
        names: Display names.
    """

    compared: Compared
    parts: list[Part]
    facts: Facts
    names: Names

    @property
    def stem(self) -> str:
        """EXPERIMENT, or EXPERIMENT_DATASET where there are several data sets."""
        several = len(self.compared.experiment.datasets) > 1
        name = self.compared.experiment.name
        return f"{name}_{self.compared.dataset}" if several else name

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """Display names of the others and of ours, plain text."""
        components = self.compared.experiment.components
        rows = [method.result.row for method in self.compared.methods]
        return tuple(self.names.variant(row, components) for row in rows)

    @property
    def score(self) -> str:
        """What a score of a case is called, plain text."""
        if not self.compared.truth.dense:
            return "accuracy"
        return "Dice" if self.compared.dice else "IoU"

    @property
    def several(self) -> bool:
        """Whether ours is compared to more than one method."""
        return len(self.compared.others) > 1

    @property
    def runs(self) -> str:
        """How many runs a mean of the others is taken over: "3", or "2 to 3"."""
        counts = sorted({len(method.result.runs) for method in self.compared.others})
        return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"

    @property
    def units(self) -> str:
        """What counts as one case of a test."""
        return "groups of images" if any(self.compared.truth.groups) else "images"

    @property
    def groups(self) -> list[str]:
        """The groups that are parts."""
        return [part.name for part in self.parts if part.kind == "group"]

    @property
    def printed(self) -> list[Part]:
        """The parts; of many classes those that differ most, half of them each way."""
        classes = [n for n, part in enumerate(self.parts) if part.kind == "class"]
        rising = sorted(classes, key=lambda n: (self.parts[n].difference, n))
        half = MOST // 2 if len(classes) > MOST else len(classes)
        kept = {*rising[:half], *rising[-half:]}
        return [p for n, p in enumerate(self.parts) if p.kind != "class" or n in kept]

    def fail(self, *, plural: bool = False) -> Tex:
        """Return the words for a case below LIMIT: stays below 50 %, is wrong."""
        if self.compared.truth.dense:
            limit = number(LIMIT, 0, percent=True)
            return tex(r"#1 below #2\,\%", Tex("stay") if plural else Tex("stays"), limit)
        wrong = Tex("are wrong") if plural else Tex("is wrong")
        seeds = len(self.compared.runs) > len(self.compared.methods)
        return tex("#1 in more than half of the runs", wrong) if seeds else wrong

    def part(self, part: Part) -> Tex:
        """Return what a part is called in text (not of a pair, which is a sentence)."""
        given = self.names.given
        if part.kind == "all":
            return tex("all #1 images", part.n)
        if part.kind == "size":
            return self._objects(part.name)
        return escape(given.get(part.name, part.name))

    def _objects(self, name: str) -> Tex:
        low, high = (self.size(end) for end in self.compared.truth.bounds or (0.0, 0.0))
        if name == "small":
            return tex(r"objects up to #1\,\% of the image", low)
        if name == "medium":
            return tex(r"objects of #1 to #2\,\%", low, high)
        return tex(r"objects above #1\,\%", high)

    def limits(self, name: str) -> tuple[Tex, str]:
        """Return the sizes of a part for a table, and the same as a reader sees it."""
        low, high = self.compared.truth.bounds or (0.0, 0.0)
        end = self.size(low if name == "small" else high)
        sign = Tex("$>$") if name == "large" else Tex(r"$\leq$")
        return tex(r"#1, #2#3\,\%", name, sign, end), f"{name}, <{end} %"

    def size(self, share: float) -> Tex:
        """Return a share of the image in percent, with decimals that tell the terciles apart."""
        return number(share, self._decimals, percent=True)

    def cases(self, places: Sequence[int], values: Sequence[float], *, sign: bool = False) -> Tex:
        """Return cases by name, each with its value in percent; `values` are of all cases."""
        names = self.compared.truth.cases
        shown = (number(values[n], DECIMALS, percent=True, sign=sign) for n in places)
        pairs = zip(places, shown, strict=True)
        return listed([tex("#1 (#2)", names[n], value) for n, value in pairs])

    @cached_property
    def _decimals(self) -> int:
        low, high = self.compared.truth.bounds or (1.0, 1.0)
        for decimals in (1, 2, 3):
            ends = [rounded(end, decimals, percent=True) for end in (low, high)]
            if float(ends[0] or 0) > 0 and (low == high or ends[0] != ends[1]):
                return decimals
        return 4

    @cached_property
    def numbers(self) -> dict[str, Quantity]:
        """Return numbers by their names below EXPERIMENT/where[/DATASET]/."""
        runs = tuple(run.id for run in self.compared.runs)
        every = [*self._counts(), *self._sizes(), *self._relation(), *self._parts()]
        place = (self.compared.experiment.name, "where", self.compared.dataset)
        return {
            q.key: replace(q, key=result_key(*place, q.key), n=len(runs), runs=runs) for q in every
        }

    def __getitem__(self, name: str) -> Tex:
        """A number as printed."""
        return self.numbers[name].display

    def _counts(self) -> Iterator[Quantity]:
        facts = self.facts
        counts = {
            "images": len(facts.scored), "failed": len(facts.failed), "below/all": facts.below[0],
            "below/others": facts.below[1], "below/ours": facts.below[2],
            "gained": len(facts.gained), "lost": len(facts.lost), "tied": facts.ties,
            "empty": len(facts.empty),
        }  # fmt: skip
        for name, count in counts.items():
            yield Quantity(name, float(count), "", 0)

    def _sizes(self) -> Iterator[Quantity]:
        rest = [case for case in self.facts.scored if case not in set(self.facts.hard)]
        for name, cases in (("hard/size", self.facts.hard), ("rest/size", rest)):
            size = self.facts.typical_size(cases)
            if size is not None:
                yield Quantity(name, size, "%", self._decimals)

    def _relation(self) -> Iterator[Quantity]:
        found = self.facts.relation
        if found is not None:
            yield Quantity("rho", found.rho, "", DECIMALS)
            yield Quantity("rho/ci", found.low, "", DECIMALS, high=found.high)

    def _parts(self) -> Iterator[Quantity]:
        for part in self.parts:
            if part.kind in ("all", "size"):
                yield Quantity(f"{part.name}/n", float(part.n), "", 0)
                yield Quantity(f"{part.name}/ours", part.means[-1], "%", DECIMALS)
                yield Quantity(f"{part.name}/other", part.means[part.best], "%", DECIMALS)
                delta = part.difference
                yield Quantity(f"{part.name}/delta", delta, "%", DECIMALS, signed=True)


def listed(items: Sequence[Tex]) -> Tex:
    """Return a, b and c."""
    *first, last = items
    return tex("#1 and #2", Tex(", ").join(first), last) if first else last
