"""Whole blocks: each against torchvision's or timm's with the same weights."""

import math
import re

import pytest
import torch
from second import agree, carry, shake
from torch import nn

from paperkit.zoo.load import find

BLOCKS = (
    *("inception", "inverted_residual", "repvgg_block", "res2net_block", "resnest_block"),
    *("resnext_block", "sknet_block"),
)
SHAPES = [(64, 64, 1), (64, 128, 1), (64, 128, 2), (128, 128, 2)]


def renamed(source, target, *names):
    """Copy parameters and buffers by name, after replacing patterns in ours."""
    state = source.state_dict()
    for ours, theirs in names:
        state = {re.sub(ours, theirs, key): value for key, value in state.items()}
    target.load_state_dict(state, strict=False)
    kept = [key for key in target.state_dict() if "num_batches" not in key]
    assert set(kept) == {key for key in state if "num_batches" not in key}
    return target


def downsample(into, out, stride, pooled=False):
    """Return the projection of a ResNet's shortcut, or of a ResNet-D's; None where none is."""
    if stride == 1 and into == out:
        return None
    pool = [nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)] if stride == 2 else []
    conv = nn.Conv2d(into, out, 1, 1 if pooled else stride, bias=False)
    return nn.Sequential(*(pool if pooled else []), conv, nn.BatchNorm2d(out))


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize(
    ("into", "out", "stride"), [(16, 16, 1), (16, 32, 1), (16, 16, 2), (8, 40, 2)]
)
def test_blocks_take_the_width_and_stride_of_what_they_replace(name, into, out, stride):
    module = find(name)(into, out, stride=stride)
    for height, width in ((9, 12), (8, 5)):
        size = (2, out, math.ceil(height / stride), math.ceil(width / stride))  # as ResNet's
        assert module(torch.rand(2, into, height, width)).shape == size


@pytest.mark.parametrize(("into", "out", "stride"), SHAPES)
@pytest.mark.parametrize("options", [{}, {"cardinality": 8, "width": 16}])
def test_resnext_block_is_torchvisions(inputs, into, out, stride, options):
    from torchvision.models.resnet import Bottleneck

    ours = shake(find("resnext_block")(into, out, stride=stride, **options))
    groups, width = options.get("cardinality", 32), options.get("width", 4)
    theirs = Bottleneck(into, out // 4, stride, downsample(into, out, stride), groups, width)
    agree(ours, carry(ours, theirs), *inputs("resnext_block", 2, into, 9, 8))


PLACES = [{}, {"stride": 2}, {"groups": 2}, {"radix": 4, "kernel_size": 5}]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("into", "out"), [(16, 16), (128, 64)])
def test_split_attn_is_timms(inputs, into, out, place):
    from timm.layers import SplitAttn

    ours = shake(find("split_attn")(into, out, **place))
    theirs = carry(ours, SplitAttn(into, out, norm_layer=nn.BatchNorm2d, **place))
    agree(ours, theirs, *inputs("split_attn", 3, into, 9, 8))


def test_split_attn_of_equal_splits_is_their_convolution(inputs):
    module, (x,) = shake(find("split_attn")(16, 8)), inputs("split_attn", 2, 16, 6, 5)
    conv, norm, _ = module.splits
    for parameter in (conv.weight, norm.weight, norm.bias):
        parameter.data[8:] = parameter.data[:8]
    both = torch.cat([x[:, :8], x[:, :8]], dim=1)
    torch.testing.assert_close(module(both), module.splits(both)[:, :8], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("into", "out", "stride"), SHAPES)
