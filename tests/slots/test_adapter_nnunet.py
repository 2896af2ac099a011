"""nnU-Net's networks: the U-Net's names, both output forms, and four names for each layer."""

import copy
import io

import pytest
import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet, ResidualEncoderUNet
from torch import nn

from paperkit.slots import SlotError, apply, records, table
from paperkit.slots.sites import regions, sites

KINDS = [PlainConvUNet, ResidualEncoderUNet]
NAMES = ["encoder.0-2", "stage.0-3", "bottleneck", "skip.0-2", "up.0-2", "fuse.0-2", "decoder.0-2"]
X = torch.linspace(0, 1, 2 * 32 * 48).reshape(2, 1, 32, 48)


class Shift(nn.Module):
    """x + 1, with a parameter that a gradient reaches."""

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x):
        return x + self.bias


def shifts(_):
    return Shift


def made(kind=PlainConvUNet, *, conv=nn.Conv2d, norm=nn.InstanceNorm2d, deep=False):
    torch.manual_seed(0)
    more = {"conv_bias": True, "norm_op": norm, "nonlin": nn.LeakyReLU, "deep_supervision": deep}
    return kind(1, 4, (4, 8, 16, 32), conv, 3, (1, 2, 2, 2), 2, 3, 2, **more).eval()


def outputs(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("kind", KINDS)
def test_names_count_from_the_finest(kind):
    model = made(kind)
    stem = ["stem"] if kind is ResidualEncoderUNet else []
    assert regions(sites(model)) == [*stem, *NAMES, "head"]
    rows = {row["slot"]: row for row in table(model, X[:1])}
    for n, channels in enumerate((4, 8, 16)):
        for name in ("encoder", "skip", "up", "decoder"):
            row = rows[f"{name}.{n}"]
            assert (row["channels"], row["size"]) == (channels, [32 >> n, 48 >> n])
        assert rows[f"fuse.{n}"]["inputs"] == [channels, channels]
    assert rows["bottleneck"]["size"] == [4, 6]


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_plug_is_where_its_name_says(kind, deep):
    model, base = made(kind, deep=deep), made(kind, deep=deep)
    features = base.encoder(X)
    features[1] = features[1] + 1
    apply(model, ["skip.1=shift"], X[:1], find=shifts)
    for got, want in zip(outputs(model(X)), outputs(base.decoder(features)), strict=True):
        torch.testing.assert_close(got, want)


def test_fuse_takes_what_comes_up_and_the_skip():
    model, seen = made(), []

    class Look(nn.Module):
        def __init__(self, x_channels, skip_channels):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(x_channels, 1, 1))

        def forward(self, x, skip):
            seen.append((x, skip))
            return torch.cat([x * self.scale, skip], 1)

    apply(model, ["fuse.2=look"], X[:1], find=lambda _: Look)
    seen.clear()
    skips = model.encoder(X)
    model(X)
    torch.testing.assert_close(seen[0][0], model.decoder.transpconvs[0](skips[3]))
    torch.testing.assert_close(seen[0][1], skips[2])


@pytest.mark.parametrize("kind", KINDS)
def test_a_replacement_reaches_all_names_of_a_layer(kind, find):
    model = made(kind)
    before = model(X)
    apply(model, ["encoder.1/conv[k=3,in=8]:=scconv23"], X[:1], find=find)
    path = records(model)[0]["path"]
    new = model.get_submodule(path)
    names = [n for n, m in model.named_modules(remove_duplicate=False) if m is new]
    assert len(names) == 4
    assert {name.rpartition(".")[2] for name in names} == {"conv", "0"}
    assert not torch.allclose(model(X), before)


def test_a_branch_ends_before_the_addition():
    model, by_hand = made(ResidualEncoderUNet), made(ResidualEncoderUNet)
    apply(model, ["stage.1.block.0.branch=shift"], X[:1], find=shifts)
    block = by_hand.encoder.stages[1].blocks[0]
    block.conv2.register_forward_hook(lambda module, args, output: output + 1)
    torch.testing.assert_close(model(X), by_hand(X))


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_base_weights_copies_and_graphs(kind, deep):
    model, base = made(kind, deep=deep), made(kind, deep=deep)
    plugs = [f"{at}.1=shift" for at in ("encoder", "skip", "fuse", "up", "decoder")]
    apply(model, [*plugs, "bottleneck=shift"], X[:1], find=shifts)
    missing, unexpected = model.load_state_dict(base.state_dict(), strict=False)
    assert not unexpected
    assert all(key.startswith("plugged.") for key in missing)
    twin, want = copy.deepcopy(model), outputs(model(X))
    with torch.no_grad():
        for parameter in model.plugged.parameters():
            parameter.fill_(9)
    graphs = torch.export.export(twin, (X,)).module(), torch.compile(twin, backend="eager")
    for other in (twin, *graphs):
        for got, wanted in zip(outputs(other(X)), want, strict=True):
            torch.testing.assert_close(got, wanted)


def test_saved_with_its_plugs():  # of the residual network, lambdas of the library forbid it
    model, file = made(), io.BytesIO()
    apply(model, ["encoder.*=shift"], X[:1], find=shifts)
    torch.save(model, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=False)(X), model(X))


def test_three_dimensions_are_refused_in_one_message(find):
    model = made(conv=nn.Conv3d, norm=nn.InstanceNorm3d)
    with pytest.raises(SlotError) as caught:
        apply(model, ["encoder.0=se"], torch.zeros(1, 1, 16, 16, 16), find=find)
    assert str(caught.value) == (
        "this PlainConvUNet is made of Conv3d, but a plug takes maps [B, C, H, W]; slots are in "
        "2-d networks only (nnU-Net's configuration 2d)"
    )
