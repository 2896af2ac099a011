"""The configuration: every key, its meaning and its default; and how files become one.

A file may name a parent (`_base_: baseline.yaml`); later wins: parent, file, command line. Every
value remembers where it came from (`Config.origins`). Paths are from the project's root.
"""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from . import layers
from .yamlfile import YamlError

ROOT = Path(__file__).resolve().parent.parent
MONITORS = {
    "segmentation": ("iou_set", "dice_set", "iou_img", "dice_img", "acc_set", "loss"),
    "classification": ("acc_set", "top5_set", "f1_set", "loss"),
}
LOSSES = {
    "ce": {"class_weights", "label_smoothing"},
    "dice": {"smooth"},
    "focal": {"gamma", "alpha"},
    "dice_ce": {"class_weights", "label_smoothing", "smooth", "dice_weight", "ce_weight"},
}


class ConfigError(ValueError):
    """The configuration is wrong; one line per problem: place, key, value, way out."""


def _later(value: Any) -> None:
    if value is not None:
        raise ValueError("this template cannot do that yet; leave the key out, or null")


Later = Annotated[None, BeforeValidator(_later)]
Size = Annotated[
    list[Annotated[int, Field(ge=1)]],
    BeforeValidator(lambda value: [value, value] if type(value) is int else value),
    Field(min_length=2, max_length=2),
]
Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]


class Section(BaseModel):
    """No unknown keys, no guessing of types, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Data(Section):
    """What is read. Patterns hold {id}, and {split} or {class}; palette[i] is class i's value."""

    name: str = "synthetic"
    root: str | None = None
    images: str | None = None
    masks: str | None = None
    size: Size = [64, 64]  # H, W
    channels: Count = 3
    class_names: Annotated[list[str], Field(min_length=2)]
    ignore_index: Annotated[int, Field(ge=0, le=255)] | None = None
    palette: list[int] | list[list[int]] | None = None
    mean: list[float] | None = None  # per channel, in 0..1 units
    std: list[Positive] | None = None
    spacing: Later = None
    split: str | None = None  # split.json; null: the folders are the split
    folds: Later = None
    group: str | None = None
    leaks: Literal["error", "warn"] = "error"
    limit: Count | None = None  # at most this many samples of each split
    workers: Natural = 0
    cache: Literal["auto", "ram", "off"] = "auto"  # decoded samples; auto: up to 1/4 of the RAM

    @property
    def classes(self) -> int:
        """Number of classes, the ignored one not counted."""
        return len(self.class_names)

    @model_validator(mode="after")
    def _fits(self) -> "Data":
        for key in ("mean", "std"):
            value = getattr(self, key)
            if value is not None and len(value) != self.channels:
                raise ValueError(f"{key} has {len(value)} values for {self.channels} channel(s)")
        if self.palette is not None and len(self.palette) < self.classes:
            raise ValueError(f"palette has {len(self.palette)} entries for {self.classes} classes")
        if self.name != "synthetic" and not (self.root and self.images):
            raise ValueError("root and images are needed (only name: synthetic goes without)")
        return self


class Model(Section):
    """name: unet, resnet18|34|50, smp:ARCH/ENCODER, or package.module:factory of this project."""

    name: str = "unet"
    width: Count = 64  # channels of the finest level; of unet and resnet only
    backbone_weights: str | None = None  # null, imagenet or a file of weights
    init_from: str | None = None  # a checkpoint of this project
    freeze: list[str] = []  # patterns of parameter names that do not train


class Plug(Section):
    """A module at a slot, see slots/."""

    at: str
    use: str
    how: Literal["insert", "replace"] = "insert"
    init: Literal["native", "identity", "small", "zero_last"] = "native"
    match: Count | None = None  # how many places it must hit


