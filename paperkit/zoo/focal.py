"""Focal loss: cross-entropy in which what is right already counts little.

Lin, Goyal, Girshick, He, Dollár: Focal Loss for Dense Object Detection, ICCV 2017. As in the paper,
each class is told from the rest by its own sigmoid; there is no softmax over the classes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INFO = {
    "name": "focal",
    "title": "Focal Loss for Dense Object Detection",
    "authors": ["Tsung-Yi Lin", "Priya Goyal", "Ross Girshick", "Kaiming He", "Piotr Dollár"],
    "venue": "IEEE International Conference on Computer Vision (ICCV)",
    "year": 2017,
    "key": "lin2017focal",
    "bibtex": """@inproceedings{lin2017focal,
  title     = {Focal Loss for Dense Object Detection},
  author    = {Lin, Tsung-Yi and Goyal, Priya and Girshick, Ross and He, Kaiming and
               Dollár, Piotr},
  booktitle = {IEEE International Conference on Computer Vision (ICCV)},
  pages     = {2980--2988},
  year      = {2017}
}""",
    "kind": "loss",
    "noun": "focal loss",
    "tasks": ["segmentation", "classification"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
q_{ik} &= \begin{cases} \sigma(z_{ik}) & \text{where } g_{ik} = 1 \\
  1 - \sigma(z_{ik}) & \text{elsewhere,} \end{cases} \\
\mathcal{L} &= -\frac{1}{N K} \sum_{i, k} \alpha_{ik}\, (1 - q_{ik})^{\gamma} \log q_{ik}
\end{aligned}""",
    "symbols": {
        "z_{ik}": "logit of class k at pixel i of the batch",
        "g_{ik}": "1 where the truth of pixel i is class k, else 0",
        r"\sigma": "sigmoid",
        r"\alpha_{ik}": "the option alpha where g is 1, and one minus it elsewhere; 1 unless set",
        "N, K": "numbers of pixels that are not ignored and of classes",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": [],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class FocalLoss(nn.Module):
    """Binary focal loss of each class against the rest, mean over all pixels and classes.

    A class that the batch lacks is wrong wherever it is predicted, like any other. With all pixels
    ignored the loss is zero. The paper divides by the number of objects, which pixels do not have.

    Args:
        gamma: How much less what is right already counts; 0 is the cross-entropy.
        alpha: Weight of the class itself, 1 - alpha that of the rest; None weighs both by one. The
            paper has 0.25 for gamma 2.
        ignore_index: Pixels with this class in the truth count nowhere.

    Raises:
        ValueError: alpha is not between 0 and 1.
    """

    def __init__(
        self, *, gamma: float = 2.0, alpha: float | None = None, ignore_index: int = -100
    ) -> None:
        super().__init__()
        if alpha is not None and not 0 <= alpha <= 1:
            raise ValueError(f"alpha is {alpha}, expected 0 to 1: the rest has 1 - alpha")
        self.gamma, self.alpha = gamma, alpha
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar.

        Args:
            logits: [B, K, H, W], or [B, K] where images are classified.
            target: Classes, int64 [B, H, W] or [B].
        """
        valid = target != self.ignore_index
        logits = logits.movedim(1, -1)[valid]  # [N, K]
        truth = F.one_hot(target[valid], logits.shape[1]).to(logits.dtype)
        entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
        # 1 - q from the entropy: exact for large logits, too
        loss = (1 - torch.exp(-entropy)).clamp_min(1e-9) ** self.gamma * entropy
        if self.alpha is not None:
            loss = loss * (self.alpha * truth + (1 - self.alpha) * (1 - truth))
        return loss.sum() / max(loss.numel(), 1)


if __name__ == "__main__":
    logits, target = torch.randn(2, 4, 32, 48), torch.randint(4, (2, 32, 48))
    print("inputs", tuple(logits.shape), tuple(target.shape))
    print("loss  ", FocalLoss()(logits, target).item())
