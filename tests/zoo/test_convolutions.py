"""What stands in for a convolution: against another library, or against its equation."""

import inspect
import math

import numpy as np
import pytest
import torch
from second import agree, carry, conv, numbers, shake, sigmoid
from torch import nn

from paperkit.zoo.load import find

NAMES = (
    *("acb", "condconv", "dcn", "dcnv2", "dilated", "dwsep", "dynconv", "ghost", "group_conv"),
    *("inception_dw", "involution", "mixconv", "pconv", "scconv20", "sk", "split_attn"),
)
PLACES = [
    {"kernel_size": 3, "stride": 1, "dilation": 1},
    {"kernel_size": 3, "stride": 2, "dilation": 1},
    {"kernel_size": 5, "stride": 2, "dilation": 1},
    {"kernel_size": 3, "stride": 1, "dilation": 2},
]


@pytest.mark.parametrize("place", PLACES, ids=["same", "stride", "kernel", "dilation"])
@pytest.mark.parametrize("name", NAMES)
def test_they_take_the_width_and_sampling_of_what_they_replace(name, place):
    known = inspect.signature(find(name)).parameters
    told = {key: value for key, value in place.items() if key in known}
    size = [math.ceil(side / place["stride"]) for side in (9, 12)]  # as padding keeps it
    assert find(name)(16, 24, **told)(torch.rand(2, 16, 9, 12)).shape == (2, 24, *size)


@pytest.mark.parametrize(
    "name", ["condconv", "dcn", "dcnv2", "dwsep", "dynconv", "ghost", "group_conv"]
)
def test_padding_and_bias_are_those_of_what_they_replace(name):
    module = find(name)(16, 24, padding=0)
    assert module(torch.rand(2, 16, 9, 12)).shape == (2, 24, 7, 10)
    if name != "ghost":
        with_bias = sum(p.numel() for p in module.parameters())
        without = sum(p.numel() for p in find(name)(16, 24, bias=False).parameters())
        assert (with_bias - without) % 24 == 0 < with_bias - without


@pytest.mark.parametrize(
    "options", [{}, {"stride": 2, "bias": False}, {"dilation": 2, "padding": 2}]
)
def test_dwsep_is_smps(inputs, options):
    from segmentation_models_pytorch.decoders.deeplabv3.decoder import SeparableConv2d

    ours = shake(find("dwsep")(8, 12, **options))
    theirs = SeparableConv2d(8, 12, 3, **{"padding": 1, **options})
    agree(ours, carry(ours, theirs), *inputs("dwsep", 2, 8, 7, 6))


