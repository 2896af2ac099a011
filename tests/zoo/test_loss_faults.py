"""Each check of a loss can fail: one planted fault each, which fails that check and no other."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from test_conform_faults import said as said_of_modules
from torch import nn

from paperkit.zoo.conform import CHECKS, LOSS_CHECKS, check

GUIDE = Path(__file__).resolve().parents[2] / "docs/how-to/modules.md"


def said(**other):
    """INFO of the cross-entropy below, which the faults vary."""
    info = said_of_modules("loss", arity=2, params="0", recommended=[])
    return info | {"noun": "cross-entropy", "tasks": ["segmentation"]} | other


class Entropy(nn.Module):
    """No fault: the mean of -log p of the truth over the pixels that are not ignored."""

    def __init__(self, *, ignore_index=-100):
        super().__init__()
        self.ignore_index = ignore_index

    def forward(self, logits, target):
        each = self.pixels(logits, target)  # [B, H, W], 0 where ignored
        return each.sum() / (target != self.ignore_index).sum().clamp_min(1)

    def pixels(self, logits, target):
        return F.cross_entropy(logits, target, ignore_index=self.ignore_index, reduction="none")

    def truth(self, target):
        return target.where(target != self.ignore_index, 0)


class PerPixel(Entropy):
    def forward(self, logits, target):
        return self.pixels(logits, target)


class PlainWeight(Entropy):
    def __init__(self, **given):
        super().__init__(**given)
        self.weight = torch.ones(())


class Drops(Entropy):
    def pixels(self, logits, target):
        return super().pixels(F.dropout(logits), target)


class Counts(Entropy):
    def pixels(self, logits, target):
        return (logits.argmax(1) != target) & (target != self.ignore_index)


class Rounds(Entropy):
    def pixels(self, logits, target):
        return super().pixels(logits.round(), target)


class Pools(Entropy):
    def pixels(self, logits, target):
        return super().pixels(logits, target) + 0 * F.avg_pool2d(logits, 3).sum()


class Squeezes(Entropy):
    def forward(self, logits, target):
        return super().forward(logits.squeeze(), target.squeeze())


class InOrder(Entropy):
    def pixels(self, logits, target):
        weight = torch.linspace(1, 2, len(logits), dtype=logits.dtype)
        return super().pixels(logits, target) * weight[:, None, None]


class Similarity(Entropy):
    def pixels(self, logits, target):
        kept = target != self.ignore_index
        p = logits.softmax(1).gather(1, self.truth(target)[:, None])[:, 0]
        return p * kept


class OverBatch(Similarity):
    def pixels(self, logits, target):
        p = logits.softmax(0).gather(1, self.truth(target)[:, None])[:, 0]
        return (1 - p) * (target != self.ignore_index)


class NoSoftmax(Similarity):
    def pixels(self, logits, target):
        q = logits.gather(1, self.truth(target)[:, None])[:, 0]
        return (1 - q) * (target != self.ignore_index)


class Unmasked(Entropy):
    def forward(self, logits, target):
        some = (target != self.ignore_index).any()
        return super().forward(logits, target) + 1e-3 * some * logits.square().mean()


class Fixed(Entropy):
    def __init__(self):
        super().__init__()


class Deaf(Entropy):
    """Takes an index, but ignores what is below zero or no class."""

    def __init__(self, *, ignore_index=-100):
        super().__init__()

    def forward(self, logits, target):
        none = (target < 0) | (target >= logits.shape[1])
        each = super().pixels(logits, target.masked_fill(none, 0))
        return (each * (target >= 0)).sum() / (target >= 0).sum().clamp_min(1)


class Diluted(Entropy):
    def forward(self, logits, target):
        return self.pixels(logits, target).mean()


class MeanOfNone(Entropy):
    def forward(self, logits, target):
        return F.cross_entropy(logits, target, ignore_index=self.ignore_index)


class Balanced(Entropy):
    def pixels(self, logits, target):
        kept = (target != self.ignore_index)[..., None]
        count = (F.one_hot(self.truth(target), logits.shape[1]) * kept).sum((0, 1, 2))
        weight = (count.sum() / count if kept.any() else torch.ones(logits.shape[1])).sum()
        return super().pixels(logits, target) * weight


class LogOfSoftmax(Entropy):
    def pixels(self, logits, target):
        log = logits.softmax(1).log()
        return F.nll_loss(log, target, ignore_index=self.ignore_index, reduction="none")


class Detached(Entropy):
    def pixels(self, logits, target):
        entropy = super().pixels(logits, target)
        return (1 - torch.exp(-entropy)).detach() * entropy


class OnlyMaps(Entropy):
    def forward(self, logits, target):
        _, _, _, _ = logits.shape
        return super().forward(logits, target)


class ByAxes(Entropy):
    def forward(self, logits, target):
        return super().forward(logits, target) * logits.dim()


class WritesTruth(Entropy):
    def forward(self, logits, target):
        kept = target != self.ignore_index
        target[~kept] = 0
        return (self.pixels(logits, target) * kept).sum() / kept.sum().clamp_min(1)


class WritesLogits(Entropy):
    def forward(self, logits, target):
        logits -= logits.detach().amax(1, keepdim=True)
        return super().forward(logits, target)


class Draws(Entropy):
    def __init__(self, **given):
        super().__init__(**given)
        self.scale = 1 + torch.rand(()).item()

    def pixels(self, logits, target):
        return self.scale * super().pixels(logits, target)


class Scatters(Entropy):
    def pixels(self, logits, target):
        out = torch.zeros(target.shape, dtype=torch.promote_types(logits.dtype, torch.float32))
        out[target >= 0] = super().pixels(logits, target)[target >= 0]
        return out


class Overflows(Entropy):
    def pixels(self, logits, target):
        return super().pixels(logits * 2**15 / 2**15, target)


FAULTS = [
    (
        "runs",
        PerPixel,
        said(),
        "PerPixel does not run with logits [2, 4, 8, 12] and classes int64 [2, 8, 12]: TypeError: "
        "forward returns [2, 8, 12], not one number",
    ),
    (
        "registered",
        PlainWeight,
        said(),
        "PlainWeight.weight is a plain tensor, which torch does not see: not trained, saved or "
        "moved; use nn.ModuleList, nn.ParameterList, nn.Parameter or register_buffer",
    ),
    (
        "repeats",
        Drops,
        said(),
        "evaluating twice gives outputs {} apart; is there a dropout without "
        "training=self.training, or a random number in forward?",
    ),
    (
        "scalar",
        Counts,
        said(),
        "no gradient reaches the logits; is there an argmax, a detach() or a .item()?",
    ),
    (
        "scalar",
        Rounds,
        said(),
        "on normal noise its gradient is zero everywhere; is there an argmax or a round()?",
    ),
    (
        "parameters",
        Entropy,
        said(params="C"),
        "INFO's formula 'C' gives 2 for C = 2, where the module has 0; 4 for C = 4, where the "
        "module has 0",
    ),
    (
        "sizes",
        Pools,
        said(),
        "for 2 classes on a 2x2 map: RuntimeError: {}",
    ),
    (
        "batch_of_one",
        Squeezes,
        said(),
        "one image alone: {}; is there a squeeze() without dim?",
    ),
    (
        "order",
        InOrder,
        said(),
        "the images of a batch in another order change the value from {}",
    ),
    (
        "direction",
        Similarity,
        said(),
        "for 2 classes in columns, confidently right, undecided and confidently wrong logits give "
        "1, 0.5 and 4.54e-05, which should rise; is it a similarity? return 1 minus it",
    ),
    (
        "direction",
        OverBatch,
        said(),
        "for 2 classes in columns, confidently right, undecided and confidently wrong logits give "
        "0.5, 0.5 and 0.5, which should rise; is the softmax taken over dimension 1, the classes?",
    ),
    (
        "direction",
        NoSoftmax,
        said(),
        "for 2 classes in columns, confidently right, undecided and confidently wrong logits give "
        "-9, 1 and 1, which should rise; are the classes' probabilities softmax(logits, dim=1)?",
    ),
    (
        "ignored",
        Unmasked,
        said(),
        "logits at ignored pixels (truth -100) change the value from {}; multiply by the mask "
        "target != ignore_index, the softmax too",
    ),
    (
        "ignored",
        Fixed,
        said(),
        "with ignore_index=255: TypeError: {}",
    ),
    (
        "ignored",
        Deaf,
        said(),
        "with ignore_index=255 it gives another value for the same pixels ignored",
    ),
    (
        "ignored",
        Diluted,
        said(),
        "with as many ignored pixels as others its value falls from 1.386 to 0.6931; divide by the "
        "number of pixels that are not ignored",  # log 4, and half of it
    ),
    (
        "nothing",
        MeanOfNone,
        said(),
        "with all pixels ignored it gives nan and zero gradients, but 0 and zero gradients are "
        "right: a crop without labels must not stop the training",
    ),
    (
        "absent",
        Balanced,
        said(),
        "with 2 of 4 classes in the batch its value or gradient is infinite or NaN; is there a "
        "division by the number of a class's pixels?",
    ),
    (
        "extreme",
        LogOfSoftmax,
        said(),
        "for logits of +-10,000 (right) its value or gradient is infinite or NaN; use log_softmax, "
        "not log(softmax), and clamp what is below a power or a root",
    ),
    (
        "gradients",
        Detached,
        said(),
        "gradients in float64 at 2x3x5x6 are not those of the forward: GradcheckError: Jacobian "
        "mismatch for output 0 with respect to input 0,",
    ),
    (
        "tasks",
        OnlyMaps,
        said(tasks=["segmentation", "classification"]),
        "with logits [6, 4] and classes [6]: ValueError: not enough values to unpack (expected 4, "
        "got 2); or leave classification out of INFO's tasks",
    ),
    (
        "tasks",
        ByAxes,
        said(tasks=["segmentation", "classification"]),
        "logits [6, 4] give {}",
    ),
    (
        "mutation",
        WritesTruth,
        said(),
        "it writes into the truth, which the metrics still need; work on a copy, as in "
        "target.masked_fill(mask, 0) without the underscore",
    ),
    (
        "mutation",
        WritesLogits,
        said(),
        "it writes into the logits, which the metrics still need; work on a copy, as in "
        "target.masked_fill(mask, 0) without the underscore",
    ),
    (
        "state",
        Draws,
        said(),
        "two instances with the same state_dict give outputs {} apart: something random is not in "
        "it; keep it with register_buffer",
    ),
    (
        "half",
        Scatters,
        said(),
        "logits in bfloat16: RuntimeError: Index put requires the source and destination dtypes "
        "match, got Float for the destination and BFloat16 for the source.; bring tensors that "
        "meet to one type",
    ),
    (
        "half",
        Overflows,
        said(),
        "logits in float16 give infinite values or NaN",
    ),
    (
        "info",
        Entropy,
        {key: value for key, value in said().items() if key not in ("noun", "tasks")},
        "INFO lacks noun, tasks",
    ),
    (
        "info",
        Entropy,
        said(arity=1, returns="fused", noun="the $L_1$ loss", tasks=["detection"]),
        'kind "loss" has arity 2 (logits and target) and no key "returns"; INFO\'s noun is \'the '
        "$L_1$ loss', but it is words for a sentence, as in 'Dice loss'; INFO's tasks is "
        "['detection'], but it is ['segmentation'] or ['segmentation', 'classification']",
    ),
    (
        "bibtex",
        Entropy,
        said(year=2021),
        "the BibTeX entry's year is 2020, INFO's is 2021",
    ),
]


@pytest.mark.parametrize(("name", "cls", "info", "message"), FAULTS)
def test_a_fault_fails_its_check_alone(name, cls, info, message):
    failed = [finding for finding in check(cls, info, name="fault") if not finding.ok]
    assert [finding.check for finding in failed] == [name], failed
    start, _, end = message.partition("{}")  # torch's own words, or numbers
    assert failed[0].message.startswith(start) and failed[0].message.endswith(end)
    assert "{}" in message or name == "gradients" or failed[0].message == message


def test_every_check_has_a_fault_and_none_fails_without_one():
    assert {fault[0] for fault in FAULTS} | {"imports"} == set(LOSS_CHECKS)
    findings = check(Entropy, said(), text="import torch", name="fault")
    assert [(f.check, f.ok, f.message) for f in findings] == [
        (key, True, "") for key in LOSS_CHECKS
    ]


def test_a_foreign_import_fails_its_check_alone():
    text = "from monai.losses import DiceLoss\n"
    failed = [f for f in check(Entropy, said(), text=text, name="fault") if not f.ok]
    assert [(f.check, f.message) for f in failed] == [
        (
            "imports",
            "the file imports monai.losses, but a project has only torch, torchvision, timm and "
            "the standard library",
        )
    ]


def test_a_module_that_is_no_loss_has_no_noun():
    (wrong,) = (f for f in check(nn.Identity, said_of_modules(noun="x"), name="fault")[:1])
    assert wrong.message == "INFO has unknown keys: noun"


def test_ones_own_loss_needs_no_citation_but_a_noun():
    own = {"name": "fault", "own": True, "kind": "loss", "arity": 2, "layout": "NCHW"}
    wrong = [f.message for f in check(Entropy, own, name="fault") if not f.ok]
    assert wrong == ["INFO lacks noun, tasks"]
    told = own | {"noun": "cross-entropy", "tasks": ["segmentation", "classification"]}
    assert all(f.ok for f in check(Entropy, told, name="fault"))


def test_the_guide_names_and_counts_every_check():
    text = GUIDE.read_text(encoding="utf-8")
    modules, _, losses = text.partition("## What is checked")[2].partition("Of losses, ")
    assert modules.strip().startswith(f"Of modules, {len(CHECKS)} checks:")
    assert losses.startswith(f"{len(LOSS_CHECKS)} checks: ")
    assert [key for key in CHECKS if f"`{key}`" not in modules] == []
    assert [key for key in LOSS_CHECKS if f"`{key}`" not in losses] == []
