"""What a spec may not say, beyond the types of its keys."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from paperkit.project.nearest import nearest
from paperkit.project.yamlfile import Document, Key
from paperkit.sweep import ids

if TYPE_CHECKING:
    from paperkit.sweep.spec import Ablation, Comparison

__all__ = ["faults"]

# paperkit itself says these to train.py
OWNED = {
    "seed": "list the seeds under seeds:",
    "plugs": "name the modules under components: (or a method's plugs:)",
}
Found = Iterator[tuple[Key, str]]


def faults(document: Document, spec: "Ablation | Comparison") -> list[str]:
    """Return every mistake as "file:line: message", in the order of the file's parts."""
    kind = _ablation if spec.kind == "ablation" else _comparison
    checks: list[Callable[..., Found]] = [_names, _owned, _repetitions, _literature, kind]
    found = [(key, message) for check in checks for key, message in check(spec)]
    return list(dict.fromkeys(f"{document.place(key)}: {message}" for key, message in found))


def _names(spec: "Ablation | Comparison") -> Found:
    yield from _named("experiment", [spec.experiment], ("experiment",), single=True)
    yield from _named("dataset", spec.datasets, ("datasets",))
    for name in spec.datasets:
        if name in (spec.metrics or ()):
            yield ("datasets", name), f"dataset '{name}' has the name of a metric; choose another"


def _named(kind: str, names: Iterable[str], at: Key, *, single: bool = False) -> Found:
    for name in names:
        message = ids.fault(kind, name)
        if message:
            yield at if single else (*at, name), message
    pair = ids.twins(names)
    if pair:
        yield (
            (*at, pair[1]),
            f"{kind}s '{pair[0]}' and '{pair[1]}' are one folder on Windows and macOS; rename one",
        )


def _owned(spec: "Ablation | Comparison") -> Found:
    places: list[tuple[Key, Iterable[str]]] = [(("set",), spec.set), (("grid",), spec.grid)]
    places += [(("datasets", name, "set"), data.set) for name, data in spec.datasets.items()]
    if spec.kind == "ablation":
        places += [(("rows", number, "set"), row.set) for number, row in enumerate(spec.rows)]
    else:
        places += [(("methods", name, "set"), method.set) for name, method in spec.methods.items()]
    for at, keys in places:
        for key in keys:
            if key in OWNED:
                yield (*at, key), f"'{key}' cannot be set here; {OWNED[key]}"


def _repetitions(spec: "Ablation | Comparison") -> Found:
    if not spec.seeds:
        yield ("seeds",), "seeds is empty; write seeds: [0, 1, 2]"
    for number, seed in enumerate(spec.seeds):
        if seed < 0 or seed in spec.seeds[:number]:
            what = "is given twice" if seed >= 0 else "is negative"
            yield ("seeds", number), f"seed {seed} {what}; seeds are distinct numbers from 0"
    for key, values in spec.grid.items():
        if not values:
            yield ("grid", key), f"grid: '{key}' has no values; list at least one"
    for number, metric in enumerate(spec.metrics or ()):
        if not metric.endswith(("_set", "_img")):
            known = ("iou_set", "dice_set", "iou_img", "dice_img", "acc_set", "top5_set", "f1_set")
            yield ("metrics", number), f"unknown metric '{metric}'{nearest(metric, known)}"


def _literature(spec: "Ablation | Comparison") -> Found:
    for method, entry in spec.literature.items():
        for name, value in entry.items():
            at = ("literature", method, name)
            if name == "cite":
                continue
            if isinstance(value, dict):
                if spec.datasets and name not in spec.datasets:
                    yield at, f"unknown dataset '{name}'{nearest(name, spec.datasets)}"
                value = list(value.values())
            for number in value if isinstance(value, list) else [value]:
                if isinstance(number, bool) or not isinstance(number, int | float):
                    yield at, f"literature: {number!r} is not a number"


def _ablation(spec: "Ablation") -> Found:
    yield from _named("component", spec.components, ("components",))
    if not spec.components and not spec.rows and not spec.grid:
        yield (), "an ablation needs components: (or rows: or grid:)"
    for name, plugs in spec.components.items():
        if not plugs:
            yield (
                ("components", name),
                f"component '{name}' has no plug; write {{at: ..., use: ...}}",
            )
    for number, row in enumerate(spec.rows):
        at: Key = ("rows", number)
        for name in row.on:
            if name not in spec.components:
                yield at, f"unknown component '{name}'{nearest(name, spec.components)}"
        yield from _row_id(spec, number, at)


def _row_id(spec: "Ablation", number: int, at: Key) -> Found:
    row = spec.rows[number]
    natural = "-".join(name for name in spec.components if name in row.on) or "baseline"
    if row.id is None:
        if row.set:
            yield at, "a row with set: needs an id:"
        return
    message = ids.fault("variant", row.id)
    if message:
        yield (*at, "id"), message
    parts = row.id.split("-")
    reads_as = all(part in spec.components for part in parts) or row.id in ("baseline", "full")
    is_full = row.id == "full" and set(row.on) == set(spec.components)
    if reads_as and not is_full and row.id != natural:
        yield (*at, "id"), f"row '{row.id}' is '{natural}' by its components; choose another id"


def _comparison(spec: "Comparison") -> Found:
    yield from _named("method", spec.methods, ("methods",))
    if not spec.methods:
        yield ("methods",), "a comparison needs methods:"
    for name, method in spec.methods.items():
        if method.model is None and method.config is None:
            yield (
                ("methods", name),
                f"method '{name}' needs model: (on the baseline's configuration) or config:",
            )
