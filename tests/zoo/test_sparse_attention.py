"""Attention over rows, columns and chosen regions, against the equations in plain NumPy."""

import numpy as np
import pytest
import torch
from second import conv, numbers, shake

from paperkit.zoo.mhsa import MHSA


def linear(rows, p, name):
    """Apply a linear layer or a 1x1 convolution to the last axis."""
    weight = p[f"{name}.weight"]
    return rows @ weight.reshape(len(weight), -1).T + p.get(f"{name}.bias", 0)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def close(module, x, want):
    """Compare the module's only image with want, [H, W, C]."""
    for mode in (True, False):
        out = module.train(mode)(x)[0].permute(1, 2, 0).detach().numpy()
        np.testing.assert_allclose(out, want, rtol=1e-9, atol=1e-9)


@pytest.fixture
def double(build, inputs):
    """Return a shaken float64 module, an image, the module's numbers, the image [H, W, C]."""

    def make(name, channels=8, size=(4, 5), **options):
        module = shake(build(name, channels, **options)).double()
        (x,) = inputs(name, 1, channels, *size, dtype=torch.float64)
        return module, x, numbers(module), x[0].permute(1, 2, 0).numpy()

    return make


def criss_cross(image, p):
    """Return the attention of each pixel over the H + W - 1 pixels of its cross."""
    q, k, v = (linear(image, p, name) for name in ("query", "key", "value"))
    out = np.zeros_like(image)
    for i, j in np.ndindex(*image.shape[:2]):
        cross = {(g, j) for g in range(image.shape[0])} | {(i, g) for g in range(image.shape[1])}
        assert len(cross) == sum(image.shape[:2]) - 1
        weight = softmax(np.array([q[i, j] @ k[place] for place in cross]))
        out[i, j] = sum(w * v[place] for w, place in zip(weight, cross, strict=True))
    return out


@pytest.mark.parametrize(("channels", "rounds"), [(8, 1), (8, 2), (24, 2)])
def test_ccnet_is_its_equations(double, channels, rounds):
    module, x, p, image = double("ccnet", channels, rounds=rounds)
    for _ in range(rounds):
        image = image + criss_cross(image, p)
    close(module, x, image)


def test_the_official_ccnet_scales_what_it_adds_from_zero(build, double, inputs):
    (x,) = inputs("ccnet", 2, 8, 5, 7)
    assert torch.equal(build("ccnet", 8, variant="official")(x), x)
    module, x, p, image = double("ccnet", rounds=1, variant="official")
    close(module, x, image + p["scale"] * criss_cross(image, p))


def reached(module, row, column):
    """Return which pixels of a 4x5 map change with one pixel of the input."""
    x = torch.rand(1, 8, 4, 5, generator=torch.Generator().manual_seed(3))
    other = x.clone()
    other[:, :, row, column] += 1
    changed = (module(x) - module(other)).abs().amax(dim=(0, 1)) > 1e-7
    return {tuple(pixel) for pixel in changed.nonzero().tolist()}


@pytest.mark.parametrize(
    ("name", "option"), [("ccnet", {"rounds": 1}), ("ccnet", {}), ("axial", {})]
)
def test_who_sees_whom(build, name, option):
    """One round of criss-cross sees a cross; two rounds, or two axes in turn, the whole map."""
    module = shake(build(name, 8, **option)).eval()
    cross = {(1, j) for j in range(5)} | {(i, 2) for i in range(4)}
    everything = {(i, j) for i in range(4) for j in range(5)}
    assert reached(module, 1, 2) == (cross if option else everything)


