"""Modules that gate channels, against timm, SciPy and their equations in NumPy."""

import numpy as np
import pytest
import torch
from second import agree, carry, numbers, shake, sigmoid
from torch import nn

from paperkit import zoo


def given(channels=16, height=5, width=6, *, seed=3):
    """Return two samples in double precision, as a tensor and as an array."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(2, channels, height, width, generator=generator, dtype=torch.float64)
    return x, x.numpy()


def same(ours, want):
    np.testing.assert_allclose(ours.detach().numpy(), want, rtol=1e-9, atol=1e-10)


def batch_norm(x, p, name, *, axes=(0, 2, 3)):
    """Normalise as in training, by the batch's own moments."""
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    shape = [1 if axis in axes else n for axis, n in enumerate(x.shape)]
    scale, shift = p[f"{name}.weight"].reshape(shape), p[f"{name}.bias"].reshape(shape)
    return (x - mean) / np.sqrt(var + 1e-5) * scale + shift


@pytest.mark.parametrize("channels", [16, 64])
@pytest.mark.parametrize(("variant", "gate"), [("paper", "sigmoid"), ("official", "hard_sigmoid")])
def test_ese_is_timms_with_the_gate_of_the_variant(build, inputs, channels, variant, gate):
    from timm.layers import EffectiveSEModule

    ours = shake(build("ese", channels, variant=variant))
    theirs = carry(ours, EffectiveSEModule(channels, gate_layer=gate))
    agree(ours, theirs, *inputs("ese", 2, channels, 5, 7))


@pytest.mark.parametrize("channels", [8, 16, 64, 128, 256, 512, 1024, 2048])
def test_eca_is_timms_with_the_kernel_that_grows_with_the_channels(build, inputs, channels):
    from timm.layers import EcaModule

    ours = shake(build("eca", channels))
    agree(ours, carry(ours, EcaModule(channels)), *inputs("eca", 2, channels, 5, 7))


def test_eca_takes_another_kernel(build, inputs):
    from timm.layers import EcaModule

    ours = shake(build("eca", 16, kernel_size=7))
    agree(ours, carry(ours, EcaModule(kernel_size=7)), *inputs("eca", 2, 16, 5, 7))


def test_gct_gated_starts_as_the_identity_and_is_its_equations(build):
    module, (x, a) = build("gct_gated", 16).double(), given()
    assert torch.equal(module(x), x)
    p = numbers(shake(module))
    norm = p["alpha"] * np.sqrt((a**2).sum((2, 3), keepdims=True) + 1e-5)
    relative = np.sqrt(16) * norm / np.sqrt((norm**2).sum(1, keepdims=True) + 1e-5)
    same(module(x), a * (1 + np.tanh(p["gamma"] * relative + p["beta"])))


def test_gct_gated_does_not_see_the_strength_of_its_input(build):
    """The competition is between channels: twice the input is twice the output."""
    module, (x, _) = shake(build("gct_gated", 16, eps=0.0)).double(), given()
    torch.testing.assert_close(module(2 * x), 2 * module(x))


@pytest.mark.parametrize("width", [2.0, 0.5])
def test_gct_gauss_is_scipys_gaussian_of_the_standardised_averages(build, width):
    from scipy.stats import norm, zscore

    module, (x, a) = build("gct_gauss", 16, width=width, eps=0.0).double(), given()
    z = zscore(a.mean((2, 3)), axis=1)
    gate = norm.pdf(z, scale=width) / norm.pdf(0, scale=width)
    same(module(x), a * gate[:, :, None, None])


def test_gct_gauss_learns_a_width_between_1_and_4(build):
    module, (x, _) = build("gct_gauss", 16, learnt=True).double(), given()
    assert [p.numel() for p in module.parameters()] == [1]
    fixed = build("gct_gauss", 16, width=2.5).double()
    torch.testing.assert_close(module(x), fixed(x))
    for theta, width in ((-50.0, 1.0), (50.0, 4.0)):
        nn.init.constant_(module.theta, theta)
        torch.testing.assert_close(module(x), build("gct_gauss", 16, width=width).double()(x))


def test_gct_gauss_of_equal_channels_is_the_identity(build):
    x = torch.rand(2, 1, 5, 6).expand(2, 16, 5, 6)
    torch.testing.assert_close(build("gct_gauss", 16)(x), x)


