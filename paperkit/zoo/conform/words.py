"""Checks of what the file says: INFO, BibTeX, imports. Nothing is executed."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paperkit.zoo.conform.subject import Subject

__all__ = ["COPYLEFT", "bibtex", "fields", "imports", "info"]

REQUIRED = (
    *("name", "title", "authors", "venue", "year", "key", "bibtex", "kind", "arity", "layout"),
    *("equation", "symbols", "params", "needs", "components", "recommended", "variants"),
    *("source", "licence"),
)
OWN = ("name", "own", "kind", "arity", "layout")  # a student's own work cites nobody
OPTIONAL = ("returns", "own", "parts", "note", "also")
KINDS = (
    *("channel", "spatial", "attention", "context", "conv", "block", "fusion", "up", "down"),
    "loss",
)
LOSS = ("noun", "tasks")  # what a sentence calls it; what it can train
TASKS = (["segmentation"], ["segmentation", "classification"])
LAYOUTS = ("NCHW", "NHWC", "NLC")
NEEDS = ("min_hw", "min_channels", "divisible", "min_train_batch")
CITATION = ("title", "authors", "venue", "year", "key", "bibtex")
LIBRARIES = ("torch", "torchvision", "timm")  # what a generated project has
COPYLEFT = re.compile(r"\bA?GPL(?:v?\d|\b)|general public licen[sc]e", re.IGNORECASE)


def info(subject: "Subject") -> str:
    """INFO has every key, with values that the engine, the figures and the paper can use."""
    given = dict(subject.info)
    return "; ".join(_wrong(given, subject.name))


def _wrong(given: dict[str, Any], name: str) -> Iterator[str]:
    own, more = bool(given.get("own")), LOSS if given.get("kind") == "loss" else ()
    absent = [key for key in (*(OWN if own else REQUIRED), *more) if key not in given]
    if absent:
        yield f"INFO lacks {', '.join(absent)}"
    unknown = [key for key in given if key not in (*REQUIRED, *OPTIONAL, *more)]
    if unknown:
        yield f"INFO has unknown keys: {', '.join(unknown)}"
    if given.get("name", name) != name:
        yield f"INFO's name is {given['name']!r}, but the file is {name}.py"
    empty = [key for key in CITATION if not own and key in given and not given[key]]
    if empty:
        yield f"no citation: {', '.join(empty)} of INFO are empty; a paper must cite what it uses"
    if not own and not given.get("licence", "?"):
        yield "no licence: INFO's licence is empty; ask the author, or write from the equations"
    elif COPYLEFT.search(str(given.get("licence", ""))):
        yield f"licence {given['licence']}: code under it cannot be published with a permissive one"
    yield from _wrong_values(given)


def _wrong_values(given: dict[str, Any]) -> Iterator[str]:
    for key, legal in (("kind", KINDS), ("layout", LAYOUTS)):
        if key in given and given[key] not in legal:
            yield f"INFO's {key} is {given[key]!r}, but it is one of {', '.join(legal)}"
    if given.get("kind") == "loss":
        yield from _wrong_loss(given)
    else:
        yield from _wrong_fusion(given)
    extra = [key for key in given.get("needs") or {} if key not in NEEDS]
    if extra:
        yield f"INFO's needs has {', '.join(extra)}, but knows only {', '.join(NEEDS)}"
    equation = str(given.get("equation", ""))
    if equation.count("{") != equation.count("}"):
        yield "INFO's equation has unbalanced braces"
    yield from _wrong_slots(given.get("recommended") or [])


def _wrong_fusion(given: dict[str, Any]) -> Iterator[str]:
    fuses = given.get("kind") == "fusion"
    if (given.get("arity") == 2) != fuses or ("returns" in given) != fuses:
        yield 'kind "fusion", arity 2 and a key "returns" ("fused" or "skip") belong together'
    elif fuses and given["returns"] not in ("fused", "skip"):
        yield f"INFO's returns is {given['returns']!r}, but it is one of fused, skip"


def _wrong_loss(given: dict[str, Any]) -> Iterator[str]:
    if given.get("arity") != 2 or "returns" in given:
        yield 'kind "loss" has arity 2 (logits and target) and no key "returns"'
    noun, tasks = given.get("noun", "?"), given.get("tasks", TASKS[0])
    if not isinstance(noun, str) or not noun or set(noun) & set("\\$_{}"):
        yield f"INFO's noun is {noun!r}, but it is words for a sentence, as in 'Dice loss'"
    if tasks not in TASKS:
        legal = " or ".join(map(str, TASKS))
        yield f"INFO's tasks is {tasks!r}, but it is {legal}"


def _wrong_slots(selectors: list[str]) -> Iterator[str]:
    from paperkit.slots.errors import SlotError
    from paperkit.slots.selector import read_selector

    for selector in selectors:
        try:
            read_selector(selector)
        except SlotError as error:
            yield f"INFO's recommended slot {selector!r}: {str(error).partition(chr(10))[0]}"


def bibtex(subject: "Subject") -> str:
    """The BibTeX entry has INFO's key, year, title and last names."""
    given = dict(subject.info)
    if given.get("own") and not given.get("bibtex"):
        return ""
    text = " ".join(str(given.get("bibtex", "")).split())
    if not text:
        return ""  # `info` says so
    said = fields(text)
    if not re.match(rf"@\w+\{{{re.escape(str(given.get('key')))},", text):
        return f"the BibTeX entry begins {text[:40]!r}, but INFO's key is {given.get('key')!r}"
    year, title = str(given.get("year")), str(given.get("title"))
    if said.get("year") != year:
        return f"the BibTeX entry's year is {said.get('year')}, INFO's is {year}"
    plain = said.get("title", "").replace("{", "").replace("}", "").replace("\\&", "&")
    if plain != title:
        return f"the BibTeX entry's title is {plain!r}, INFO's is {title!r}"
    theirs = [a.split(", ")[0].split()[-1] for a in said.get("author", "?").split(" and ")]
    ours = [str(author).split()[-1] for author in given.get("authors") or []]
    if theirs != ours:
        return f"the BibTeX entry's last names are {theirs}, INFO's are {ours}"
    return ""


def fields(text: str) -> dict[str, str]:
    """Return the fields of one entry; braces inside a value stay."""
    found = {}
    for match in re.finditer(r"(\w+)\s*=\s*\{", text):
        depth, at = 1, match.end()
        while depth and at < len(text):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        found[match[1].lower()] = text[match.end() : at - 1]
    return found


def imports(subject: "Subject") -> str:
    """The file works in any project: torch, torchvision, timm, the standard library."""
    if not subject.text:
        return ""
    parts = {*(subject.info.get("parts") or []), f"_{subject.name}"}  # the latter: a copied file
    foreign = sorted(
        {
            module
            for node in ast.walk(ast.parse(subject.text))
            for module in _modules(node)
            if module.split(".")[0] not in (*LIBRARIES, *sys.stdlib_module_names)
            and module.removeprefix(".") not in parts
        }
    )
    if not foreign:
        return ""
    return (
        f"the file imports {', '.join(foreign)}, but a project has only "
        f"{', '.join(LIBRARIES)} and the standard library"
    )


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    return []
