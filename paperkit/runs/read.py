"""Read one run folder."""

import contextlib
import math
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from paperkit.errors import UserError
from paperkit.runs.files import Files
from paperkit.runs.members import members
from paperkit.runs.record import Cite, Model, Run, Selection, Summary, filled
from paperkit.runs.schema import Fields, Form, checked, fields_of, parse_json, shown

__all__ = ["load_run", "read_run"]

_NEEDED = ("id", "experiment", "variant", "status")
_RUN = Form(
    **dict.fromkeys(_NEEDED, str), method=str, dataset=str, seed=int, fold=int, attempt=int,
    started=str, ended=str, seconds=float, command=str, config_sha256=str, code_sha256=str,
    data_sha256=str, git=dict, env=dict, throughput=float, peak_mib=float, metric_spec=str,
    error=str,
)  # fmt: skip
_MODEL = Form(name=str, params=int, gmacs=float, input=list)
_SELECTION = Form(metric=str, mode=str, split=str, epoch=int, value=float)
_CITE = Form(**{"key": str, "bibtex": str, "for": str})
_SUMMARY = Form(
    split=str, metric_spec=str, n_cases=int, metrics=dict, per_class=dict, checkpoint=dict
)


def load_run(folder: Path) -> Run:
    """Return the record of a run folder.

    Raises:
        UserError: A file is not what docs/reference/run-folder.md says; with file and line.
    """
    run = read_run(str(folder), Files(folder))
    if run is None:
        raise UserError(f"{shown(folder / 'run.json')}: No such file or directory")
    return run


def read_run(folder: str, files: Files) -> Run | None:
    """Return the record of a run folder, None where there is no run.json; `files` reads it.

    Raises:
        UserError: See load_run.
    """
    path = f"{folder}{os.sep}run.json"
    content = _read(path, files)
    if content is None:
        return None
    with contextlib.suppress(UnicodeDecodeError):
        text = content.decode("utf-8")
        if found := members(text, _member):
            return _record(folder, checked(Fields(found[0], path, text)), found[1], files)
    return _record(folder, fields_of(path, content), {}, files)


def _read(path: str, files: Files) -> bytes | None:
    try:
        return files.read(path)
    except OSError as error:
        raise UserError(f"{shown(path)}: {error.strerror}") from None


@lru_cache(maxsize=1 << 12)
def _member(piece: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A member of run.json, and what the record has of it unless it is wrong."""
    found = from_json('{"' + piece + "}")
    with contextlib.suppress(UserError):
        fields = Fields(found, "", "")
        return found, {key: _PARTS[key](fields) for key in found if key in _PARTS}
    return found, {}


def _record(folder: str, run: Fields, made: dict[str, Any], files: Files) -> Run:
    """The record; `made` are parts of it that are known already."""
    start = f"{folder}{os.sep}"
    values = dict(zip(_RUN.kinds, run.every(_RUN), strict=True))
    for name in _NEEDED:
        if values[name] is None:
            run.need(name, str)
    parts = {key: made[key] if key in made else of(run) for key, of in _PARTS.items()}
    samples = parts.pop("data")
    return filled(Run, values | parts | {
        "_place": folder,
        "git": values["git"] or {},
        "env": values["env"] or {},
        "samples": samples,
        "plugs": _plugs(f"{start}plugs.json", files),
        "summary": _summary(f"{start}summary.json", files),
        "files": files,
    })  # fmt: skip


def _samples(run: Fields) -> dict[str, int]:
    given = run.take("data", dict) or {}
    return {split: count for split, count in given.items() if type(count) is int}


def _model(run: Fields) -> Model:
    fields = run.inner("model")
    if fields is None:
        return Model()
    name, params, gmacs, size = fields.every(_MODEL)
    return Model(name, params, gmacs, None if size is None else tuple(size))


def _selection(run: Fields) -> Selection | None:
    fields = run.inner("selection")
    return None if fields is None else Selection(*fields.every(_SELECTION))


def _cites(run: Fields) -> tuple[Cite, ...]:
    found = (item.every(_CITE) for item in run.items("cites"))
    return tuple(Cite(*(text or "" for text in texts)) for texts in found)


_PARTS: dict[str, Callable[[Fields], Any]] = {
    "data": _samples,
    "model": _model,
    "selection": _selection,
    "cites": _cites,
}


def _plugs(path: str, files: Files) -> tuple[dict[str, Any], ...]:
    content = _read(path, files)
    if content is None:
        return ()
    known = _plugs_in(content)
    if known is None:
        parse_json(path, content)
        raise UserError(f"{shown(path)}:1: expected a list of objects")
    return known


@lru_cache(maxsize=256)
def _plugs_in(content: bytes) -> tuple[dict[str, Any], ...] | None:
    """The plugs, the same in every seed; None where it is something else."""
    with contextlib.suppress(UserError):
        data, _ = parse_json("", content)
        if isinstance(data, list) and all(isinstance(item, dict) for item in data):
            return tuple(data)
    return None


def _summary(path: str, files: Files) -> Summary | None:
    content = _read(path, files)
    if content is None:
        return None
    fields = fields_of(path, content)
    values = dict(zip(_SUMMARY.kinds, fields.every(_SUMMARY), strict=True))
    classes = Fields(values["per_class"] or {}, path, fields.text)
    return filled(Summary, values | {
        "metrics": _values(fields, "metrics"),
        "per_class": {name: _values(classes, name) for name in classes.data},
        "checkpoint": values["checkpoint"] or {},
    })  # fmt: skip


def _values(fields: Fields, key: str) -> dict[str, float | None]:
    """Numbers by name; what is not finite is None, text is refused."""
    given = fields.take(key, dict) or {}
    if set(map(type, given.values())) == {float} and all(map(math.isfinite, given.values())):
        return given
    inner = Fields(given, fields.path, fields.text)
    values = {name: inner.take(name, float) for name in given}
    return {
        name: value if value is not None and math.isfinite(value) else None
        for name, value in values.items()
    }
