"""What a metric is called, which way is better, and its definition in words.

The definitions are those of metric_spec v1 (the generated project's metrics.py). A metric that is
not listed here is the user's own: it is printed as it was logged, and more counts as better unless
its name says that it is an error or a distance. paperkit.yaml may say otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from paperkit.project.settings import MetricSettings

__all__ = ["Metric", "find_metric", "own_metrics"]


@dataclass(frozen=True)
class Metric:
    """A metric as tables print it.

    Attributes:
        name: As in summary.json.
        display: Default display name, plain text.
        higher: Whether more is better.
        percent: Whether the fraction is printed in percent.
        decimals: Digits after the point, as printed.
        definition: One clause for the caption; captions.py fills in the braces.
        dimension: Unit of what is no fraction, such as mm.
    """

    name: str
    display: str
    higher: bool = True
    percent: bool = True
    decimals: int = 2
    definition: str = ""
    dimension: str = ""

    @property
    def unit(self) -> str:
        """As the table's head shows it; empty without a unit."""
        return "%" if self.percent else self.dimension


_POOLED = "from counts pooled over the {split} set, {classes}"
_IMAGE = "per image, averaged over the {split} set, {then}"
_KNOWN = [
    Metric("iou_set", "mIoU", definition=f"intersection over union {_POOLED}"),
    Metric("dice_set", "Dice (set)", definition=f"Dice coefficient {_POOLED}"),
    Metric("iou_img", "IoU (img)", definition=f"intersection over union {_IMAGE}"),
    Metric("dice_img", "Dice (img)", definition=f"Dice coefficient {_IMAGE}"),
    Metric("acc_set", "Accuracy", definition="share of the {units} that are right"),
    Metric("top5_set", "Top-5", definition="share of images whose class is among the top five"),
    Metric("f1_set", "Macro F1", definition="F1 score per class, averaged over the classes"),
    Metric("loss", "Loss", higher=False, percent=False, decimals=3, definition="training loss"),
]  # fmt: skip
_BY_NAME = {metric.name: metric for metric in _KNOWN}


# parts of the names of errors and distances
_LESS = re.compile(
    r"(?<![a-z0-9])(?:asd|assd|brier|ece|eer|err|errors?|fdr|fid|fnr|fpr|hausdorff|hd|hd95|latency|"
    r"loss|lpips|mae|mape|masd|mce|mse|msd|nll|perplexity|rmse|rvd|wer)(?![a-z0-9])",
    re.IGNORECASE,
)


def find_metric(name: str) -> Metric:
    """Return what is known about a metric; an unknown one is printed as logged, three decimals."""
    higher = _LESS.search(name) is None
    return _BY_NAME.get(name) or Metric(name, name, higher=higher, percent=False, decimals=3)


def own_metrics(given: Mapping[str, MetricSettings]) -> dict[str, Metric]:
    """Return the metrics that paperkit.yaml says something of."""
    return {name: _told(find_metric(name), settings) for name, settings in given.items()}


def _told(metric: Metric, given: MetricSettings) -> Metric:
    if given.better is not None:
        metric = replace(metric, higher=given.better == "higher")
    if given.unit is not None:
        percent = given.unit.strip() in ("%", "percent")
        dimension = "" if percent else given.unit.strip()
        decimals = 2 if percent else metric.decimals
        metric = replace(metric, percent=percent, dimension=dimension, decimals=decimals)
    if given.decimals is not None:
        metric = replace(metric, decimals=given.decimals)
    if given.definition is not None:
        plain = given.definition.strip().rstrip(".").replace("{", "{{").replace("}", "}}")
        metric = replace(metric, definition=plain)
    return metric
