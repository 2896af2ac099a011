"""The configurations of an experiment's rows: what is usual, and which rows differ in what."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from paperkit.report.collect import Experiment, Result
from paperkit.report.tables.budget import configuration

__all__ = ["Settings"]

Value = TypeVar("Value")


class Settings:
    """What config.yaml of one run of each row says; a row without one says nothing.

    The runs of a row differ in the seed only, so that one of them is read.
    """

    def __init__(self, results: Sequence[Result]) -> None:
        read = ((result, configuration(result.runs[0])) for result in results if result.runs)
        self.rows = [(result, values) for result, values in read if values]

    @classmethod
    def of(cls, experiment: Experiment) -> "Settings":
        """Return the settings of all rows."""
        return cls(experiment.results)

    def get(self, key: str, kind: type[Value]) -> Value | None:
        """Return the most usual value of a dotted key; None where it is another kind or missing."""
        counts = Counter(repr(values.get(key)) for _, values in self.rows)
        usual = counts.most_common(1)[0][0] if counts else "None"
        value = next((v.get(key) for _, v in self.rows if repr(v.get(key)) == usual), None)
        return _as(value, kind)

    def number(self, key: str) -> float | None:
        """Return the most usual value of a key as a number."""
        return self.get(key, float)

    def differences(self, prefixes: tuple[str, ...]) -> Iterator[tuple[Result, str, Any]]:
        """Yield (row, key, value) where a row's value is not the usual one, by row."""
        keys = {key for _, values in self.rows for key in values if key.startswith(prefixes)}
        usual = {key: repr(self.get(key, object)) for key in keys}
        for result, values in self.rows:
            for key in sorted(keys):
                if repr(values.get(key)) != usual[key]:
                    yield result, key, values.get(key)


def _as(value: Any, kind: type[Value]) -> Value | None:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return kind(value)  # type: ignore[call-arg]
    if isinstance(value, bool) and kind not in (bool, object):
        return None
    return value if isinstance(value, kind) else None
