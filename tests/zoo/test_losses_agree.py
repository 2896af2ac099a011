"""Losses against other implementations, or their equations in NumPy, and all of them by hand.

Libraries differ in what they sum over: images, or the batch. What is compared is a batch whose
pixels stand in one row, ignored ones left out, so that both mean the same pixels.
"""

import math

import numpy as np
import pytest
import torch
from criteria import IGNORED, agree, batch, in_a_row, one_hot
from torch import nn

from paperkit.zoo.load import find

LN2 = math.log(2)


def per_class(loss):
    """Make the mean over classes of a loss of probabilities [B, H, W] and a truth of 0 and 1."""

    def mean(logits, target):
        p, g = logits.softmax(1), one_hot(target, logits.shape[1])
        return torch.stack([loss(p[:, k], g[:, k]) for k in range(logits.shape[1])]).mean()

    return mean


SMP = [
    ("dice", {}, "DiceLoss", {}),
    ("dice", {"smooth": 1.0}, "DiceLoss", {"smooth": 1.0}),
    ("jaccard", {}, "JaccardLoss", {}),
    ("jaccard", {"smooth": 1.0}, "JaccardLoss", {"smooth": 1.0}),
    ("tversky", {}, "TverskyLoss", {}),
    ("tversky", {"alpha": 0.3, "beta": 0.7}, "TverskyLoss", {"alpha": 0.3, "beta": 0.7}),
    ("focal", {}, "FocalLoss", {}),
    ("focal", {"gamma": 1.5, "alpha": 0.25}, "FocalLoss", {"gamma": 1.5, "alpha": 0.25}),
    ("focal", {"gamma": 0.0}, "FocalLoss", {"gamma": 0.0}),
    ("lovasz", {}, "LovaszLoss", {}),
]


@pytest.mark.parametrize("present", [4, 2])
@pytest.mark.parametrize(("name", "options", "theirs", "given"), SMP)
def test_smp(name, options, theirs, given, present):
    import segmentation_models_pytorch as smp

    other = getattr(smp.losses, theirs)("multiclass", **given)
    single = name == "lovasz"  # smp's takes nothing else

    def flat(logits, target):
        return other(*in_a_row(logits.float() if single else logits, target))

    ours = find(name)(**options, ignore_index=IGNORED)
    agree(ours, flat, *batch(present=present), rtol=1e-5 if single else 1e-6)


@pytest.mark.parametrize("classes", [2, 4])
def test_mcc_is_smps_for_each_class_against_the_rest(classes):
    import segmentation_models_pytorch as smp

    theirs = per_class(smp.losses.MCCLoss(eps=0))
    ours = find("mcc")(ignore_index=IGNORED)
    agree(ours, lambda z, t: theirs(*in_a_row(z, t)), *batch(classes))


def test_mcc_of_two_classes_is_smps_of_the_sigmoid():
    import segmentation_models_pytorch as smp

    def theirs(logits, target):
        return smp.losses.MCCLoss(eps=0)(torch.sigmoid(logits[:, 1] - logits[:, 0]), target)

    agree(find("mcc")(), theirs, *batch(2, ignored=0))


@pytest.mark.parametrize("present", [4, 2])
def test_focal_tversky_is_the_power_of_smps_tversky_of_each_class(present):
    import segmentation_models_pytorch as smp

    def theirs(logits, target):
        given = {"alpha": 0.3, "beta": 0.7, "gamma": 3 / 4}  # smp's alpha is of false positives
        losses = [smp.losses.TverskyLoss("multiclass", classes=[k], **given) for k in range(4)]
        seen = [loss(*in_a_row(logits, target)) for loss in losses[:present]]
        return torch.stack(seen).sum() / 4  # smp takes the root of the absent ones' zero

    agree(find("focal_tversky")(ignore_index=IGNORED), theirs, *batch(present=present))


