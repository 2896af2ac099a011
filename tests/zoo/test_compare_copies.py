"""`modules diff` on planted copies: what is right is equal, what is wrong is named."""

import copy

import pytest
import torch
from torch import nn

from paperkit import zoo
from paperkit.errors import UserError
from paperkit.zoo.foreign.comparing import compare
from paperkit.zoo.foreign.fitting import fit
from paperkit.zoo.load import find


class SELayer(nn.Module):
    """The common copy, with the biases that the paper's figure has."""

    bias = True

    def __init__(self, channel, reduction=16):
        super().__init__()
        hidden = channel // reduction
        self.fc = nn.Sequential(
            nn.Linear(channel, hidden, bias=self.bias),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, channel, bias=self.bias),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return x * self.fc(x.mean((2, 3)))[:, :, None, None]


class BiasFree(SELayer):
    bias = False


class Plus(SELayer):
    def forward(self, x):
        return x + super().forward(x)


class HSwish(nn.Module):
    def forward(self, x):
        return x * nn.functional.relu6(x + 3) / 6


class Coordinate(nn.Module):
    """A free copy of coordinate attention, other layers and names than the catalogue's."""

    def __init__(self, inp, reduction=32):
        super().__init__()
        middle = max(8, inp // reduction)
        self.conv1 = nn.Conv2d(inp, middle, 1)
        self.bn1 = nn.BatchNorm2d(middle)
        self.act, self.gate = HSwish(), nn.Sigmoid()
        self.conv_h, self.conv_w = nn.Conv2d(middle, inp, 1), nn.Conv2d(middle, inp, 1)

    def forward(self, x):
        h, w = x.shape[2:]
        rows = nn.functional.adaptive_avg_pool2d(x, (h, 1))
        columns = nn.functional.adaptive_avg_pool2d(x, (1, w)).permute(0, 1, 3, 2)
        y = self.act(self.bn1(self.conv1(torch.cat([rows, columns], dim=2))))
        rows, columns = torch.split(y, [h, w], dim=2)
        return (
            x * self.gate(self.conv_w(columns.permute(0, 1, 3, 2))) * self.gate(self.conv_h(rows))
        )


class NoSigmoid(Coordinate):
    def __init__(self, inp):
        super().__init__(inp)
        self.gate = nn.Identity()


class WithReLU(Coordinate):
    def __init__(self, inp):
        super().__init__(inp)
        self.act = nn.ReLU()


class ECAFixed(nn.Module):
    def __init__(self, channel, k_size=3):
        super().__init__()
        self.conv = nn.Conv1d(1, 1, k_size, padding=k_size // 2, bias=False)

    def forward(self, x):
        y = self.conv(x.mean((2, 3)).unsqueeze(1)).transpose(1, 2).unsqueeze(-1)
        return x * y.sigmoid()


class Hidden(SELayer):
    def __init__(self, channel):
        super().__init__(channel)
        self.layers = [self.fc]
        del self.fc

    def forward(self, x):
        return x * self.layers[0](x.mean((2, 3)))[:, :, None, None]


@pytest.mark.parametrize(("cls", "name"), [(SELayer, "se"), (Coordinate, "coord_att")])
def test_a_right_copy_is_the_same(cls, name):
    found = compare(cls, name, {})
    assert found["same"] and found["differences"] == []
    assert found["outputs"]["eval"] < 1e-6 and found["outputs"]["train"] < 1e-5
    assert all(mine == right for _, mine, right in found["params"])


@pytest.mark.parametrize("name", ["se", "cbam", "scconv23", "cga_fusion", "aspp", "simam"])
def test_the_catalogues_own_files_are_the_same(name):
    assert compare(find(name), name, {})["same"]


WRONG = [
    (
        BiasFree,
        "se",
        [
            "Linear(16 to 1, no bias): yours has no bias, where the catalogue has "
            "Conv2d(16 to 1, 1x1)",
            "Linear(1 to 16, no bias): yours has no bias, where the catalogue has "
            "Conv2d(1 to 16, 1x1)",
        ],
    ),
    (Plus, "se", ["yours adds its input once more: an extra residual"]),
    (WithReLU, "coord_att", ["ReLU where the catalogue has h-swish"]),
    (
        ECAFixed,
        "eca",
        [
            "the catalogue has Conv1d(1 to 1, 5, no bias); yours has Conv1d(1 to 1, 3, no bias) "
            "instead (at C = 256; equal at 16, 64)"
        ],
    ),
    (
        Hidden,
        "se",
        [
            "Hidden.layers is a plain list of modules, which torch does not see: not trained, "
            "saved or moved; use nn.ModuleList, nn.ParameterList, nn.Parameter or register_buffer",
            "the catalogue has Conv2d(16 to 1, 1x1); yours has none",
            "the catalogue has Conv2d(1 to 16, 1x1); yours has none",
        ],
    ),
    (SELayer, "cga_fusion", ["yours takes 1 input(s), the catalogue's cga_fusion 2"]),
]


@pytest.mark.parametrize(("cls", "name", "said"), WRONG)
def test_what_differs_is_named(cls, name, said):
    found = compare(cls, name, {})
    assert not found["same"] and found["differences"] == said


def test_a_missing_sigmoid_is_seen_in_the_outputs():
    found = compare(NoSigmoid, "coord_att", {})
    first, *rest = found["differences"]
    assert first.startswith("yours multiplies x by -") and first.endswith(
        ": a gate without sigmoid?"
    )
    assert rest[-1] == "no sigmoid (2 in the catalogue's, 0 in yours)"
    assert found["params"] == [[16, 440, 440], [64, 1688, 1688], [256, 6680, 6680]]


def test_without_biases_the_rest_is_equal():
    found = compare(BiasFree, "se", {})
    assert found["outputs"] == pytest.approx({"eval": 0, "train": 0}, abs=1e-6)
    assert found["params"][1] == [64, 512, 580]


SPELLINGS = (
    *("dim", "channel", "channels", "d_model", "in_planes", "in_channel", "in_channels"),
    *("num_channels", "in_dim", "in_ch", "inp", "c1", "embed_dim", "n_feats", "gate_channels"),
)


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("default", ["", "=512"])
def test_the_channels_are_found_under_any_name(name, default):
    space = {"nn": nn}
    exec(
        "class Foo(nn.Module):\n"
        f"    def __init__(self, {name}{default}, ratio=4):\n"
        "        super().__init__()\n"
        f"        self.conv = nn.Conv2d({name}, {name}, 1)\n"
        "    def forward(self, x):\n"
        "        return self.conv(x)\n",
        space,
    )
    found = fit(space["Foo"], {})
    assert (found.roles, found.layout, found.arity) == ({name: "in"}, "NCHW", 1)
    assert found.options == {"ratio": 4} and found.params == "C**2 + C"


class LastChannels(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(dim)

    def forward(self, x):
        b, h, w, c = x.shape
        return self.norm(x).reshape(b, h * w, c).reshape(b, h, w, c)


class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads=8):
        super().__init__()
        self.attend = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)

    def forward(self, x):
        return self.attend(x, x, x)


class Block(nn.Module):
    def __init__(self, inplanes, planes, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inplanes, planes, 3, stride, 1)

    def forward(self, x):
        return self.conv(x)


class Fusing(nn.Module):
    def __init__(self, ch):
        super().__init__()
        self.conv = nn.Conv2d(2 * ch, ch, 1)

    def forward(self, x, skip):
        return self.conv(torch.cat([x, skip], 1))


SHAPES = [
    (LastChannels, {"layout": "NHWC", "kind": "attention", "params": "2*C"}),
    (Attention, {"layout": "NLC", "first": True, "params": "4*C**2 + 4*C"}),
    (Block, {"kind": "block", "roles": {"inplanes": "in", "planes": "out"}}),
    (Fusing, {"kind": "fusion", "arity": 2, "roles": {"ch": "in"}}),
    (SELayer, {"needs": {"min_channels": 16}, "params": "C**2/8 + 17*C/16"}),
]


@pytest.mark.parametrize(("cls", "expected"), SHAPES)
def test_layout_arity_and_kind_are_found_by_trials(cls, expected):
    found = fit(cls, {}).as_json()
    assert {key: found[key] for key in expected} == expected


def test_what_cannot_be_plugged_is_refused_with_the_reason():
    class Three(nn.Module):
        def forward(self, queries, keys, values):
            return queries

    class Resolution(nn.Module):
        def __init__(self, dim, resolution):
            super().__init__()

    class Halves(nn.Module):
        def __init__(self, dim):
            super().__init__()

        def forward(self, x):
            return x[:, :, ::2]

    class Nothing(Halves):
        def forward(self, x):
            return None

    Resolution.forward = copy.copy(Halves.forward)
    for cls, message in (
        (
            Three,
            "Three.forward takes queries, keys, values; a plug takes x, or x and a skip: write a "
            "class around it that does",
        ),
        (Resolution, "Resolution needs values for resolution: --set resolution=VALUE"),
        (
            Halves,
            "Halves does not run on [2, 64, 12, 20]: it returns [2, 64, 6, 20] for [2, 64, 12, 20]",
        ),
        (
            Nothing,
            "Nothing does not run on [2, 64, 12, 20]: it returns a NoneType, not one tensor",
        ),
    ):
        with pytest.raises(UserError) as caught:
            fit(cls, {})
        assert str(caught.value) == message


def test_the_catalogue_is_read_by_the_same_eyes():
    for name in ("se", "coord_att", "simam"):
        counted = fit(find(name), {})
        assert (counted.arity, counted.layout) == (zoo.info(name)["arity"], "NCHW")
