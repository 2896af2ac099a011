"""Read a whole .bib file as BibTeX does, and say which works stand there under two keys.

Nothing here is written to the paper: entries are compared, and told by key. The file may be
anything; an entry that cannot be read to its end keeps its key and what was read of it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["Work", "doubles", "duplicates", "read_bib"]

_ENTRY = re.compile(r"@\s*([A-Za-z]+)\s*([{(])")
_KEY = re.compile(r"\s*([^\s,{}()\"#%=]+)\s*,")
_FIELD = re.compile(r"\s*,?\s*([A-Za-z][\w:.+/-]*)\s*=\s*")
_JOIN = re.compile(r"\s*#\s*")
_BARE = re.compile(r"[^\s,{}()\"#%=@]+")
_ARXIV = re.compile(
    r"((?:arxiv(?:\.org)?[:/\s]*)?(?:abs/|pdf/)?)(\d{4}\.\d{4,5}|[a-z-]+/\d{7})", re.I
)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_PLACES = ("eprint", "journal", "howpublished", "url", "note", "volume")
_SHORTEST_TITLE = 8  # letters: "Editorial" of two years apart is no work found twice


@dataclass(frozen=True)
class Work:
    """An entry as its file has it; names of fields in lower case."""

    key: str
    fields: Mapping[str, str] = field(default_factory=dict)


def read_bib(text: str) -> list[Work]:
    """Return the entries of a .bib file in their order: @string is put in, @comment left out."""
    strings: dict[str, str] = {}
    found: list[Work] = []
    at = 0
    while head := _ENTRY.search(text, at):
        kind, at = head[1].lower(), head.end()
        if kind in ("comment", "preamble"):
            at = _closed(text, at) if kind == "preamble" or head[2] == "{" else at
        elif kind == "string":
            named, at = _fields(text, at, strings)
            strings |= named
        elif key := _KEY.match(text, at):
            read, at = _fields(text, key.end(), strings)
            found.append(Work(key[1], read))
    return found


def duplicates(authors: Iterable[Work], ours: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield one line for each work that refs.bib has under another key than references.bib.

    Args:
        authors: The entries of refs.bib.
        ours: Fields by key, as in generated/references.bib.
    """
    known = {name: key for key, fields in sorted(ours.items()) for name in _identities(fields)}
    seen: set[str] = set()
    for work in authors:
        if work.key.lower() in seen:
            yield f"refs.bib: '{work.key}' is defined twice, where BibTeX stops; remove one"
            continue
        seen.add(work.key.lower())
        for name in _identities(work.fields):
            key = known.get(name)
            if key is not None and key != work.key:
                yield (
                    f"refs.bib: {work.key} and generated/references.bib: {key} are one work "
                    f"({name}); use one key: call yours {key}"
                )
                break


def doubles(ours: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield one line for each work that generated/references.bib itself has under two keys.

    Args:
        ours: Fields by key, as in generated/references.bib.
    """
    first: dict[str, str] = {}
    for key, fields in sorted(ours.items()):
        names = list(_identities(fields))
        if name := next((name for name in names if name in first), None):
            yield (
                f"generated/references.bib: {first[name]} and {key} are one work ({name}), which "
                "the paper lists twice; use one key: in INFO of the module, or in "
                "models/references.bib"
            )
        for name in names:
            first.setdefault(name, key)


def _identities(fields: Mapping[str, str]) -> Iterator[str]:
    """What tells a work: its DOI, its number at arXiv, its title and year."""
    for name in ("doi", "url"):
        if found := _DOI.search(fields.get(name, "").lower()):
            yield f"doi {found[0].rstrip('.,;}')}"
    for place in _PLACES:
        for found in _ARXIV.finditer(fields.get(place, "")):
            if found[1] or place == "eprint":
                yield f"arXiv {found[2].lower()}"
    title, year = _plain(fields.get("title", "")), fields.get("year", "").strip()
    if len(title.replace(" ", "")) >= _SHORTEST_TITLE and year:
        yield f"'{title}', {year}"


def _plain(title: str) -> str:
    """Letters and digits in lower case, one space between words."""
    letters = unicodedata.normalize("NFKD", re.sub(r"\\[A-Za-z]+|\\.|[{}]", "", title))
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"[\u0300-\u036f]", "", letters).lower()))


def _fields(text: str, at: int, strings: Mapping[str, str]) -> tuple[dict[str, str], int]:
    """The fields from `at` on, and the position behind the last that could be read."""
    found: dict[str, str] = {}
    while name := _FIELD.match(text, at):
        value, end = _value(text, name.end(), strings)
        if value is None:
            return found, end
        found.setdefault(name[1].lower(), " ".join(value.split()))
        at = end
    return found, at


def _value(text: str, at: int, strings: Mapping[str, str]) -> tuple[str | None, int]:
    """Parts that are joined by #; None where one does not end."""
    parts: list[str] = []
    while True:
        if text[at : at + 1] in ("{", '"'):
            end = _closed(text, at + 1, text[at])
            if end == at + 1:
                return None, end
            parts.append(text[at + 1 : end - 1])
        elif bare := _BARE.match(text, at):
            parts.append(strings.get(bare[0].lower(), bare[0]))
            end = bare.end()
        else:
            return None, at
        join = _JOIN.match(text, end)
        if join is None:
            return "".join(parts), end
        at = join.end()


def _closed(text: str, at: int, opening: str = "{") -> int:
    """The position behind the brace or quote that closes; `at` itself where none does."""
    depth = 0
    for match in re.compile(r'[{}"]').finditer(text, at):
        if match[0] == '"':
            if opening == '"' and depth == 0:
                return match.end()
            continue
        depth += 1 if match[0] == "{" else -1
        if depth < 0:
            return match.end() if opening == "{" else at
    return at