def axis(lines, p, prefix, heads, span):
    """Run position-sensitive attention along lines [n, L, C], pixel by pixel."""
    wide = lines.shape[2] // heads
    half = wide // 2
    rq, rk, rv = np.split(p[f"{prefix}.places"], [half, 2 * half], axis=1)
    out = np.zeros_like(lines)
    for n, line in enumerate(linear(lines, p, f"{prefix}.qkv")):
        for head, o in np.ndindex(heads, len(line)):
            part = line[:, 2 * wide * head : 2 * wide * (head + 1)]
            q, k, v = np.split(part, [half, 2 * half], axis=1)
            near = [i for i in range(len(line)) if abs(i - o) <= span // 2]
            at = [i - o + span // 2 for i in near]
            scores = [
                q[o] @ k[i] + q[o] @ rq[t] + k[i] @ rk[t] for i, t in zip(near, at, strict=True)
            ]
            weight = softmax(np.array(scores))
            taken = sum(w * (v[i] + rv[t]) for w, i, t in zip(weight, near, at, strict=True))
            out[n, o, wide * head : wide * (head + 1)] = taken
    return out


@pytest.mark.parametrize(("heads", "span"), [(None, 65), (2, 3), (1, 5)])
def test_axial_is_its_equation_along_the_height_then_the_width(double, heads, span):
    module, x, p, image = double("axial", heads=heads, span=span)
    columns = axis(image.transpose(1, 0, 2), p, "along_height", heads or 4, span)
    want = axis(columns.transpose(1, 0, 2), p, "along_width", heads or 4, span)
    close(module, x, want)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 3}, "3 heads do not divide half of 16 channels"),
        ({"span": 6}, "span=6 has no middle; take an odd number"),
    ],
)
def test_what_axial_refuses(build, options, message):
    with pytest.raises(ValueError) as caught:
        build("axial", 16, **options)
    assert str(caught.value) == message


@pytest.mark.parametrize("size", [(7, 14), (5, 9)])
@pytest.mark.parametrize(("heads", "topk"), [(1, 4), (2, 1)])
def test_bra_is_the_papers_algorithm(double, size, heads, topk):
    module, x, p, image = double("bra", size=size, heads=heads, topk=topk)
    height, width = (-(-n // 7) * 7 for n in size)
    padded = np.zeros((height, width, 8))
    padded[: size[0], : size[1]] = image
    q, k, v = np.split(linear(padded, p, "qkv"), 3, axis=2)
    tall, wide = height // 7, width // 7
    pixels = [
        [(a * tall + i, b * wide + j) for i in range(tall) for j in range(wide)]
        for a in range(7)
        for b in range(7)
    ]
    means = [[np.mean([t[at] for at in region], axis=0) for region in pixels] for t in (q, k)]
    near = conv(v.transpose(2, 0, 1), p["near.weight"], p["near.bias"], groups=8)
    out = near.transpose(1, 2, 0).copy()
    for region, mine in enumerate(pixels):
        affinity = [means[0][region] @ key for key in means[1]]
        chosen = np.argsort(affinity)[::-1][:topk]
        theirs = [at for index in chosen for at in pixels[index]]
        for at in mine:
            for part in np.split(np.arange(8), heads):
                scores = [q[at][part] @ k[other][part] / np.sqrt(8) for other in theirs]
                weight = softmax(np.array(scores))
                taken = sum(w * v[o][part] for w, o in zip(weight, theirs, strict=True))
                out[at][part] += taken
    close(module, x, linear(out, p, "project")[: size[0], : size[1]])


def test_bra_with_all_regions_is_full_attention_and_a_convolution(build, inputs):
    ours, (x,) = shake(build("bra", 16, topk=49)), inputs("bra", 2, 16, 7, 14)
    full = MHSA(16, heads=1)
    state = {key: value for key, value in ours.state_dict().items() if "near" not in key}
    full.load_state_dict(state)
    values = ours.qkv(x.permute(0, 2, 3, 1))[..., 32:].permute(0, 3, 1, 2)
    local = torch.nn.functional.conv2d(ours.near(values), ours.project.weight[:, :, None, None])
    torch.testing.assert_close(ours(x), full(x) + local, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 3}, "3 heads do not divide 16 channels"),
        ({"regions": 2, "topk": 5}, "topk=5, but there are 4 regions"),
    ],
)
def test_what_bra_refuses(build, options, message):
    with pytest.raises(ValueError) as caught:
        build("bra", 16, **options)
    assert str(caught.value) == message
