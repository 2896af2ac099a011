"""Modules that gate pixels, against timm, smp and their equations in NumPy."""

import math

import numpy as np
import pytest
import torch
from second import agree, carry, conv, numbers, shake, sigmoid
from torch import nn


def one(channels=16, height=5, width=6):
    """Return one sample in double precision, [1, C, H, W], and its array, [C, H, W]."""
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(1, channels, height, width, generator=generator, dtype=torch.float64)
    return x, x[0].numpy()


def same(ours, want):
    np.testing.assert_allclose(ours[0].detach().numpy(), want, rtol=1e-9, atol=1e-10)


def normed(x, p, name, *, training=False):
    """Normalise [C, H, W] as batch normalisation does, by the one sample while training."""
    mean, var = p[f"{name}.running_mean"], p[f"{name}.running_var"]
    if training:
        mean, var = x.mean((1, 2)), x.var((1, 2))
    scale, shift = p[f"{name}.weight"], p[f"{name}.bias"]
    return ((x.T - mean) / np.sqrt(var + 1e-5) * scale + shift).T


def standard(x, axes):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)


def dilated(kernel, rate):
    """Write a 3x3 kernel as the larger one that a dilated convolution slides."""
    wide = np.zeros((*kernel.shape[:2], 2 * rate + 1, 2 * rate + 1))
    wide[:, :, ::rate, ::rate] = kernel
    return wide


def branch(x, p, name, kinds, rate):
    """Run a branch of BAM, layer by layer, from the kinds of its layers."""
    for number, kind in enumerate(kinds):
        at = f"{name}.{number}"
        if kind == "conv":
            kernel = p[f"{at}.weight"]
            kernel = dilated(kernel, rate) if kernel.shape[-1] == 3 else kernel
            x = conv(x, kernel, p[f"{at}.bias"])
        x = {"conv": x, "relu": np.maximum(x, 0), "norm": x}[kind]
        x = normed(x, p, at) if kind == "norm" else x
    return x


HIDDEN = {"paper": ["conv", "relu"], "official": ["conv", "norm", "relu"]}
LAST = {"paper": ["conv", "norm"], "official": ["conv"]}


@pytest.mark.parametrize("variant", ["paper", "official"])
@pytest.mark.parametrize("dilation", [4, 2])
def test_bam_is_its_equations(build, variant, dilation):
    module = shake(build("bam", 32, variant=variant, dilation=dilation)).double().eval()
    (x, a), p = one(32, 9, 8), numbers(module)
    kinds = HIDDEN[variant], LAST[variant]
    which = branch(a.mean((1, 2), keepdims=True), p, "channel", kinds[0] + kinds[1], dilation)
    where = branch(a, p, "spatial", 3 * kinds[0] + kinds[1], dilation)
    both = which + where if variant == "paper" else which * where
    same(module(x), a * (1 + sigmoid(both)))


def test_bams_official_variant_has_as_many_parameters_as_the_published_code(build):
    """3 C d + 18 d^2 + 13 d + C + 1 with d = C / 16, from counting its layers."""
    for channels, total in ((64, 768 + 288 + 52 + 65), (256, 12288 + 4608 + 208 + 257)):
        module = build("bam", channels, variant="official")
        assert sum(p.numel() for p in module.parameters()) == total


@pytest.mark.parametrize(("channels", "reduction"), [(16, 2), (64, 2), (64, 16)])
def test_scse_is_smps(build, inputs, channels, reduction):
    from segmentation_models_pytorch.base.modules import SCSEModule

    ours = shake(build("scse", channels, reduction=reduction))
    theirs = carry(ours, SCSEModule(channels, reduction=reduction))
    agree(ours, theirs, *inputs("scse", 2, channels, 5, 7))


@pytest.mark.parametrize(("channels", "kernel_size"), [(8, 7), (64, 7), (64, 5)])
def test_ela_is_timms_with_the_papers_normalisation(build, inputs, channels, kernel_size):
    """timm normalises all channels together and adds a SiLU; the paper has neither."""
    from timm.layers.coord_attn import EfficientLocalAttn

    def norm(width, **_):
        return nn.GroupNorm(math.gcd(16, width), width)

    ours = shake(build("ela", channels, kernel_size=kernel_size))
    theirs = EfficientLocalAttn(
        channels, kernel_size=kernel_size, norm_layer=norm, act_layer=nn.Identity
    )
    agree(ours, carry(ours, theirs), *inputs("ela", 2, channels, 9, 8))


def test_ela_with_one_group_normalises_all_channels_together(build, inputs):
    from timm.layers.coord_attn import EfficientLocalAttn

    ours = shake(build("ela", 16, groups=1))
    theirs = carry(ours, EfficientLocalAttn(16, act_layer=nn.Identity))
    agree(ours, theirs, *inputs("ela", 2, 16, 9, 8))


def test_ela_of_a_transposed_map_is_transposed_with_the_branches_swapped(build):
    module, (x, _) = shake(build("ela", 16)).double(), one()
    out = module(x)
    module.rows, module.columns = module.columns, module.rows
    module.norm_rows, module.norm_columns = module.norm_columns, module.norm_rows
    torch.testing.assert_close(module(x.transpose(2, 3)), out.transpose(2, 3))


