"""Spec -> rows: designs, rows given by hand, methods, grid and data sets."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from paperkit.project.yamlfile import flow
from paperkit.sweep.spec import Ablation, Comparison, Method, Plug, Spec

__all__ = ["Draft", "drafts"]


@dataclass(frozen=True)
class Draft:
    """A row before the project has described it.

    Attributes:
        set: Dotted key -> value, what the row sets beyond its components.
        settings: Dotted key -> value as text, everything for train.py but the plugs.
        plugs: Plugs of the active components, in spec order.
    """

    variant: str
    config: str
    on: tuple[str, ...] = ()
    method: str | None = None
    dataset: str | None = None
    set: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    plugs: tuple[Plug, ...] = ()


def drafts(spec: Spec, overrides: Sequence[tuple[str, str]] = ()) -> list[Draft]:
    """Return the rows in table order: baseline first, the full model last.

    Args:
        spec: A checked spec.
        overrides: (key, value as text) of the command line; they win over the spec.
    """
    rows = _ablation(spec) if isinstance(spec, Ablation) else _comparison(spec)
    rows = [combined for row in rows for combined in _grid(row, spec)]
    return [
        _settled(row, spec, name, overrides) for row in rows for name in spec.datasets or [None]
    ]


def _settled(
    row: Draft, spec: Spec, dataset: str | None, overrides: Sequence[tuple[str, str]]
) -> Draft:
    data = spec.datasets[dataset].set if dataset is not None else {}
    values = {**_dotted(data), **_dotted(spec.set), **row.set}
    settings = {key: flow(value) for key, value in values.items()}
    return replace(row, dataset=dataset, settings={**settings, **dict(overrides)})


def _ablation(spec: Ablation) -> list[Draft]:
    names = list(spec.components)
    design = spec.design or (None if spec.rows else "add_one")
    designed = [_variant(spec, on) for on in _design(design, names)]
    by_hand = [
        _variant(spec, [name for name in names if name in row.on], id=row.id, set=row.set)
        for row in spec.rows
    ]
    if designed and by_hand and len(names) > 0 and designed[-1].on == tuple(names):
        return [*designed[:-1], *by_hand, designed[-1]]
    return designed + by_hand


def _design(design: str | None, names: list[str]) -> Iterator[list[str]]:
    """Yield the active components of each row, without repetitions."""
    rows: list[list[str]] = []
    if design == "add_one":
        rows = [[], *([name] for name in names), names]
    elif design == "leave_one_out":
        rows = [[], *([other for other in names if other != name] for name in names), names]
    elif design == "cumulative":
        rows = [names[:count] for count in range(len(names) + 1)]
    elif design == "factorial":
        subsets = (itertools.combinations(names, size) for size in range(len(names) + 1))
        rows = [list(subset) for size in subsets for subset in size]
    yield from (row for place, row in enumerate(rows) if row not in rows[:place])


def _variant(
    spec: Ablation, on: Sequence[str], *, id: str | None = None, set: dict[str, Any] | None = None
) -> Draft:
    plugs = [plug for name in on for plug in spec.components[name]]
    return Draft(
        variant=id or "-".join(on) or "baseline",
        config=spec.baseline,
        on=tuple(on),
        set=_dotted(set or {}),
        plugs=tuple(plugs),
    )


def _comparison(spec: Comparison) -> list[Draft]:
    return [_method(spec, name, method) for name, method in spec.methods.items()]


def _method(spec: Comparison, name: str, method: Method) -> Draft:
    values = {} if method.model is None else {"model.name": method.model}
    return Draft(
        variant=name,
        config=method.config or spec.baseline,
        method=name,
        set={**values, **_dotted(method.set)},
        plugs=tuple(method.plugs),
    )


def _grid(row: Draft, spec: Spec) -> Iterator[Draft]:
    last = [key.rpartition(".")[2] for key in spec.grid]
    short = {
        key: end if last.count(end) == 1 else key for key, end in zip(spec.grid, last, strict=True)
    }
    for values in itertools.product(*spec.grid.values()):
        chosen = dict(zip(spec.grid, values, strict=True))
        parts = [f"{short[key]}{_safe(flow(value))}" for key, value in chosen.items()]
        yield replace(row, variant="-".join([row.variant, *parts]), set={**row.set, **chosen})


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.+-]+", "_", text).strip("_")


def _dotted(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as dotted keys, as train.py takes them on the command line."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict) and value:
            flat.update(_dotted(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat
