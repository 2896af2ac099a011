"""Lovász-softmax loss: the convex extension of the Jaccard loss to probabilities.

Berman, Rannen Triki, Blaschko: The Lovász-Softmax Loss: A Tractable Surrogate for the Optimization
of the Intersection-Over-Union Measure in Neural Networks, CVPR 2018.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "lovasz",
    "title": "The Lovász-Softmax Loss: A Tractable Surrogate for the Optimization of the "
    "Intersection-Over-Union Measure in Neural Networks",
    "authors": ["Maxim Berman", "Amal Rannen Triki", "Matthew B. Blaschko"],
    "venue": "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2018,
    "key": "berman2018lovasz",
    "bibtex": """@inproceedings{berman2018lovasz,
  title     = {The {Lovász-Softmax} Loss: A Tractable Surrogate for the Optimization of the
               Intersection-Over-Union Measure in Neural Networks},
  author    = {Berman, Maxim and Rannen Triki, Amal and Blaschko, Matthew B.},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {4413--4421},
  year      = {2018}
}""",
    "kind": "loss",
    "noun": "Lovász-softmax loss",
    "tasks": ["segmentation"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
m_{ik} &= |g_{ik} - p_{ik}|, \qquad m_{\pi_1 k} \ge m_{\pi_2 k} \ge \dots, \\
w_{jk} &= \Delta_k(\{\pi_1, \dots, \pi_j\}) - \Delta_k(\{\pi_1, \dots, \pi_{j-1}\}), \\
\mathcal{L} &= \frac{1}{|C|} \sum_{k \in C} \sum_{j} w_{jk}\, m_{\pi_j k}
\end{aligned}""",
    "symbols": {
        "p_{ik}": "softmax probability of class k at pixel i of the batch",
        "g_{ik}": "1 where the truth of pixel i is class k, else 0",
        r"\pi": "the pixels, the worst first",
        r"\Delta_k(M)": "Jaccard loss of class k if just the pixels in M were wrong",
        "C": "the classes that the batch has",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": [],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class LovaszLoss(nn.Module):
    """Lovász extension of the Jaccard loss of each class, mean over the classes in the batch.

    The pixels of the whole batch are sorted together, not per image. A class that the batch lacks
    adds nothing and does not count in the mean. With all pixels ignored the loss is zero.

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
        losses = [self._of_class(p[:, k], (target == k).to(p.dtype)) for k in torch.unique(target)]
        return torch.stack(losses).mean() if losses else p.sum()  # the sum of nothing is zero

    @staticmethod
    def _of_class(p: Tensor, truth: Tensor) -> Tensor:
        errors, order = (truth - p).abs().sort(descending=True, stable=True)
        truth = truth[order]
        # the Jaccard loss if the n worst pixels were wrong; its steps weigh the errors
        missed = 1 - (truth.sum() - truth.cumsum(0)) / (truth.sum() + (1 - truth).cumsum(0))
        return (errors * missed.diff(prepend=missed.new_zeros(1))).sum()


if __name__ == "__main__":
    logits, target = torch.randn(2, 4, 32, 48), torch.randint(4, (2, 32, 48))
    print("inputs", tuple(logits.shape), tuple(target.shape))
    print("loss  ", LovaszLoss()(logits, target).item())
