"""Attention over the whole map, against libraries, the equations in plain NumPy, closed forms."""

import numpy as np
import pytest
import torch
from second import agree, carry, numbers, shake
from torch import nn


def tokens(x):
    """Return the pixels of one image as rows: [1, C, H, W] to [HW, C] in NumPy."""
    return x[0].flatten(1).T.numpy()


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def linear(x, p, name):
    """Apply a linear layer or a 1x1 convolution to rows."""
    weight = p[f"{name}.weight"]
    return x @ weight.reshape(len(weight), -1).T + p[f"{name}.bias"]


def close(module, x, want):
    """Compare the module's only image with rows of pixels."""
    out = module.eval()(x)[0].detach().flatten(1).T.numpy()
    np.testing.assert_allclose(out, want, rtol=1e-9, atol=1e-9)


@pytest.fixture
def double(build, inputs):
    """Return a shaken float64 module, an image, the module's numbers and the image's pixels."""

    def make(name, channels=8, size=(4, 5), **options):
        module = shake(build(name, channels, **options)).double().eval()
        (x,) = inputs(name, 1, channels, *size, dtype=torch.float64)
        return module, x, numbers(module), tokens(x)

    return make


@pytest.mark.parametrize("channels", [8, 64])
def test_non_local_is_timms_with_the_papers_width(build, inputs, channels):
    from timm.layers.non_local_attn import NonLocalAttn

    ours = shake(build("non_local", channels))
    theirs = NonLocalAttn(channels, use_scale=False, rd_channels=channels // 2)
    agree(ours, carry(ours, theirs), *inputs("non_local", 2, channels, 5, 7))


def test_the_official_non_local_divides_by_the_root_of_the_width(build, inputs):
    from timm.layers.non_local_attn import NonLocalAttn

    ours = shake(build("non_local", 16, variant="official"))
    theirs = carry(ours, NonLocalAttn(16, rd_channels=8))
    theirs.scale = 8**-0.5
    agree(ours, theirs, *inputs("non_local", 2, 16, 5, 7))


def test_non_local_by_dot_products_is_its_equation(double):
    module, x, p, rows = double("non_local", pairwise="dot")
    theta, phi, g = (linear(rows, p, name) for name in ("theta", "phi", "g"))
    taken = linear(theta @ phi.T @ g / 20, p, "project")
    scale = p["norm.weight"] / np.sqrt(p["norm.running_var"] + 1e-5)
    want = rows + (taken - p["norm.running_mean"]) * scale + p["norm.bias"]
    close(module, x, want)


@pytest.mark.parametrize("name", ["non_local", "gc"])
def test_changes_nothing_at_first(build, inputs, name):
    module, (x,) = build(name, 16), inputs(name, 2, 16, 5, 7)
    assert torch.equal(module.train()(x), x)
    assert not torch.allclose(shake(module)(x), x)


@pytest.mark.parametrize("channels", [64, 128])
def test_gc_is_timms_added_context(build, inputs, channels):
    from timm.layers.global_context import GlobalContext

    ours = shake(build("gc", channels))
    theirs = GlobalContext(channels, fuse_add=True, fuse_scale=False, rd_ratio=1 / 16)
    carry(ours, theirs).mlp_add.norm.eps = 1e-5  # torch's and the paper's code; timm has 1e-6
    agree(ours, theirs, *inputs("gc", 2, channels, 5, 7))


@pytest.mark.parametrize(("channels", "heads"), [(16, None), (24, 3), (64, 1)])
def test_mhsa_is_torchs_over_the_pixels(build, inputs, channels, heads):
    ours = shake(build("mhsa", channels, heads=heads))
    theirs = nn.MultiheadAttention(channels, heads or 8, batch_first=True)
    carry(ours, theirs)
    (x,) = inputs("mhsa", 2, channels, 5, 7)
    rows = x.flatten(2).transpose(1, 2)
    want = theirs(rows, rows, rows)[0].transpose(1, 2).reshape(x.shape)
    torch.testing.assert_close(ours(x), want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["mhsa", "xca", "linear_attn"])
def test_heads_that_do_not_divide_the_channels_are_refused(build, name):
    with pytest.raises(ValueError, match=r"^3 heads do not divide 16 channels$"):
        build(name, 16, heads=3)


@pytest.mark.parametrize("name", ["mhsa", "xca", "linear_attn", "external", "non_local"])
def test_without_positions_a_permutation_of_the_pixels_permutes_the_output(build, inputs, name):
    module, (x,) = shake(build(name, 16)).eval(), inputs(name, 2, 16, 5, 7)
    order = torch.randperm(35, generator=torch.Generator().manual_seed(2))

    def permuted(y):
        return y.flatten(2)[:, :, order].unflatten(2, (5, 7))

    torch.testing.assert_close(module(permuted(x)), permuted(module(x)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("heads", [1, 2])
def test_linear_attn_is_its_equation(double, heads):
    module, x, p, rows = double("linear_attn", heads=heads)
    q, k, v = (linear(rows, p, name) for name in ("query", "key", "value"))
    taken = []
    for h in range(heads):
        part = slice(8 // heads * h, 8 // heads * (h + 1))
        # the N x N matrix that the paper avoids: its rows sum to one
        weight = softmax(q[:, part], axis=1) @ softmax(k[:, part], axis=0).T
        np.testing.assert_allclose(weight.sum(1), 1)
        taken.append(weight @ v[:, part])
    want = linear(np.concatenate(taken, axis=1), p, "project")
    close(module, x, want)
    module.variant = "official"
    close(module, x, want + rows)


@pytest.mark.parametrize(("channels", "heads"), [(8, 1), (64, 2), (48, 4)])
def test_xca_is_timms(build, inputs, channels, heads):
    from timm.models.xcit import XCA

    ours = shake(build("xca", channels, heads=heads))
    theirs = carry(ours, XCA(channels, num_heads=heads, qkv_bias=True))
    (x,) = inputs("xca", 2, channels, 5, 7)
    want = theirs(x.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(x.shape)
    torch.testing.assert_close(ours(x), want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("memory", [64, 3])
def test_external_is_its_equations(double, memory):
    module, x, p, rows = double("external", memory=memory)
    weight = softmax(rows @ p["keys.weight"].T, axis=0)  # each column sums to one ...
    weight = weight / weight.sum(axis=1, keepdims=True)  # ... and then each row
    assert weight.shape == (20, memory)
    close(module, x, weight @ p["values.weight"].T)
