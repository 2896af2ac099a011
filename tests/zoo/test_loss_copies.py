"""Copied losses: how they are called is found by trials, and what they change is named."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from paperkit import zoo
from paperkit.errors import UserError
from paperkit.zoo.foreign.loss_compare import compare_losses
from paperkit.zoo.foreign.loss_fit import fit, is_loss
from paperkit.zoo.load import find

LOSSES = [name for name in zoo.names() if zoo.info(name)["kind"] == "loss"]


class FlatDice(nn.Module):
    """The common binary copy: a sigmoid, all in one row, 1 added above and below."""

    def forward(self, inputs, targets):
        p, g = torch.sigmoid(inputs).view(-1), targets.view(-1)
        return 1 - (2 * (p * g).sum() + 1) / (p.sum() + g.sum() + 1)


class ByClass(nn.Module):
    """The common copy of several classes: takes probabilities and their number, squares."""

    def __init__(self, n_classes):
        super().__init__()
        self.n_classes = n_classes

    def forward(self, inputs, target):
        loss = 0
        for k in range(self.n_classes):
            p, g = inputs[:, k], (target == k).float()
            loss += 1 - (2 * (p * g).sum() + 1e-5) / (p.square().sum() + g.sum() + 1e-5)
        return loss / self.n_classes


class PerImage(nn.Module):
    sign = 1

    def forward(self, y_true, y_pred):
        p, g = y_pred.softmax(1).flatten(2), y_true.flatten(2)
        return 1 - (2 * (p * g).sum(2) / (p.sum(2) + g.sum(2)).clamp_min(1e-7)).mean()


class Similarity(find("dice")):
    def forward(self, logits, target):
        return 1 - super().forward(logits, target)


class Summed(find("jaccard")):
    def forward(self, logits, target):
        return super().forward(logits, target) * logits.shape[1]


class SoftmaxFocal(nn.Module):
    def __init__(self, gamma=2.0, alpha=0.25, reduction="none"):
        super().__init__()
        self.gamma, self.alpha, self.reduction = gamma, alpha, reduction

    def forward(self, input, target):
        entropy = F.cross_entropy(input, target, reduction="none")
        loss = self.alpha * (1 - torch.exp(-entropy)) ** self.gamma * entropy
        return loss.mean() if self.reduction == "mean" else loss


class ChannelTruth(nn.Module):
    def forward(self, pred, gt):
        log = pred.log_softmax(1)
        return -log.gather(1, gt).mean(), {"parts": 1}


class OfProbabilities(nn.Module):
    def forward(self, probs, labels):
        return F.binary_cross_entropy(probs, labels)


class Halting(find("dice")):
    def forward(self, logits, target):
        p = logits.softmax(1)
        value = super().forward(logits, target)
        return value + ((p - p.detach()) ** 1).square().sum() + (p[:, 0] - p[:, 0].detach()).sum()


class Unlike(nn.Module):
    def forward(self, logits, target):
        return F.cross_entropy(logits, target) ** 3


FITS = [
    (FlatDice, "one-hot", "sigmoid", "batch", False),
    (ByClass, "indices", "none", "batch", False),
    (PerImage, "one-hot", "softmax", "image", True),
    (ChannelTruth, "indices with a channel", "softmax", "batch", False),
    (OfProbabilities, "one-hot", "none", "batch", False),
]


@pytest.mark.parametrize(("cls", "form", "inside", "reduction", "swapped"), FITS)
def test_how_a_copy_is_called_is_found_out(cls, form, inside, reduction, swapped):
    found = fit(cls, {})
    assert is_loss(cls) and found.pixelwise
    assert (found.form, found.inside, found.reduction) == (form, inside, reduction)
    assert (found.swapped, found.classes) == (swapped, "n_classes" if cls is ByClass else "")


@pytest.mark.parametrize("name", LOSSES)
def test_the_catalogues_own_file_is_itself(name):
    found = compare_losses(find(name), name, {})
    assert found["same"] and found["differences"] == []
    assert is_loss(find(name)) and fit(find(name), {}).form == "indices"


def test_modules_of_the_catalogue_are_no_losses():
    others = [name for name in zoo.names() if name not in LOSSES]
    assert [name for name in others if is_loss(find(name))] == []


DIFFERENCES = [
    (
        FlatDice,
        "dice",
        [
            "has a sigmoid for each class inside, where the catalogue has a softmax over the "
            "classes",
            "adds up all classes before it divides, where the catalogue divides for each class: "
            "large classes rule",
            "adds 0.5 (1 where TP is doubled) to the true positives, above and below, where the "
            "catalogue adds 0",
        ],
    ),
    (
        ByClass,
        "dice",
        [
            "squares the probabilities in the denominator, as dice does with squared=True",
            "a class that the batch lacks counts as any other, where it adds nothing in the "
            "catalogue",
        ],
    ),
    (
        PerImage,
        "dice",
        [
            "has an overlap for each image and means over images, where the catalogue sums over "
            "the batch",
            "a class that the batch lacks counts as any other, where it adds nothing in the "
            "catalogue",
        ],
    ),
    (Similarity, "dice", ["returns 1 minus the catalogue's: a similarity, not a loss"]),
    (Summed, "jaccard", ["adds up the classes, where the catalogue means over them"]),
    (
        find("dice"),
        "jaccard",
        [
            "weighs false positives by 0.5 and false negatives by 0.5, where the catalogue has 1 "
            "and 1: that is Dice"
        ],
    ),
    (
        OfProbabilities,
        "focal",
        ["is the catalogue's with gamma=0.0, which has 2.0"],
    ),
]


@pytest.mark.parametrize(("cls", "name", "differences"), DIFFERENCES)
def test_what_a_copy_changes_is_named(cls, name, differences):
    found = compare_losses(cls, name, {})
    assert found["differences"] == differences
    assert found["explained"] and not found["same"]


def test_a_softmax_focal_loss_with_its_option():
    with pytest.raises(UserError) as caught:
        fit(SoftmaxFocal, {})
    assert str(caught.value) == (
        "SoftmaxFocal runs neither with classes nor with one-hot truth: TypeError: it returns "
        "[3, 6, 5], not one number; --set reduction=mean; write a class around it whose forward "
        "takes logits [B, K, H, W] and classes [B, H, W]"
    )
    assert compare_losses(SoftmaxFocal, "focal", {"reduction": "mean"})["differences"] == [
        "has a softmax over the classes inside, where the catalogue has a sigmoid for each class",
        "counts the true class of a pixel alone (softmax), where the catalogue adds each class "
        "against the rest (sigmoid)",
        "alpha of 0.25 weighs every term",
    ]


def test_notes_say_how_it_is_called_and_values_are_shown():
    found = compare_losses(ByClass, "mcc", {})
    assert found["notes"] == ["yours takes probabilities, so call it with softmax(logits, dim=1)"]
    assert [row[0] for row in found["values"]] == [
        *("3 images, 4 classes", "one image", "2 classes", "2 images, 5 classes"),
        "a class is missing",
    ]


def test_equal_values_with_other_gradients():
    (said,) = compare_losses(Halting, "dice", {})["differences"]
    assert said.startswith("3 images, 4 classes: values are equal, but gradients differ by ")
    assert said.endswith(" of the largest; is there a detach() or a no_grad()?")


def test_what_cannot_be_explained_is_said_so():
    found = compare_losses(Unlike, "mcc", {})
    (said,) = found["differences"]
    assert said.endswith(
        "; none of the usual changes explains it: compare the two forwards line by line"
    )
    assert not found["explained"]


class NoClassNoNumber(nn.Module):
    def forward(self, logits, target):
        count = F.one_hot(target, logits.shape[1]).sum((0, 1, 2))
        return F.cross_entropy(logits, target) * (1 / count).mean()


def test_nan_is_said_and_shown():
    found = compare_losses(NoClassNoNumber, "mcc", {})
    assert found["values"][-1][1] is None
    assert found["differences"][0] == "gives NaN or infinity: a class is missing"


class Three(nn.Module):
    def forward(self, logits, target, distances):
        return (logits.softmax(1) * distances).mean()


class Needs(nn.Module):
    def __init__(self, weight, num_classes):
        super().__init__()

    def forward(self, logits, target):
        return F.cross_entropy(logits, target)


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (
            Three,
            "Three.forward takes logits, target, distances; a loss takes logits and truth: write a "
            "class around it that does",
        ),
        (Needs, "Needs needs values for weight: --set weight=VALUE"),
    ],
)
def test_what_cannot_be_called_is_refused(cls, message):
    with pytest.raises(UserError) as caught:
        fit(cls, {})
    assert str(caught.value) == message
