"""How the answers of `paperkit check` are shown: tables, one line per problem, JSON."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from paperkit.cli import console

if TYPE_CHECKING:
    from paperkit.project import Project

__all__ = ["document", "line", "modules", "problems", "shown", "slots"]

KEYS = ("model", "params", "gmacs", "input", "plugs", "slots", "problems", "notes")
SLOT_COLUMNS = ("slot", "channels", "size", "stride", "layout", "replaces", "legal")
Answer = dict[str, Any]


def document(answers: Sequence[Answer], *, single: bool) -> Any:
    """Return what --json prints: one mapping, or a list of them with their ids."""
    found = [{key: a[key] for key in KEYS} | {"problems": problems(a)} for a in answers]
    if single:
        return found[0]
    return [{"id": a["id"], **told} for a, told in zip(answers, found, strict=True)]


def shown(answers: Sequence[Answer], *, single: bool) -> str:
    """Return the plugs of one answer, or one line for each of several."""
    return _one(answers[0]) if single else _many(answers)


def slots(answers: Sequence[Answer]) -> str:
    """Return the table of slots of each model, once."""
    models: dict[str, Answer] = {}
    for answer in answers:
        if answer["slots"]:
            models.setdefault(f"{answer['model']}, input {_shape(answer)}", answer)
    return "\n".join(f"{name}\n{_slots(answer['slots'])}\n" for name, answer in models.items())


def problems(answer: Answer) -> list[dict[str, str]]:
    """Return what does not fit; a model that cannot be built is a problem without a place."""
    error = answer["error"]
    if error is None:
        return list(answer["problems"])
    message = "\n".join(filter(None, [error["message"], error.get("trace")]))
    return [{"at": "", "expression": "", "kind": error["type"], "message": message}]


def line(answer: Answer, problem: dict[str, str]) -> str:
    """One line; code and carets that belong to it stand below."""
    known = answer["error"] is None or "trace" not in answer["error"]
    text = problem["message"] if known else f"{problem['kind']}: {problem['message']}"
    return text.replace("\n", "\n    ")


def _one(answer: Answer) -> str:
    name = answer["id"] if answer["id"] == answer["model"] else f"{answer['id']}: {answer['model']}"
    parts = [f"{name}, input {_shape(answer)}"]
    if answer["plugs"]:
        columns = ("slot", "plug", "channels", "size", "params", "MMACs")
        parts.append(console.table(columns, [_plug(record) for record in answer["plugs"]]))
    if answer["params"] is not None:
        parts.append(f"{_params(answer)} parameters, {_gmacs(answer)} GMACs")
    parts += [f"note: {note}" for note in answer["notes"]]
    return "\n".join([*parts, *([] if problems(answer) else ["fits"])])


def _shape(answer: Answer) -> str:
    return "x".join(map(str, answer["input"]))


def _plug(record: dict[str, Any]) -> tuple[str, ...]:
    into, out = record["channels_in"], record["channels_out"]
    sign = ":= " if record["how"] == "replace" else ""
    return (
        record["slot"],
        f"{sign}{record['expression']}",
        str(out) if into == out else f"{into} -> {out}",
        "x".join(map(str, record["size"])),
        f"{record['params_added']:+,}",
        f"{record['macs_added'] / 1e6:+,.2f}",
    )


def _params(answer: Answer) -> str:
    added = sum(record["params_added"] for record in answer["plugs"])
    return f"{answer['params']:,}" + (f" ({added:+,})" if answer["plugs"] else "")


def _gmacs(answer: Answer) -> str:
    added = sum(record["macs_added"] for record in answer["plugs"]) / 1e9
    return f"{answer['gmacs']:.3g}" + (f" ({added:+.2g})" if answer["plugs"] else "")


def _many(answers: Sequence[Answer]) -> str:
    rows = [
        (
            answer["id"],
            answer["model"] or "?",
            "no" if problems(answer) else "yes",
            "?" if answer["params"] is None else _params(answer),
            "?" if answer["gmacs"] is None else _gmacs(answer),
            "; ".join(_places(answer["plugs"])) or "-",
        )
        for answer in answers
    ]
    text = console.table(("id", "model", "fits", "parameters", "GMACs", "plugs"), rows)
    notes = [f"note: {answer['id']}: {note}" for answer in answers for note in answer["notes"]]
    return "\n".join([text, *notes])


def _places(records: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield "coord_att at encoder.0, encoder.1" for each module."""
    found: dict[str, list[str]] = {}
    for record in records:
        found.setdefault(record["expression"], []).append(record["slot"])
    for expression, places in found.items():
        more = f" and {len(places) - 2} more" if len(places) > 3 else ""
        shown = places[:2] if more else places
        yield f"{expression} at {', '.join(shown)}{more}"


def _slots(rows: Sequence[dict[str, Any]]) -> str:
    cells = [
        (
            row["slot"],
            " + ".join(map(str, row["inputs"])) if len(row["inputs"]) > 1 else row["channels"],
            "x".join(map(str, row["size"])) or "-",
            row["stride"] or "-",
            row["layout"],
            row["component"] or "-",
            ", ".join(row["legal"]) or "-",
        )
        for row in rows
    ]
    return console.table(SLOT_COLUMNS, cells)


def modules(project: "Project") -> str:
    """Name the modules of each kind: the project's own, then the catalogue's."""
    from paperkit import zoo
    from paperkit.errors import UserError

    files = {name: zoo.path(name) for name in zoo.names()}
    files |= {
        file.stem: file
        for file in sorted((project.root / project.package / "modules").glob("[!_]*.py"))
    }
    found: dict[str, list[str]] = {}
    for name, file in files.items():
        try:
            kind = str(zoo.read_info(file).get("kind", ""))
        except UserError:  # a file without INFO is taken for what it does
            kind = ""
        if kind == "loss":  # no plug
            continue
        own = kind in ("fusion", "conv", "up", "down", "block")
        found.setdefault(kind if own else "one input", []).append(name)
    return "\n".join(f"{kind}: {', '.join(sorted(names))}" for kind, names in sorted(found.items()))
