"""Jaccard loss: one minus the intersection over the union, per class.

Rahman, Wang: Optimizing Intersection-Over-Union in Deep Neural Networks for Image Segmentation,
ISVC 2016.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INFO = {
    "name": "jaccard",
    "title": "Optimizing Intersection-Over-Union in Deep Neural Networks for Image Segmentation",
    "authors": ["Md Atiqur Rahman", "Yang Wang"],
    "venue": "International Symposium on Visual Computing (ISVC)",
    "year": 2016,
    "key": "rahman2016iou",
    "bibtex": """@inproceedings{rahman2016iou,
  title     = {Optimizing Intersection-Over-Union in Deep Neural Networks for Image Segmentation},
  author    = {Rahman, Md Atiqur and Wang, Yang},
  booktitle = {Advances in Visual Computing (ISVC)},
  pages     = {234--244},
  year      = {2016}
}""",
    "kind": "loss",
    "noun": "Jaccard loss",
    "tasks": ["segmentation"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\mathcal{L} = \frac{1}{K} \sum_{k} \Big( 1 -
  \frac{\sum_i p_{ik} g_{ik} + \epsilon}
  {\sum_i p_{ik} + \sum_i g_{ik} - \sum_i p_{ik} g_{ik} + \epsilon} \Big)""",
    "symbols": {
        "p_{ik}": "softmax probability of class k at pixel i of the batch",
        "g_{ik}": "1 where the truth of pixel i is class k, else 0",
        "K": "number of classes",
        r"\epsilon": "a smoothing constant, 0 unless set",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": [],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class JaccardLoss(nn.Module):
    """One minus the soft intersection over union of each class, mean over the classes.

    The sums run over all pixels of the batch, not per image. A class that the batch lacks adds
    nothing, but counts in the mean. With all pixels ignored the loss is zero.

    Args:
        smooth: Added to the intersection and to the union.
        ignore_index: Pixels with this class in the truth count nowhere.
    """

    def __init__(self, *, smooth: float = 0.0, ignore_index: int = -100) -> None:
        super().__init__()
        self.smooth = smooth
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, from logits [B, K, H, W] and classes int64 [B, H, W]."""
        valid = (target != self.ignore_index)[:, None]
        p = logits.log_softmax(1).exp() * valid
        g = F.one_hot(target.where(valid[:, 0], 0), logits.shape[1]).movedim(-1, 1) * valid
        over = [dim for dim in range(logits.ndim) if dim != 1]
        both, truth = (p * g).sum(over), g.sum(over)  # [K]
        union = p.sum(over) + truth - both
        score = (both + self.smooth) / (union + self.smooth).clamp_min(1e-7)
        return ((1 - score) * (truth > 0)).mean()


if __name__ == "__main__":
    logits, target = torch.randn(2, 4, 32, 48), torch.randint(4, (2, 32, 48))
    print("inputs", tuple(logits.shape), tuple(target.shape))
    print("loss  ", JaccardLoss()(logits, target).item())
