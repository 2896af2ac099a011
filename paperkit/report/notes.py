"""What a table must say under itself: everything that is unequal or incomplete in it."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator

from paperkit.latex import Tex, escape
from paperkit.report.collect import Experiment, Result
from paperkit.runs import Run

__all__ = ["Notes"]

COPIED = Tex("as printed in the cited paper; not ranked")


class Notes:
    """Footnotes with letters; the same text gets the same letter."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.texts: dict[str, str] = {}

    def letter(self, text: str) -> str:
        """Return the letter of a footnote, a new one for a new text."""
        if text not in self.texts:
            self.texts[text] = _letter(len(self.texts))
        return self.texts[text]

    def result(self, result: Result) -> str:
        """Return the letters of what a reader must know about a result."""
        return ",".join(self.letter(text) for text in self._about(result))

    def listed(self) -> tuple[tuple[str, Tex], ...]:
        """Return the footnotes in the order of their letters."""
        return tuple(
            (letter, text if isinstance(text, Tex) else escape(text))
            for text, letter in self.texts.items()
        )

    def _about(self, result: Result) -> Iterator[str]:
        total, counted = len(result.row.runs), len(result.runs)
        if result.left_out:
            found = f"n = {counted} of {total} runs" if counted else "no result"
            yield f"{found} ({result.reasons()})"
        if len({run.code_sha256 for run in result.runs}) > 1:
            yield "its runs used different code"
        usual = self._usual(result.row.dataset, lambda run: run.data_sha256)
        if any(run.data_sha256 != usual for run in result.runs):
            yield "other data than the other rows"
        splits = {run.summary.split for run in result.runs if run.summary} - {"test", None}
        for split in sorted(str(split) for split in splits):
            yield f"measured on the {split} split"
        usual = self._usual(result.row.dataset, _spec)
        if any(_spec(run) != usual for run in result.runs):
            yield "another definition of the metrics"
        usual = self._usual(result.row.dataset, lambda run: run.model.input)
        sizes = {run.model.input for run in result.runs if run.model.input not in (usual, None)}
        for size in sorted(size for size in sizes if size):
            yield f"input {'x'.join(map(str, size))}"

    def _usual(self, dataset: str | None, of: Callable[[Run], Hashable]) -> Hashable:
        """The most frequent value among the data set's runs; the first in the table wins a tie."""
        rows = [r for r in self.experiment.results if r.row.dataset == dataset]
        counts = Counter(of(run) for row in rows for run in row.runs)
        return counts.most_common(1)[0][0] if counts else None


def _spec(run: Run) -> str | None:
    return run.summary.metric_spec if run.summary else None


def _letter(index: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters
