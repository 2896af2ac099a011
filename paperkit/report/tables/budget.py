"""What a row was given to train with, as config.yaml says; tables say where rows differ in it.

Early stopping spends less of an equal budget, so it is no difference; learning rate and loss belong
to a method. The size of the input and the data themselves are compared elsewhere (notes.py).
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml

from paperkit.report.collect import Result
from paperkit.runs import Run

__all__ = ["budget", "configuration", "differences"]

# what a footnote calls it: the keys that it is made of
PARTS = {
    "epochs": ("train.epochs",),
    "batch size": ("train.batch_size", "train.accumulate"),
    "precision": ("train.precision",),
    "encoder weights": ("model.backbone_weights",),
    "initial weights": ("model.init_from",),
    "augmentation": (),
}
_AUGMENT = "augment."
_SECTION = re.compile(r"^(?=[A-Za-z_])", re.MULTILINE)
Told = Mapping[str, frozenset[str]]


def configuration(run: Run) -> dict[str, Any]:
    """Return a run's config.yaml as dotted keys; empty where there is none that can be read."""
    try:
        text = (run.folder / "config.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    found: dict[str, Any] = {}
    for section in _SECTION.split(text):
        if not section.startswith("_"):  # where the values come from is of no interest here
            found.update(_section(section))
    return found


def budget(result: Result) -> Told:
    """Return what the runs of a row were given: {part: values as text, one unless they differ}.

    Runs of one plan have one configuration, so only the first is read; of imported runs, all are.
    """
    runs = result.runs if "imported" in result.each("status") else result.runs[:1]
    found: dict[str, set[str]] = {}
    for run in runs:
        for part, value in _parts(run):
            found.setdefault(part, set()).add(value)
    return {
        **{part: frozenset(values) for part, values in found.items()},
        "runs": frozenset([str(len(result.row.runs))]),
    }


def differences(given: Told, usual: Told) -> Iterator[str]:
    """Yield one clause for each part in which a row differs: "epochs: 100 instead of 50"."""
    for part, values in given.items():
        others = usual.get(part, values)
        if values == others:
            continue
        ours, theirs = " and ".join(sorted(values)), " and ".join(sorted(others))
        if part == "augmentation":
            ours, theirs = _unlike(ours, theirs)
        yield f"{part}: {ours} instead of {theirs}"


def _parts(run: Run) -> Iterator[tuple[str, str]]:
    values = configuration(run)
    epochs = values.get("train.epochs")
    if not values and run.status == "imported":
        epochs = max((row.epoch for row in run.history()), default=None)
    if epochs is not None:
        yield "epochs", str(epochs)
    if "train.batch_size" in values:
        steps = values.get("train.accumulate") or 1
        times = f" accumulated {steps} times" if steps != 1 else ""
        yield "batch size", f"{values['train.batch_size']}{times}"
    for part in ("precision", "encoder weights", "initial weights"):
        (key,) = PARTS[part]
        if key in values:
            yield part, _weights(values[key])
    drawn = {key.removeprefix(_AUGMENT): v for key, v in values.items() if key.startswith(_AUGMENT)}
    if drawn:
        yield "augmentation", ", ".join(f"{key} {_short(v)}" for key, v in sorted(drawn.items()))


def _unlike(ours: str, theirs: str) -> tuple[str, str]:
    """Of two lists of settings, those that are not in both."""
    first, second = ours.split(", "), theirs.split(", ")
    return (
        ", ".join(item for item in first if item not in second) or "none",
        ", ".join(item for item in second if item not in first) or "none",
    )


def _weights(value: Any) -> str:
    """The last part of a path: where a file lies on somebody's machine is nobody's business."""
    return "none" if value is None else re.split(r"[/\\]", str(value))[-1]


def _short(value: Any) -> str:
    if isinstance(value, list):
        return " to ".join(map(_short, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


@lru_cache(maxsize=1024)
def _section(text: str) -> dict[str, Any]:
    """A top-level key as dotted keys. Most runs share most sections, so each is parsed once."""
    try:
        data = yaml.load(text, Loader=_loader())
    except yaml.YAMLError:
        return {}
    found: dict[str, Any] = {}
    for key, value in data.items() if isinstance(data, dict) else ():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        found.update({f"{key}.{name}" if name else str(key): item for name, item in inner})
    return found


def _loader() -> Any:
    """A safe loader, the one in C where PyYAML has it."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
