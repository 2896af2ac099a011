"""Attention by convolutions, against timm, the equations in plain NumPy, and closed forms."""

import numpy as np
import pytest
import torch
from second import agree, numbers, shake, sigmoid


def conv(x, p, name, *, dilation=1, groups=1):
    """Slide the kernel of a layer over x [C, H, W]: odd sizes, zeros outside."""
    weight, bias = p[f"{name}.weight"], p.get(f"{name}.bias", 0)
    rows, columns = (n // 2 * dilation for n in weight.shape[2:])
    padded = np.pad(x, ((0, 0), (rows, rows), (columns, columns)))
    out = np.zeros((len(weight), *x.shape[1:]))
    per, take = len(weight) // groups, weight.shape[1]
    for d, kernel in enumerate(weight):
        first = d // per * take
        for c, i, j in np.ndindex(*kernel.shape):
            top, left = i * dilation, j * dilation
            here = padded[first + c, top : top + x.shape[1], left : left + x.shape[2]]
            out[d] += kernel[c, i, j] * here
    return out + np.reshape(bias, (-1, 1, 1))


def norm(x, p, name):
    """Batch normalisation with running statistics; x [C, H, W]."""
    scale = p[f"{name}.weight"] / np.sqrt(p[f"{name}.running_var"] + 1e-5)
    shift = p[f"{name}.bias"] - p[f"{name}.running_mean"] * scale
    return x * scale[:, None, None] + shift[:, None, None]


def relu(x):
    return np.maximum(x, 0)


def close(module, x, want):
    out = module.eval()(x)[0].detach().numpy()
    np.testing.assert_allclose(out, want, rtol=1e-9, atol=1e-9)


@pytest.fixture
def double(build, inputs):
    """Return a shaken float64 module, an image, the module's numbers and the image in NumPy."""

    def make(name, channels=8, size=(7, 6), **options):
        module = shake(build(name, channels, **options)).double().eval()
        (x,) = inputs(name, 1, channels, *size, dtype=torch.float64)
        return module, x, numbers(module), x[0].numpy()

    return make


def test_lka_is_its_equation(double):
    module, x, p, image = double("lka", 4)
    seen = conv(conv(image, p, "near", groups=4), p, "far", dilation=3, groups=4)
    close(module, x, image * conv(seen, p, "point"))


@pytest.mark.parametrize(("name", "reach"), [("lka", 11), ("lska", 11)])
def test_how_far_a_large_kernel_sees(build, name, reach):
    """5x5, then 7x7 with dilation 3: 2 + 9 pixels to each side."""
    module = shake(build(name, 8)).eval()
    x = torch.ones(1, 8, 1, 40)
    x[..., 20] += 1
    changed = (module(x) - module(torch.ones_like(x))).abs().amax(dim=(0, 1, 2)) > 1e-6
    assert changed.nonzero().flatten().tolist() == list(range(20 - reach, 20 + reach + 1))


def test_lska_of_a_row_and_a_column_is_lka_of_their_product(build, inputs):
    thin, full = shake(build("lska", 8)), build("lka", 8)
    (x,) = inputs("lska", 2, 8, 12, 13)
    with torch.no_grad():
        for pair, whole in ((thin.near, full.near), (thin.far, full.far)):
            row, column = pair
            for layer in pair:
                layer.bias.zero_()
            whole.weight.copy_(column.weight @ row.weight)  # [C, 1, k, 1] times [C, 1, 1, k]
            whole.bias.zero_()
    full.point.load_state_dict(thin.point.state_dict())
    torch.testing.assert_close(thin(x), full(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("size", "linear"), [(7, 17), (11, 21), (23, 29), (35, 37), (53, 49)])
def test_lska_has_the_papers_kernels(build, size, linear):
    """One weight for each tap and channel, five biases, and a 1x1 convolution."""
    module = build("lska", 16, kernel_size=size)
    assert sum(p.numel() for p in module.parameters()) == 16**2 + linear * 16


@pytest.mark.parametrize("name", ["lka", "lska"])
def test_kernels_without_a_middle_are_refused(build, name):
    with pytest.raises(ValueError) as caught:
        build(name, 8, kernel_size=24)
    said = {
        "lka": "kernel_size=24 with dilation=3 makes a kernel 8 wide, which has no middle; "
        "take another size",
        "lska": "kernel_size=24 makes kernels 8 wide, which have no middle; take one of the "
        "paper's: 7, 11, 23, 35, 41, 53",
    }
    assert str(caught.value) == said[name]


@pytest.mark.parametrize("strips", [(7, 11, 21), (3,)])
def test_msca_is_its_equations(double, strips):
    module, x, p, image = double("msca", 4, strips=strips)
    near = conv(image, p, "near", groups=4)
    seen = near
    for i in range(len(strips)):
        row = conv(near, p, f"strips.{i}.0", groups=4)
        seen = seen + conv(row, p, f"strips.{i}.1", groups=4)
    close(module, x, image * conv(seen, p, "point"))


@pytest.mark.parametrize(("channels", "options"), [(16, {}), (64, {"levels": 2, "window": 5})])
def test_focal_mod_is_timms(build, inputs, channels, options):
    from timm.models.focalnet import FocalModulation

    ours = shake(build("focal_mod", channels, **options))
    levels, window = options.get("levels", 3), options.get("window", 3)
    theirs = FocalModulation(channels, focal_window=window, focal_level=levels)
    pairs = {"enter": "f", "modulator": "h", "project": "proj"}
    pairs |= {f"focus.{i}": f"focal_layers.{i}.0" for i in range(levels)}
    state = {}
    for key, value in ours.state_dict().items():
        layer, _, kind = key.rpartition(".")
        state[f"{pairs[layer]}.{kind}"] = value
    theirs.load_state_dict(state)
    agree(ours, theirs, *inputs("focal_mod", 2, channels, 9, 7))


def neighbourhood(value, weight, i, j):
    """Return the weighted sum of the 3x3 neighbours of one pixel, with one weighting for 8."""
    total = np.zeros(len(value))
    for c in range(len(value)):
        for tap, (a, b) in enumerate(np.ndindex(3, 3)):
            row, column = i + a - 1, j + b - 1
            if 0 <= row < value.shape[1] and 0 <= column < value.shape[2]:
                total[c] += weight[c // 8 * 9 + tap, i, j] * value[c, row, column]
    return total


@pytest.mark.parametrize("channels", [8, 16])
def test_cot_is_its_equations(double, channels):
    module, x, p, image = double("cot", channels, (4, 5))
    static = relu(norm(conv(image, p, "key.0", groups=4), p, "key.1"))
    both = conv(np.concatenate([image, static]), p, "attend.0")
    weight = conv(relu(norm(both, p, "attend.1")), p, "attend.3")
    for head in range(channels // 8):
        part = weight[9 * head : 9 * head + 9]
        part[:] = (part - part.mean()) / np.sqrt(part.var() + 1e-5)
    weight = weight * p["attend.4.weight"][:, None, None] + p["attend.4.bias"][:, None, None]
    value = norm(conv(image, p, "value.0"), p, "value.1")
    mixed = np.zeros_like(value)
    for i, j in np.ndindex(4, 5):
        mixed[:, i, j] = neighbourhood(value, weight, i, j)
    mixed = norm(mixed, p, "norm")
    dynamic = mixed * sigmoid(mixed)
    pooled = (static + dynamic).mean((1, 2), keepdims=True)
    hidden = relu(norm(conv(pooled, p, "select.0"), p, "select.1"))
    e = np.exp(conv(hidden, p, "select.3"))
    first, second = e[:channels], e[channels:]
    close(module, x, (first * static + second * dynamic) / (first + second))


def test_cot_with_equal_weights_sums_the_neighbours(build, inputs):
    module, (x,) = build("cot", 8, kernel_size=5), inputs("cot", 2, 8, 6, 7)
    mixed = module.mix(x, torch.full((2, 25, 6, 7), 1 / 25))
    want = torch.nn.functional.avg_pool2d(x, 5, stride=1, padding=2)
    torch.testing.assert_close(mixed, want, rtol=1e-5, atol=1e-5)
