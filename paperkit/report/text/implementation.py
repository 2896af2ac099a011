"""The paragraph on how everything was trained, from the configurations that were."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from paperkit.latex import Tex, escape, rounded, tex
from paperkit.report.collect import Experiment
from paperkit.report.names import Names
from paperkit.report.signs import method_name
from paperkit.report.text.augmentation import augmentation
from paperkit.report.text.objective import Objective
from paperkit.report.text.settings import Settings
from paperkit.report.text.words import count, listed, plain_number, sentence

__all__ = ["implementation"]

_COMPARED = (
    *("augment.", "optim.", "train.", "eval."),
    *("model.backbone_weights", "model.init_from", "model.freeze"),
)
_LABELS = {
    "optim.lr": "learning rate",
    "optim.weight_decay": "weight decay",
    "optim.name": "optimiser",
    "optim.schedule": "schedule",
    "optim.warmup": "epochs of warm-up",
    "train.epochs": "epochs",
    "train.batch_size": "batch size",
    "train.precision": "precision",
    "model.backbone_weights": "encoder weights",
    "model.init_from": "initial weights",
}
_PRECISION = {
    "fp32": "in single precision",
    "bf16": "in mixed precision (bfloat16)",
    "fp16": "in mixed precision (float16, with a scaled loss)",
}
_LIBRARIES = {
    "smp:": ("segmentation-models-pytorch", "segmentation-models-pytorch"),
    "timm:": ("timm", "timm"),
    "torchvision:": ("torchvision", "torchvision"),
}
_MINUTE, _HOUR = 60, 3600


def implementation(experiment: Experiment, names: Names, objective: Objective) -> Tex | None:
    """Return the paragraph; None where no run left its configuration."""
    settings, cite = objective.settings, objective.cite
    if not settings.rows:
        return None
    every = tex("All #1", "variants" if experiment.plan.kind == "ablation" else "methods")
    parts = [
        *_optimiser(settings, every, cite("AdamW")),
        *_rate(settings, cite("cosine schedule")),
        *objective.clauses(),
        *augmentation(settings),
        *_weights(settings),
        *_stopping(settings, names),
        *_runs(experiment, names),
        *_machine(experiment),
        *_exceptions(experiment, settings, objective, names),
    ]
    return sentence(parts)


def _optimiser(settings: Settings, every: Tex, cite: Tex) -> Iterator[Tex]:
    name, epochs = settings.get("optim.name", str), settings.get("train.epochs", int)
    if name is None or epochs is None:
        return
    momentum = settings.number("optim.momentum")
    if name == "adamw":
        shown = tex("AdamW#1", cite)
    elif name == "sgd" and momentum:
        shown = tex("stochastic gradient descent with momentum #1", plain_number(momentum))
    else:
        shown = Tex("stochastic gradient descent") if name == "sgd" else escape(name)
    decay = settings.number("optim.weight_decay")
    held = tex(" (weight decay #1)", plain_number(decay)) if decay else Tex("")
    how = _PRECISION.get(settings.get("train.precision", str) or "")
    yield tex(
        "#1 were trained with #2#3 for #4#5#6",
        every,
        shown,
        held,
        count(epochs, "epoch"),
        _batches(settings),
        tex(" #1", how) if how else Tex(""),
    )
    if clip := settings.number("train.clip"):
        yield tex("Gradients are clipped to a norm of #1", plain_number(clip))


def _batches(settings: Settings) -> Tex:
    size, steps = settings.get("train.batch_size", int), settings.get("train.accumulate", int)
    if size is None:
        return Tex("")
    batches = tex(" in batches of #1", count(size, "image"))
    if not steps or steps == 1:
        return batches
    return tex(
        "#1, accumulated over #2 to #3", batches, count(steps, "batch", "batches"), size * steps
    )


def _rate(settings: Settings, cite: Tex) -> Iterator[Tex]:
    rate, kind = settings.number("optim.lr"), settings.get("optim.schedule", str)
    if rate is None:
        return
    course = {
        "cosine": tex("follows half a cosine to zero#1", cite),
        "poly": Tex("falls to zero with the power 0.9 of the remaining steps"),
        "constant": Tex("stays constant"),
    }.get(kind or "", Tex(""))
    warmup = settings.number("optim.warmup") or 0
    if warmup:
        over = Tex("epoch") if warmup == 1 else tex("#1 epochs", plain_number(warmup))
        rise = tex("rises linearly to #1 in the first #2", plain_number(rate), over)
        yield tex("The learning rate #1#2", rise, tex(" and then #1", course) if course else "")
    else:
        yield tex(
            "The learning rate is #1#2",
            plain_number(rate),
            tex(" and #1", course) if course else "",
        )
    for group in settings.get("optim.groups", list) or []:
        if isinstance(group, dict) and isinstance(group.get("lr_scale"), int | float):
            scale = plain_number(group["lr_scale"])
            where = tex(r"\texttt{#1}", str(group.get("match", "")))
            yield tex("Parameters named #1 learn at #2 times this rate", where, scale)


def _weights(settings: Settings) -> Iterator[Tex]:
    backbone, start = (
        settings.get(f"model.{key}", str) for key in ("backbone_weights", "init_from")
    )
    if backbone == "imagenet":
        yield Tex("The encoder starts from weights trained on ImageNet")
    elif backbone:
        yield tex(r"The encoder starts from the weights in \texttt{#1}", _last(backbone))
    if start:
        yield tex(r"The network starts from the weights in \texttt{#1}", _last(start))
    if not backbone and not start:
        yield Tex("All weights start at random values")
    if frozen := settings.get("model.freeze", list):
        named = listed(tex(r"\texttt{#1}", str(name)) for name in frozen)
        yield tex("Parameters named #1 are not trained", named)
    if decay := settings.number("train.ema"):
        yield tex(
            "What is evaluated is a moving average of the weights with decay #1",
            plain_number(decay),
        )


def _stopping(settings: Settings, names: Names) -> Iterator[Tex]:
    patience = settings.get("train.early_stop", int)
    monitor = settings.get("eval.monitor", str)
    if patience and monitor:
        yield tex(
            "Training ends early after #1 without a better validation #2",
            count(patience, "epoch"),
            names.tex(monitor),
        )
    if threshold := settings.number("eval.threshold"):
        yield tex("Foreground is what has a probability of #1 or more", plain_number(threshold))


def _runs(experiment: Experiment, names: Names) -> Iterator[Tex]:
    seeds = [
        {run.seed for run in r.runs if run.seed is not None} for r in experiment.results if r.runs
    ]
    what = "variant" if experiment.plan.kind == "ablation" else "method"
    every = sorted(set().union(*seeds)) if seeds else []
    if every and all(own == set(every) for own in seeds):
        word = "seed" if len(every) == 1 else "seeds"
        yield tex(
            "Each #1 was trained with #2 (#3)", what, count(len(every), word, word), listed(every)
        )
    elif every:
        low, high = min(map(len, seeds)), max(map(len, seeds))
        yield tex("A #1 was trained with #2 to #3 seeds", what, low, high)
    chosen = {(r.selection.metric, r.selection.split) for r in experiment.runs if r.selection}
    if len(chosen) == 1:
        metric, split = chosen.pop()
        if metric and split:
            where = {"val": "validation"}.get(split, split)
            yield tex(
                "The epoch with the best #1 #2 was evaluated on the test set, once",
                where,
                names.tex(metric),
            )


def _machine(experiment: Experiment) -> Iterator[Tex]:
    runs = experiment.runs
    versions = sorted(
        {str(run.env["torch"]).partition("+")[0] for run in runs if run.env.get("torch")}
    )
    devices = sorted({_device(str(run.env["device"])) for run in runs if run.env.get("device")})
    if not versions or not devices:
        return
    seconds = [run.seconds for run in runs if run.seconds]
    took = tex("; a run took #1", _duration(seconds)) if seconds else Tex("")
    libraries = [*_libraries(experiment)]
    also = tex(" and #1", listed(libraries)) if libraries else Tex("")
    made = tex("PyTorch #1", listed(versions))
    yield tex("The experiments ran in #1#2 on #3#4", made, also, listed(devices), took)


def _libraries(experiment: Experiment) -> Iterator[str]:
    for prefix, (package, title) in _LIBRARIES.items():
        for run in experiment.runs:
            packages = run.env.get("packages")
            used = (run.model.name or "").startswith(prefix)
            if used and isinstance(packages, dict) and packages.get(package):
                yield f"{title} {packages[package]}"


def _device(text: str) -> str:
    """Call a GPU by its name; a processor's says no more than its kind."""
    kind, _, name = text.partition(" (")
    if kind.startswith("cuda") and name:
        return f"one {name.removesuffix(')')}"
    return {"cpu": "a CPU", "mps": "an Apple GPU"}.get(kind, text)