@pytest.mark.parametrize(("variant", "correction"), [("paper", 0), ("official", 1)])
@pytest.mark.parametrize("regularisation", [1e-4, 0.3])
def test_simam_is_one_over_the_papers_least_energy(build, variant, correction, regularisation):
    """Equation 5: e = 4 (variance + lambda) / ((t - mean)^2 + 2 variance + 2 lambda)."""
    module = build("simam", 16, variant=variant, regularisation=regularisation)
    x, a = one()
    variance = a.var((1, 2), ddof=correction, keepdims=True) + regularisation
    energy = 4 * variance / ((a - a.mean((1, 2), keepdims=True)) ** 2 + 2 * variance)
    same(module(x), a * sigmoid(1 / energy))


def test_simam_of_a_constant_map_is_the_gate_of_one_half(build):
    x = torch.full((1, 8, 4, 4), 3.0)
    torch.testing.assert_close(build("simam", 8)(x), x / (1 + math.exp(-0.5)))


@pytest.mark.parametrize(("kernel_size", "training"), [(7, False), (7, True), (3, False)])
def test_triplet_is_its_equations(build, kernel_size, training):
    module = shake(build("triplet", 8, kernel_size=kernel_size)).double().train(training)
    (x, a), p = one(8), numbers(module)
    total = np.zeros_like(a)
    for axis in range(3):
        pooled = np.stack([a.max(axis), a.mean(axis)])
        gate = conv(pooled, p[f"gates.{axis}.conv.weight"])
        gate = sigmoid(normed(gate, p, f"gates.{axis}.norm", training=training))
        total += a * np.expand_dims(gate[0], axis)
    same(module(x), total / 3)


def test_triplet_follows_a_rotation_of_the_three_dimensions(build):
    """Turning x so that each gate meets another gate's dimension turns the output."""
    module, (x, _) = shake(build("triplet", 6)).double().eval(), one(6, 6, 6)
    out = module(x)
    module.gates = nn.ModuleList([module.gates[1], module.gates[0], module.gates[2]])
    for dim, gate in enumerate(module.gates, start=1):
        gate.dim = dim
    module.gates[2].conv.weight = nn.Parameter(module.gates[2].conv.weight.transpose(2, 3))
    torch.testing.assert_close(module(x.transpose(1, 2)), out.transpose(1, 2))


@pytest.mark.parametrize(("channels", "groups"), [(16, 64), (16, 2), (256, 64)])
def test_sa_shuffle_is_its_equations(build, channels, groups):
    module = shake(build("sa_shuffle", channels, groups=groups)).double()
    (x, a), p = one(channels), numbers(module)
    groups = min(groups, channels // 2)
    half, parts = channels // (2 * groups), []
    for k in range(groups):
        first, second = np.split(a[2 * half * k : 2 * half * (k + 1)], 2)
        gate = p["channel_weight"] * first.mean((1, 2), keepdims=True) + p["channel_bias"]
        parts.append(first * sigmoid(gate))
        still = standard(second, (1, 2)) * p["norm.weight"][:, None, None]
        still += p["norm.bias"][:, None, None]
        parts.append(second * sigmoid(p["spatial_weight"] * still + p["spatial_bias"]))
    joined = np.concatenate(parts)
    want = np.empty_like(joined)
    want[0::2], want[1::2] = np.split(joined, 2)  # front and back in turn
    same(module(x), want)


@pytest.mark.parametrize(("variant", "correction"), [("paper", 0), ("official", 1)])
@pytest.mark.parametrize(("channels", "groups"), [(16, 4), (8, 64), (128, 64)])
def test_sge_is_its_equations(build, variant, correction, channels, groups):
    module = shake(build("sge", channels, groups=groups, variant=variant)).double()
    (x, a), p = one(channels), numbers(module)
    want = []
    for k, group in enumerate(np.split(a, min(groups, channels))):
        alike = np.einsum("c,chw->hw", group.mean((1, 2)), group)
        alike = (alike - alike.mean()) / (alike.std(ddof=correction) + 1e-5)
        want.append(group * sigmoid(p["weight"][k] * alike + p["bias"][k]))
    same(module(x), np.concatenate(want))


@pytest.mark.parametrize("name", ["sa_shuffle", "sge"])
def test_gates_start_constant_at_the_sigmoid_of_one(build, name):
    module, (x, _) = build(name, 16).double(), one()
    values = (x.abs() / (1 + math.exp(-1))).sort(dim=1).values  # whatever the shuffle does
    torch.testing.assert_close(module(x).abs().sort(dim=1).values, values)


@pytest.mark.parametrize(("channels", "groups"), [(16, 8), (16, 2), (8, 8)])
def test_ema_attn_is_its_equations(build, channels, groups):
    module = shake(build("ema_attn", channels, groups=groups)).double()
    (x, a), p, want = one(channels), numbers(module), []

    def softmax(z):
        return np.exp(z) / np.exp(z).sum()

    for g in np.split(a, groups):
        strips = np.concatenate([g.mean(2), g.mean(1)], axis=1)[:, :, None]
        gates = sigmoid(conv(strips, p["point.weight"], p["point.bias"]))[:, :, 0]
        u = standard(g * gates[:, :5, None] * gates[:, None, 5:], (1, 2))
        u = u * p["norm.weight"][:, None, None] + p["norm.bias"][:, None, None]
        v = conv(g, p["local.weight"], p["local.bias"])
        m = np.einsum("c,chw->hw", softmax(u.mean((1, 2))), v)
        m += np.einsum("c,chw->hw", softmax(v.mean((1, 2))), u)
        want.append(g * sigmoid(m))
    same(module(x), np.concatenate(want))
