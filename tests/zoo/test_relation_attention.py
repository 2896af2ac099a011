"""Modules in which pixels, channels or scales are weighed against each other, in NumPy."""

import numpy as np
import pytest
import torch
from second import conv, numbers, shake, sigmoid


def one(channels=16):
    """Return one sample in double precision, [1, C, 5, 6], and its array, [C, 5, 6]."""
    generator = torch.Generator().manual_seed(3)
    x = 0.5 * torch.randn(1, channels, 5, 6, generator=generator, dtype=torch.float64)
    return x, x[0].numpy()


def same(ours, want):
    np.testing.assert_allclose(ours[0].detach().numpy(), want, rtol=1e-9, atol=1e-10)


def softmax(z, axis=None):
    return np.exp(z) / np.exp(z).sum(axis=axis, keepdims=axis is not None)


def layer_norm(z, p, name):
    return (z - z.mean()) / np.sqrt(z.var() + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]


def dense(z, p, name):
    return p[f"{name}.weight"] @ z + p[f"{name}.bias"]


def widened(z, p, variant):
    if variant == "paper":
        return layer_norm(dense(z, p, "widen.0"), p, "widen.1")
    return dense(np.maximum(layer_norm(dense(z, p, "widen.0"), p, "widen.1"), 0), p, "widen.3")


@pytest.mark.parametrize("variant", ["paper", "official"])
@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_psa_polar_is_its_equations(build, order, variant):
    module = shake(build("psa_polar", 16, order=order, variant=variant)).double()
    (x, a), p = one(), numbers(module)

    def by_channel(a):
        query = conv(a, p["channel_query.weight"])[0]
        value = conv(a, p["channel_value.weight"])
        context = np.einsum("chw,hw->c", value, softmax(query))
        return sigmoid(widened(context, p, variant))[:, None, None]

    def by_pixel(a):
        query = conv(a, p["spatial_query.weight"]).mean((1, 2))
        return sigmoid(np.einsum("c,chw->hw", softmax(query), conv(a, p["spatial_value.weight"])))

    gated = a * by_channel(a)
    want = gated * by_pixel(gated) if order == "sequential" else gated + a * by_pixel(a)
    same(module(x), want)


def test_psa_polars_parts_have_the_parameters_of_the_paper(build):
    """At 64 channels: 64 + 4 * 64 * 32 in 1x1 convolutions, one bias, one normalisation."""
    assert sum(p.numel() for p in build("psa_polar", 64).parameters()) == 64 + 8192 + 64 + 128
    narrow = sum(p.numel() for p in build("psa_polar", 64, variant="official").parameters())
    assert narrow == 64 + 3 * 64 * 32 + (32 * 8 + 8) + 16 + (8 * 64 + 64)


@pytest.mark.parametrize(
    ("channels", "reduction", "groups"), [(16, 16, (1, 4, 4, 4)), (64, 4, (1, 4, 8, 16))]
)
def test_psa_pyramid_is_its_equations(build, channels, reduction, groups):
    module = shake(build("psa_pyramid", channels, reduction=reduction)).double()
    (x, a), p = one(channels), numbers(module)
    features = np.stack([conv(a, p[f"branches.{i}.weight"], groups=groups[i]) for i in range(4)])
    assert [p[f"branches.{i}.weight"].shape[-1] for i in range(4)] == [3, 5, 7, 9]
    z = np.stack(
        [
            sigmoid(dense(np.maximum(dense(f.mean((1, 2)), p, "squeeze"), 0), p, "excite"))
            for f in features
        ]
    )
    want = features * softmax(z, axis=0)[:, :, None, None]
    same(module(x), want.reshape(channels, *a.shape[1:]))


@pytest.mark.parametrize("reduction", [8, 2])
def test_pam_starts_as_the_identity_and_is_its_equations(build, reduction):
    module, (x, a) = build("pam", 16, reduction=reduction).double(), one()
    assert torch.equal(module(x), x)
    p = numbers(shake(module))
    query, key, value = (
        conv(a, p[f"{name}.weight"], p[f"{name}.bias"]).reshape(-1, 30)
        for name in ("query", "key", "value")
    )
    assert query.shape[0] == 16 // reduction
    flat, want = a.reshape(16, 30), np.empty((16, 30))
    for j in range(30):
        share = softmax(np.array([query[:, j] @ key[:, i] for i in range(30)]))
        want[:, j] = flat[:, j] + p["alpha"] * sum(share[i] * value[:, i] for i in range(30))
    same(module(x), want.reshape(a.shape))


