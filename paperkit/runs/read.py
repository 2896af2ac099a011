"""Read one run folder."""

import math
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.runs.record import Cite, Model, Run, Selection, Summary
from paperkit.runs.schema import Fields, read_fields, read_json, shown

__all__ = ["load_run"]


def load_run(folder: Path) -> Run:
    """Return the record of a run folder.

    Raises:
        UserError: A file is not what docs/reference/run-folder.md says; with file and line.
    """
    run = read_fields(folder / "run.json")
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
        git=run.take("git", dict) or {},
        env=run.take("env", dict) or {},
        model=_model(run.inner("model")),
        throughput=run.take("throughput", float),
        peak_mib=run.take("peak_mib", float),
        selection=_selection(run.inner("selection")),
        metric_spec=run.take("metric_spec", str),
        cites=tuple(_cite(item) for item in run.items("cites")),
        error=run.take("error", str),
        plugs=_plugs(folder / "plugs.json"),
        summary=_summary(folder / "summary.json"),
    )


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


def _cite(fields: Fields) -> Cite:
    return Cite(
        fields.take("key", str) or "",
        fields.take("bibtex", str) or "",
        fields.take("for", str) or "",
    )


def _plugs(path: Path) -> tuple[dict[str, Any], ...]:
    if not path.is_file():
        return ()
    data, _ = read_json(path)
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise UserError(f"{shown(path)}:1: expected a list of objects")
    return tuple(data)


def _summary(path: Path) -> Summary | None:
    if not path.is_file():
        return None
    fields = read_fields(path)
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
    values = {key: fields.take(key, float) for key in fields.data}
    return {
        key: value if value is not None and math.isfinite(value) else None
        for key, value in values.items()
    }