def _duration(seconds: list[float]) -> Tex:
    """The range of the middle: the median where all are alike, else from ... to ..."""
    low, high, middle = min(seconds), max(seconds), median(seconds)
    unit, size = ("s", 1) if middle < 2 * _MINUTE else ("min", _MINUTE)
    unit, size = (unit, size) if middle < 2 * _HOUR else ("h", _HOUR)
    decimals = 1 if size == _HOUR else 0
    ends = [rounded(value / size, decimals) or "" for value in (low, high)]
    if ends[0] == ends[1]:
        return tex("#1~#2", ends[0], unit)
    return tex("#1 to #2~#3", ends[0], ends[1], unit)


def _exceptions(
    experiment: Experiment, settings: Settings, objective: Objective, names: Names
) -> Iterator[Tex]:
    """One clause for each group of rows that was trained in another way."""
    told: dict[int, list[Tex]] = {id(result): [] for result, _ in settings.rows}
    for result, words in objective.others():
        told[id(result)].append(words)
    for result, key, value in settings.differences(_COMPARED):
        told[id(result)].append(_change(key, value))
    groups: dict[str, tuple[list[str], Tex]] = {}
    for result in [result for result, _ in settings.rows if told[id(result)]]:
        what = listed(told[id(result)])
        name = method_name(experiment, result.row, names)
        dataset = result.row.dataset
        if dataset and len(experiment.datasets) > 1:
            name = f"{name} on {names.plain(dataset)}"
        groups.setdefault(what, ([], what))[0].append(name)
    for who, what in groups.values():
        yield tex("Different for #1: #2", listed(who), what)


def _change(key: str, value: Any) -> Tex:
    label = _LABELS.get(key)
    shown: Tex
    if value is None:
        shown = Tex("none")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        shown = _plain(value)
    else:
        shown = plain_number(value)
    return tex("#1 #2", escape(label) if label else tex(r"\texttt{#1}", key), shown)


def _plain(value: Any) -> Tex:
    if isinstance(value, list):
        return tex("(#1)", Tex(", ").join([_plain(item) for item in value]))
    if isinstance(value, Mapping):
        return tex(r"\texttt{#1}", str(dict(value)))
    return plain_number(value) if isinstance(value, int | float) else escape(_last(str(value)))


def _last(path: str) -> str:
    """The last part of a path: where a file lies on somebody's machine is nobody's business."""
    return path.replace("\\", "/").rpartition("/")[2]