def test_pam_follows_any_order_of_the_pixels(build):
    module, (x, _) = shake(build("pam", 16)).double(), one()
    order = torch.randperm(30, generator=torch.Generator().manual_seed(0))
    mixed = x.flatten(2)[:, :, order].view_as(x)
    want = module(x).flatten(2)[:, :, order].view_as(x)
    torch.testing.assert_close(module(mixed), want)


@pytest.mark.parametrize("variant", ["paper", "official"])
def test_cam_starts_as_the_identity_and_is_its_equations(build, variant):
    module, (x, a) = build("cam", 16, variant=variant).double(), one()
    assert torch.equal(module(x), x)
    p, flat = numbers(shake(module)), a.reshape(16, 30)
    want = np.empty_like(flat)
    for j in range(16):
        alike = np.array([flat[i] @ flat[j] for i in range(16)])
        share = softmax(alike.max() - alike if variant == "official" else alike)
        want[j] = flat[j] + p["beta"] * sum(share[i] * flat[i] for i in range(16))
    same(module(x), want.reshape(a.shape))


def test_cams_variants_prefer_opposite_channels(build):
    """Of a channel and its negative, the paper's adds the channel, the code's the negative."""
    x = torch.ones(1, 2, 4, 4)
    x[:, 1] = -1
    for variant, sign in (("paper", 1), ("official", -1)):
        module = build("cam", 2, variant=variant)
        torch.nn.init.ones_(module.beta)
        torch.testing.assert_close(module(x), x + sign * x)


@pytest.mark.parametrize(("channels", "reduction"), [(16, 4), (16, 2), (8, 16)])
def test_a2_is_its_equations(build, channels, reduction):
    module = shake(build("a2", channels, reduction=reduction)).double()
    (x, a), p = one(channels), numbers(module)
    width = max(2, channels // reduction)
    phi = conv(a, p["phi.weight"], p["phi.bias"]).reshape(width, 30)
    where = softmax(conv(a, p["theta.weight"]).reshape(width, 30), axis=1)
    which = softmax(conv(a, p["rho.weight"], p["rho.bias"]).reshape(width, 30), axis=0)
    handed = np.einsum("mj,nj,ni->mi", phi, where, which).reshape(width, *a.shape[1:])
    same(module(x), a + conv(handed, p["widen.weight"], p["widen.bias"]))


def test_a2_of_a_constant_map_hands_each_pixel_the_same(build):
    module = shake(build("a2", 16)).double()
    x = torch.rand(1, 16, 1, 1, dtype=torch.float64).expand(1, 16, 5, 6)
    want = x + module.widen(module.phi(x))  # all shares are of one value
    torch.testing.assert_close(module(x), want)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("variant", ["paper", "official"])
def test_strip_pool_is_its_equations(build, variant, training):
    module = shake(build("strip_pool", 8, variant=variant)).double().train(training)
    (x, a), p = one(8), numbers(module)

    def along(strip, name):
        padded = np.pad(strip, ((0, 0), (1, 1)))
        weight = p[f"{name}.0.weight"]
        size = strip.shape[1]
        out = sum(np.einsum("dc,ci->di", weight[..., k], padded[:, k : k + size]) for k in range(3))
        if variant == "paper":
            return out + p[f"{name}.0.bias"][:, None]
        mean, var = p[f"{name}.1.running_mean"], p[f"{name}.1.running_var"]
        if training:
            mean, var = out.mean(1), out.var(1)
        out = (out - mean[:, None]) / np.sqrt(var[:, None] + 1e-5)
        return out * p[f"{name}.1.weight"][:, None] + p[f"{name}.1.bias"][:, None]

    both = along(a.mean(2), "rows")[:, :, None] + along(a.mean(1), "columns")[:, None, :]
    both = np.maximum(both, 0) if variant == "official" else both
    same(module(x), a * sigmoid(conv(both, p["fuse.weight"], p["fuse.bias"])))


def test_strip_pool_of_a_transposed_map_is_transposed_with_the_strips_swapped(build):
    module, (x, _) = shake(build("strip_pool", 8)).double(), one(8)
    out = module(x)
    module.rows, module.columns = module.columns, module.rows
    torch.testing.assert_close(module(x.transpose(2, 3)), out.transpose(2, 3))


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("pam", 2 * (64 * 8 + 8) + 64 * 64 + 64 + 1),
        ("cam", 1),
        ("a2", 3 * 64 * 16 + 2 * 16 + 16 * 64 + 64),
        ("strip_pool", 2 * (3 * 64 * 64 + 64) + 64 * 64 + 64),
        ("psa_pyramid", 64 * (16 * 9 + 4 * 25 + 2 * 49 + 81) + 16 + 1 + 16 + 16),
    ],
)
def test_parameters_at_64_channels_are_those_counted_by_hand(build, name, total):
    assert sum(p.numel() for p in build(name, 64).parameters()) == total
