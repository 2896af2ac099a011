"""One pass over a split without gradients: the loss, and the counts that metrics are made of."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from . import checkpoint, data
from .config import Config
from .losses import Loss
from .metrics import SPEC, Meter

PRECISION = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}


def evaluate(
    model: nn.Module,
    config: Config,
    split: str,
    *,
    show: Callable[[Iterable], Iterable] = iter,
    on_batch: Callable[[dict[str, Any], Tensor], None] = lambda batch, logits: None,
) -> tuple[float, Meter]:
    """The mean loss of a split and its Meter; `on_batch` gets each batch and its logits.

    Where the model is decides the device. Its training mode is the same afterwards.
    """
    device = next(model.parameters()).device
    criterion, meter = Loss(config).to(device), Meter(config, split)
    total, count, training = 0.0, 0, model.training
    model.eval()
    with torch.inference_mode():
        for batch in show(data.loader(config, split)):
            logits, loss = forward(model, criterion, batch, config)
            meter.update(logits, batch)
            total, count = total + float(loss) * len(batch["case"]), count + len(batch["case"])
            on_batch(batch, logits)
    model.train(training)
    return total / count, meter


def summary(meter: Meter, *, split: str, best: Path, epoch: int) -> dict[str, Any]:
    """summary.json: the metrics of a split, and the checkpoint that they belong to."""
    values, per_class = meter.summary()
    file = f"{best.parent.name}/{best.name}"
    return {
        "schema": 1,
        "split": split,
        "checkpoint": {"file": file, "sha256": checkpoint.sha256(best), "epoch": epoch},
        "metric_spec": SPEC,
        "n_cases": len(meter.cases),
        "metrics": values,
        "per_class": per_class,
    }


def forward(
    model: nn.Module, criterion: Loss, batch: dict[str, Any], config: Config
) -> tuple[Tensor, Tensor]:
    """Logits and loss of a batch, in the configured precision, on the model's device."""
    device = next(model.parameters()).device
    image = batch["image"].to(device, non_blocking=True)
    truth = batch["mask" if config.task == "segmentation" else "target"]
    if config.train.perf == "auto":
        image = image.contiguous(memory_format=torch.channels_last)
    dtype = PRECISION[config.train.precision]
    with torch.autocast(device.type, dtype, enabled=dtype is not torch.float32):
        logits = model(image)
    return logits, criterion(logits, truth.to(device, non_blocking=True))
