"""Dice loss: one minus the overlap of prediction and truth, per class.

Milletari, Navab, Ahmadi: V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image
Segmentation, 3DV 2016. The paper squares the probabilities in the denominator, which is
squared=True here; the libraries and most papers since do not.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INFO = {
    "name": "dice",
    "title": "V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image Segmentation",
    "authors": ["Fausto Milletari", "Nassir Navab", "Seyed-Ahmad Ahmadi"],
    "venue": "International Conference on 3D Vision (3DV)",
    "year": 2016,
    "key": "milletari2016vnet",
    "bibtex": """@inproceedings{milletari2016vnet,
  title     = {{V-Net}: Fully Convolutional Neural Networks for Volumetric Medical Image
               Segmentation},
  author    = {Milletari, Fausto and Navab, Nassir and Ahmadi, Seyed-Ahmad},
  booktitle = {International Conference on 3D Vision (3DV)},
  pages     = {565--571},
  year      = {2016}
}""",
    "kind": "loss",
    "noun": "Dice loss",
    "tasks": ["segmentation"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\mathcal{L} = \frac{1}{K} \sum_{k} \Big( 1 -
  \frac{2 \sum_i p_{ik} g_{ik} + \epsilon}{\sum_i p_{ik} + \sum_i g_{ik} + \epsilon} \Big)""",
    "symbols": {
        "p_{ik}": "softmax probability of class k at pixel i of the batch",
        "g_{ik}": "1 where the truth of pixel i is class k, else 0",
        "K": "number of classes",
        r"\epsilon": "twice the smoothing constant, 0 unless set",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": [],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class DiceLoss(nn.Module):
    """One minus the soft Dice coefficient of each class, mean over the classes.

    The sums run over all pixels of the batch, not per image. A class that the batch lacks adds
    nothing, but counts in the mean. With all pixels ignored the loss is zero.

    Args:
        smooth: Added to the true positives, above and below.
        squared: Square the probabilities in the denominator, as the paper does.
        ignore_index: Pixels with this class in the truth count nowhere.
    """

    def __init__(
        self, *, smooth: float = 0.0, squared: bool = False, ignore_index: int = -100
    ) -> None:
        super().__init__()
        self.smooth = smooth
        self.squared = squared
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, from logits [B, K, H, W] and classes int64 [B, H, W]."""
        valid = (target != self.ignore_index)[:, None]
        p = logits.log_softmax(1).exp() * valid
        g = F.one_hot(target.where(valid[:, 0], 0), logits.shape[1]).movedim(-1, 1) * valid
        over = [dim for dim in range(logits.ndim) if dim != 1]
        both, truth = (p * g).sum(over), g.sum(over)  # [K]
        predicted = (p.square() if self.squared else p).sum(over)
        mean = (predicted + truth) / 2
        score = (both + self.smooth) / (mean + self.smooth).clamp_min(1e-7)
        return ((1 - score) * (truth > 0)).mean()


if __name__ == "__main__":
    logits, target = torch.randn(2, 4, 32, 48), torch.randint(4, (2, 32, 48))
    print("inputs", tuple(logits.shape), tuple(target.shape))
    print("loss  ", DiceLoss()(logits, target).item())
