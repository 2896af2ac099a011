"""The losses against smp's and PyTorch's, values and gradients, with and without ignored pixels."""

from pathlib import Path

import pytest
import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
from sandbox import PACKAGE, config, module, project

IGNORED = 255
LossOf = torch.nn.Module


def batch(*, ignored: bool) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    logits = 4 * torch.randn(3, 4, 9, 7, generator=generator)
    target = torch.randint(0, 3, (3, 9, 7), generator=generator)  # class 3 is absent
    if ignored:
        target[torch.rand(3, 9, 7, generator=generator) < 0.3] = IGNORED
    return logits.requires_grad_(), target


def loss(folder: Path, *, ignored: bool, **section: object) -> LossOf:
    data = {"ignore_index": IGNORED} if ignored else {}
    made: LossOf = module("losses").Loss(config(folder, data=data, loss=section))
    return made


def equal(ours: LossOf, theirs: LossOf, *, ignored: bool) -> None:
    """Equal values and equal gradients."""
    results = []
    for criterion in (ours, theirs):
        logits, target = batch(ignored=ignored)
        value = criterion(logits, target)
        results.append((value.detach(), *torch.autograd.grad(value, logits)))
    torch.testing.assert_close(results[0], results[1], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_dice_is_smps(tmp_path: Path, ignored: bool, smooth: float) -> None:
    theirs = smp.losses.DiceLoss(
        "multiclass", smooth=smooth, ignore_index=IGNORED if ignored else None
    )
    ours = loss(tmp_path, ignored=ignored, name="dice", smooth=smooth)
    equal(ours, theirs, ignored=ignored)


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.7), (0.5, 0.5), (1.0, 0.0)])
def test_tversky_is_smps(tmp_path: Path, ignored: bool, alpha: float, beta: float) -> None:
    theirs = smp.losses.TverskyLoss(
        "multiclass", alpha=alpha, beta=beta, ignore_index=IGNORED if ignored else None
    )
    ours = loss(tmp_path, ignored=ignored, name="tversky", alpha=alpha, beta=beta)
    equal(ours, theirs, ignored=ignored)


def test_jaccard_is_smps(tmp_path: Path) -> None:
    theirs = smp.losses.JaccardLoss("multiclass", smooth=1.0)  # it knows no ignored pixels
    equal(loss(tmp_path, ignored=False, name="jaccard", smooth=1.0), theirs, ignored=False)


@pytest.mark.parametrize("ignored", [False, True])
def test_lovasz_is_smps(tmp_path: Path, ignored: bool) -> None:
    theirs = smp.losses.LovaszLoss("multiclass", ignore_index=IGNORED if ignored else None)
    equal(loss(tmp_path, ignored=ignored, name="lovasz"), theirs, ignored=ignored)


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize(("gamma", "alpha"), [(2.0, None), (1.5, 0.25), (0.0, None)])
def test_focal_is_smps(tmp_path: Path, ignored: bool, gamma: float, alpha: float | None) -> None:
    theirs = smp.losses.FocalLoss(
        "multiclass", gamma=gamma, alpha=alpha, ignore_index=IGNORED if ignored else None
    )
    ours = loss(tmp_path, ignored=ignored, name="focal", gamma=gamma, alpha=alpha)
    equal(ours, theirs, ignored=ignored)


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5, 3.0]])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_torchs(
    tmp_path: Path, ignored: bool, weights: list[float] | None, smoothing: float
) -> None:
    theirs = torch.nn.CrossEntropyLoss(
        None if weights is None else torch.tensor(weights),
        ignore_index=IGNORED,
        label_smoothing=smoothing,
    )
    section = {"name": "ce", "class_weights": weights, "label_smoothing": smoothing}
    equal(loss(tmp_path, ignored=ignored, **section), theirs, ignored=ignored)


def test_the_sum_of_both_is_weighted(tmp_path: Path) -> None:
    logits, target = batch(ignored=True)
    both = loss(tmp_path, ignored=True, name="dice_ce", dice_weight=3.0, ce_weight=0.5)
    dice = smp.losses.DiceLoss("multiclass", ignore_index=IGNORED)(logits, target)
    ce = F.cross_entropy(logits, target, ignore_index=IGNORED)
    torch.testing.assert_close(both(logits, target), 3 * dice + 0.5 * ce)


