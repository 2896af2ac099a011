"""Counts per case and class first, metrics from the counts: conventions can change afterwards.

Values are fractions 0..1. `_set` pools the counts of all cases; `_img` is the mean over cases, per
class, then over classes. Two classes of pixels: the foreground only; else: all classes.
"""

from typing import Any

import numpy as np
import torch

from .config import Config

SPEC = (
    "v1; from tp, fp, fn per case and class at the evaluation size, ignored pixels left out; "
    "*_set: counts pooled over all cases, per class, then the mean over classes; "
    "*_img: per case and class (undefined if truth and prediction both lack the class, 0 if only "
    "the prediction has it), the mean over cases, then over classes; "
    "two classes of pixels: foreground only, else: all classes, absent ones left out; "
    "acc_set: share of pixels or images that are right; top5_set: target among the 5 largest; "
    "f1_set: macro"
)
NAMES = {
    "segmentation": ("iou_set", "dice_set", "iou_img", "dice_img", "acc_set"),
    "classification": ("acc_set", "top5_set", "f1_set"),
}
COLUMNS = {
    "segmentation": "split case group class tp fp fn tn hd95 assd nsd".split(),
    "classification": "split case group target prediction p_target rank".split(),
}


def decide(logits: torch.Tensor, threshold: float | None = None) -> torch.Tensor:
    """Logits [B,K,...] to classes [B,...]: the largest, or for two classes p(1) > threshold."""
    if threshold is None:
        return logits.argmax(1)
    return (logits.softmax(1)[:, 1] > threshold).long()


def overlap(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray) -> dict[str, np.ndarray]:
    """IoU and Dice of counts of any shape; NaN where there is neither truth nor prediction."""
    with np.errstate(invalid="ignore"):
        return {"iou": tp / (tp + fp + fn), "dice": 2 * tp / (2 * tp + fp + fn)}


class Meter:
    """Collects batches of one split; gives the rows of cases.csv and the summary."""

    def __init__(self, config: Config, split: str = "test") -> None:
        self.config, self.split = config, split
        self.names: list[str] = config.data.class_names
        self.cases: list[str] = []
        self._parts: list[np.ndarray] = []

    def update(self, logits: torch.Tensor, batch: dict[str, Any]) -> None:
        """Add a batch: logits [B,K,H,W] (or [B,K]) and what the data loader gave."""
        self.cases += batch["case"]
        count = self._confusion if self.config.task == "segmentation" else self._ranks
        self._parts.append(count(logits.detach().float(), batch))

    def rows(self) -> list[dict[str, Any]]:
        """One row per case and class (per case for classification), keys as in COLUMNS."""
        if self.config.task == "classification":
            return [self._row(i, *row) for i, row in enumerate(self._collected())]
        counts = _counts(self._collected())
        return [
            {"split": self.split, "case": case, "group": "", "class": name}
            | {key: int(values[i, k]) for key, values in counts.items()}
            | {"hd95": "", "assd": "", "nsd": ""}
            for i, case in enumerate(self.cases)
            for k, name in enumerate(self.names)
        ]

    def summary(self) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        """(metrics, metrics per class); NaN where nothing defines a value."""
        if self.config.task == "segmentation":
            return self._segmentation(self._collected())
        return self._classification(self._collected())

    def _collected(self) -> np.ndarray:
        width = (len(self.names),) * 2 if self.config.task == "segmentation" else (4,)
        return np.concatenate(self._parts) if self._parts else np.zeros((0, *width))

    def _confusion(self, logits: torch.Tensor, batch: dict[str, Any]) -> np.ndarray:
        """Pixels [B, truth, prediction]; one transfer from the device per batch."""
        classes, size = len(self.names), len(logits)
        truth = batch["mask"].to(logits.device)
        guess = decide(logits, self.config.eval.threshold)
        # the ignored index may lie among or above the classes; above, it must not be counted
        valid = truth < classes
        if self.config.data.ignore_index is not None:
            valid &= truth != self.config.data.ignore_index
        image = torch.arange(size, device=logits.device)[:, None, None].expand_as(truth)
        cells = ((image * classes + truth) * classes + guess)[valid]
        counts = torch.bincount(cells, minlength=size * classes**2)
        return counts.reshape(size, classes, classes).cpu().numpy()

    def _ranks(self, logits: torch.Tensor, batch: dict[str, Any]) -> np.ndarray:
        """[B, (target, prediction, p_target, rank)]; rank 1 is the first largest logit."""
        target = batch["target"].to(logits.device)
        order = logits.argsort(dim=1, descending=True, stable=True)
        rank = (order == target[:, None]).float().argmax(1) + 1
        p_target = logits.double().softmax(1).gather(1, target[:, None])[:, 0]
        threshold = self.config.eval.threshold
        guess = order[:, 0] if threshold is None else decide(logits, threshold)
        columns = (target, guess, p_target, rank)
        return torch.stack([column.double() for column in columns], 1).cpu().numpy()

    def _row(self, i: int, target: float, guess: float, p: float, rank: float) -> dict[str, Any]:
        return {
            "split": self.split,
            "case": self.cases[i],
            "group": "",
            "target": self.names[int(target)],
            "prediction": self.names[int(guess)],
            "p_target": round(p, 6),
            "rank": int(rank),
        }

    def _segmentation(self, confusion: np.ndarray) -> tuple[dict, dict]:
        counts = _counts(confusion)
        tp, fp, fn = counts["tp"], counts["fp"], counts["fn"]
        values = {f"{k}_set": v for k, v in overlap(tp.sum(0), fp.sum(0), fn.sum(0)).items()}
        values |= {f"{k}_img": _mean(v, axis=0) for k, v in overlap(tp, fp, fn).items()}
        metrics = {name: float(_mean(self._shown(value))) for name, value in values.items()}
        metrics["acc_set"] = _ratio(tp.sum(), confusion.sum())
        return metrics, self._by_class(values)

    def _classification(self, ranks: np.ndarray) -> tuple[dict, dict]:
        target, guess, _, rank = ranks.T
        k = np.arange(len(self.names))[:, None]
        tp = ((target == k) & (guess == k)).sum(1)
        f1 = overlap(tp, (guess == k).sum(1) - tp, (target == k).sum(1) - tp)["dice"]
        metrics = {
            "acc_set": _ratio((guess == target).sum(), len(rank)),
            "top5_set": _ratio((rank <= 5).sum(), len(rank)),
            "f1_set": float(_mean(f1)),
        }
        return metrics, self._by_class({"f1_set": f1})

    def _shown(self, values: np.ndarray) -> np.ndarray:
        return values[1:] if len(self.names) == 2 else values

    def _by_class(self, values: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
        return {
            name: {metric: float(value[k]) for metric, value in values.items()}
            for k, name in enumerate(self.names)
        }


def _counts(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """tp, fp, fn, tn [N,K] of confusion matrices [N, truth, prediction]."""
    tp = np.diagonal(confusion, axis1=1, axis2=2)
    fp, fn = confusion.sum(1) - tp, confusion.sum(2) - tp
    return {"tp": tp, "fp": fp, "fn": fn, "tn": confusion.sum((1, 2))[:, None] - tp - fp - fn}


def _mean(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Mean of what is defined; NaN, without numpy's warning, where nothing is."""
    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(defined, values, 0).sum(axis) / defined.sum(axis)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
