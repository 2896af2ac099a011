"""Read one run folder."""

import contextlib
import math
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.runs.files import Files
from paperkit.runs.record import Cite, Model, Run, Selection, Summary, filled
from paperkit.runs.schema import Fields, Form, fields_of, parse_json, shown

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
_CUT = b"0"  # no citation: a list with it is one that was cut


def load_run(folder: Path) -> Run:
    """Return the record of a run folder.

    Raises:
        UserError: A file is not what docs/reference/run-folder.md says; with file and line.
    """
    run = read_run(folder, Files(folder))
    if run is None:
        raise UserError(f"{shown(folder / 'run.json')}: No such file or directory")
    return run


def read_run(folder: Path, files: Files) -> Run | None:
    """Return the record of a run folder, None where there is no run.json; `files` reads it.

    Raises:
        UserError: See load_run.
    """
    content = _read(f"{folder}{os.sep}run.json", files)
    return None if content is None else _run(folder, content, files)


def _read(path: str, files: Files) -> bytes | None:
    try:
        return files.read(path)
    except OSError as error:
        raise UserError(f"{shown(path)}: {error.strerror}") from None


def _run(folder: Path, content: bytes, files: Files) -> Run:
    """The record; its citations, most of the file and the same in most runs, are parsed once.

    They are cut out where the generated code writes them: after a line break, which JSON allows in
    no string, so that what is cut out is a value and what is left is the file without it.
    """
    head, mark, rest = content.partition(b'\n "cites": [\n')
    inside, end, tail = rest.partition(b"\n ]")
    if end:
        with contextlib.suppress(UserError):
            short = fields_of(folder, head + mark + _CUT + end + tail)
            if short.data.get("cites") == [0]:
                return _record(folder, short, _cites_in(inside), files)
    run = fields_of(f"{folder}{os.sep}run.json", content)
    return _record(folder, run, _cites(run), files)


def _record(folder: Path, run: Fields, cites: tuple[Cite, ...], files: Files) -> Run:
    start = f"{folder}{os.sep}"
    values = dict(zip(_RUN.kinds, run.every(_RUN), strict=True))
    for name in _NEEDED:
        if values[name] is None:
            run.need(name, str)
    return filled(Run, values | {
        "folder": folder,
        "git": values["git"] or {},
        "env": values["env"] or {},
        "samples": _samples(run.take("data", dict) or {}),
        "model": _model(run.inner("model")),
        "selection": _selection(run.inner("selection")),
        "cites": cites,
        "plugs": _plugs(f"{start}plugs.json", files),
        "summary": _summary(f"{start}summary.json", files),
        "files": files,
    })  # fmt: skip


def _samples(given: dict[str, Any]) -> dict[str, int]:
    return {split: count for split, count in given.items() if type(count) is int}


def _model(fields: Fields | None) -> Model:
    if fields is None:
        return Model()
    name, params, gmacs, size = fields.every(_MODEL)
    return Model(name, params, gmacs, None if size is None else tuple(size))


def _selection(fields: Fields | None) -> Selection | None:
    return None if fields is None else Selection(*fields.every(_SELECTION))


def _cites(run: Fields) -> tuple[Cite, ...]:
    found = (item.every(_CITE) for item in run.items("cites"))
    return tuple(Cite(*(text or "" for text in texts)) for texts in found)


@lru_cache(maxsize=256)
def _cites_in(items: bytes) -> tuple[Cite, ...]:
    return _cites(fields_of("", b'{"schema": 1, "cites": [%b]}' % items))


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
    classes = fields.inner("per_class")
    return filled(Summary, values | {
        "metrics": _values(fields.inner("metrics")),
        "per_class": {k: _values(classes.inner(k)) for k in classes.data} if classes else {},
        "checkpoint": values["checkpoint"] or {},
    })  # fmt: skip


def _values(fields: Fields | None) -> dict[str, float | None]:
    """Numbers by name; what is not finite is None, text is refused."""
    if fields is None:
        return {}
    given = fields.data
    if set(map(type, given.values())) == {float} and all(map(math.isfinite, given.values())):
        return given
    values = {key: fields.take(key, float) for key in given}
    return {
        key: value if value is not None and math.isfinite(value) else None
        for key, value in values.items()
    }
