"""The file around a copied loss: whatever the copy takes, the project's losses keep the same."""

import importlib
import sys

import pytest
import torch
import torch.nn.functional as F

from paperkit.zoo import read_info
from paperkit.zoo.conform import check
from paperkit.zoo.foreign.cited import citation
from paperkit.zoo.foreign.loss_fit import fit
from paperkit.zoo.foreign.loss_wrapper import loss_wrapper

COPIES = """
import torch
import torch.nn.functional as F
from torch import nn


class FlatDice(nn.Module):  # one-hot truth, a sigmoid inside, the whole batch in one row
    def __init__(self, weight=None, smooth=1.0):
        super().__init__()
        self.smooth = smooth

    def forward(self, inputs, targets):
        p, g = torch.sigmoid(inputs).view(-1), targets.view(-1)
        return 1 - (2 * (p * g).sum() + self.smooth) / (p.sum() + g.sum() + self.smooth)


class PerImage(nn.Module):  # the truth first, a mean over images
    def forward(self, y_true, y_pred):
        p, g = y_pred.softmax(1).flatten(2), y_true.flatten(2)
        return 1 - (2 * (p * g).sum(2) / (p.sum(2) + g.sum(2)).clamp_min(1e-7)).mean()


class Channel(nn.Module):  # classes with a channel, and a tuple
    def forward(self, pred, gt):
        log = pred.log_softmax(1)
        return -log.gather(1, gt).mean(), {"parts": 1}


class Numbered(nn.Module):  # the number of classes, and options, at construction
    def __init__(self, num_classes, gamma=2.0, mode="mean"):
        super().__init__()
        self.num_classes, self.gamma, self.mode = num_classes, gamma, mode

    def forward(self, probs, labels):
        g = F.one_hot(labels, self.num_classes).movedim(-1, 1)
        lost = ((1 - probs * g).pow(self.gamma) * (g - probs).square()).sum(1)
        return lost.mean() if self.mode == "mean" else lost


class Neighbours(nn.Module):  # looks at neighbours: ignored pixels cannot be left out
    def forward(self, logits, target):
        p, g = logits.softmax(1), F.one_hot(target, logits.shape[1]).movedim(-1, 1).float()
        return F.avg_pool2d((p - g).square(), 3, stride=1, padding=1).mean()
"""


@pytest.fixture
def wrapped(tmp_path, monkeypatch):
    """From a class's name to the class around it, and its INFO."""
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.split(".")[0] == "copies"]:
        monkeypatch.delitem(sys.modules, name)

    def make(name, **given):
        (folder / "_one.py").write_text(COPIES, encoding="utf-8")
        copied = getattr(importlib.import_module("copies._one"), name)
        found = fit(copied, given).as_json()
        cited = citation("") | {"licence": "MIT"}
        text = loss_wrapper("one", "One", found, cited, "foo.py")
        (folder / "one.py").write_text(text, encoding="utf-8")
        return importlib.import_module("copies.one").One, read_info(folder / "one.py"), copied

    return make


@pytest.mark.parametrize("name", ["FlatDice", "PerImage", "Channel", "Numbered"])
def test_a_wrapped_copy_keeps_what_a_loss_must_keep(name, wrapped):
    cls, info, _ = wrapped(name)
    failed = [f for f in check(cls, info, name="one") if not f.ok]
    assert [f.check for f in failed] == ["info"]  # no citation was given
    assert failed[0].message.startswith("no citation: title, authors, venue, year, key, bibtex")


def noise():
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn((3, 4, 6, 7), generator=generator)
    return logits, torch.randint(4, (3, 6, 7), generator=generator)


def test_it_gives_what_the_copy_gives(wrapped):
    logits, target = noise()
    hot = F.one_hot(target, 4).movedim(-1, 1).float().contiguous()
    cls, _, copied = wrapped("FlatDice")
    torch.testing.assert_close(cls(smooth=2.0)(logits, target), copied(None, 2.0)(logits, hot))


def test_options_go_through_and_the_number_of_classes_is_that_of_the_logits(wrapped):
    logits, target = noise()
    cls, info, copied = wrapped("Numbered")
    want = copied(4, gamma=1.0)(logits.softmax(1), target)
    torch.testing.assert_close(cls(gamma=1.0)(logits, target), want)
    assert (info["noun"], info["source"]) == (
        "one loss",
        "copied from foo.py, word for word in _one.py",
    )


def test_ignored_pixels_are_left_out_of_each_image(wrapped):
    """By hand: images without their ignored columns, and no image without any pixel."""
    logits, target = noise()
    cls, _, copied = wrapped("PerImage")
    target[0, :, 4:], target[2] = -100, -100
    hot = F.one_hot(target.clamp_min(0), 4).movedim(-1, 1).float()
    first = copied()(hot[:1, :, :, :4], logits[:1, :, :, :4])
    second = copied()(hot[1:2], logits[1:2])
    torch.testing.assert_close(cls()(logits, target), (first + second) / 2)


def test_where_ignored_pixels_cannot_be_left_out_a_check_says_so(wrapped):
    cls, info, _ = wrapped("Neighbours")
    failed = [f for f in check(cls, info, name="one") if not f.ok]
    assert "ignored" in [f.check for f in failed]
    (said,) = (f.message for f in failed if f.check == "ignored")
    assert said.startswith("with pixels of class -100 in the truth, which are ignored: ")
