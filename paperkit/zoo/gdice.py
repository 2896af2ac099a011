"""Generalised Dice loss: one overlap of all classes, in which small classes weigh more.

Sudre, Li, Vercauteren, Ourselin, Cardoso: Generalised Dice Overlap as a Deep Learning Loss Function
for Highly Unbalanced Segmentations, DLMIA 2017.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INFO = {
    "name": "gdice",
    "title": "Generalised Dice Overlap as a Deep Learning Loss Function for Highly Unbalanced "
    "Segmentations",
    "authors": [
        "Carole H. Sudre",
        "Wenqi Li",
        "Tom Vercauteren",
        "Sebastien Ourselin",
        "M. Jorge Cardoso",
    ],
    "venue": "Deep Learning in Medical Image Analysis (DLMIA), a workshop of MICCAI",
    "year": 2017,
    "key": "sudre2017generalised",
    "bibtex": """@inproceedings{sudre2017generalised,
  title     = {Generalised {Dice} Overlap as a Deep Learning Loss Function for Highly Unbalanced
               Segmentations},
  author    = {Sudre, Carole H. and Li, Wenqi and Vercauteren, Tom and Ourselin, Sebastien and
               Cardoso, M. Jorge},
  booktitle = {Deep Learning in Medical Image Analysis and Multimodal Learning for Clinical
               Decision Support (DLMIA)},
  pages     = {240--248},
  year      = {2017}
}""",
    "kind": "loss",
    "noun": "generalised Dice loss",
    "tasks": ["segmentation"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\mathcal{L} = 1 - 2\,
  \frac{\sum_k w_k \sum_i p_{ik} g_{ik}}{\sum_k w_k \sum_i (p_{ik} + g_{ik})}, \qquad
w_k = \frac{1}{(\sum_i g_{ik})^2}""",
    "symbols": {
        "p_{ik}": "softmax probability of class k at pixel i of the batch",
        "g_{ik}": "1 where the truth of pixel i is class k, else 0",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": [],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class GeneralisedDiceLoss(nn.Module):
    """One minus the soft Dice coefficient of all classes together, small ones weighed up.

    The sums run over all pixels of the batch, not per image. The equation has no weight for a class
    that the batch lacks; it gets that of the smallest class, so that predicting it costs. With all
    pixels ignored the loss is zero.

    Args:
        ignore_index: Pixels with this class in the truth count nowhere.
    """

    def __init__(self, *, ignore_index: int = -100) -> None:
        super().__init__()
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, from logits [B, K, H, W] and classes int64 [B, H, W]."""
        valid = target != self.ignore_index
        p, target = logits.softmax(1).movedim(1, -1)[valid], target[valid]  # [N, K], [N]
        if not len(p):
            return p.sum()  # the sum of nothing is zero
        g = F.one_hot(target, logits.shape[1])
        truth = g.sum(0)  # [K]
        smallest = truth[truth > 0].min()
        # a common factor of the weights cancels; this one keeps them from vanishing
        weight = (smallest / truth.where(truth > 0, smallest)).square()
        both = (weight * (p * g).sum(0)).sum()
        return 1 - 2 * both / (weight * (p.sum(0) + truth)).sum()


if __name__ == "__main__":
    logits, target = torch.randn(2, 4, 32, 48), torch.randint(4, (2, 32, 48))
    print("inputs", tuple(logits.shape), tuple(target.shape))
    print("loss  ", GeneralisedDiceLoss()(logits, target).item())
