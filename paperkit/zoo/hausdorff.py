"""Hausdorff distance loss: squared errors, weighed by how far they are from the boundaries.

Karimi, Salcudean: Reducing the Hausdorff Distance in Medical Image Segmentation with Convolutional
Neural Networks, IEEE Transactions on Medical Imaging 2020; of its three losses the one by distance
transforms. The paper adds it to the Dice loss; in a project that is ``loss.name: dice`` and
``loss.plus: {hausdorff: WEIGHT}``.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INFO = {
    "name": "hausdorff",
    "title": "Reducing the Hausdorff Distance in Medical Image Segmentation with Convolutional "
    "Neural Networks",
    "authors": ["Davood Karimi", "Septimiu E. Salcudean"],
    "venue": "IEEE Transactions on Medical Imaging",
    "year": 2020,
    "key": "karimi2020reducing",
    "bibtex": """@article{karimi2020reducing,
  title     = {Reducing the {Hausdorff} Distance in Medical Image Segmentation with Convolutional
               Neural Networks},
  author    = {Karimi, Davood and Salcudean, Septimiu E.},
  journal   = {IEEE Transactions on Medical Imaging},
  volume    = {39},
  number    = {2},
  pages     = {499--513},
  year      = {2020}
}""",
    "kind": "loss",
    "noun": "Hausdorff distance loss",
    "tasks": ["segmentation"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\mathcal{L} = \frac{1}{N |C|} \sum_{k \in C} \sum_i (p_{ik} - g_{ik})^2
  \big( d_{P_k}(i)^{\alpha} + d_{G_k}(i)^{\alpha} \big)""",
    "symbols": {
        "p_{ik}": "softmax probability of class k at pixel i",
        "g_{ik}": "1 where the truth of pixel i is class k, else 0",
        "d_{P_k}(i)": "distance of pixel i to the nearest one on the other side of p = 0.5",
        "d_{G_k}(i)": "distance of pixel i to the nearest one on the other side of the truth",
        r"\alpha": "how much large errors count",
        "C": "the classes but the first, the background",
        "N": "number of pixels that are not ignored",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": [],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class HausdorffLoss(nn.Module):
    """Squared errors times distances to both boundaries, mean over pixels of the batch and classes.

    Distances are per image and between centres of pixels; a map with one side only, as that of a
    class that the image lacks, has distances of zero. No gradient flows through the distances. With
    all pixels ignored the loss is zero; distances neither start nor end at ignored pixels.

    Args:
        alpha: Power of the distances.
        include_background: Whether the first class counts, too.
        ignore_index: Pixels with this class in the truth count nowhere.
    """

    def __init__(
        self, *, alpha: float = 2.0, include_background: bool = False, ignore_index: int = -100
    ) -> None:
        super().__init__()
        self.alpha = alpha
        self.first = 0 if include_background else 1
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, from logits [B, K, H, W] and classes int64 [B, H, W]."""
        p = logits.softmax(1)[:, self.first :]
        valid = (target != self.ignore_index)[:, None]
        g = F.one_hot(target.where(valid[:, 0], 0), logits.shape[1]).movedim(-1, 1)
        g = g[:, self.first :]
        weight = self._far(p > 0.5, valid) + self._far(g.bool(), valid)
        pixels = valid.sum().clamp_min(1) * p.shape[1]
        return ((p - g).square() * weight * valid).sum() / pixels

    def _far(self, region: Tensor, valid: Tensor) -> Tensor:
        """Return the distance to the other side to the power alpha, [B, K', H, W]."""
        # one of the two is zero at each pixel
        both = squared_distance(region & valid) + squared_distance(valid & ~region)
        return both ** (self.alpha / 2)


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
    print("loss  ", HausdorffLoss()(logits, target).item())
