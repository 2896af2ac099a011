"""What a table must say under itself: everything that is unequal or incomplete in it."""

import shlex
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

from paperkit.latex import Tex, escape
from paperkit.report.collect import Experiment, Result
from paperkit.report.metrics import find_metric
from paperkit.report.tables.budget import PARTS, budget, differences

__all__ = ["COPIED", "Footnotes", "Notes", "command", "filling"]

COPIED = Tex("as printed in the cited paper; not ranked")
_FINAL = "diverged"  # training it again would not fill the table
_NOWHERE: frozenset[str] = frozenset()
# what all runs of a table should have in common; a run that counts has a summary
_STATE = {
    "code": "code_sha256",
    "data": "data_sha256",
    "spec": "summary.metric_spec",
    "size": "model.input",
    "split": "summary.split",
}


class Footnotes:
    """Texts with letters; the same text gets the same letter."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def letter(self, text: str) -> str:
        """Return the letter of a footnote, a new one for a new text."""
        if text not in self.texts:
            self.texts[text] = _letter(len(self.texts))
        return self.texts[text]

    def listed(self) -> tuple[tuple[str, Tex], ...]:
        """Return the footnotes in the order of their letters."""
        return tuple((letter, escape(text)) for text, letter in self.texts.items())


class Notes(Footnotes):
    """What the rows of an experiment must say.

    Args:
        experiment: Whose table it is.
        metrics: Those that the table prints; a row without a value of one is explained.
        told: Keys of the configuration that the table shows for each row: no footnote for them.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        metrics: Sequence[str] | None = None,
        told: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.experiment = experiment
        self.metrics = experiment.plan.metrics if metrics is None else tuple(metrics)
        self.told = {part for part, keys in PARTS.items() if set(keys) & set(told)}
        self.told |= {"augmentation"} if any(key.startswith("augment.") for key in told) else set()
        self._texts: dict[int, tuple[str, ...]] = {}
        self._shared: set[tuple[str, str]] = set()
        self._counts: dict[int, dict[str, Counter[Any]]] = {}
        self._usuals: dict[Hashable, Hashable] = {}
        self._budgets: dict[int, dict[str, frozenset[str]]] = {}

    def everywhere(self, results: Sequence[Result]) -> str:
        """Return the letters of what holds for a row on each of its data sets.

        `result` then leaves these out. A table that asks shows them once, at the row's name.
        """
        every = [self._told(result) for result in results]
        common = [text for text in every[0] if all(text in texts for texts in every)]
        if len(every) < 2:
            return ""
        self._shared |= {(results[0].row.variant, text) for text in common}
        return ",".join(map(self.letter, common))

    def result(self, result: Result) -> str:
        """Return the letters of what a reader must know about a result."""
        row = result.row.variant
        texts = [text for text in self._told(result) if (row, text) not in self._shared]
        return ",".join(map(self.letter, texts))

    def _told(self, result: Result) -> tuple[str, ...]:
        if id(result) not in self._texts:
            self._texts[id(result)] = tuple(self._about(result))
        return self._texts[id(result)]

    def _about(self, result: Result) -> Iterator[str]:
        yield from _incomplete(self.experiment, result)
        yield from _undefined(result, self.metrics)
        found = self._states(result)
        if len(found["code"]) > 1:
            yield "its runs used different code"
        if found["data"].keys() - {self._usual(result, "data")}:
            yield "other data than the other rows"
        for split in sorted(map(str, found["split"].keys() - {"test", None})):
            yield f"measured on the {split} split"
        if found["spec"].keys() - {self._usual(result, "spec")}:
            yield "another definition of the metrics"
        for size in sorted(found["size"].keys() - {self._usual(result, "size"), None, ()}):
            yield f"input {'x'.join(map(str, size))}"
        yield from self._unequal(result)

    def _unequal(self, result: Result) -> Iterator[str]:
        if not result.runs:
            return
        given = {k: v for k, v in self._budget(result).items() if k not in self.told}
        usual = {part: self._usual_budget(result.row.dataset, part) for part in given}
        yield from differences(given, usual)

    def _budget(self, result: Result) -> dict[str, frozenset[str]]:
        if id(result) not in self._budgets:
            self._budgets[id(result)] = dict(budget(result))
        return self._budgets[id(result)]

    def _usual_budget(self, dataset: str | None, part: str) -> frozenset[str]:
        if (dataset, part) not in self._usuals:
            rows = [r for r in self.experiment.results if r.row.dataset == dataset and r.runs]
            given = (self._budget(row).get(part) for row in rows)
            self._usuals[dataset, part] = _most(value for value in given if value)
        found = self._usuals[dataset, part]
        return found if isinstance(found, frozenset) else _NOWHERE

    def _states(self, result: Result) -> dict[str, Counter[Any]]:
        if id(result) not in self._counts:
            counts = {part: Counter[Any]() for part in _STATE}
            states = zip(*map(result.each, _STATE.values()), strict=True)
            for state, count in Counter(states).items():
                for part, value in zip(_STATE, state, strict=True):
                    counts[part][value] += count
            self._counts[id(result)] = counts
        return self._counts[id(result)]

    def _usual(self, result: Result, part: str) -> Hashable:
        """The most frequent value among the runs on the result's data set."""
        dataset = result.row.dataset
        if (dataset, part) not in self._usuals:
            rows = [r for r in self.experiment.results if r.row.dataset == dataset]
            counts: Counter[Hashable] = Counter()
            for row in rows:
                counts.update(self._states(row)[part])
            self._usuals[dataset, part] = counts.most_common(1)[0][0] if counts else None
        return self._usuals[dataset, part]


def command(experiment: Experiment) -> str:
    """Return the command that fills an experiment's gaps; empty where its spec is not known."""
    spec = experiment.plan.spec_path
    if not spec:
        return ""
    settings = [word for item in experiment.plan.overrides for word in ("--set", item)]
    return shlex.join(["paperkit", "run", spec, *settings])


def filling(experiment: Experiment, result: Result) -> str:
    """Return the command that fills a row's gaps; empty where no command does."""
    final = all(reason == _FINAL for _, reason in result.left_out)
    return "" if final else command(experiment)


def _incomplete(experiment: Experiment, result: Result) -> Iterator[str]:
    if not result.left_out:
        return
    total, counted = len(result.row.runs), len(result.runs)
    found = f"n = {counted} of {total} runs" if counted else "no result"
    way_out = filling(experiment, result)
    yield f"{found} ({result.reasons()})" + (f": {way_out}" if way_out else "")


def _undefined(result: Result, metrics: Sequence[str]) -> Iterator[str]:
    counted = len(result.runs)
    for metric in metrics:
        if len(result.values(metric)) == counted:
            continue
        summaries = (run.summary for run in result.runs if run.summary)
        have = sum(summary.value(metric) is not None for summary in summaries)
        if have == counted:
            continue
        name = find_metric(metric).display
        if have:
            yield f"{name}: n = {have} of {counted} runs (undefined in the others)"
        else:
            yield f"no {name} in its results"


def _most(values: Iterable[Hashable]) -> Hashable:
    """The most frequent value; the first in the table wins a tie."""
    counts = Counter(values)
    return counts.most_common(1)[0][0] if counts else None


def _letter(index: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters
