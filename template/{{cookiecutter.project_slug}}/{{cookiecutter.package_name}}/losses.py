"""The loss on logits: cross-entropy, a loss of modules/, or a weighted sum of several.

Ignored pixels count nowhere. Cross-entropy is PyTorch's; what else there is says its own file.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import modules
from .config import Config, ConfigError

NOTHING = -100  # no class has this index


class Loss(nn.Module):
    """Logits [B, K, H, W] (or [B, K]) and classes int64 [B, H, W] (or [B]) to a scalar."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        ignore = config.data.ignore_index
        ignore = NOTHING if ignore is None else ignore
        self.weights = [weight for _, weight, _ in config.loss.parts()]
        self.parts = nn.ModuleList()
        for name, _, given in config.loss.parts():
            try:
                made = CrossEntropy if name == "ce" else modules.find(name)
                self.parts.append(made(**given, ignore_index=ignore))
            except (TypeError, ValueError) as error:
                place = config.origins.get("loss.name", "loss")
                raise ConfigError(f"{place}: loss: {name}: {error}") from error

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        logits = logits.float()  # half precision is too coarse for sums
        pairs = zip(self.weights, self.parts, strict=True)
        return sum(weight * part(logits, target) for weight, part in pairs)


class CrossEntropy(nn.Module):
    """PyTorch's cross-entropy; zero, not NaN, for a batch in which everything is ignored."""

    def __init__(
        self,
        *,
        class_weights: list[float] | None = None,
        label_smoothing: float = 0.0,
        ignore_index: int = NOTHING,
    ) -> None:
        super().__init__()
        weights = None if class_weights is None else torch.tensor(class_weights)
        self.register_buffer("weights", weights)
        self.smoothing, self.ignore = label_smoothing, ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        given = {"label_smoothing": self.smoothing, "ignore_index": self.ignore}
        summed = F.cross_entropy(logits, target, self.weights, reduction="sum", **given)
        valid = target[target != self.ignore]
        count = valid.numel() if self.weights is None else self.weights[valid].sum()
        return summed / (count if count > 0 else 1)
