"""Each module against another implementation, or against its equation in plain NumPy."""

import numpy as np
import pytest
import torch
from second import agree, carry, conv, numbers, shake, sigmoid
from torch import nn


@pytest.mark.parametrize("channels", [16, 64, 512])
def test_se_is_torchvisions(build, inputs, channels):
    from torchvision.ops import SqueezeExcitation

    ours = shake(build("se", channels))
    agree(
        ours,
        carry(ours, SqueezeExcitation(channels, channels // 16)),
        *inputs("se", 2, channels, 5, 7),
    )


@pytest.mark.parametrize("channels", [16, 64, 512])
def test_coord_att_is_timms_with_the_papers_widths(build, inputs, channels):
    from timm.layers.coord_attn import CoordAttn

    ours = shake(build("coord_att", channels))
    theirs = CoordAttn(channels, rd_channels=max(8, channels // 32), bias=True)
    agree(ours, carry(ours, theirs), *inputs("coord_att", 2, channels, 5, 7))


@pytest.mark.parametrize("channels", [16, 64])
def test_cbam_is_timms_with_biases_and_the_papers_order(build, inputs, channels):
    from timm.layers.cbam import CbamModule

    ours = shake(build("cbam", channels))
    theirs = CbamModule(channels, rd_ratio=1 / 16, rd_divisor=1, mlp_bias=True)
    agree(ours, carry(ours, theirs), *inputs("cbam", 2, channels, 9, 8))


@pytest.mark.parametrize("channels", [8, 64])
def test_attn_gate_is_monais(build, inputs, channels):
    from monai.networks.nets.attentionunet import AttentionBlock

    ours = shake(build("attn_gate", channels))
    theirs = AttentionBlock(spatial_dims=2, f_int=channels // 2, f_g=channels, f_l=channels)
    agree(ours, carry(ours, theirs), *inputs("attn_gate", 2, channels, 6, 5))


def test_aspp_is_torchvisions(build, inputs):
    from torchvision.models.segmentation.deeplabv3 import ASPP

    ours = shake(build("aspp", 16, rates=(2, 4, 6)))
    theirs = carry(ours, ASPP(16, [2, 4, 6], 16))
    theirs.project[3] = nn.Identity()  # torchvision adds a dropout that the paper does not have
    agree(ours, theirs, *inputs("aspp", 2, 16, 9, 8))


@pytest.mark.parametrize("variant", ["paper", "official"])
def test_cga_fusion_is_its_equations(build, inputs, variant):
    module = shake(build("cga_fusion", 8, variant=variant)).double()
    x, s = inputs("cga_fusion", 1, 8, 5, 6, dtype=torch.float64)
    p, high, low = numbers(module), x[0].numpy(), s[0].numpy()
    both = high + low
    pooled = np.stack([both.mean(0), both.max(0)])
    spatial = conv(pooled, p["spatial.weight"], p["spatial.bias"], mode="reflect")
    mean = both.mean((1, 2), keepdims=True)
    hidden = np.maximum(conv(mean, p["channel.0.weight"], p["channel.0.bias"]), 0)
    coarse = spatial + conv(hidden, p["channel.2.weight"], p["channel.2.bias"])
    shuffled = np.stack([both, coarse], axis=1).reshape(16, 5, 6)
    refined = conv(shuffled, p["refine.weight"], p["refine.bias"], groups=8, mode="reflect")
    weight = sigmoid(sigmoid(refined)) if variant == "official" else sigmoid(refined)
    mixed = low * weight + high * (1 - weight) + both
    want = conv(mixed, p["project.weight"], p["project.bias"])
    np.testing.assert_allclose(module(x, s)[0].detach().numpy(), want, rtol=1e-10, atol=1e-10)


def test_cga_fusion_of_equal_inputs_is_a_convolution_of_three_times_them(build, inputs):
    module, (x, _) = shake(build("cga_fusion", 16)), inputs("cga_fusion", 2, 16, 8, 9)
    torch.testing.assert_close(module(x, x), module.project(3 * x), rtol=1e-5, atol=1e-5)


def test_the_official_weights_lie_where_the_second_sigmoid_puts_them(build, inputs):
    module, (x, s) = (
        shake(build("cga_fusion", 16, variant="official")),
        inputs("cga_fusion", 2, 16, 8, 9),
    )
    weight = module.weight(x + s)
    assert weight.min() > 0.5
    assert weight.max() < 1 / (1 + np.exp(-1)) + 1e-6
    module.variant = "paper"
    assert module.weight(x + s).min() < 0.5


def test_cga_fusion_brings_another_width_to_the_skips(build):
    from paperkit.zoo.cga_fusion import CGAFusion

    module = CGAFusion(32, 16)
    assert module(torch.rand(1, 32, 8, 8), torch.rand(1, 16, 8, 8)).shape == (1, 16, 8, 8)
    extra = sum(p.numel() for p in module.parameters())
    assert extra - sum(p.numel() for p in build("cga_fusion", 16).parameters()) == 32 * 16 + 16


def test_coord_att_with_zero_last_layers_is_a_quarter(build, inputs):
    module, (x,) = build("coord_att", 16), inputs("coord_att", 2, 16, 5, 7)
    for layer in (module.along_height, module.along_width):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    torch.testing.assert_close(module(x), x / 4)


def test_coord_att_follows_flips_and_transposition(build, inputs):
    module, (x,) = shake(build("coord_att", 16)), inputs("coord_att", 2, 16, 5, 7)
    for axes in ([2], [3], [2, 3]):
        torch.testing.assert_close(module(x.flip(axes)), module(x).flip(axes))
    out = module(x)
    module.along_height, module.along_width = module.along_width, module.along_height
    torch.testing.assert_close(module(x.transpose(2, 3)), out.transpose(2, 3))


def test_scconv23_is_its_equations(build, inputs):
    module = shake(build("scconv23", 16)).double()
    (batch,) = inputs("scconv23", 1, 16, 5, 4, dtype=torch.float64)
    p, x = numbers(module), batch[0].numpy()
    gamma, beta = p["spatial.norm.weight"], p["spatial.norm.bias"]
    norm = np.empty_like(x)
    for c in range(16):  # 16 groups of one channel
        norm[c] = (x[c] - x[c].mean()) / np.sqrt(x[c].var() + 1e-5) * gamma[c] + beta[c]
    weight = sigmoid((gamma / gamma.sum())[:, None, None] * norm)
    one = np.where(weight > 0.5, 1, weight) * x
    two = np.where(weight > 0.5, 0, weight) * x
    x = np.concatenate([one[:8] + two[8:], two[:8] + one[8:]])
    up = conv(x[:8], p["channel.squeeze_up.weight"])
    low = conv(x[8:], p["channel.squeeze_low.weight"])
    rich = conv(up, p["channel.group.weight"], p["channel.group.bias"], groups=2)
    rich += conv(up, p["channel.point_up.weight"])
    cheap = np.concatenate([conv(low, p["channel.point_low.weight"]), low])
    s1, s2 = (np.exp(y.mean((1, 2), keepdims=True)) for y in (rich, cheap))
    want = s1 / (s1 + s2) * rich + s2 / (s1 + s2) * cheap
    np.testing.assert_allclose(module(batch)[0].detach().numpy(), want, rtol=1e-10, atol=1e-10)


def test_scconv23_takes_the_width_and_stride_of_what_it_replaces():
    from paperkit.zoo.scconv23 import SCConv

    for kernel, dilation in ((3, 1), (5, 1), (3, 2)):
        module = SCConv(8, 16, kernel, stride=2, dilation=dilation)
        conv = nn.Conv2d(8, 16, kernel, 2, dilation * (kernel - 1) // 2, dilation)
        x = torch.rand(1, 8, 9, 12)
        assert module(x).shape == conv(x).shape