@pytest.mark.parametrize("radix", [2, 4])
def test_resnest_block_is_timms(inputs, into, out, stride, radix):
    from timm.models.resnest import ResNestBottleneck

    ours = shake(find("resnest_block")(into, out, stride=stride, radix=radix))
    shortcut = downsample(into, out, stride, pooled=True)
    theirs = ResNestBottleneck(into, out // 4, stride, shortcut, radix=radix, avd=True)
    agree(ours, carry(ours, theirs), *inputs("resnest_block", 3, into, 9, 8))


def test_resnest_block_takes_another_convolution(inputs):
    given = []

    def conv(channels):
        given.append(nn.Conv2d(channels, channels, 1))
        return given[0]

    block = find("resnest_block")(32, 32, conv=conv)
    assert block(*inputs("resnest_block", 2, 32, 6, 5)).shape == (2, 32, 6, 5)
    assert given[0].in_channels == 8
    # two 1x1 convolutions and their normalisation, around what was given
    assert sum(p.numel() for p in block.parameters()) == 2 * 8 * 32 + 2 * (8 + 32) + 8 * 8 + 8


@pytest.mark.parametrize("place", [{}, {"stride": 2}, {"groups": 4}, {"branches": 3}])
@pytest.mark.parametrize(("into", "out"), [(16, 16), (16, 640)])
def test_sk_is_timms_without_its_split_of_the_input(inputs, into, out, place):
    from timm.layers import SelectiveKernel

    ours = shake(find("sk")(into, out, **place))
    rest = {key: value for key, value in place.items() if key != "branches"}
    sizes = [3, 5, 7][: place.get("branches", 2)]
    width = {16: 32, 640: 40}[out]  # the larger of C / 16 and 32
    theirs = SelectiveKernel(into, out, sizes, split_input=False, rd_channels=width, **rest)
    agree(ours, carry(ours, theirs), *inputs("sk", 3, into, 9, 8))


@pytest.mark.parametrize(("into", "out", "stride"), SHAPES)
def test_sknet_block_is_timms(inputs, into, out, stride):
    from timm.models.sknet import SelectiveKernelBottleneck

    ours = shake(find("sknet_block")(into, out, stride=stride))
    kernels = {"split_input": False, "rd_channels": 32}
    shortcut = downsample(into, out, stride)
    theirs = SelectiveKernelBottleneck(
        into, out // 4, stride, shortcut, cardinality=32, base_width=4, sk_kwargs=kernels
    )
    agree(ours, carry(ours, theirs), *inputs("sknet_block", 3, into, 9, 8))


RES2NET = [
    (r"enter\.0", "conv1"),
    (r"enter\.1", "bn1"),
    (r"scales\.(\d+)\.0", r"convs.\1"),
    (r"scales\.(\d+)\.1", r"bns.\1"),
    (r"leave\.0", "conv3"),
    (r"leave\.1", "bn3"),
    ("shortcut", "downsample"),
]


@pytest.mark.parametrize(("into", "out", "stride"), SHAPES)
@pytest.mark.parametrize("options", [{}, {"scale": 6, "width": 14}])
def test_res2net_block_is_timms(inputs, into, out, stride, options):
    from timm.models.res2net import Bottle2neck

    ours = shake(find("res2net_block")(into, out, stride=stride, **options))
    theirs = Bottle2neck(
        into,
        out // 4,
        stride,
        downsample(into, out, stride),
        base_width=options.get("width", 26),
        scale=options.get("scale", 4),
        norm_layer=nn.BatchNorm2d,
    )
    agree(ours, renamed(ours, theirs, *RES2NET), *inputs("res2net_block", 2, into, 9, 8))


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize(("into", "out"), [(192, 256), (24, 64)])
def test_inception_is_torchvisions_with_the_papers_5x5(inputs, into, out, norm):
    from torchvision.models.googlenet import Inception

    shares = (out // 4, 3 * out // 8, out // 2, out // 16, out // 8, out // 8)
    ours, theirs = shake(find("inception")(into, out, norm=norm)), Inception(into, *shares)
    # torchvision's own note says that its 3x3 in this place is a bug
    theirs.branch3[1].conv = nn.Conv2d(out // 16, out // 8, 5, padding=2, bias=False)
    for layer in (m for m in theirs.modules() if hasattr(m, "bn")):
        layer.bn.eps = 1e-5
        if not norm:
            shape = layer.conv.weight.shape
            layer.conv = nn.Conv2d(shape[1], shape[0], shape[2:], padding=shape[2] // 2)
            layer.bn = nn.Identity()
    agree(ours, carry(ours, theirs), *inputs("inception", 2, into, 6, 5))


def test_the_published_size_of_inception_3a():
    # table 1 of the paper: 159K, counted in units of 1024
    count = sum(p.numel() for p in find("inception")(192, 256).parameters())
    assert count // 1024 == 159


@pytest.mark.parametrize(("into", "out", "stride"), [(16, 16, 1), (16, 24, 1), (24, 24, 2)])
@pytest.mark.parametrize("expansion", [6, 1])
def test_inverted_residual_is_torchvisions(inputs, into, out, stride, expansion):
    from torchvision.models.mobilenetv2 import InvertedResidual

    ours = shake(find("inverted_residual")(into, out, stride=stride, expansion=expansion))
    theirs = carry(ours, InvertedResidual(into, out, stride, expansion))
    agree(ours, theirs, *inputs("inverted_residual", 2, into, 9, 8))


@pytest.mark.parametrize(("into", "out", "stride"), [(16, 16, 1), (16, 24, 1), (24, 24, 2)])
def test_repvgg_block_is_timms_and_one_convolution_after_training(inputs, into, out, stride):
    from timm.models.byobnet import RepVggBlock

    ours = shake(find("repvgg_block")(into, out, stride=stride))
    names = [
        (r"branches\.0\.0", "conv_kxk.conv"),
        (r"branches\.0\.1", "conv_kxk.bn"),
        (r"branches\.1\.0", "conv_1x1.conv"),
        (r"branches\.1\.1", "conv_1x1.bn"),
        (r"branches\.2\.1", "identity"),
    ]
    theirs = renamed(ours, RepVggBlock(into, out, 3, stride), *names)
    (x,) = inputs("repvgg_block", 2, into, 9, 8)
    agree(ours, theirs, x)
    theirs.reparameterize()
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), rtol=1e-4, atol=1e-4)
