"""The configuration's keys: what each means, what it may be, and its default."""

import difflib
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from .modules import _losses

MONITORS = {
    "segmentation": ("iou_set", "dice_set", "iou_img", "dice_img", "acc_set", "loss"),
    "classification": ("acc_set", "top5_set", "f1_set", "loss"),
}


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
    labels: str | None = None  # CSV with the columns id, label; null: {class} or masks
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
        if (self.images or "").startswith("torchvision:") and self.channels not in (1, 3):
            raise ValueError(f"torchvision's images have 1 or 3 channels, not {self.channels}")
        return self


class Model(Section):
    """name: unet, resnet18|34|50, a library's (models/libraries.py), or package.module:factory."""

    name: str = "unet"
    width: Count = 64  # channels of the finest level; of unet and resnet only
    backbone_weights: str | None = None  # null, imagenet or a file of weights
    init_from: str | None = None  # a checkpoint; a head of other classes stays fresh
    freeze: list[str] = []  # patterns of parameter names; BatchNorm's statistics stay, too


class Plug(Section):
    """A module at a slot, see slots/."""

    at: str
    use: str
    how: Literal["insert", "replace"] = "insert"
    init: Literal["native", "identity", "small", "zero_last"] = "native"
    match: Count | None = None  # how many places it must hit


class Loss(Section):
    """name: ce, dice_ce, or a file modules/NAME.py of kind loss, whose parameters are keys, too."""

    model_config = ConfigDict(extra="allow")

    name: str = "ce"
    plus: dict[str, Positive] | None = None  # further losses with their weights in the sum
    class_weights: list[Positive] | None = None  # these two: where cross-entropy takes part
    label_smoothing: Fraction | None = None
    smooth: Annotated[float, Field(ge=0)] | None = None
    dice_weight: Positive | None = None
    ce_weight: Positive | None = None

    def parts(self) -> list[tuple[str, float, dict[str, Any]]]:
        """The sum: name, weight and parameters of each loss in it; dice_ce is two."""
        entropy = self._given(_losses.CROSS_ENTROPY)
        found = [(self.name, 1.0, self._given(_losses.parameters(self.name)))]
        if self.name == "dice_ce":
            found = [("dice", self.dice_weight or 1.0, self._given(["smooth"]))]
            found.append(("ce", self.ce_weight or 1.0, entropy))
        further = (self.plus or {}).items()
        return found + [(name, w, entropy if name == "ce" else {}) for name, w in further]

    def _given(self, keys: Iterable[str]) -> dict[str, Any]:
        return {key: value for key, value in self if key in keys and value is not None}

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, values: Any) -> Any:
        """What the class has where nothing is given, so that config.yaml says it."""
        if not isinstance(values, dict):
            return values
        given = {key: value for key, value in values.items() if value is not None}
        return _losses.defaults(str(given.get("name"))) | given

    @field_validator("name", "plus")
    @classmethod
    def _are_losses(cls, named: Any, about: ValidationInfo) -> Any:
        if about.field_name == "plus" and "dice_ce" in (named or {}):
            raise ValueError("dice_ce is a sum itself; add dice and ce")
        for name in [named] if isinstance(named, str) else named or {}:
            if name != "ce":
                _losses.check("dice" if name == "dice_ce" else name)
        return named

    @model_validator(mode="after")
    def _own_parameters(self) -> "Loss":
        own = {key: value for key, value in self if value is not None}
        typed = _losses.checked(own, [name for name, _, _ in self.parts()])
        self.model_extra.update({key: typed[key] for key in self.model_extra})
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
    """monitor chooses the best checkpoint, on val; threshold (two classes): of the foreground."""

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
                f"{nearest(self.eval.monitor, known)}; known: {', '.join(known)}"
            )
        for name, _, _ in self.loss.parts():
            if wrong := _losses.misfit(name, self.task):
                key = f"plus.{name}" if name in (self.loss.plus or {}) else f"name={self.loss.name}"
                raise ValueError(f"loss.{key} {wrong}")
        weights = self.loss.class_weights
        if weights is not None and len(weights) != self.data.classes:
            raise ValueError(
                f"loss.class_weights has {len(weights)} values for {self.data.classes} classes"
            )
        if self.eval.threshold is not None and self.data.classes != 2:
            raise ValueError(
                "eval.threshold needs two classes; leave it out, the largest logit wins"
            )
        return self


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a message: did you mean the most similar of the known words?"""
    spelled = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), spelled, n=1)
    return f"; did you mean '{spelled[close[0]]}'?" if close else ""