EXACT = {"smooth_nr": 0.0, "smooth_dr": 0.0}
MONAI = [
    ("dice", {}, "DiceLoss", EXACT),
    ("dice", {"squared": True}, "DiceLoss", EXACT | {"squared_pred": True}),
    ("dice", {"smooth": 1.0}, "DiceLoss", {"smooth_nr": 2.0, "smooth_dr": 2.0}),
    ("jaccard", {}, "DiceLoss", EXACT | {"jaccard": True}),
    ("tversky", {"alpha": 0.3, "beta": 0.7}, "TverskyLoss", EXACT | {"alpha": 0.3, "beta": 0.7}),
    ("gdice", {}, "GeneralizedDiceLoss", EXACT),
]


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(("name", "options", "theirs", "given"), MONAI)
def test_monai(name, options, theirs, given, classes):
    from monai import losses

    other = getattr(losses, theirs)(softmax=True, to_onehot_y=True, **given)

    def flat(logits, target):
        z, t = in_a_row(logits, target)
        return other(z, t[:, None])

    agree(find(name)(**options, ignore_index=IGNORED), flat, *batch(classes))


def test_a_class_that_is_absent_weighs_as_much_as_the_smallest_in_monais_gdice():
    from monai.losses import GeneralizedDiceLoss

    other = GeneralizedDiceLoss(softmax=True, to_onehot_y=True, batch=True, **EXACT)
    theirs = lambda z, t: other(z, t[:, None])  # noqa: E731
    agree(find("gdice")(), theirs, *batch(4, present=2, ignored=0))


@pytest.mark.parametrize("alpha", [None, 0.25])
def test_focal_is_monais_and_torchvisions(alpha):
    from monai.losses import FocalLoss
    from torchvision.ops import sigmoid_focal_loss

    logits, target = batch(4, ignored=0)
    ours = find("focal")(gamma=1.5, alpha=alpha)
    other = FocalLoss(to_onehot_y=True, gamma=1.5, alpha=alpha)

    def torchvisions(logits, target):
        weight = -1 if alpha is None else alpha
        return sigmoid_focal_loss(logits, one_hot(target, 4), weight, 1.5, reduction="mean")

    agree(ours, lambda z, t: other(z, t[:, None]), logits, target)
    agree(ours, torchvisions, logits, target)


@pytest.mark.parametrize("gamma", [0.5, 0.2])
@pytest.mark.parametrize("weight", [0.5, 0.8])
def test_the_papers_unified_focal_is_twice_monais_means_over_two_classes(weight, gamma):
    from monai.losses import AsymmetricUnifiedFocalLoss

    other = AsymmetricUnifiedFocalLoss(weight=weight, gamma=gamma, delta=0.6)

    def theirs(logits, target):
        z, t = in_a_row(logits, target)
        return 2 * other(z.softmax(1), one_hot(t, 2))

    ours = find("unified_focal")(weight=weight, gamma=gamma, ignore_index=IGNORED)
    agree(ours, theirs, *batch(2), rtol=1e-5)


def test_the_official_unified_focal_has_its_weight_on_monais_tversky_loss():
    from monai.losses.unified_focal_loss import AsymmetricFocalLoss, AsymmetricFocalTverskyLoss

    entropy = AsymmetricFocalLoss(delta=0.6, gamma=0.5)
    overlap = AsymmetricFocalTverskyLoss(delta=0.6, gamma=0.5)

    def theirs(logits, target):
        z, t = in_a_row(logits, target)
        p, g = z.softmax(1), one_hot(t, 2)
        return 0.8 * overlap(p, g) + 0.2 * 2 * entropy(p, g)

    ours = find("unified_focal")(weight=0.8, variant="official", ignore_index=IGNORED)
    agree(ours, theirs, *batch(2), rtol=1e-5)


