"""Citation and licence of a copied file, from what its owner says; nothing is guessed."""

import re
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.zoo.conform.words import COPYLEFT, fields

__all__ = ["citation", "licence_near", "refuse_copyleft"]

ENTRY = re.compile(r"@(\w+)\s*\{\s*([^,\s]+)\s*,")
LICENCES = {
    "AGPL": re.compile("GNU AFFERO GENERAL PUBLIC LICENSE", re.IGNORECASE),
    "GPL": re.compile("GNU GENERAL PUBLIC LICENSE", re.IGNORECASE),
    "Apache-2.0": re.compile(r"Apache License,?\s+Version 2\.0", re.IGNORECASE),
    "MIT": re.compile(r"MIT License|Permission is hereby granted, free of charge", re.IGNORECASE),
    "BSD": re.compile("Redistribution and use in source and binary forms", re.IGNORECASE),
}
SPDX = re.compile(r"SPDX-License-Identifier:\s*([\w.+-]+)")
NOTHING: dict[str, Any] = {
    "title": "",
    "authors": [],
    "venue": "",
    "year": None,
    "key": "",
    "bibtex": "",
}


def citation(text: str, key: str | None = None) -> dict[str, Any]:
    """Return title, authors, venue, year, key and bibtex of an entry; empty ones for "".

    Args:
        text: A BibTeX file.
        key: The entry that is meant; None where the file has only one.

    Raises:
        UserError: No such entry, or several to choose from.
    """
    if not text.strip():
        return dict(NOTHING)
    found = {match[2]: _entry(text, match.start()) for match in ENTRY.finditer(text)}
    if key is None and len(found) != 1:
        raise UserError(f"the file has {len(found)} BibTeX entries; name one: --cite KEY")
    if key is not None and key not in found:
        raise UserError(f"there is no BibTeX entry {key}; there are: {', '.join(found) or 'none'}")
    key = key or next(iter(found))
    said = fields(" ".join(found[key].split()))
    year = said.get("year", "")
    where = (said.get(name) for name in ("booktitle", "journal", "howpublished", "publisher"))
    return {
        "title": _plain(said.get("title", "")),
        "authors": [_name(a) for a in said.get("author", "").split(" and ") if a.strip()],
        "venue": _plain(next(filter(None, where), "")),
        "year": int(year) if year.isdigit() else None,
        "key": key,
        "bibtex": found[key],
    }


def licence_near(file: Path) -> str:
    """Return the licence that the file, or one of the three folders above it, declares; or "".

    The licence of the student's own project says nothing about what was copied into it.
    """
    head = file.read_text(encoding="utf-8", errors="replace")[:5000]
    spdx = SPDX.search(head)
    if spdx:
        return spdx[1]
    for name, pattern in LICENCES.items():
        if pattern.search(head) or (name in ("GPL", "AGPL") and re.search(rf"\b{name}\b", head)):
            return name
    for folder in list(file.absolute().parents)[:3]:
        if (folder / ".paperkit").is_dir():
            break
        for path in sorted((*folder.glob("LICEN[CS]E*"), *folder.glob("COPYING*"))):
            text = path.read_text(encoding="utf-8", errors="replace")
            found = next((name for name, p in LICENCES.items() if p.search(text)), "")
            if found:
                return found
        if (folder / ".git").exists():
            break
    return ""


def refuse_copyleft(licence: str, file: Path) -> None:
    """Raise UserError for GPL and AGPL."""
    if COPYLEFT.search(licence):
        raise UserError(
            f"{file.name} is under {licence}: whoever publishes a paper's code with it must put "
            "all of it under that licence; write the module from the paper's equations instead "
            "(paperkit modules new NAME)"
        )


def _entry(text: str, start: int) -> str:
    depth, at = 0, text.index("{", start)
    while at < len(text):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            break
    return text[start:at]


def _plain(text: str) -> str:
    return text.replace("{", "").replace("}", "")


def _name(author: str) -> str:
    last, comma, first = author.strip().partition(", ")
    return f"{first} {last}" if comma else last
