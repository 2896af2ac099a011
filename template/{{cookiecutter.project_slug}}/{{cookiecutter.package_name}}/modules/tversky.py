"""Tversky loss: an overlap in which false positives and false negatives have their own weights.

Salehi, Erdogmus, Gholipour: Tversky Loss Function for Image Segmentation Using 3D Fully
Convolutional Deep Networks, MLMI 2017. Halves make it the Dice loss, as in the libraries, ones the
Jaccard loss; the paper's best were alpha = 0.3 and beta = 0.7, which find more of a small class.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INFO = {
    "name": "tversky",
    "title": "Tversky Loss Function for Image Segmentation Using 3D Fully Convolutional Deep "
    "Networks",
    "authors": ["Seyed Sadegh Mohseni Salehi", "Deniz Erdogmus", "Ali Gholipour"],
    "venue": "International Workshop on Machine Learning in Medical Imaging (MLMI)",
    "year": 2017,
    "key": "salehi2017tversky",
    "bibtex": """@inproceedings{salehi2017tversky,
  title     = {{Tversky} Loss Function for Image Segmentation Using {3D} Fully Convolutional Deep
               Networks},
  author    = {Salehi, Seyed Sadegh Mohseni and Erdogmus, Deniz and Gholipour, Ali},
  booktitle = {Machine Learning in Medical Imaging (MLMI)},
  pages     = {379--387},
  year      = {2017}
}""",
    "kind": "loss",
    "noun": "Tversky loss",
    "tasks": ["segmentation"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
t_k &= \textstyle\sum_i p_{ik} g_{ik} + \epsilon, \\
T_k &= \frac{t_k}{t_k
  + \alpha \sum_i p_{ik} (1 - g_{ik}) + \beta \sum_i (1 - p_{ik}) g_{ik}}, \\
\mathcal{L} &= \frac{1}{K} \sum_{k} (1 - T_k)
\end{aligned}""",
    "symbols": {
        "p_{ik}": "softmax probability of class k at pixel i of the batch",
        "g_{ik}": "1 where the truth of pixel i is class k, else 0",
        "K": "number of classes",
        r"\alpha, \beta": "weights of false positives and of false negatives",
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


class TverskyLoss(nn.Module):
    """One minus the soft Tversky index of each class, mean over the classes.

    The sums run over all pixels of the batch, not per image. A class that the batch lacks adds
    nothing, but counts in the mean. With all pixels ignored the loss is zero.

    Args:
        alpha: Weight of false positives; the paper's best is 0.3.
        beta: Weight of false negatives; the paper's best is 0.7.
        smooth: Added to the true positives, above and below.
        ignore_index: Pixels with this class in the truth count nowhere.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.5,
        beta: float = 0.5,
        smooth: float = 0.0,
        ignore_index: int = -100,
    ) -> None:
        super().__init__()
        self.alpha, self.beta = alpha, beta
        self.smooth = smooth
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, from logits [B, K, H, W] and classes int64 [B, H, W]."""
        valid = (target != self.ignore_index)[:, None]
        p = logits.log_softmax(1).exp() * valid
        g = F.one_hot(target.where(valid[:, 0], 0), logits.shape[1]).movedim(-1, 1) * valid
        over = [dim for dim in range(logits.ndim) if dim != 1]
        both, truth = (p * g).sum(over), g.sum(over)  # [K]
        false = self.alpha * (p.sum(over) - both) + self.beta * (truth - both)
        score = (both + self.smooth) / (both + false + self.smooth).clamp_min(1e-7)
        return ((1 - score) * (truth > 0)).mean()


if __name__ == "__main__":
    logits, target = torch.randn(2, 4, 32, 48), torch.randint(4, (2, 32, 48))
    print("inputs", tuple(logits.shape), tuple(target.shape))
    print("loss  ", TverskyLoss()(logits, target).item())
