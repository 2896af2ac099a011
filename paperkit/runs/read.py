"""Read one run folder."""

import contextlib
import math
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.runs.files import Files
from paperkit.runs.record import Cite, Model, Run, Selection, Summary
from paperkit.runs.schema import Fields, fields_of, parse_json, shown

__all__ = ["READ", "load_run", "read_run"]

READ = ("run.json", "summary.json", "plugs.json")
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
    return Run(
        folder=folder,
        id=run.need("id", str),
        experiment=run.need("experiment", str),
        variant=run.need("variant", str),
        status=run.need("status", str),
        method=run.take("method", str),
        dataset=run.take("dataset", str),
        seed=run.take("seed", int),
        fold=run.take("fold", int),
        attempt=run.take("attempt", int),
        started=run.take("started", str),
        ended=run.take("ended", str),
        seconds=run.take("seconds", float),
        command=run.take("command", str),
        config_sha256=run.take("config_sha256", str),
        code_sha256=run.take("code_sha256", str),
        data_sha256=run.take("data_sha256", str),
        samples=_samples(run.take("data", dict) or {}),
        git=run.take("git", dict) or {},
        env=run.take("env", dict) or {},
        model=_model(run.inner("model")),
        throughput=run.take("throughput", float),
        peak_mib=run.take("peak_mib", float),
        selection=_selection(run.inner("selection")),
        metric_spec=run.take("metric_spec", str),
        cites=cites,
        error=run.take("error", str),
        plugs=_plugs(start + "plugs.json", files),
        summary=_summary(start + "summary.json", files),
        files=files,
    )


def _samples(given: dict[str, Any]) -> dict[str, int]:
    return {split: count for split, count in given.items() if type(count) is int}


def _model(fields: Fields | None) -> Model:
    if fields is None:
        return Model()
    size = fields.take("input", list)
    return Model(
        fields.take("name", str),
        fields.take("params", int),
        fields.take("gmacs", float),
        None if size is None else tuple(size),
    )


def _selection(fields: Fields | None) -> Selection | None:
    if fields is None:
        return None
    return Selection(
        fields.take("metric", str),
        fields.take("mode", str),
        fields.take("split", str),
        fields.take("epoch", int),
        fields.take("value", float),
    )


def _cites(run: Fields) -> tuple[Cite, ...]:
    return tuple(
        Cite(
            item.take("key", str) or "",
            item.take("bibtex", str) or "",
            item.take("for", str) or "",
        )
        for item in run.items("cites")
    )


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
    classes = fields.inner("per_class")
    return Summary(
        split=fields.take("split", str),
        metric_spec=fields.take("metric_spec", str),
        n_cases=fields.take("n_cases", int),
        metrics=_values(fields.inner("metrics")),
        per_class={name: _values(classes.inner(name)) for name in classes.data} if classes else {},
        checkpoint=fields.take("checkpoint", dict) or {},
    )


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
