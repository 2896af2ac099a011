"""Unified focal loss: a focal cross-entropy and a focal Tversky loss with the same parameters.

Yeung, Sala, Schönlieb, Rundo: Unified Focal Loss: Generalising Dice and Cross Entropy-based Losses
to Handle Class Imbalanced Medical Image Segmentation, Computerized Medical Imaging and Graphics
2022. This is the asymmetric one, which the paper found best: easy pixels of the background count
less, and hard foreground classes more. The paper has one rare class; here all classes but the
first, the background, are rare, as its authors advise for several.

In the paper's equation 20 the logarithm of the common classes is printed with the index of the rare
one, which its authors call a mistake.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INFO = {
    "name": "unified_focal",
    "title": "Unified Focal Loss: Generalising Dice and Cross Entropy-based Losses to Handle "
    "Class Imbalanced Medical Image Segmentation",
    "authors": ["Michael Yeung", "Evis Sala", "Carola-Bibiane Schönlieb", "Leonardo Rundo"],
    "venue": "Computerized Medical Imaging and Graphics",
    "year": 2022,
    "key": "yeung2022unified",
    "bibtex": """@article{yeung2022unified,
  title     = {Unified Focal Loss: Generalising {Dice} and Cross Entropy-based Losses to Handle
               Class Imbalanced Medical Image Segmentation},
  author    = {Yeung, Michael and Sala, Evis and Schönlieb, Carola-Bibiane and Rundo, Leonardo},
  journal   = {Computerized Medical Imaging and Graphics},
  volume    = {95},
  pages     = {102026},
  year      = {2022}
}""",
    "kind": "loss",
    "noun": "unified focal loss",
    "tasks": ["segmentation"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
f_i &= \begin{cases} (1 - \delta) (1 - p_{i0})^{\gamma} & \text{where } g_{i0} = 1 \\
  \delta & \text{elsewhere,} \end{cases} \\
t_k &= \textstyle\sum_i p_{ik} g_{ik}, \\
T_k &= \frac{t_k}{t_k
  + \delta \sum_i (1 - p_{ik}) g_{ik} + (1 - \delta) \sum_i p_{ik} (1 - g_{ik})}, \\
\mathcal{L}_{F} &= -\frac{1}{N} \sum_i f_i \sum_k g_{ik} \log p_{ik}, \\
\mathcal{L}_{T} &= (1 - T_0) + \sum_{k > 0} (1 - T_k)^{1 - \gamma}, \\
\mathcal{L} &= \lambda \mathcal{L}_{F} + (1 - \lambda) \mathcal{L}_{T}
\end{aligned}""",
    "symbols": {
        "p_{ik}": "softmax probability of class k at pixel i of the batch; class 0 is background",
        "g_{ik}": "1 where the truth of pixel i is class k, else 0",
        "N": "number of pixels that are not ignored",
        r"\lambda": "weight of the cross-entropy",
        r"\delta": "weight of the foreground, and of false negatives",
        r"\gamma": "how much easy background counts less, and hard foreground more",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": [],
    "variants": {
        "paper": "the weight is that of the cross-entropy; the Tversky losses of the classes are "
        "summed",
        "official": "the weight is that of the Tversky loss, which is the mean over the classes",
    },
    "source": "written from the paper's equations; the variant as in the authors' published code, "
    "none of which is copied",
    "licence": "MIT",
}


class UnifiedFocalLoss(nn.Module):
    """Asymmetric focal cross-entropy, mean over pixels, plus asymmetric focal Tversky loss.

    The sums run over all pixels of the batch, not per image. A class that the batch lacks adds
    nothing. With all pixels ignored the loss is zero.

    Args:
        weight: lambda of the equation, between 0 and 1.
        delta: Weight of the foreground in the cross-entropy, of false negatives in the index.
        gamma: Between 0 and 1; 0 is cross-entropy and Tversky loss.
        variant: "official" has the published code's weights.
        ignore_index: Pixels with this class in the truth count nowhere.
    """

    def __init__(
        self,
        *,
        weight: float = 0.5,
        delta: float = 0.6,
        gamma: float = 0.5,
        variant: Literal["paper", "official"] = "paper",
        ignore_index: int = -100,
    ) -> None:
        super().__init__()
        self.weight, self.delta, self.gamma = weight, delta, gamma
        self.variant = variant
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, from logits [B, K, H, W] and classes int64 [B, H, W]."""
        valid = target != self.ignore_index
        logs, target = logits.log_softmax(1).movedim(1, -1)[valid], target[valid]  # [N, K], [N]
        entropy, overlap = self._entropy(logs, target), self._overlap(logs.exp(), target)
        if self.variant == "official":
            return self.weight * overlap / logits.shape[1] + (1 - self.weight) * entropy
        return self.weight * entropy + (1 - self.weight) * overlap

    def _entropy(self, logs: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy in which easy background counts less, mean over the pixels."""
        log = logs.gather(1, target[:, None])[:, 0]
        easy = (1 - log.exp()).clamp_min(1e-7) ** self.gamma  # a root is infinitely steep at zero
        loss = -log * torch.where(target == 0, (1 - self.delta) * easy, self.delta)
        return loss.sum() / max(len(loss), 1)

    def _overlap(self, p: Tensor, target: Tensor) -> Tensor:
        """Tversky losses, summed; those of the foreground are enhanced by a root."""
        g = F.one_hot(target, p.shape[1])
        both, truth = (p * g).sum(0), g.sum(0)  # [K]
        false = self.delta * (truth - both) + (1 - self.delta) * (p.sum(0) - both)
        lost = (1 - both / (both + false).clamp_min(1e-7)).clamp_min(1e-7) * (truth > 0)
        return lost[0] + (lost[1:].clamp_min(1e-7) ** (1 - self.gamma) * (truth[1:] > 0)).sum()


if __name__ == "__main__":
    logits, target = torch.randn(2, 4, 32, 48), torch.randint(4, (2, 32, 48))
    print("inputs", tuple(logits.shape), tuple(target.shape))
    print("loss  ", UnifiedFocalLoss()(logits, target).item())
