"""Convolutions whose kernels depend on what they see: against their equations."""

import numpy as np
import pytest
import torch
from second import conv, numbers, shake
from torch import nn

from paperkit.zoo.load import find


def close(module, batch, want):
    np.testing.assert_allclose(module(batch).detach().numpy(), want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"groups": 2, "bias": False, "experts": 3}])
def test_condconv_is_timms_with_the_papers_routing(inputs, options):
    from timm.layers import CondConv2d

    ours = shake(find("condconv")(8, 12, **options)).double()
    (x,) = inputs("condconv", 3, 8, 7, 6, dtype=torch.float64)
    named = {{"experts": "num_experts"}.get(key, key): value for key, value in options.items()}
    theirs = CondConv2d(8, 12, 3, **{"num_experts": 8, "bias": True, **named}).double()
    with torch.no_grad():
        theirs.weight.copy_(ours.weight.flatten(1))
        if ours.bias is not None:
            theirs.bias.copy_(ours.bias)
    share = 1 / (1 + torch.exp(-x.mean((2, 3)) @ ours.route.weight.T))
    torch.testing.assert_close(ours(x), theirs(x, share), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("temperature", [30.0, 1.0])
def test_dynconv_is_its_equations(inputs, temperature):
    module = shake(find("dynconv")(8, 4, temperature=temperature)).double()
    (batch,) = inputs("dynconv", 2, 8, 5, 4, dtype=torch.float64)
    p, want = numbers(module), []
    for x in batch.numpy():
        hidden = p["attention.0.weight"] @ x.mean((1, 2)) + p["attention.0.bias"]
        score = p["attention.2.weight"] @ np.maximum(hidden, 0) + p["attention.2.bias"]
        share = np.exp(score / temperature) / np.exp(score / temperature).sum()
        each = [conv(x, w, b) for w, b in zip(p["weight"], p["bias"], strict=True)]
        want.append(sum(s * y for s, y in zip(share, each, strict=True)))
    close(module, batch, np.stack(want))


def test_a_hot_dynconv_is_the_convolution_with_the_mean_kernel(inputs):
    module = shake(find("dynconv")(8, 4, temperature=1e9, stride=2, groups=2))
    (x,) = inputs("dynconv", 2, 8, 7, 6)
    mean = nn.Conv2d(8, 4, 3, 2, 1, groups=2)
    state = {"weight": module.weight.mean(0), "bias": module.bias.mean(0)}
    mean.load_state_dict(state)
    torch.testing.assert_close(module(x), mean(x), rtol=1e-4, atol=1e-5)
    module.temperature = 1.0  # as training may set it
    assert not torch.allclose(module(x), mean(x), atol=1e-2)


PLACES = [
    {},
    {"kernel_size": 5, "padding": 2},
    {"stride": 2, "dilation": 2, "padding": 2},
    {"groups": 2, "padding": 0},
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("name", "mask"), [("dcn", 1.0), ("dcnv2", 0.5)])
def test_at_first_a_deformable_convolution_does_not_deform(inputs, name, mask, place):
    (x,) = inputs(name, 2, 8, 9, 8)
    module = find(name)(8, 12, **place)
    nn.init.normal_(module.conv.bias)
    plain = nn.Conv2d(8, 12, **{"kernel_size": 3, "padding": 1, **place})
    plain.load_state_dict(module.conv.state_dict())
    bias = plain.bias.view(1, -1, 1, 1)
    want = mask * (plain(x) - bias) + bias  # the paper's masks start at a half
    torch.testing.assert_close(module(x), want, rtol=1e-5, atol=1e-5)


def sampled(plane, y, x):
    """Read a plane between its pixels; outside there are zeros."""
    top, left, total = int(np.floor(y)), int(np.floor(x)), 0.0
    for i in (top, top + 1):
        for j in (left, left + 1):
            if 0 <= i < plane.shape[0] and 0 <= j < plane.shape[1]:
                total += plane[i, j] * (1 - abs(y - i)) * (1 - abs(x - j))
    return total


def deformed(x, p, shifts, masks):
    """Convolve as the papers' equations say: x [C, H, W], shifts [9, 2, H, W], masks [9, H, W]."""
    channels, height, width = x.shape
    out = np.zeros((len(p["conv.weight"]), height, width))
    for i, j, k in np.ndindex(height, width, 9):
        y = i + k // 3 - 1 + shifts[k, 0, i, j]
        z = j + k % 3 - 1 + shifts[k, 1, i, j]
        value = np.array([sampled(x[c], y, z) for c in range(channels)]) * masks[k, i, j]
        out[:, i, j] += p["conv.weight"][:, :, k // 3, k % 3] @ value
    return out + p["conv.bias"][:, None, None]


@pytest.mark.parametrize("name", ["dcn", "dcnv2"])
def test_deformable_convolutions_are_their_equations(inputs, name):
    module = shake(find(name)(3, 2)).double()
    (batch,) = inputs(name, 1, 3, 5, 4, dtype=torch.float64)
    p, x = numbers(module), batch[0].numpy()
    layer = "offset" if name == "dcn" else "move"
    told = conv(x, p[f"{layer}.weight"], p[f"{layer}.bias"])
    masks = 1 / (1 + np.exp(-told[18:])) if name == "dcnv2" else np.ones((9, 5, 4))
    assert abs(told[:18]).max() > 1  # they do look elsewhere
    close(module, batch, deformed(x, p, told[:18].reshape(9, 2, 5, 4), masks)[None])


@pytest.mark.parametrize(("channels", "groups"), [(8, 1), (32, 2), (24, 3)])
@pytest.mark.parametrize("stride", [1, 2])
def test_involution_is_its_equations(inputs, channels, groups, stride):
    module = shake(find("involution")(channels, channels, window=3, stride=stride)).double().eval()
    (batch,) = inputs("involution", 1, channels, 6, 4, dtype=torch.float64)
    p, x = numbers(module), batch[0].numpy()
    seen = x.reshape(channels, 6 // stride, stride, 4 // stride, stride).mean((2, 4))
    middle = conv(seen, p["reduce.0.weight"])
    mean, var = p["reduce.1.running_mean"], p["reduce.1.running_var"]
    scale = p["reduce.1.weight"] / np.sqrt(var + 1e-5)
    middle = (middle - mean[:, None, None]) * scale[:, None, None]
    middle = np.maximum(middle + p["reduce.1.bias"][:, None, None], 0)
    kernels = conv(middle, p["span.weight"], p["span.bias"])
    kernels = kernels.reshape(groups, 3, 3, *kernels.shape[1:])
    padded, want = np.pad(x, ((0, 0), (1, 1), (1, 1))), np.zeros_like(seen)
    for c, i, j in np.ndindex(*want.shape):
        window = padded[c, i * stride : i * stride + 3, j * stride : j * stride + 3]
        want[c, i, j] = (window * kernels[c * groups // channels, :, :, i, j]).sum()
    close(module, batch, want[None])


def test_involution_shares_kernels_as_told():
    groups = [find("involution")(64, 64, group_channels=n).groups for n in (16, 64, 1, 48)]
    assert groups == [4, 1, 64, 4]
    assert find("involution")(64, 64, reduction=8).reduce[0].out_channels == 8