def test_srm_is_its_equations_in_training(build):
    module, (x, a) = shake(build("srm", 16)).double().train(), given()
    p = numbers(module)
    w = p["integrate.weight"][:, 0]
    z = w[:, 0] * a.mean((2, 3)) + w[:, 1] * np.sqrt(a.var((2, 3)) + 1e-5)
    gate = sigmoid(batch_norm(z, p, "norm", axes=(0,)))
    same(module(x), a * gate[:, :, None, None])


def test_srm_is_its_equations_after_training(build):
    module, (x, a) = shake(build("srm", 16)).double().eval(), given()
    p = numbers(module)
    w = p["integrate.weight"][:, 0]
    z = w[:, 0] * a.mean((2, 3)) + w[:, 1] * np.sqrt(a.var((2, 3)) + 1e-5)
    off = (z - p["norm.running_mean"]) / np.sqrt(p["norm.running_var"] + 1e-5)
    gate = sigmoid(off * p["norm.weight"] + p["norm.bias"])
    same(module(x), a * gate[:, :, None, None])


def test_srm_gates_a_channel_by_itself_alone(build):
    module, (x, _) = shake(build("srm", 16)).double().eval(), given()
    other = x.clone()
    other[:, 1:] += 5
    torch.testing.assert_close(module(other)[:, 0], module(x)[:, 0])


@pytest.mark.parametrize("extent", [0, 2, 4, 8])
@pytest.mark.parametrize("size", [(5, 7), (16, 9)])
def test_gather_excite_without_parameters_is_timms(build, inputs, extent, size):
    from timm.layers import GatherExcite

    ours, theirs = (
        build("gather_excite", 16, extent=extent),
        GatherExcite(16, extent=extent, use_mlp=False),
    )
    agree(ours, theirs, *inputs("gather_excite", 2, 16, *size))


@pytest.mark.parametrize("extent", [2, 4])
def test_gather_excite_with_parameters_is_timms(build, inputs, extent, monkeypatch):
    """timm passes a dictionary's keys where it means the dictionary; here they are left out."""
    import timm.layers.gather_excite as theirs_file

    ours = shake(build("gather_excite", 32, theta="plus", extent=extent))
    monkeypatch.setattr(theirs_file, "create_conv2d", without_names(theirs_file.create_conv2d))
    monkeypatch.setattr(theirs_file, "ConvMlp", without_names(theirs_file.ConvMlp))
    monkeypatch.setattr(theirs_file.nn, "BatchNorm2d", without_names(nn.BatchNorm2d))
    theirs = theirs_file.GatherExcite(32, extra_params=True, extent=extent)
    monkeypatch.undo()
    agree(ours, carry(ours, theirs), *inputs("gather_excite", 2, 32, 12, 9))


def without_names(make):
    def made(*args, **options):
        return make(*(arg for arg in args if arg not in ("device", "dtype")), **options)

    return made


@pytest.mark.parametrize(
    ("theta", "extent", "message"),
    [
        ("plus", 0, "extent=0 with theta=plus; use 2, 4, 8 or 16"),
        ("plus", 3, "extent=3 with theta=plus; use 2, 4, 8 or 16"),
        ("minus", 1, "extent=1 with theta=minus; use 2, 4, 8 or 16, or 0 for the whole map"),
        ("minus", -2, "extent=-2 with theta=minus; use 2, 4, 8 or 16, or 0 for the whole map"),
    ],
)
def test_gather_excite_refuses_other_extents(build, theta, extent, message):
    with pytest.raises(ValueError, match="extent") as caught:
        build("gather_excite", 16, theta=theta, extent=extent)
    assert str(caught.value) == message


