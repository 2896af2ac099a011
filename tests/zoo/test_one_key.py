"""One work has one key and one record, wherever paperkit brings it: a paper lists it once."""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

import pytest

from paperkit import zoo
from paperkit.models import baselines
from paperkit.report.cited import borrowed
from paperkit.report.cited.bibtex import Entry, read_entry

TEMPLATE = Path(__file__).parents[2] / "template/{{cookiecutter.project_slug}}"
FILES = (
    Path(baselines.__file__).with_name("references.bib"),
    Path(borrowed.__file__).with_name("borrowed.bib"),
    TEMPLATE / "paper/refs.bib",
)


def catalogue() -> Iterator[tuple[str, str]]:
    for name in zoo.names():
        info = zoo.info(name)
        yield name, info["bibtex"]
        yield from (
            (f"{name}, {how}", more["bibtex"]) for how, more in info.get("also", {}).items()
        )


def entries() -> Iterator[tuple[str, Entry]]:
    """Every entry, with the place that has it."""
    yield from ((place, read_entry(text)) for place, text in catalogue())
    for file in FILES:
        found = re.findall(r"(?ms)^@\w+\{.*?^\}", file.read_text(encoding="utf-8"))
        yield from ((file.name, read_entry(text)) for text in found)


def plain(title: str) -> str:
    r"""Letters and digits: accents are commands by now, as in {\'{a}}."""
    return re.sub(r"[\W_]", "", re.sub(r"\\[A-Za-z]+\s?", "", title)).casefold()


def record(entry: Entry) -> tuple[str, dict[str, str]]:
    r"""What is printed: {\'a} is {\'{a}}."""
    fields = {name: re.sub(r"(\\\W)(\w)", r"\1{\2}", text) for name, text in entry.fields.items()}
    return entry.kind, fields


def doubles(found: Iterable[tuple[str, Entry]]) -> Iterator[str]:
    for (here, one), (there, other) in combinations(found, 2):
        same = plain(one.fields["title"]) == plain(other.fields["title"])
        if same and one.key != other.key:
            yield f"{here}: {one.key}, {there}: {other.key}: one work, two keys"
        elif one.key == other.key and record(one) != record(other):
            yield f"{here}, {there}: {one.key} has two records"


def test_no_work_has_two_keys_or_two_records() -> None:
    every = list(entries())
    assert {"aspp", "mamba, scan=cross", *(file.name for file in FILES)} <= {p for p, _ in every}
    assert list(doubles(every)) == []


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        (
            "@misc{hu2018senet, title = {squeeze and excitation networks}, year = {2018}}",
            "se: hu2018squeeze, planted: hu2018senet: one work, two keys",
        ),
        (
            "@misc{simonyan2015vgg, title = {Very Deep Convolutional Networks}, year = {2015}}",
            "references.bib, planted: simonyan2015vgg has two records",
        ),
        (
            "@misc{poly, title = {{Kvasir SEG}: a segmented {Polyp} dataset}, year = {2020}}",
            "borrowed.bib: jha2020kvasir, planted: poly: one work, two keys",
        ),
    ],
)
def test_a_planted_double_is_found(planted: str, told: str) -> None:
    assert list(doubles([*entries(), ("planted", read_entry(planted))])) == [told]


def test_accents_in_two_spellings_are_one_record() -> None:
    one, other = (f"@misc{{a, title = {{T}}, author = {{Doll{a}r, P.}}}}" for a in (r"{\'a}", "á"))
    assert list(doubles([("here", read_entry(one)), ("there", read_entry(other))])) == []
