r"""Read BibTeX that nobody vouches for, and write back only what is harmless.

Modules bring their own BibTeX. An entry may hold the fields below, balanced braces, accents and a
few text commands; anything else (``\input``, ``@preamble``, ``^^`` notation, macros) is refused
with the reason. What is left is written in ASCII, fields in a fixed order.
"""

import re
from dataclasses import dataclass

from paperkit.report.cited.bibfield import BadField, read_field, read_names
from paperkit.report.cited.bibfile import read_bib

__all__ = ["BadEntry", "Entry", "keys_of", "read_entry"]

FIELDS = (
    "author", "editor", "title", "journal", "booktitle", "series", "volume", "number", "pages",
    "month", "year", "edition", "publisher", "organization", "institution", "school", "address",
    "howpublished", "type", "archiveprefix", "eprint", "primaryclass", "doi", "url", "isbn",
    "issn", "note",
)  # fmt: skip
_VERBATIM = ("doi", "url", "eprint")
_KINDS = (
    "article", "book", "inbook", "incollection", "inproceedings", "conference", "manual",
    "mastersthesis", "misc", "phdthesis", "proceedings", "techreport", "unpublished", "online",
)  # fmt: skip
_URL = r"[A-Za-z0-9:/?=&._~@+,;()!'-]*"
_HEAD = re.compile(r"\s*@\s*([A-Za-z]+)\s*\{\s*([A-Za-z0-9:_.+/-]+)\s*,")
_NAME = re.compile(r"\s*,?\s*([A-Za-z]+)\s*=\s*")


class BadEntry(ValueError):  # noqa: N818 - it is the entry that is bad
    """BibTeX that is not taken over; the message says why."""


@dataclass(frozen=True)
class Entry:
    """A harmless entry."""

    kind: str
    key: str
    fields: dict[str, str]

    def text(self) -> str:
        """Return the entry as it is written to references.bib."""
        ordered = [name for name in FIELDS if name in self.fields]
        lines = [f"  {name} = {{{self.fields[name]}}}" for name in ordered]
        return f"@{self.kind}{{{self.key},\n" + ",\n".join(lines) + "\n}\n"


def read_entry(text: str) -> Entry:
    """Return the one entry in `text`; unknown fields are left out.

    Raises:
        BadEntry: It is not one plain entry, or a field could do more than print.
    """
    head = _HEAD.match(text)
    if head is None:
        raise BadEntry("it does not begin with @type{key,")
    kind, at = head[1].lower(), head.end()
    if kind not in _KINDS:
        raise BadEntry(f"@{kind} is no type of entry")
    fields: dict[str, str] = {}
    while name := _NAME.match(text, at):
        value, at = _value(text, name.end())
        if name[1].lower() in FIELDS:
            fields[name[1].lower()] = _harmless(name[1].lower(), value)
    if not re.fullmatch(r"\s*,?\s*\}\s*", text[at:]):
        raise BadEntry(f"it cannot be read from '{text[at : at + 20].strip()}' on")
    if "title" not in fields:
        raise BadEntry("it has no title")
    return Entry(kind, head[2], fields)


def keys_of(text: str) -> set[str]:
    """Return the keys that a .bib file defines."""
    return {work.key for work in read_bib(text)}


def _value(text: str, at: int) -> tuple[str, int]:
    """The value that begins at `at`, and the position behind it."""
    if plain := re.compile(r"[A-Za-z0-9]+").match(text, at):
        return plain[0], plain.end()
    opening = text[at : at + 1]
    if opening not in ("{", '"'):
        raise BadEntry(f"a value begins with '{text[at : at + 10]}'")
    depth = 0
    for end in range(at + 1, len(text)):
        char = text[end]
        if depth == 0 and char == ("}" if opening == "{" else '"'):
            return text[at + 1 : end], end + 1
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            break
    raise BadEntry("its braces are not balanced")


def _harmless(field: str, value: str) -> str:
    value = re.sub(r"\s+", " ", value).strip()
    if field in _VERBATIM:
        if not re.fullmatch(_URL, value):
            raise BadEntry(f"its {field} has characters that no {field} has: {value[:40]}")
        return value
    if field in ("howpublished", "note") and re.fullmatch(rf"\\url\{{{_URL}\}}", value):
        return value
    if field == "year" and not re.fullmatch(r"[A-Za-z0-9 .,/-]*", value):
        raise BadEntry(f"its year is no year: {value[:40]}")
    try:
        return read_names(value) if field in ("author", "editor") else read_field(value)
    except BadField as error:
        raise BadEntry(f"its {field} has {error}") from None
