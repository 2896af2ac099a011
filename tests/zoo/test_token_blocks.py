"""Transformer and ConvNeXt blocks against timm and torchvision."""

import pytest
import torch
from second import agree, carry, shake
from torch import nn


class Rows(nn.Module):
    """Give a module of another library the pixels as it wants them."""

    def __init__(self, inner, *, flat):
        super().__init__()
        self.inner, self.flat = inner, flat

    def forward(self, x):
        rows = x.permute(0, 2, 3, 1)
        rows = rows.flatten(1, 2) if self.flat else rows
        return self.inner(rows).reshape(x.permute(0, 2, 3, 1).shape).permute(0, 3, 1, 2)


@pytest.mark.parametrize(("channels", "heads"), [(16, None), (128, None), (48, 3)])
def test_vit_block_is_timms_and_torchvisions(build, inputs, channels, heads):
    from timm.models.vision_transformer import Block
    from torchvision.models.vision_transformer import EncoderBlock

    ours = shake(build("vit_block", channels, heads=heads))
    count = heads or max(1, channels // 64)
    timms = Block(channels, count, qkv_bias=True)
    torchvisions = EncoderBlock(count, channels, 4 * channels, 0.0, 0.0)
    for theirs in (timms, torchvisions):
        (x,) = inputs("vit_block", 2, channels, 5, 7)
        agree(ours, Rows(carry(ours, theirs), flat=True), x)


def torchvisions_swin(ours, channels, heads, window, shift):
    """Return torchvision's block with our weights, under its names for them."""
    from torchvision.models.swin_transformer import SwinTransformerBlock

    theirs = SwinTransformerBlock(channels, heads, [window] * 2, [shift] * 2)
    names = {
        "attention.bias": "attn.relative_position_bias_table",
        "attention.qkv": "attn.qkv",
        "attention.project": "attn.proj",
        "mlp.2": "mlp.3",
    }
    state = {"attn.relative_position_index": theirs.attn.relative_position_index}
    for key, value in ours.state_dict().items():
        layer, _, kind = key.rpartition(".")
        state[names.get(key) or f"{names.get(layer, layer)}.{kind}"] = value
    theirs.load_state_dict(state)
    return theirs


SIZES = [(14, 14), (8, 9), (5, 20), (7, 7), (2, 2)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("shifted", [False, True])
def test_swin_block_is_torchvisions_at_any_size(build, inputs, size, shifted):
    ours = shake(build("swin_block", 64, shifted=shifted))
    theirs = torchvisions_swin(ours, 64, 2, 7, 3 if shifted else 0)
    agree(ours, Rows(theirs, flat=False), *inputs("swin_block", 2, 64, *size))


def test_swin_block_with_other_windows_and_heads(build, inputs):
    ours = shake(build("swin_block", 24, window=4, shifted=True, heads=3))
    theirs = torchvisions_swin(ours, 24, 3, 4, 2)
    agree(ours, Rows(theirs, flat=False), *inputs("swin_block", 2, 24, 9, 12))


@pytest.mark.parametrize("shifted", [False, True])
def test_swin_block_is_timms_on_whole_windows(build, inputs, shifted):
    from timm.models.swin_transformer import SwinTransformerBlock

    ours = shake(build("swin_block", 32, window=4, shifted=shifted))
    theirs = SwinTransformerBlock(32, (8, 12), 1, window_size=4, shift_size=2 if shifted else 0)
    agree(ours, Rows(carry(ours, theirs), flat=False), *inputs("swin_block", 2, 32, 8, 12))


def reached(module, height, width, row, column):
    """Return which pixels' outputs change with one pixel of the input."""
    x = torch.rand(1, 16, height, width, generator=torch.Generator().manual_seed(3))
    other = x.clone()
    other[:, :, row, column] += torch.linspace(-1, 1, 16)
    return ((module(x) - module(other)).abs().amax(dim=(0, 1)) > 1e-6).nonzero().tolist()


def test_windows_meet_only_when_shifted(build):
    plain = shake(build("swin_block", 16, window=4)).eval()
    moved = shake(build("swin_block", 16, window=4, shifted=True)).eval()
    corner = [[i, j] for i in range(4) for j in range(4)]
    assert reached(plain, 8, 8, 3, 3) == corner
    assert reached(moved, 8, 8, 3, 3) == [[i + 2, j + 2] for i, j in corner]
    # at the borders, the two halves of a window that is made of both ends stay apart
    assert reached(moved, 8, 8, 0, 3) == [[i, j + 2] for i in range(2) for j in range(4)]


@pytest.mark.parametrize("channels", [16, 64])
def test_convnext_is_timms_and_torchvisions(build, inputs, channels):
    from timm.models.convnext import ConvNeXtBlock
    from torchvision.models.convnext import CNBlock

    ours = shake(build("convnext", channels))
    for theirs in (ConvNeXtBlock(channels), CNBlock(channels, 1e-6, 0.0)):
        agree(ours, carry(ours, theirs), *inputs("convnext", 2, channels, 9, 8))


def test_convnext_starts_as_almost_nothing_added(build, inputs):
    (x,) = inputs("convnext", 2, 16, 9, 8)
    added = (build("convnext", 16)(x) - x).abs().max()
    assert 0 < added < 1e-5
    assert (build("convnext", 16, scale=1.0)(x) - x).abs().max() > 1e-2


@pytest.mark.parametrize("name", ["vit_block", "swin_block", "convnext"])
def test_another_width_or_stride_begins_with_a_projection(name):
    from paperkit.zoo.load import find

    block = find(name)(8, 16, stride=2)
    x = torch.rand(2, 8, 9, 12)
    assert block(x).shape == nn.Conv2d(8, 16, 3, stride=2, padding=1)(x).shape
    entered, same = block.enter(x), find(name)(16, 16)
    same.load_state_dict({k: v for k, v in block.state_dict().items() if "enter" not in k})
    torch.testing.assert_close(block(x), same(entered))


@pytest.mark.parametrize("name", ["vit_block", "swin_block"])
def test_heads_that_do_not_divide_a_blocks_channels_are_refused(build, name):
    with pytest.raises(ValueError, match=r"^3 heads do not divide 16 channels$"):
        build(name, 16, heads=3)


@pytest.mark.parametrize("channels", [8, 64])
def test_grn_is_timms(build, inputs, channels):
    from timm.layers.grn import GlobalResponseNorm

    ours = shake(build("grn", channels))
    theirs = GlobalResponseNorm(channels, channels_last=False)
    agree(ours, carry(ours, theirs), *inputs("grn", 2, channels, 5, 7))


def test_grn_at_first_changes_nothing_and_maps_of_zeros_have_gradients(build, inputs):
    module, (x,) = build("grn", 8), inputs("grn", 2, 8, 5, 7)
    assert torch.equal(module(x), x)
    zeros = torch.zeros_like(x, requires_grad=True)
    shake(module)(zeros).sum().backward()
    assert zeros.grad.isfinite().all()
