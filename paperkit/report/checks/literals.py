r"""Numbers typed by hand that equal a known result: they stay behind when the runs change.

The rule (docs/how-to/numbers.md states it for users). A number of the author's text is reported
when it equals a result as printed, without its trailing zeros, as a fraction of one (0.7350 for
73.50 %), or rounded to one decimal less. It must look like that result, too:

* equal in value, with three significant digits or more: anywhere in the text;
* equal in value, with fewer: only before the result's unit (\%, percent, points, M, million,
  GMACs), or in a sentence that names its metric;
* a whole number (85 for 85.00): only before the result's unit;
* only rounded alike: three digits, in a sentence that names the metric and cites nobody;
* a p value behind p = (p of), equal or rounded alike, whatever its digits;
* never before another unit (ms, GB, pt), behind a name that takes versions or numbers (PyTorch,
  Table), as an exponent, or behind =, < or > in a formula, unless the sentence names the metric.

What is not prose is not read: see `prose`. `% paperkit: ok` on the line ends the matter.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from paperkit.latex import rounded
from paperkit.report.checks.manuscript import Manuscript, Source
from paperkit.report.checks.prose import prose
from paperkit.report.checks.sentences import spans
from paperkit.report.checks.usage import line_of
from paperkit.report.checks.wording import split_key
from paperkit.report.metrics import find_metric
from paperkit.report.quantity import Quantity

__all__ = ["Typed", "typed"]

OK = re.compile(r"%\s*paperkit:\s*ok\b")
ENOUGH = 3  # significant digits
_SILENT = ("n", "verdict")  # counts and words
_NUMBER = re.compile(r"(?<![\w.\\])(?<![A-Za-z]-)(?<!\d,)\d+(?:\.\d+)?(?![\d]|\.\d|,\d)")
_UNIT = re.compile(
    r"(?:\s|~|\\[,;: !]|[{}$-])*"
    r"(\\%|\\percent|per ?cent|percentage|points?|pp\b|[A-Za-z]+|\\(?:line|text|column)width)"
)
_PERCENT = {"\\%", "\\percent", "percent", "per cent", "percentage", "point", "points", "pp"}
_OF = {"%": _PERCENT, "M": {"M", "million", "Mio"}, "G": {"G", "GMACs", "GFLOPs", "giga"}}
_OTHER = {
    "ms", "s", "sec", "min", "h", "hours", "minutes", "seconds", "fps", "FPS", "GB", "MB", "GiB",
    "MiB", "KB", "TB", "Hz", "kHz", "MHz", "GHz", "W", "kW", "mm", "cm", "m", "km", "um", "nm",
    "pt", "em", "ex", "px", "pixels", "epochs", "kg", "g", "x", "years", "days", "dB",
    "\\linewidth", "\\textwidth", "\\columnwidth",
}  # fmt: skip
_BEHIND = re.compile(
    r"(?:version|release|v|python|pytorch|torch|cuda|cudnn|numpy|scipy|ubuntu|driver|tex live|"
    r"tables?|tab|figures?|figs?|sections?|secs?|eqs?|equations?|chapters?|algorithms?|appendix)"
    r"[.\s~(]*$",
    re.I,
)
_POWER = re.compile(r"[\^_]\{?[-+]?$")
_SET = re.compile(r"(?:[=<>]|\\(?:le|leq|ge|geq|lt|gt|in|times|cdot|approx|sim))\s*[-+]?$")
_P = re.compile(r"(?<![A-Za-z\\])p[$}]?(?:[ -]values?)?\s*(?:=|\\approx|of)\s*\$?$", re.I)
_CITES = re.compile(r"\\\w*cite")
_TIMES = re.compile(r"\s*(?:\\times|\\cdot|e[-+]?\d)")


@dataclass(frozen=True)
class Typed:
    """A number typed by hand: where, as it is typed, and the keys that it equals."""

    place: str
    digits: str
    keys: tuple[str, ...]

    def __str__(self) -> str:
        first, *others = self.keys
        also = f" (also {', '.join(others[:2])}{', ...' if others[2:] else ''})" if others else ""
        return f"{self.digits} is typed by hand and equals {first}{also}: write \\pk{{{first}}}"


def typed(paper: Manuscript, numbers: Mapping[str, Quantity]) -> Iterator[Typed]:
    """Yield the numbers of the text that equal a result, in the order of the text.

    Args:
        paper: The author's files.
        numbers: Every result by key.
    """
    results = _Results(numbers.values())
    for source in paper.sources:
        yield from _of_source(source, results)


@dataclass(frozen=True)
class _Match:
    """Results that digits may stand for; `p`: p values; `sure`: equal, not only rounded alike."""

    metric: str
    unit: str
    p: bool
    sure: bool
    keys: tuple[str, ...]


class _Results:
    """Results by what is printed, so that each number of the text is one look-up.

    Args:
        numbers: Every result.
    """

    def __init__(self, numbers: Iterable[Quantity]) -> None:
        self.exact: dict[str, list[Quantity]] = {}
        self.cut: dict[str, list[Quantity]] = {}  # by all digits but the last
        metrics = set()
        for quantity in numbers:
            key = split_key(quantity.key)
            digits = str(quantity.display).replace("$-$", "").lstrip("+-")
            if key.suffix in _SILENT or not re.fullmatch(r"\d+\.\d+", digits):
                continue
            metrics.add(key.metric)
            self.exact.setdefault(_short(digits), []).append(quantity)
            self.cut.setdefault(digits[:-1], []).append(quantity)
        self.named = _names(metrics)
        self.answers: dict[str, list[_Match]] = {}

    def matches(self, digits: str) -> list[_Match]:
        """Return what some digits of the text may stand for, without a look at the text."""
        if digits not in self.answers:
            self.answers[digits] = [*self._matches(digits)]
        return self.answers[digits]

    def _matches(self, digits: str) -> Iterator[_Match]:
        equal = [*self.exact.get(_short(digits), ())]
        percent = f"{Decimal(digits).scaleb(2):f}"
        equal += [q for q in self.exact.get(_short(percent), ()) if q.unit == "%"]
        if "." not in digits:
            yield from _matches(equal, sure=True)
            return
        below = f"{Decimal(digits) - Decimal(1).scaleb(-_decimals(digits)):f}"
        near = [q for cut in (digits, below) for q in self.cut.get(cut, ())]
        alike = [q for q in near if _rounds_to(q, digits)]
        yield from _matches(equal, sure=True)
        yield from _matches(alike, sure=False)


def _short(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _decimals(digits: str) -> int:
    return len(digits.partition(".")[2])


def _rounds_to(quantity: Quantity, digits: str) -> bool:
    value = None if quantity.value is None else abs(quantity.value)
    return rounded(value, _decimals(digits), percent=quantity.unit == "%") == digits


def _matches(found: list[Quantity], *, sure: bool) -> Iterator[_Match]:
    """Bring results of one metric and unit together: the text is asked once for all of them."""
    groups: dict[tuple[str, str, bool], list[str]] = {}
    for quantity in found:
        key = split_key(quantity.key)
        group = key.metric, quantity.unit, key.suffix == "p"
        groups.setdefault(group, []).append(quantity.key)
    for group, keys in groups.items():
        yield _Match(*group, sure, tuple(keys))


def _names(metrics: Iterable[str]) -> dict[str, re.Pattern[str]]:
    """What a sentence calls each metric: iou_set is iou, mIoU, intersection over union."""
    found = {"": re.compile(r"(?!)")}  # numbers about cases are of no single metric
    for name in set(metrics) - {""}:
        known = find_metric(name)
        words = {name, name.partition("_")[0], known.display.partition(" (")[0]}
        words |= {known.definition.partition(" from ")[0].partition(" per ")[0]} - {""}
        pattern = "|".join(re.escape(word).replace("_", r"\\?_") for word in sorted(words))
        found[name] = re.compile(rf"(?<![A-Za-z])m?(?:{pattern})(?![A-Za-z])", re.I)
    return found


def _of_source(source: Source, results: _Results) -> Iterator[Typed]:
    plain = prose(source.plain)
    lines = source.text.split("\n")
    for start, end in spans(source.plain):
        for number in _NUMBER.finditer(plain, start, end):
            about = _About(source.plain, plain, start, end, number)
            found = [
                match
                for match in results.matches(number[0])
                if about.may_be(match, results.named[match.metric])
            ]
            line = line_of(plain, number.start()) if found else 0
            if found and not OK.search(lines[line - 1]):
                yield Typed(f"{source.name}:{line}", number[0], _keys(found))


@dataclass(frozen=True)
class _About:
    """A number of the text and what stands around it."""

    source: str
    plain: str
    start: int
    end: int
    number: re.Match[str]

    def may_be(self, match: _Match, name: re.Pattern[str]) -> bool:
        """Whether the number looks like this result, not only like its digits."""
        before = self.plain[max(self.start, self.number.start() - 40) : self.number.start()]
        if _POWER.search(before) or _BEHIND.search(before):
            return False
        if _TIMES.match(self.plain, self.number.end()):
            return False
        if match.p and _P.search(before):
            return not _CITES.search(self.source, self.start, self.end)
        unit, enough = self._unit(), self._digits() >= ENOUGH
        named = name.search(self.plain, self.start, self.end) is not None
        if unit in _OTHER - {match.unit} or any(
            unit in words for words in _words_of_others(match.unit)
        ):
            return False
        own = _OF.get(match.unit) or {match.unit} - {""}
        if "." not in self.number[0]:
            return unit in own
        if not match.sure:
            return enough and named and not _CITES.search(self.source, self.start, self.end)
        return named or unit in own or (enough and not _SET.search(before))

    def _unit(self) -> str:
        found = _UNIT.match(self.plain, self.number.end())
        return found[1] if found else ""

    def _digits(self) -> int:
        return len(self.number[0].replace(".", "").lstrip("0"))


def _words_of_others(unit: str) -> list[set[str]]:
    return [words for other, words in _OF.items() if other != unit]


def _keys(found: list[_Match]) -> tuple[str, ...]:
    """What is equal before what is only rounded, results before their spreads."""
    every = [
        (not match.sure, split_key(key).suffix != "", key) for match in found for key in match.keys
    ]
    return tuple(dict.fromkeys(key for *_, key in sorted(every)))
