"""Losses on logits: cross-entropy, focal, Dice, Jaccard, Tversky, Lovasz, Dice + cross-entropy.

Ignored pixels count nowhere. All equal those of segmentation_models_pytorch (multiclass mode), but
for cross-entropy, which is PyTorch's.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import Config

NOTHING = -100  # no class has this index
# what false positives and false negatives count in the overlap; Tversky's are the user's
OVERLAPS = {"dice": (0.5, 0.5), "jaccard": (1.0, 1.0), "tversky": (0.5, 0.5)}


class Loss(nn.Module):
    """Logits [B, K, H, W] (or [B, K]) and classes int64 [B, H, W] (or [B]) to a scalar."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.options, ignore = config.loss, config.data.ignore_index
        self.ignore = NOTHING if ignore is None else ignore
        weights = config.loss.class_weights
        self.register_buffer("weights", None if weights is None else torch.tensor(weights))

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        logits, given = logits.float(), self.options  # half precision is too coarse for sums
        if given.name == "focal":
            gamma = 2.0 if given.gamma is None else given.gamma
            return focal(logits, target, gamma=gamma, alpha=given.alpha, ignore=self.ignore)
        if given.name == "lovasz":
            return lovasz(logits, target, ignore=self.ignore)
        if given.name in OVERLAPS:
            alpha, beta = OVERLAPS[given.name]
            alpha = alpha if given.alpha is None else given.alpha
            beta = beta if given.beta is None else given.beta
            smooth = given.smooth or 0.0
            return tversky(logits, target, alpha, beta, smooth=smooth, ignore=self.ignore)
        smoothing = given.label_smoothing or 0.0
        ce = cross_entropy(logits, target, self.weights, smoothing=smoothing, ignore=self.ignore)
        if given.name == "ce":
            return ce
        overlap = tversky(logits, target, smooth=given.smooth or 0.0, ignore=self.ignore)
        return (given.dice_weight or 1.0) * overlap + (given.ce_weight or 1.0) * ce


def cross_entropy(
    logits: Tensor,
    target: Tensor,
    weights: Tensor | None = None,
    *,
    smoothing: float = 0.0,
    ignore: int = NOTHING,
) -> Tensor:
    """PyTorch's cross-entropy; zero, not NaN, for a batch in which everything is ignored."""
    summed = F.cross_entropy(
        logits, target, weights, ignore_index=ignore, label_smoothing=smoothing, reduction="sum"
    )
    valid = target[target != ignore]
    count = valid.numel() if weights is None else weights[valid].sum()
    return summed / (count if count > 0 else 1)


def tversky(
    logits: Tensor,
    target: Tensor,
    alpha: float = 0.5,
    beta: float = 0.5,
    *,
    smooth: float = 0.0,
    ignore: int = NOTHING,
) -> Tensor:
    """1 - TP / (TP + alpha FP + beta FN), soft, per class over the whole batch, mean over classes.

    Halves make it Dice (Milletari et al., 3DV 2016), ones Jaccard (Rahman and Wang, ISVC 2016),
    anything else is Tversky's (Salehi et al., MLMI 2017). A class that the batch lacks adds nothing.
    """
    valid = (target != ignore)[:, None]
    probabilities = logits.log_softmax(1).exp() * valid
    classes = F.one_hot(target.where(valid[:, 0], 0), logits.shape[1]).movedim(-1, 1) * valid
    over = [dim for dim in range(logits.ndim) if dim != 1]
    both = (probabilities * classes).sum(over)
    false = alpha * (probabilities.sum(over) - both) + beta * (classes.sum(over) - both)
    scores = (both + smooth) / (both + false + smooth).clamp_min(1e-7)
    return ((1 - scores) * (classes.sum(over) > 0)).mean()


def lovasz(logits: Tensor, target: Tensor, *, ignore: int = NOTHING) -> Tensor:
    """Lovasz-softmax over the whole batch, mean over the classes in it (Berman et al., CVPR 2018)."""
    valid = target != ignore
    probabilities, target = logits.softmax(1).movedim(1, -1)[valid], target[valid]  # (N, K), (N)
    losses = [logits.sum() * 0]
    for k in target.unique():
        truth = (target == k).float()
        errors, order = (truth - probabilities[:, k]).abs().sort(descending=True)
        truth = truth[order]
        # the Jaccard loss if the n worst pixels were wrong; its steps weigh the errors
        missed = 1 - (truth.sum() - truth.cumsum(0)) / (truth.sum() + (1 - truth).cumsum(0))
        losses.append((errors * missed.diff(prepend=missed.new_zeros(1))).sum())
    return sum(losses) / max(len(losses) - 1, 1)


def focal(
    logits: Tensor,
    target: Tensor,
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
    ignore: int = NOTHING,
) -> Tensor:
    """Focal loss, one against the rest per class, mean over all (Lin et al., ICCV 2017)."""
    valid = target != ignore
    logits = logits.movedim(1, -1)[valid]  # (N, K)
    truth = F.one_hot(target[valid], logits.shape[1]).to(logits.dtype)
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    # 1 - p of the truth, from the entropy: exact for large logits, too
    loss = (1 - torch.exp(-entropy)).clamp_min(1e-9) ** gamma * entropy
    if alpha is not None:
        loss = loss * (alpha * truth + (1 - alpha) * (1 - truth))
    return loss.sum() / max(loss.numel(), 1)