@pytest.mark.parametrize("channels", [8, 32])
def test_fca_is_scipys_cosine_transform(build, channels):
    from scipy.fft import dctn

    module, (x, a) = build("fca", channels).double(), given(channels, 14, 21)
    pooled = a.reshape(2, channels, 7, 2, 7, 3).mean((3, 5))
    spectrum = dctn(pooled, axes=(2, 3), norm="ortho")
    best = [(0, 0), (0, 1), (6, 0), (0, 5), (0, 2), (1, 0), (1, 2), (4, 0)]
    best += [(5, 0), (1, 6), (3, 0), (0, 4), (0, 6), (0, 3), (3, 5), (2, 2)]
    each = max(1, channels // 16)
    z = np.stack([spectrum[:, c, *best[c // each]] for c in range(channels)], axis=1)
    p = numbers(module)
    hidden = np.maximum(z @ p["squeeze.weight"].T, 0)
    gate = sigmoid(hidden @ p["excite.weight"].T)
    np.testing.assert_allclose(
        module(x).detach().numpy(), a * gate[:, :, None, None], rtol=1e-5, atol=1e-6
    )


def test_fca_with_one_frequency_is_se_of_seven_times_the_average(build):
    module, se = build("fca", 16, frequencies=1), build("se", 16)
    with torch.no_grad():
        se.squeeze.weight.copy_(7 * module.squeeze.weight[:, :, None, None])
        se.excite.weight.copy_(module.excite.weight[:, :, None, None])
        se.squeeze.bias.zero_()
        se.excite.bias.zero_()
    x = torch.rand(2, 16, 14, 7)
    torch.testing.assert_close(module(x), se(x))


def test_fca_with_low_frequencies_takes_the_corner_of_the_spectrum(build):
    low, top = (build("fca", 16, select=select) for select in ("low", "top"))
    rows, columns = torch.meshgrid(torch.arange(7.0), torch.arange(7.0), indexing="ij")
    fast = torch.cos(torch.pi * 6 * (rows + 0.5) / 7)  # frequency (6, 0)
    assert low.weight.shape == top.weight.shape == (16, 7, 7)
    assert (low.weight * fast).sum((1, 2)).abs().max() < 1e-5
    assert (top.weight * fast).sum((1, 2)).abs().max() > 1
    smooth = torch.cos(torch.pi * (columns + 0.5) / 7)  # frequency (0, 1)
    assert (low.weight * smooth).sum((1, 2)).abs().max() > 1


@pytest.mark.parametrize(("channels", "groups"), [(8, 2), (64, 16), (256, 16)])
def test_lct_is_its_equations(build, channels, groups):
    module, (x, a) = shake(build("lct", channels)).double(), given(channels)
    p = numbers(module)
    z = a.mean((2, 3)).reshape(2, groups, -1)
    z = (z - z.mean(2, keepdims=True)) / np.sqrt(z.var(2, keepdims=True) + 1e-5)
    gate = sigmoid(z.reshape(2, channels) * p["norm.weight"] + p["norm.bias"])
    same(module(x), a * gate[:, :, None, None])


def test_lct_takes_another_number_of_groups(build):
    module, (x, _) = build("lct", 64, groups=4), given(64)
    before = module(x.float())
    moved = x.float()
    moved[:, 16:] += torch.rand(48, 1, 1)  # the first of four groups has 16 channels
    assert torch.equal(module(moved)[:, :16], before[:, :16])
    assert not torch.equal(build("lct", 64, groups=1)(moved)[:, :16], before[:, :16])


@pytest.mark.parametrize("variant", ["paper", "official"])
def test_nam_is_its_equations(build, variant):
    module, (x, a) = shake(build("nam", 16, variant=variant)).double().train(), given()
    p = numbers(module)
    gamma = p["norm.weight"]
    assert gamma.min() < 0 < gamma.max()  # so that the variants differ
    scale = np.abs(gamma) if variant == "official" else gamma
    share = (scale / scale.sum())[:, None, None]
    same(module(x), a * sigmoid(share * batch_norm(a, p, "norm")))


def test_nam_leaves_a_channel_with_scale_zero_at_half(build):
    module, (x, _) = build("nam", 16).eval(), given()
    with torch.no_grad():
        module.norm.weight[3] = 0
    torch.testing.assert_close(module(x.float())[:, 3], x.float()[:, 3] / 2)


@pytest.mark.parametrize(
    ("name", "total"),
    [("ese", 4160), ("eca", 3), ("gct_gated", 192), ("srm", 256), ("fca", 512), ("lct", 128)],
)
def test_parameters_at_64_channels_are_those_counted_by_hand(build, name, total):
    """64 * 65; k = 3; 3, 4 and 2 per channel; 2 * 64 * 4 without biases."""
    assert sum(p.numel() for p in build(name, 64).parameters()) == total
    assert zoo.evaluate(zoo.info(name)["params"], C=64) == total
