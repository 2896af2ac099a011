"""clDice loss: an overlap of centre lines, which tubes keep only if they stay connected.

Shit, Paetzold, Sekuboyina, Ezhov, Unger, Zhylka, Pluim, Bauer, Menze: clDice - A Novel
Topology-Preserving Loss Function for Tubular Structure Segmentation, CVPR 2021. As in the paper, it
is the weighted sum of that overlap and of the Dice loss.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INFO = {
    "name": "cldice",
    "title": "clDice - A Novel Topology-Preserving Loss Function for Tubular Structure "
    "Segmentation",
    "authors": [
        "Suprosanna Shit",
        "Johannes C. Paetzold",
        "Anjany Sekuboyina",
        "Ivan Ezhov",
        "Alexander Unger",
        "Andrey Zhylka",
        "Josien P. W. Pluim",
        "Ulrich Bauer",
        "Bjoern H. Menze",
    ],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2021,
    "key": "shit2021cldice",
    "bibtex": """@inproceedings{shit2021cldice,
  title     = {{clDice} - A Novel Topology-Preserving Loss Function for Tubular Structure
               Segmentation},
  author    = {Shit, Suprosanna and Paetzold, Johannes C. and Sekuboyina, Anjany and Ezhov, Ivan and
               Unger, Alexander and Zhylka, Andrey and Pluim, Josien P. W. and Bauer, Ulrich and
               Menze, Bjoern H.},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {16560--16569},
  year      = {2021}
}""",
    "kind": "loss",
    "noun": "clDice loss",
    "tasks": ["segmentation"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
T_p &= \frac{\sum_i s(p)_i\, g_i + \epsilon}{\sum_i s(p)_i + \epsilon}, \qquad
T_s = \frac{\sum_i s(g)_i\, p_i + \epsilon}{\sum_i s(g)_i + \epsilon}, \\
\mathcal{L} &= (1 - \alpha) \Big( 1 -
  \frac{2 \sum_i p_i g_i + \epsilon}{\sum_i p_i + \sum_i g_i + \epsilon} \Big)
  + \alpha \Big( 1 - \frac{2\, T_p\, T_s}{T_p + T_s} \Big)
\end{aligned}""",
    "symbols": {
        "p": "softmax probability of a class; the loss is the mean over all but the background",
        "g": "truth, 1 or 0",
        "s": "soft skeleton: what erosions (minima over neighbours) leave and the dilation after "
        "them does not bring back",
        "T_p, T_s": "precision and sensitivity of the centre lines",
        r"\alpha": "weight of the centre lines, 0.5 or less",
        r"\epsilon": "a smoothing constant, 1",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": [],
    "variants": {},
    "source": "written from the paper's algorithm; no code copied",
    "licence": "MIT",
}


class ClDiceLoss(nn.Module):
    """Dice loss and one minus the soft clDice of each foreground class, mean over these classes.

    The sums run over all pixels of the batch, not per image. A class that the batch lacks costs
    where it is predicted. With all pixels ignored the loss is zero; ignored pixels count as
    background of every class.

    Args:
        alpha: Weight of the centre lines; the Dice loss has 1 - alpha.
        iterations: Erosions of the skeleton; the radius of the thickest tube in pixels, or more.
        smooth: Added above and below.
        include_background: Whether the first class counts, too.
        ignore_index: Pixels with this class in the truth count nowhere.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.5,
        iterations: int = 3,
        smooth: float = 1.0,
        include_background: bool = False,
        ignore_index: int = -100,
    ) -> None:
        super().__init__()
        self.alpha, self.iterations, self.smooth = alpha, iterations, smooth
        self.first = 0 if include_background else 1
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, from logits [B, K, H, W] and classes int64 [B, H, W]."""
        valid = (target != self.ignore_index)[:, None]
        p = logits.softmax(1) * valid
        g = F.one_hot(target.where(valid[:, 0], 0), logits.shape[1]).movedim(-1, 1) * valid
        p, g = p[:, self.first :], g[:, self.first :].to(p.dtype)
        dice = self._share(2 * p * g, p + g)
        lines, true_lines = self.skeleton(p), self.skeleton(g)
        precision, sensitivity = (
            self._share(lines * g, lines),
            self._share(true_lines * p, true_lines),
        )
        centre = 2 * precision * sensitivity / (precision + sensitivity)
        return (1 - (1 - self.alpha) * dice - self.alpha * centre).mean()

    def _share(self, part: Tensor, whole: Tensor) -> Tensor:
        """Return, per class, the sum of `part` by that of `whole`."""
        over = (0, 2, 3)
        return (part.sum(over) + self.smooth) / (whole.sum(over) + self.smooth)

    def skeleton(self, x: Tensor) -> Tensor:
        """Return the soft skeleton of x [B, K', H, W] in [0, 1]."""
        found = torch.relu(x - self._opened(x))
        for _ in range(self.iterations):
            x = self._eroded(x)
            new = torch.relu(x - self._opened(x))
            found = found + torch.relu(new - found * new)
        return found

    def _opened(self, x: Tensor) -> Tensor:
        return F.max_pool2d(self._eroded(x), 3, stride=1, padding=1)

    @staticmethod
    def _eroded(x: Tensor) -> Tensor:
        """Minimum over a cross of 3x3."""
        along_height = F.max_pool2d(-x, (3, 1), stride=1, padding=(1, 0))
        along_width = F.max_pool2d(-x, (1, 3), stride=1, padding=(0, 1))
        return -torch.maximum(along_height, along_width)


if __name__ == "__main__":
    logits, target = torch.randn(2, 4, 32, 48), torch.randint(4, (2, 32, 48))
    print("inputs", tuple(logits.shape), tuple(target.shape))
    print("loss  ", ClDiceLoss()(logits, target).item())
