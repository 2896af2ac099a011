"""Each check of a module can fail: one planted fault each, which fails that check and no other."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from paperkit import zoo
from paperkit.zoo.conform import CHECKS, check
from paperkit.zoo.load import find


def said(kind="channel", **other):
    """INFO of a 1x1 convolution of x, which the faults below vary."""
    return {
        "name": "fault",
        "title": "A Fault",
        "authors": ["Ann Author", "Ben van Braun"],
        "venue": "Journal of Faults",
        "year": 2020,
        "key": "author2020fault",
        "bibtex": "@article{author2020fault,\n title = {A {Fault}},\n author = {Author, Ann and\n"
        " van Braun, Ben}, journal = {Journal of Faults},\n year={2020}\n}",
        "kind": kind,
        "arity": 1,
        "layout": "NCHW",
        "equation": "y = Wx",
        "symbols": {"W": "a 1x1 convolution"},
        "params": "C**2 + C",
        "needs": {},
        "components": {},
        "recommended": ["encoder.*"],
        "variants": {},
        "source": "written here",
        "licence": "MIT",
    } | other


class Point(nn.Module):
    """No fault: y = Wx."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return self.conv(x)


class Listed(Point):
    def __init__(self, channels):
        super().__init__(channels)
        self.more = [nn.Conv2d(channels, channels, 1)]

    def forward(self, x):
        return self.conv(x) + self.more[0](x)


class PlainTensor(Point):
    def __init__(self, channels):
        super().__init__(channels)
        self.scale = torch.ones(1, channels, 1, 1)

    def forward(self, x):
        return self.conv(x) * self.scale


class DropsAlways(Point):
    def forward(self, x):
        return F.dropout(self.conv(x))


class Writes(Point):
    def forward(self, x):
        x *= 2
        return self.conv(x)


class OnlySeven(Point):
    def forward(self, x):
        return self.conv(x) + torch.eye(7, dtype=x.dtype, device=x.device)


class Squeezes(Point):
    def forward(self, x):
        gate = torch.sigmoid(x.mean(dim=(2, 3)).squeeze())  # [B, C], but [C] for one image
        return self.conv(x) * (gate if gate.dim() == 1 else gate[:, :, None, None])