@pytest.mark.parametrize(("kernel", "rate"), [(3, 1), (3, 2), (3, 3), (5, 2)])
def test_dilated_is_a_convolution_with_zeros_in_its_kernel(inputs, kernel, rate):
    module = shake(find("dilated")(4, 3, kernel, rate=rate)).double()
    (x,) = inputs("dilated", 1, 4, 7, 9, dtype=torch.float64)
    p, size = numbers(module), rate * (kernel - 1) + 1
    inflated = np.zeros((3, 4, size, size))
    inflated[:, :, ::rate, ::rate] = p["conv.weight"]
    want = conv(x[0].numpy(), inflated, p["conv.bias"])
    np.testing.assert_allclose(module(x)[0].detach().numpy(), want, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("splits", [2, 4])
def test_group_conv_is_one_convolution_for_each_group(inputs, splits):
    module = shake(find("group_conv")(8, 12, splits=splits)).double()
    (x,) = inputs("group_conv", 1, 8, 5, 4, dtype=torch.float64)
    weights = np.split(numbers(module)["conv.weight"], splits)
    parts = [conv(g, w) for g, w in zip(np.split(x[0].numpy(), splits), weights, strict=True)]
    want = np.concatenate(parts) + numbers(module)["conv.bias"][:, None, None]
    np.testing.assert_allclose(module(x)[0].detach().numpy(), want, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("variant", ["paper", "official"])
@pytest.mark.parametrize("options", [{}, {"ratio": 3, "cheap_size": 5}, {"stride": 2}])
def test_ghost_is_timms(inputs, variant, options):
    from timm.models.ghostnet import GhostModule

    ours = shake(find("ghost")(8, 13, variant=variant, **options))
    named = {{"cheap_size": "dw_size"}.get(key, key): value for key, value in options.items()}
    theirs = GhostModule(8, 13, kernel_size=3, **named)
    if variant == "paper":  # its equations have neither
        theirs.primary_conv = theirs.primary_conv[:1]
        theirs.cheap_operation = theirs.cheap_operation[:1]
    agree(ours, carry(ours, theirs), *inputs("ghost", 2, 8, 6, 7))


@pytest.mark.parametrize("divisor", [4, 2])
def test_pconv_is_timms_and_leaves_the_others_alone(inputs, divisor):
    from timm.models.fasternet import Partial_conv3

    ours, (x,) = shake(find("pconv")(16, 16, divisor=divisor)), inputs("pconv", 2, 16, 6, 7)
    agree(ours, carry(ours, Partial_conv3(16, divisor, "split_cat")), x)
    assert torch.equal(ours(x)[:, 16 // divisor :], x[:, 16 // divisor :])


def normed(x, p, name):
    """Normalise with the running statistics, where the module has them."""
    if f"{name}.weight" not in p:
        return x
    mean, var = p[f"{name}.running_mean"], p[f"{name}.running_var"]
    scale = p[f"{name}.weight"] / np.sqrt(var + 1e-5)
    return (x - mean[:, None, None]) * scale[:, None, None] + p[f"{name}.bias"][:, None, None]


def enlarged(x, height, width, mode):
    """Resize [C, h, w] with pixel centres aligned, one axis at a time."""
    for axis, size in ((1, height), (2, width)):
        n = x.shape[axis]
        at = np.arange(size) * n / size
        if mode == "nearest":
            x = x.take(np.floor(at).astype(int), axis)
            continue
        at = np.clip(at + n / size / 2 - 0.5, 0, n - 1)
        low = np.floor(at).astype(int)
        share = np.expand_dims(at - low, 1 if axis == 1 else 0)
        x = x.take(low, axis) * (1 - share) + x.take(np.minimum(low + 1, n - 1), axis) * share
    return x


@pytest.mark.parametrize(("variant", "mode"), [("paper", "bilinear"), ("official", "nearest")])
def test_scconv20_is_its_equations(inputs, variant, mode):
    module = shake(find("scconv20")(8, 8, variant=variant)).double().eval()
    (batch,) = inputs("scconv20", 1, 8, 9, 6, dtype=torch.float64)
    p, x = numbers(module), batch[0].numpy()

    def k(name, given):
        return normed(conv(given, p[f"{name}.0.weight"]), p, f"{name}.1")

    first, second = x[:4], x[4:]
    pooled = first[:, :8, :4].reshape(4, 2, 4, 1, 4).mean((2, 4))  # what fills no window is left
    context = enlarged(k("coarse", pooled), 9, 6, mode)
    calibrated = k("last", k("fine", first) * sigmoid(first + context))
    want = np.concatenate([calibrated, k("plain", second)])
    np.testing.assert_allclose(module(batch)[0].detach().numpy(), want, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("widths", [(16, 16), (32, 32), (16, 48)])
def test_scconv20_of_equal_width_costs_what_the_convolution_costs(widths):
    count = sum(p.numel() for p in find("scconv20")(*widths).parameters())
    half, out = widths[0] // 2, widths[1] // 2
    assert count == 9 * (2 * half * half + 2 * half * out)
    if len(set(widths)) == 1:
        assert count == nn.Conv2d(*widths, 3, bias=False).weight.numel()


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"dilation": 2}, {"groups": 4}])
def test_acb_is_one_convolution_after_training(inputs, options):
    module = shake(find("acb")(8, 12, **options)).eval()
    (x,) = inputs("acb", 2, 8, 9, 8)
    p, kernel, bias = numbers(module), 0, 0
    for branch, pad in enumerate([((0, 0), (0, 0)), ((1, 1), (0, 0)), ((0, 0), (1, 1))]):
        name = f"branches.{branch}"
        scale = p[f"{name}.1.weight"] / np.sqrt(p[f"{name}.1.running_var"] + 1e-5)
        weight = np.pad(p[f"{name}.0.weight"], ((0, 0), (0, 0), *pad))
        kernel = kernel + weight * scale[:, None, None, None]
        bias = bias + p[f"{name}.1.bias"] - p[f"{name}.1.running_mean"] * scale
    one = nn.Conv2d(8, 12, 3, padding=options.get("dilation", 1), **options)
    one.load_state_dict({"weight": torch.tensor(kernel), "bias": torch.tensor(bias)})
    torch.testing.assert_close(module(x), one(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"branches": 5}, {"bias": False}])
@pytest.mark.parametrize("channels", [16, 23])
def test_mixconv_is_timms(inputs, channels, options):
    from timm.layers import MixedConv2d

    ours = shake(find("mixconv")(channels, channels, **options))
    sizes = [3 + 2 * n for n in range(options.get("branches", 3))]
    rest = {key: value for key, value in options.items() if key != "branches"}
    theirs = MixedConv2d(channels, channels, sizes, depthwise=True, **{"bias": True, **rest})
    agree(ours, carry(ours, theirs), *inputs("mixconv", 2, channels, 9, 8))


@pytest.mark.parametrize("channels", [16, 20, 64])
def test_inception_dw_is_timms(inputs, channels):
    from timm.models.inception_next import InceptionDWConv2d

    ours = shake(find("inception_dw")(channels, channels, 7, groups=channels))
    agree(
        ours, carry(ours, InceptionDWConv2d(channels)), *inputs("inception_dw", 2, channels, 9, 8)
    )
    wider = shake(find("inception_dw")(channels, channels, band=7, ratio=0.25))
    theirs = InceptionDWConv2d(channels, band_kernel_size=7, branch_ratio=0.25)
    agree(wider, carry(wider, theirs), *inputs("inception_dw", 2, channels, 9, 8))
