"""Boundary loss: each pixel's probability, times how far outside the true region the pixel lies.

Kervadec, Bouchtiba, Desrosiers, Granger, Dolz, Ben Ayed: Boundary Loss for Highly Unbalanced
Segmentation, MIDL 2019. Alone it may stop at an empty prediction, which costs nothing; the paper
adds it to the generalised Dice loss, with a weight of 0.01 at first. In a project that is
``loss.name: gdice`` and ``loss.plus: {boundary: 0.01}``.

Distances are the published code's, between centres of pixels: outside a region, to its nearest
pixel (1 or more); inside, minus the distance to the nearest pixel of another class, plus 1, so that
the region's outermost pixels have 0.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INFO = {
    "name": "boundary",
    "title": "Boundary Loss for Highly Unbalanced Segmentation",
    "authors": [
        "Hoel Kervadec",
        "Jihene Bouchtiba",
        "Christian Desrosiers",
        "Eric Granger",
        "Jose Dolz",
        "Ismail Ben Ayed",
    ],
    "venue": "International Conference on Medical Imaging with Deep Learning (MIDL)",
    "year": 2019,
    "key": "kervadec2019boundary",
    "bibtex": """@inproceedings{kervadec2019boundary,
  title     = {Boundary Loss for Highly Unbalanced Segmentation},
  author    = {Kervadec, Hoel and Bouchtiba, Jihene and Desrosiers, Christian and Granger, Eric and
               Dolz, Jose and Ben Ayed, Ismail},
  booktitle = {International Conference on Medical Imaging with Deep Learning (MIDL)},
  series    = {Proceedings of Machine Learning Research},
  volume    = {102},
  pages     = {285--296},
  year      = {2019}
}""",
    "kind": "loss",
    "noun": "boundary loss",
    "tasks": ["segmentation"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\phi_k(i) &= \begin{cases} 1 - d(i, \overline{G}_k) & \text{where } i \in G_k \\
  d(i, G_k) & \text{elsewhere,} \end{cases} \\
\mathcal{L} &= \frac{1}{N |C|} \sum_{k \in C} \sum_i \phi_k(i)\, p_{ik}
\end{aligned}""",
    "symbols": {
        "p_{ik}": "softmax probability of class k at pixel i",
        r"G_k, \overline{G}_k": "pixels of the image whose truth is class k, or another class",
        "d": "Euclidean distance to the nearest pixel of a set",
        "C": "the classes but the first, the background",
        "N": "number of pixels that are not ignored",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": [],
    "variants": {},
    "source": "written from the paper's equations; distances as in the authors' published code "
    "(MIT), none of which is copied",
    "licence": "MIT",
}


class BoundaryLoss(nn.Module):
    """Probabilities weighed by signed distances, mean over all pixels of the batch and classes.

    Distances are per image. A class that an image lacks, or fills, adds nothing there. The loss is
    below zero where regions are found. With all pixels ignored it is zero; distances neither start
    nor end at ignored pixels.

    Args:
        include_background: Whether the first class counts, too.
        ignore_index: Pixels with this class in the truth count nowhere.
    """

    def __init__(self, *, include_background: bool = False, ignore_index: int = -100) -> None:
        super().__init__()
        self.first = 0 if include_background else 1
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, from logits [B, K, H, W] and classes int64 [B, H, W]."""
        p = logits.softmax(1)[:, self.first :]
        valid = (target != self.ignore_index)[:, None]
        g = F.one_hot(target.where(valid[:, 0], 0), logits.shape[1]).movedim(-1, 1)
        inside = g[:, self.first :].bool() & valid
        within = squared_distance(valid & ~inside).sqrt() - 1
        signed = squared_distance(inside).sqrt() - within.clamp_min(0)
        pixels = valid.sum().clamp_min(1) * p.shape[1]
        return (p * signed.to(p.dtype) * valid).sum() / pixels


@torch.no_grad()
def squared_distance(mask: Tensor) -> Tensor:
    """Return the squared distance from each pixel to the nearest one that is True, exactly.

    Args:
        mask: bool [..., H, W]; in a map without True all distances are zero.
    """
    height, width = mask.shape[-2:]
    x = torch.arange(width, dtype=torch.float32, device=mask.device)
    left = x - x.where(mask, -torch.inf).cummax(-1).values
    right = x.where(mask, torch.inf).flip(-1).cummin(-1).values.flip(-1) - x
    row = torch.minimum(left, right).square()  # to the nearest in the same row
    row = row.where(mask.any(-1).any(-1)[..., None, None], 0)
    best = row.clone()
    for dy in range(1, height):
        if dy * dy >= best.max():  # rows further away than all that is left
            break
        lower, upper = best[..., dy:, :], best[..., :-dy, :]
        torch.minimum(lower, row[..., :-dy, :] + dy * dy, out=lower)
        torch.minimum(upper, row[..., dy:, :] + dy * dy, out=upper)
    return best


if __name__ == "__main__":
    logits, target = torch.randn(2, 4, 32, 48), torch.randint(4, (2, 32, 48))
    print("inputs", tuple(logits.shape), tuple(target.shape))
    print("loss  ", BoundaryLoss()(logits, target).item())