class Loss(Section):
    """name, and the parameters of that loss only."""

    name: Literal["ce", "dice", "focal", "dice_ce"] = "ce"
    class_weights: list[Positive] | None = None
    label_smoothing: Fraction | None = None
    smooth: Annotated[float, Field(ge=0)] | None = None
    gamma: Annotated[float, Field(ge=0)] | None = None
    alpha: Fraction | None = None
    dice_weight: Positive | None = None
    ce_weight: Positive | None = None

    @model_validator(mode="after")
    def _own_parameters(self) -> "Loss":
        given = {key for key, value in self if value is not None} - {"name"}
        for key in sorted(given - LOSSES[self.name]):
            known = ", ".join(sorted(LOSSES[self.name]))
            raise ValueError(f"{key} is no parameter of {self.name} (it has: {known})")
        return self


def _ordered(value: list[float]) -> list[float]:
    if value[0] > value[1]:
        raise ValueError("the first number must not be larger than the second")
    return value


class Augment(Section):
    """Drawn anew per (seed, epoch, index); everything is off unless set."""

    hflip: Fraction = 0.0  # probability
    vflip: Fraction = 0.0
    scale: Annotated[
        list[Positive], Field(min_length=2, max_length=2), AfterValidator(_ordered)
    ] = [1.0, 1.0]  # zoom, log-uniform
    rotate: Annotated[float, Field(ge=0, le=180)] = 0.0  # degrees, both ways
    brightness: Fraction = 0.0  # added, both ways
    contrast: Fraction = 0.0  # factor 1 ± this


class Optim(Section):
    """warmup is in epochs; groups are the first pattern of parameter names that fits."""

    class Group(Section):
        match: str  # such as "encoder.*"
        lr_scale: Annotated[float, Field(ge=0)] = 1.0
        weight_decay: Annotated[float, Field(ge=0)] | None = None

    name: Literal["adamw", "sgd"] = "adamw"
    lr: Positive = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    momentum: Fraction = 0.9  # sgd only
    schedule: Literal["cosine", "poly", "constant"] = "cosine"
    warmup: Annotated[float, Field(ge=0)] = 0.0
    groups: list[Group] = []


class Train(Section):
    """The budget and how it is spent. accumulate changes what BatchNorm sees: batch_size only."""

    epochs: Count = 100
    batch_size: Count = 8
    accumulate: Count = 1
    clip: Positive | None = None  # largest norm of the gradient
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    perf: Literal["auto", "off"] = "off"  # auto: channels_last, and on CUDA TF32 and tuned kernels
    ema: Annotated[float, Field(gt=0, lt=1)] | None = None  # decay, such as 0.999
    compile: bool = False
    early_stop: Count | None = None  # epochs without a better monitor


class Eval(Section):
    """monitor chooses the best checkpoint, on val. threshold: of the foreground, two classes only."""

    monitor: str | None = None
    mode: Literal["max", "min"] | None = None
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    postprocess: Later = None
    tta: Later = None
    sliding_window: Later = None


class Config(Section):
    """All of it. `origins` says for each dotted key "file:line", "command line" or "default"."""

    task: Literal["segmentation", "classification"] = "segmentation"
    seed: Natural = 0  # never changes the split
    fold: Natural | None = None
    data: Data
    model: Model = Model()
    plugs: list[Plug] = []
    loss: Loss = Loss()
    augment: Augment = Augment()
    optim: Optim = Optim()
    train: Train = Train()
    eval: Eval = Eval()
    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def origins(self) -> dict[str, str]:
        return self._origins

    @field_validator("fold")
    @classmethod
    def _no_folds(cls, value: int | None) -> int | None:
        if value is not None:
            raise ValueError("there are no folds: data.folds is not set")
        return value

    @model_validator(mode="before")
    @classmethod
    def _monitor(cls, values: Any) -> Any:
        """The default monitor is the task's first metric; a loss is best when it is small."""
        given = values.get("eval") if isinstance(values, dict) else None
        if isinstance(values, dict) and (given is None or isinstance(given, dict)):
            known = MONITORS.get(values.get("task", "segmentation"), ("loss",))
            monitor = (given or {}).get("monitor") or known[0]
            mode = (given or {}).get("mode") or ("min" if monitor == "loss" else "max")
            values = {**values, "eval": {**(given or {}), "monitor": monitor, "mode": mode}}
        return values

    @model_validator(mode="after")
    def _agrees(self) -> "Config":
        known = MONITORS[self.task]
        if self.eval.monitor not in known:
            raise ValueError(
                f"eval.monitor={self.eval.monitor} is no metric of {self.task}"
                f"{_nearest(self.eval.monitor, known)}; known: {', '.join(known)}"
            )
        if self.task == "classification" and self.loss.name in ("dice", "dice_ce"):
            raise ValueError(f"loss.name={self.loss.name} compares masks; for classes use ce or focal")
        weights = self.loss.class_weights
        if weights is not None and len(weights) != self.data.classes:
            raise ValueError(
                f"loss.class_weights has {len(weights)} values for {self.data.classes} classes"
            )
        if self.eval.threshold is not None and self.data.classes != 2:
            raise ValueError("eval.threshold needs two classes; leave it out, the largest logit wins")
        return self


