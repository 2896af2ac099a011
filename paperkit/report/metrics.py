"""What a metric is called, which way is better, and its definition in words.

The definitions are those of metric_spec v1 (the generated project's metrics.py). A metric that is
not listed here is the user's own: it is printed as it was logged, and more counts as better.
"""

from dataclasses import dataclass

__all__ = ["Metric", "find_metric"]


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
    """

    name: str
    display: str
    higher: bool = True
    percent: bool = True
    decimals: int = 2
    definition: str = ""

    @property
    def unit(self) -> str:
        """As the table's head shows it; empty without a unit."""
        return "%" if self.percent else ""


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


def find_metric(name: str) -> Metric:
    """Return what is known about a metric; an unknown one is printed as logged, three decimals."""
    return _BY_NAME.get(name) or Metric(name, name, percent=False, decimals=3)
