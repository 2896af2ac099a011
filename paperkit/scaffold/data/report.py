"""What was found in a data folder, as lines to print, as configuration and as a split file."""

from dataclasses import dataclass
from typing import Any

from paperkit.scaffold.data.labels import Labels


@dataclass(frozen=True)
class PixelFacts:
    """Of the images: how many of each (H, W), bits, channels; mean and std of train in 0..1."""

    sizes: dict[tuple[int, int], int]
    bits: tuple[int, ...]
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    size: tuple[int, int]  # (H, W) proposed for training


@dataclass(frozen=True)
class DataReport:
    """Everything that `paperkit new --data` learned; counts are samples by split."""

    root: str  # absolute, POSIX
    name: str
    task: str
    images: str
    masks: str | None
    counts: dict[str, int]
    pixels: PixelFacts
    labels: Labels
    split: str  # how the split came about
    split_json: str | None  # text of data/split.json; None: the folders are the split
    labels_csv: str | None = None  # text of data/labels.csv; None: folders or masks say the classes
    warnings: tuple[str, ...] = ()

    def yaml_block(self, root: str | None = None) -> str:
        """The keys below `data:` (without name), indented by two spaces; `root` as wanted there."""
        palette = self.labels.palette
        keys: dict[str, Any] = {
            "root": root or self.root,
            "images": self.images,
            "masks": self.masks,
            "labels": None if self.labels_csv is None else "data/labels.csv",
            "size": list(self.pixels.size),
            "channels": self.pixels.channels,
            "class_names": self.labels.names,
            "ignore_index": self.labels.ignore_index,
            "palette": palette and [list(v) if isinstance(v, tuple) else v for v in palette],
            "mean": list(self.pixels.mean),
            "std": list(self.pixels.std),
            "split": None if self.split_json is None else "data/split.json",
        }
        return _yaml({key: value for key, value in keys.items() if value is not None})

    def lines(self) -> list[str]:
        """The report for people, warnings at the end."""
        pixels, total = self.pixels, sum(self.counts.values())
        rows = [("data", f"{self.root}: {total} samples, {self.task}"), ("images", self.images)]
        if self.masks is not None:
            rows += [("masks", f"{self.masks} ({self.labels.note})")]
        if self.labels_csv is not None:
            rows += [("labels", f"{self.labels.note}, copied into data/labels.csv")]
        counts = ", ".join(f"{split} {count}" for split, count in self.counts.items())
        rows += [
            ("split", f"{counts} ({self.split})"),
            ("sizes", f"{self._sizes()} (H x W), training at {pixels.size[0]}x{pixels.size[1]}"),
            ("pixels", f"{_channels(pixels.channels)}, {' and '.join(map(str, pixels.bits))} bits"),
            ("mean", f"{_numbers(pixels.mean)}, std {_numbers(pixels.std)} (train, 0..1)"),
            ("classes", f"{len(self.labels.names)}, share of {self._unit()}"),
        ]
        lines = [f"{key:<8} {text}" for key, text in rows] + self._classes()
        return lines + [f"warning: {line}" for line in self.warnings]

    def _unit(self) -> str:
        if self.task == "classification":
            return "images"
        if self.labels.ignore_index is None:
            return "pixels"
        share = self.labels.ignored / (self.labels.ignored + sum(self.labels.counts))
        return f"pixels ({share:.2%} of all are ignored, index {self.labels.ignore_index})"

    def _classes(self) -> list[str]:
        width = max(map(len, self.labels.names))
        shares = zip(self.labels.names, self.labels.frequencies, strict=True)
        return [
            f"  {i:>4}  {name:<{width}}  {share:7.2%}" for i, (name, share) in enumerate(shares)
        ]

    def _sizes(self) -> str:
        common = sorted(self.pixels.sizes.items(), key=lambda item: (-item[1], item[0]))
        text = ", ".join(f"{h}x{w} ({count})" for (h, w), count in common[:3])
        return text + (f" and {len(common) - 3} more" if len(common) > 3 else "")


def _yaml(keys: dict[str, Any]) -> str:
    import yaml

    # below a parent, so that the block is indented as a part of it
    text = yaml.safe_dump(
        {"data": keys}, default_flow_style=None, allow_unicode=True, width=90, sort_keys=False
    )
    return text.partition("\n")[2].rstrip("\n")


def _channels(count: int) -> str:
    return f"{count} channel{'s' if count > 1 else ''}"


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.4f}" for value in values)