def load(path: str | Path, overrides: Sequence[str] = (), plugs: Sequence[str] = ()) -> Config:
    """The configuration of a file, with "key.sub=value" and "SLOT=EXPR" laid over it.

    Raises ConfigError: one line per problem, with file:line, value and way out.
    """
    path = Path(path)
    path = path if path.is_absolute() or path.is_file() else ROOT / path
    try:
        data, origins = layers.override(*layers.read(path, ROOT), overrides)
    except YamlError as error:
        raise ConfigError(str(error)) from None
    if plugs:
        first = len(data.get("plugs") or [])
        data["plugs"] = [*(data.get("plugs") or []), *map(plug, plugs)]
        origins |= {f"plugs.{first + n}": "command line" for n in range(len(plugs))}
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        place = layers.shown(path.resolve(), ROOT)
        lines = [_problem(item, origins, place) for item in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None
    leaves = map(layers.dotted, layers.leaves(config.model_dump()))
    config.origins.update({key: origins.get(key, "default") for key in leaves})
    return config


def plug(text: str) -> dict[str, str]:
    """The `plugs:` entry of "SLOT=EXPR" (insert) or "SLOT:=EXPR" (replace)."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char in "[({") - (char in "])}")
        if char == "=" and depth == 0:
            replaced = text[:index].endswith(":")
            at, use = text[: index - replaced].strip(), text[index + 1 :].strip()
            return {"at": at, "use": use, "how": "replace" if replaced else "insert"}
    raise ConfigError(f"--plug {text!r}: must be SLOT=EXPR, such as encoder.*=coord_att")


def dump(config: Config) -> dict[str, Any]:
    """Plain data that load reads back equal, with the origin of each value beside it."""
    return {**config.model_dump(mode="json"), "_origins_": dict(sorted(config.origins.items()))}


def _problem(item: Any, origins: dict[str, str], file: str) -> str:
    """One line for one of pydantic's errors: place, key, value, way out."""
    key = _path(item["loc"])
    name = layers.dotted(key)
    places = [origins.get(layers.dotted(key[:end])) for end in range(len(key), 0, -1)]
    place = next(filter(None, places), file)
    if item["type"] == "extra_forbidden":
        known = sorted(_section(key[:-1]).model_fields)
        near = _nearest(str(key[-1]), known)
        return f"{place}: {name}: unknown key{near}; known: {', '.join(known)}"
    if item["type"] == "missing":
        return f"{place}: {name}: missing; add it"
    message = item["msg"].removeprefix("Value error, ")
    message = message if item["type"] == "value_error" else message[:1].lower() + message[1:]
    if isinstance(item["input"], dict | BaseModel):
        return f"{place}: {name}: {message}" if name else f"{place}: {message}"
    return f"{place}: {name}={item['input']!r}: {message}"


def _path(loc: Sequence) -> tuple:
    """pydantic's location without the names it gives to the branches of a union."""
    branches = ("int", "float", "str")
    return tuple(part for part in loc if not (part in branches or "[" in str(part)))


def _section(key: tuple) -> type[BaseModel]:
    """The class that holds the keys below `key`."""
    found: Any = Config
    for part in key:
        if isinstance(part, str):
            field = found.model_fields[part].annotation
            found = next(filter(_is_section, (field, *get_args(field))))
    return found


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