@pytest.mark.parametrize("ignored", [False, True])
def test_further_losses_are_added_with_their_weights(tmp_path: Path, ignored: bool) -> None:
    ignore = IGNORED if ignored else None
    weights = [1.0, 2.0, 0.5, 3.0]
    ours = loss(
        tmp_path,
        ignored=ignored,
        name="tversky",
        alpha=0.3,
        beta=0.7,
        plus={"lovasz": 0.1, "ce": 2.0},
        class_weights=weights,
    )
    tversky = smp.losses.TverskyLoss("multiclass", alpha=0.3, beta=0.7, ignore_index=ignore)
    lovasz = smp.losses.LovaszLoss("multiclass", ignore_index=ignore)
    ce = torch.nn.CrossEntropyLoss(torch.tensor(weights), ignore_index=IGNORED)

    class Theirs(torch.nn.Module):
        def forward(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            added = 0.1 * lovasz(logits, target) + 2 * ce(logits, target)
            return tversky(logits, target) + added

    equal(ours, Theirs(), ignored=ignored)


REFUSING = """from torch import nn

INFO = {"kind": "loss"}


class Refusing(nn.Module):
    def __init__(self, *, margin: float = 1.0, ignore_index: int = -100) -> None:
        super().__init__()
        if margin < 0:
            raise ValueError(f"margin is {margin}, but must not be negative")

    def forward(self, logits, target):
        return (logits.softmax(1) * 0).sum()
"""


def test_a_loss_of_the_students_own(tmp_path: Path) -> None:
    """It is found by its file; what its class refuses is one message; its code is the run's."""
    file = project() / PACKAGE / "modules/refusing.py"
    file.write_text(REFUSING, encoding="utf-8")
    try:
        made = config(tmp_path, loss={"name": "refusing"})
        logits, target = batch(ignored=False)
        assert module("losses").Loss(made)(logits, target).item() == 0
        before = module("identity").code(made)
        file.write_text(REFUSING.replace("* 0", "* 1"), encoding="utf-8")
        assert module("identity").code(made) != before
        with pytest.raises(module("config").ConfigError) as caught:
            loss(tmp_path, ignored=False, name="refusing", margin=-1.0)
    finally:
        file.unlink()
    said = str(caught.value).replace(str(tmp_path), "HERE")
    assert said == "HERE/config.yaml:11: loss: refusing: margin is -1.0, but must not be negative"


@pytest.mark.parametrize("name", ["ce", "dice", "dice_ce", "focal"])
def test_a_batch_in_which_all_is_ignored_costs_nothing(tmp_path: Path, name: str) -> None:
    logits, target = batch(ignored=True)
    value = loss(tmp_path, ignored=True, name=name)(logits, torch.full_like(target, IGNORED))
    value.backward()
    assert value.item() == 0
    assert logits.grad is not None and not logits.grad.any()


@pytest.mark.parametrize("name", ["ce", "focal"])
def test_classification_takes_one_label_per_image(tmp_path: Path, name: str) -> None:
    made = config(tmp_path, task="classification", loss={"name": name})
    logits, target = torch.zeros(2, 3), torch.tensor([0, 2])
    # all logits zero: CE is ln 3; focal is the mean of (1/2)^2 ln 2 for every class
    wanted = {"ce": torch.log(torch.tensor(3.0)), "focal": 0.25 * torch.log(torch.tensor(2.0))}
    torch.testing.assert_close(module("losses").Loss(made)(logits, target), wanted[name])


def test_half_precision_is_summed_in_full(tmp_path: Path) -> None:
    logits, target = torch.zeros(1, 4, 300, 300), torch.zeros(1, 300, 300, dtype=torch.long)
    criterion = loss(tmp_path, ignored=False, name="dice_ce")
    exact = criterion(logits, target)
    torch.testing.assert_close(criterion(logits.half(), target), exact)


def test_the_two_weights_of_focal_loss_are_shares(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="loss: ") as caught:
        loss(tmp_path, ignored=False, name="focal", alpha=2.0)
    complaint = str(caught.value).partition(": loss: ")[2]
    assert complaint == "focal: alpha is 2.0, expected 0 to 1: the rest has 1 - alpha"
