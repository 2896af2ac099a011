"""Focal Tversky loss: a power of the Tversky loss of each class, so that hard classes count more.

Abraham, Khan: A Novel Focal Tversky Loss Function with Improved Attention U-Net for Lesion
Segmentation, ISBI 2019. The names are that paper's: alpha weighs false negatives here, and false
positives in `tversky`.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INFO = {
    "name": "focal_tversky",
    "title": "A Novel Focal Tversky Loss Function with Improved Attention U-Net for Lesion "
    "Segmentation",
    "authors": ["Nabila Abraham", "Naimul Mefraz Khan"],
    "venue": "IEEE International Symposium on Biomedical Imaging (ISBI)",
    "year": 2019,
    "key": "abraham2019novel",
    "bibtex": """@inproceedings{abraham2019novel,
  title     = {A Novel Focal {Tversky} Loss Function with Improved Attention {U-Net} for Lesion
               Segmentation},
  author    = {Abraham, Nabila and Khan, Naimul Mefraz},
  booktitle = {IEEE 16th International Symposium on Biomedical Imaging (ISBI)},
  pages     = {683--687},
  year      = {2019}
}""",
    "kind": "loss",
    "noun": "focal Tversky loss",
    "tasks": ["segmentation"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
t_k &= \textstyle\sum_i p_{ik} g_{ik} + \epsilon, \\
T_k &= \frac{t_k}{t_k
  + \alpha \sum_i (1 - p_{ik}) g_{ik} + \beta \sum_i p_{ik} (1 - g_{ik})}, \\
\mathcal{L} &= \frac{1}{K} \sum_{k} (1 - T_k)^{1 / \gamma}
\end{aligned}""",
    "symbols": {
        "p_{ik}": "softmax probability of class k at pixel i of the batch",
        "g_{ik}": "1 where the truth of pixel i is class k, else 0",
        "K": "number of classes",
        r"\alpha, \beta": "weights of false negatives and of false positives",
        r"\gamma": "between 1 and 3",
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


class FocalTverskyLoss(nn.Module):
    """One minus the soft Tversky index of each class, to the power 1 / gamma, mean over classes.

    The paper sums over the classes. The sums in the index run over all pixels of the batch, not per
    image. A class that the batch lacks adds nothing, but counts in the mean. With all pixels
    ignored the loss is zero.

    Args:
        alpha: Weight of false negatives.
        beta: Weight of false positives.
        gamma: The root that is taken; 1 is the Tversky loss.
        smooth: Added to the true positives, above and below.
        ignore_index: Pixels with this class in the truth count nowhere.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.7,
        beta: float = 0.3,
        gamma: float = 4 / 3,
        smooth: float = 0.0,
        ignore_index: int = -100,
    ) -> None:
        super().__init__()
        self.alpha, self.beta, self.gamma = alpha, beta, gamma
        self.smooth = smooth
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, from logits [B, K, H, W] and classes int64 [B, H, W]."""
        valid = target != self.ignore_index
        p = logits.softmax(1).movedim(1, -1)[valid]  # [N, K]
        g = F.one_hot(target[valid], logits.shape[1])
        both, truth = (p * g).sum(0), g.sum(0)  # [K]
        false = self.alpha * (truth - both) + self.beta * (p.sum(0) - both)
        score = (both + self.smooth) / (both + false + self.smooth).clamp_min(1e-7)
        # the root is infinitely steep at zero
        lost = (1 - score).clamp_min(1e-7) ** (1 / self.gamma)
        return (lost * (truth > 0)).mean()


if __name__ == "__main__":
    logits, target = torch.randn(2, 4, 32, 48), torch.randint(4, (2, 32, 48))
    print("inputs", tuple(logits.shape), tuple(target.shape))
    print("loss  ", FocalTverskyLoss()(logits, target).item())