def test_unified_focal_of_four_classes_is_its_equations():
    logits, target = batch(4)
    z, t = in_a_row(logits, target)
    p, g = z.softmax(1)[0, :, 0].numpy(), np.eye(4)[t[0, 0]].T  # [K, N]
    sure = (g * p).sum(0)
    log, ground = np.log(sure), g[0] == 1
    entropy = -np.where(ground, 0.4 * np.sqrt(1 - sure) * log, 0.6 * log).mean()
    both = (p * g).sum(1)
    index = both / (both + 0.6 * ((1 - p) * g).sum(1) + 0.4 * (p * (1 - g)).sum(1))
    overlap = (1 - index[0]) + np.sqrt(1 - index[1:]).sum()
    ours = find("unified_focal")(weight=0.3, ignore_index=IGNORED)
    assert ours(logits, target).item() == pytest.approx(0.3 * entropy + 0.7 * overlap, rel=1e-9)


# four pixels in a row, the last is foreground; both classes have probability 0.5 everywhere
BY_HAND = {
    "dice": 1 - (2 * 1.5 / (2 + 3) + 2 * 0.5 / (2 + 1)) / 2,
    "jaccard": 1 - (1.5 / (2 + 3 - 1.5) + 0.5 / (2 + 1 - 0.5)) / 2,
    "tversky": 1 - (1.5 / (1.5 + 0.25 + 0.75) + 0.5 / (0.5 + 0.75 + 0.25)) / 2,
    "focal_tversky": ((1 - 1.5 / 2.7) ** 0.75 + (1 - 0.5 / 1.3) ** 0.75) / 2,
    "focal": 0.25 * LN2,
    "lovasz": 0.5,  # all errors are 0.5, and all pixels wrong is a Jaccard loss of 1
    "mcc": 1.0,
    "gdice": 1 - 2 * (1.5 / 9 + 0.5) / ((2 + 3) / 9 + (2 + 1)),
    "boundary": 0.5 * (3 + 2 + 1 + 0) / 4,
    "hausdorff": 0.25 * (9 + 4 + 1 + 1) / 4,  # nothing is predicted, so d_P is zero
    # the skeleton of a flat map is empty, that of one pixel is the pixel
    "cldice": 0.5 * (1 - (1 + 1) / (3 + 1)) + 0.5 * (1 - 2 * 0.75 / 1.75),
    "unified_focal": 0.5 * (0.6 * LN2 + 3 * 0.4 * math.sqrt(0.5) * LN2) / 4
    + 0.5 * ((1 - 1.5 / 2.6) + math.sqrt(1 - 0.5 / 1.4)),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_four_pixels_by_hand(name):
    loss: nn.Module = find(name)()
    value = loss(torch.zeros(1, 2, 1, 4, dtype=torch.float64), torch.tensor([[[0, 0, 0, 1]]]))
    assert value.item() == pytest.approx(BY_HAND[name], rel=1e-6)


@pytest.mark.parametrize("name", ["focal_tversky", "gdice", "lovasz", "mcc", "unified_focal"])
def test_a_class_that_is_neither_there_nor_predicted(name):
    logits, target = batch(3)
    none = torch.full_like(logits[:, :1], -100.0)
    loss = find(name)(ignore_index=IGNORED)
    two, three = (loss(z, target) for z in (logits, torch.cat([logits, none], 1)))
    count = 3 / 4 if name == "focal_tversky" else 1  # it counts in this mean
    torch.testing.assert_close(three, two * count)


@pytest.mark.parametrize("name", BY_HAND)
def test_a_region_found_where_there_is_none(name):
    target = torch.zeros(2, 8, 9, dtype=torch.long)
    right, wrong = torch.zeros(2, 2, 8, 9), torch.zeros(2, 2, 8, 9)
    right[:, 0] = 5
    wrong[:, 0], wrong[:, 1, 2:5, 3:7] = 5, 10
    costs = [find(name)()(logits, target).item() for logits in (right, wrong)]
    if name in ("boundary", "mcc"):  # there is no boundary, and nothing to correlate with
        assert costs == [0, 0]
    else:
        assert costs[1] > costs[0] + 0.01