class Only512(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.first = nn.Conv2d(512, 4, 1)
        self.second = nn.Conv2d(4, channels, 1)

    def forward(self, x):
        return self.second(self.first(x))


class Vanishes(Point):
    """As the common copy of SE, whose C // 16 is 0 below C = 16."""

    def __init__(self, channels):
        super().__init__(channels)
        self.down = nn.Conv2d(channels, channels // 16, 1, bias=False)
        self.up = nn.Conv2d(channels // 16, channels, 1)

    def forward(self, x):
        return self.conv(x) + self.up(self.down(x))


class Detached(Point):
    def forward(self, x):
        return self.conv(x) * torch.sigmoid(x.mean(dim=(2, 3), keepdim=True).detach())


class HalfDetached(Point):
    def forward(self, x):
        weight = self.conv.weight + self.conv.weight.detach()
        return F.conv2d(x, weight, self.conv.bias)


class Unused(Point):
    def __init__(self, channels):
        super().__init__(channels)
        self.never = nn.Conv2d(channels, 1, 1, bias=False)


class Mixes(Point):
    def forward(self, x):
        return self.conv(x) * torch.softmax(x.mean(dim=(1, 2, 3), keepdim=True), dim=0)


class OnCPU(Point):
    def forward(self, x):
        return self.conv(x) + torch.linspace(0, 1, x.shape[3], dtype=x.dtype)


class Forgets(Point):
    def __init__(self, channels):
        super().__init__(channels)
        self.scale = torch.rand(()).item()

    def forward(self, x):
        return self.conv(x) * self.scale


class Scatters(Point):
    def forward(self, x):
        out = torch.zeros_like(x)
        everywhere = torch.ones(x.shape[:1], dtype=torch.bool, device=x.device)
        out[everywhere] = self.conv(x)
        return out


class NeedsTwo(Point):
    def __init__(self, channels):
        super().__init__(channels)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return self.conv(x) * torch.sigmoid(self.norm(x.mean(dim=(2, 3), keepdim=True)))


class Fixed(nn.Module):
    """Takes the options of a convolution, but not the stride."""

    def __init__(self, in_channels, out_channels, kernel_size=3, *, stride=1, padding=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding)

    def forward(self, x):
        return self.conv(x)


class RoundsUp(Fixed):
    """Keeps an odd row, which max pooling drops."""

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.conv.stride = (2, 2)


class Pair(Point):
    def forward(self, x):
        return self.conv(x), x


FAULTS = [
    (
        "runs",
        Pair,
        said(),
        "Pair does not run with 8 channels on a 8x9 map: TypeError: forward returns a tuple, not "
        "one tensor",
    ),
    (
        "registered",
        Listed,
        said(),
        "Listed.more is a plain list of modules, which torch does not see: not trained, saved or "
        "moved; use nn.ModuleList, nn.ParameterList, nn.Parameter or register_buffer",
    ),
    (
        "registered",
        PlainTensor,
        said(),
        "PlainTensor.scale is a plain tensor, which torch does not see: not trained, saved or "
        "moved; use nn.ModuleList, nn.ParameterList, nn.Parameter or register_buffer",
    ),
    (
        "repeats",
        DropsAlways,
        said(),
        "evaluating twice gives outputs {} apart; is there a dropout without "
        "training=self.training, or a random number in forward?",
    ),
    (
        "parameters",
        Point,
        said(params="C**2"),
        "INFO's formula 'C**2' gives 64 for C = 8, where the module has 72; 256 for C = 16, where "
        "the module has 272; 4,096 for C = 64, where the module has 4,160; 16,384 for C = 128, "
        "where the module has 16,512; 65,536 for C = 256, where the module has 65,792",
    ),
    (
        "widths",
        Only512,
        said(params="5*C + 4 + 2048 - 0*C - C + C"),
        "with 8 channels: RuntimeError: Given groups=1, weight of size [4, 512, 1, 1], expected "
        "input[2, 8, 8, 9] to have 512 channels, but got 8 channels instead; make it fit any C, "
        'or declare in INFO needs: {{"min_channels": N, "divisible": N}}',
    ),
    (
        "widths",
        Vanishes,
        said(params="C**2 + C + 2*C*(C//16) + C"),
        "with 8 channels down.weight, up.weight has no element (C // 16 is 0 there?); use "
        'max(1, ...), or declare in INFO needs: {{"min_channels": N}}',
    ),
    (
        "sizes",
        OnlySeven,
        said(),
        "on a 2x2 map: RuntimeError: The size of tensor a (2) must match the size of tensor b (7) "
        "at non-singleton dimension 3; take any size (pad inside), or declare in INFO needs: "
        '{{"min_hw": N}}',
    ),
    (
        "sizes",
        RoundsUp,
        said(kind="down", params="9*C**2 + C"),
        "on a 5x9 map it gives 2x8x3x5, but kind 'down' gives 2x8x2x4",
    ),
    (
        "batch_of_one",
        Squeezes,
        said(needs={"min_train_batch": 2}),
        "one image alone, evaluating: RuntimeError: The size of tensor a (9) must match the size "
        "of tensor b (8) at non-singleton dimension 3; is there a squeeze() without dim?",
    ),
    (
        "batch",
        Mixes,
        said(),
        "an image's output depends on the other images of its batch (by {}); is a mean, softmax "
        "or reshape taken over dimension 0?",
    ),
    (
        "place",
        Fixed,
        said(kind="conv", params="9*C**2 + C"),
        "Fixed(8, 16, kernel_size=3, stride=2, padding=1) gives 2x16x8x12 for 2x8x8x12, but its "
        "place needs 2x16x4x6",
    ),
    (
        "gradients",
        Detached,
        said(),
        "gradients in float64 at 1x8x5x6 are not those of the forward: GradcheckError: Jacobian "
        "mismatch for output 0 with respect to input 0,",
    ),
    (
        "gradients",
        HalfDetached,
        said(),
        "gradients in float64 at 1x8x5x6 are not those of the forward: GradcheckError: Jacobian "
        "mismatch for output 0 with respect to input 1,",
    ),
    (
        "dead",
        Unused,
        said(params="C**2 + 2*C"),
        "no gradient reaches never.weight: called in forward? behind detach() or no_grad()? Delete "
        "what is not used",
    ),
    (
        "mutation",
        Writes,
        said(),
        "it writes into its input, which others still need (a residual sum gets wrong values); "
        "avoid x += ..., x[...] = ... and inplace=True on x",
    ),
    (
        "training",
        NeedsTwo,
        said(params="C**2 + 3*C"),
        "training with a batch of 1: ValueError: Expected more than 1 value per channel when "
        "training, got input size torch.Size([1, 8, 1, 1]); declare in INFO needs: "
        '{{"min_train_batch": 2}}',
    ),
    (
        "meta",
        OnCPU,
        said(),
        "on the meta device: {}; make tensors in forward with device=x.device, and do not read "
        "values (.item(), if x.sum() > 0)",
    ),
    (
        "state",
        Forgets,
        said(),
        "two instances with the same state_dict give outputs {} apart: something random is not in "
        "it; keep it with register_buffer",
    ),
    (
        "bf16",
        Scatters,
        said(),
        "under bfloat16 autocast: RuntimeError: Index put requires the source and destination "
        "dtypes match, got Float for the destination and BFloat16 for the source.; bring tensors "
        "that meet to one type, y.to(x.dtype)",
    ),
    (
        "info",
        Point,
        {k: v for k, v in said(colour="red", needs={"min_size": 4}).items() if k != "symbols"},
        "INFO lacks symbols; INFO has unknown keys: colour; INFO's needs has min_size, but knows "
        "only min_hw, min_channels, divisible, min_train_batch",
    ),
    (
        "info",
        Point,
        said(title="", authors=[], venue="", year=None, key="", bibtex="", licence=""),
        "no citation: title, authors, venue, year, key, bibtex of INFO are empty; a paper must "
        "cite what it uses; no licence: INFO's licence is empty; ask the author, or write from "
        "the equations",
    ),
    (
        "info",
        Point,
        said(licence="AGPL-3.0", layout="CHW", returns="all", recommended=["encoder..x"]),
        "licence AGPL-3.0: code under it cannot be published with a permissive one; INFO's layout "
        "is 'CHW', but it is one of NCHW, NHWC, NLC; kind \"fusion\", arity 2 and a key "
        '"returns" ("fused" or "skip") belong together; INFO\'s recommended slot {}',
    ),
    (
        "bibtex",
        Point,
        said(year=2021),
        "the BibTeX entry's year is 2020, INFO's is 2021",
    ),
    (
        "bibtex",
        Point,
        said(authors=["Ann Author"]),
        "the BibTeX entry's last names are ['Author', 'Braun'], INFO's are ['Author']",
    ),
]


@pytest.mark.parametrize(("name", "cls", "info", "message"), FAULTS)
def test_a_fault_fails_its_check_alone(name, cls, info, message):
    failed = [finding for finding in check(cls, info, name="fault") if not finding.ok]
    assert [finding.check for finding in failed] == [name], failed
    start, _, end = message.replace("{{", "{").replace("}}", "}").partition("{}")
    if end:  # a number, or torch's own words, in the middle
        assert failed[0].message.startswith(start) and failed[0].message.endswith(end)
    else:
        assert failed[0].message.startswith(start)


def test_a_foreign_import_fails_its_check_alone():
    text = "import math\nfrom torch import nn\ndef f():\n    from einops.layers import torch\n"
    failed = [f for f in check(Point, said(), text=text, name="fault") if not f.ok]
    assert [(f.check, f.message) for f in failed] == [
        (
            "imports",
            "the file imports einops.layers, but a project has only torch, torchvision, timm and "
            "the standard library",
        )
    ]


def test_every_check_has_a_fault_and_none_fails_without_one():
    assert {fault[0] for fault in FAULTS} | {"imports"} == set(CHECKS)
    findings = check(Point, said(), text="import torch", name="fault")
    assert [(f.check, f.ok, f.message) for f in findings] == [(key, True, "") for key in CHECKS]


def test_what_cannot_run_is_not_examined_further():
    assert [f.check for f in check(Pair, said(), name="fault")] == [
        *("info", "bibtex", "imports", "runs"),
    ]


def test_ones_own_module_needs_no_citation_and_no_formula():
    own = {"name": "fault", "own": True, "kind": "channel", "arity": 1, "layout": "NCHW"}
    assert all(finding.ok for finding in check(Point, own, name="fault"))
    wrong = check(Point, own | {"params": "C"}, name="fault")
    assert [f.check for f in wrong if not f.ok] == ["parameters"]


class ChannelsLastNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x):
        return self.norm(x)


@pytest.mark.parametrize("layout", ["NHWC", "NLC"])
def test_other_layouts_are_given_what_they_take(layout):
    info = said(layout=layout, params="2*C")
    assert all(finding.ok for finding in check(ChannelsLastNorm, info, name="fault"))
    as_it_is = check(ChannelsLastNorm, said(params="2*C"), name="fault")
    assert [f.check for f in as_it_is if not f.ok] == ["widths", "sizes"]


def test_a_gate_that_starts_at_zero_is_not_dead():
    class FromZero(Point):
        def __init__(self, channels):
            super().__init__(channels)
            self.alpha = nn.Parameter(torch.zeros(()))

        def forward(self, x):
            return x + self.alpha * self.conv(x)

    assert all(f.ok for f in check(FromZero, said(params="C**2 + C + 1"), name="fault"))


def test_checking_leaves_the_global_random_stream_alone():
    torch.manual_seed(4)
    random.seed(4)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1][0]  # noqa: NPY002
    check(find("se"), zoo.info("se"))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
