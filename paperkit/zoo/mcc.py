"""MCC loss: one minus Matthews' correlation of prediction and truth, which counts the background.

Abhishek, Hamarneh: Matthews Correlation Coefficient Loss for Deep Convolutional Networks:
Application to Skin Lesion Segmentation, ISBI 2021. The paper has one class and the background;
here each class is set against the rest, which for two classes is the same twice.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INFO = {
    "name": "mcc",
    "title": "Matthews Correlation Coefficient Loss for Deep Convolutional Networks: Application "
    "to Skin Lesion Segmentation",
    "authors": ["Kumar Abhishek", "Ghassan Hamarneh"],
    "venue": "IEEE International Symposium on Biomedical Imaging (ISBI)",
    "year": 2021,
    "key": "abhishek2021matthews",
    "bibtex": """@inproceedings{abhishek2021matthews,
  title     = {{Matthews} Correlation Coefficient Loss for Deep Convolutional Networks:
               Application to Skin Lesion Segmentation},
  author    = {Abhishek, Kumar and Hamarneh, Ghassan},
  booktitle = {IEEE International Symposium on Biomedical Imaging (ISBI)},
  pages     = {225--229},
  year      = {2021}
}""",
    "kind": "loss",
    "noun": "Matthews correlation coefficient loss",
    "tasks": ["segmentation"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
A_k &= (\mathrm{TP}_k + \mathrm{FP}_k) (\mathrm{TP}_k + \mathrm{FN}_k), \\
B_k &= (\mathrm{TN}_k + \mathrm{FP}_k) (\mathrm{TN}_k + \mathrm{FN}_k), \\
\mathcal{L} &= \frac{1}{|C|} \sum_{k \in C} \Big( 1 -
  \frac{\mathrm{TP}_k\, \mathrm{TN}_k - \mathrm{FP}_k\, \mathrm{FN}_k}{\sqrt{A_k B_k}} \Big)
\end{aligned}""",
    "symbols": {
        r"\mathrm{TP}_k, \mathrm{FP}_k": "sums over the batch of p g and of p (1 - g) for class k, "
        "with the softmax probability p and the truth g, 1 or 0",
        r"\mathrm{FN}_k, \mathrm{TN}_k": "sums of (1 - p) g and of (1 - p) (1 - g)",
        "C": "the classes that some pixels of the batch have and others do not",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": [],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class MCCLoss(nn.Module):
    """One minus the soft Matthews correlation of each class, mean over the classes.

    The sums run over all pixels of the batch, not per image. A class that the batch lacks, or that
    all its pixels have, has no correlation and does not count in the mean. With no class left, as
    with all pixels ignored, the loss is zero.

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
        g = F.one_hot(target, logits.shape[1])
        count, pixels = g.sum(0), max(len(p), 1)
        # the equation with means instead of sums, which do not grow with the batch
        share, truth = p.sum(0) / pixels, count / pixels
        together = (p * (g - truth)).sum(0) / pixels
        least = torch.finfo(p.dtype).eps ** 2  # the root is infinitely steep at zero
        spread = (share * (1 - share)).clamp_min(least) * (truth * (1 - truth)).clamp_min(least)
        counts = (count > 0) & (count < len(p))
        return ((1 - together / spread.sqrt()) * counts).sum() / counts.sum().clamp_min(1)


if __name__ == "__main__":
    logits, target = torch.randn(2, 4, 32, 48), torch.randint(4, (2, 32, 48))
    print("inputs", tuple(logits.shape), tuple(target.shape))
    print("loss  ", MCCLoss()(logits, target).item())
