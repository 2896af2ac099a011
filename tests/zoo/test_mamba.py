"""The selective scan against the recurrence in plain NumPy, and against the equation it solves."""

import numpy as np
import pytest
import torch
from second import numbers, shake, sigmoid

from paperkit.zoo.mamba import Mamba, SelectiveScan


def silu(x):
    return x * sigmoid(x)


def recurrence(u, p, rank, state, variant):
    """Run the recurrence pixel by pixel and channel by channel; u [L, E]."""
    low, b, c = np.split(u @ p["select.weight"].T, [rank, rank + state], axis=1)
    step = np.log1p(np.exp(low @ p["step.weight"].T + p["step.bias"]))
    a = -np.exp(p["log_decay"])
    out = np.zeros_like(u)
    for channel in range(u.shape[1]):
        h = np.zeros(state)
        matrix = np.diag(a[channel])
        for t in range(len(u)):
            delta = step[t, channel]
            held = np.diag(np.exp(delta * a[channel]))
            # (delta A)^-1 (exp(delta A) - I) delta B, as the paper writes it
            exact = np.linalg.inv(delta * matrix) @ (held - np.eye(state)) @ (delta * b[t])
            entering = exact if variant == "paper" else delta * b[t]
            h = held @ h + entering * u[t, channel]
            out[t, channel] = c[t] @ h + p["skip"][channel] * u[t, channel]
    return out


def before(line, p):
    """Convolve with the three pixels before; line [L, E]."""
    padded = np.pad(line, ((3, 0), (0, 0)))
    taps = [padded[i : i + len(line)] * p["conv.weight"][:, 0, i] for i in range(4)]
    return sum(taps) + p["conv.bias"]


def around(image, p):
    """Convolve with the 3x3 neighbours; image [H, W, E]."""
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    height, width = image.shape[:2]
    total = np.zeros_like(image)
    for i, j in np.ndindex(3, 3):
        total += padded[i : i + height, j : j + width] * p["conv.weight"][:, 0, i, j]
    return total + p["conv.bias"]


def under(p, prefix):
    return {key.removeprefix(prefix): v for key, v in p.items() if key.startswith(prefix)}


@pytest.fixture
def double(build, inputs):
    def make(channels, size=(3, 4), **options):
        module = shake(build("mamba", channels, **options)).double()
        (x,) = inputs("mamba", 1, channels, *size, dtype=torch.float64)
        return module, x, numbers(module), x[0].permute(1, 2, 0).numpy()

    return make


def close(module, x, want):
    for mode in (True, False):
        out = module.train(mode)(x)[0].permute(1, 2, 0).detach().numpy()
        np.testing.assert_allclose(out, want, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("variant", ["paper", "official"])
@pytest.mark.parametrize(("channels", "state"), [(8, 16), (20, 3)])
def test_mamba_is_its_equations(double, channels, state, variant):
    module, x, p, image = double(channels, state=state, variant=variant)
    rank = -(-channels // 16)
    u, z = np.split(image.reshape(12, -1) @ p["enter.weight"].T, 2, axis=1)
    read = recurrence(silu(before(u, p)), under(p, "scans.0."), rank, state, variant)
    want = (read * silu(z)) @ p["leave.weight"].T
    close(module, x, want.reshape(image.shape))


def test_the_cross_scan_reads_the_map_in_four_ways(double):
    module, x, p, image = double(8, state=4, scan="cross")
    u, z = np.split(image @ p["enter.weight"].T, 2, axis=2)
    u = silu(around(u, p))
    pixels = [(i, j) for i in range(3) for j in range(4)]
    by_columns = sorted(pixels, key=lambda pixel: (pixel[1], pixel[0]))
    orders = [pixels, by_columns, pixels[::-1], by_columns[::-1]]
    total = np.zeros_like(u)
    for way, order in enumerate(orders):
        line = np.stack([u[i, j] for i, j in order])
        read = recurrence(line, under(p, f"scans.{way}."), 1, 4, "paper")
        for (i, j), value in zip(order, read, strict=True):
            total[i, j] += value
    centred = total - total.mean(2, keepdims=True)
    normal = centred / np.sqrt(total.var(2, keepdims=True) + 1e-5)
    normal = normal * p["norm.weight"] + p["norm.bias"]
    close(module, x, (normal * silu(z)) @ p["leave.weight"].T)


def constant(variant):
    """Return a scan whose step, B and C do not change while its input does not."""
    torch.manual_seed(0)
    scan = shake(SelectiveScan(3, 4, 1, variant)).double()
    u = torch.tensor([0.7, -1.2, 0.4], dtype=torch.float64).expand(1, 9, 3)
    return scan, u


def test_the_papers_scan_solves_the_differential_equation():
    """With h' = A h + B u and constant B u: h(T) = A^-1 (exp(A T) - I) B u, at any step."""
    scan, u = constant("paper")
    p, given = numbers(scan), u[0, 0].numpy()
    low, b, c = np.split(p["select.weight"] @ given, [1, 5])
    step = np.log1p(np.exp(p["step.weight"] @ low + p["step.bias"]))
    a = -np.exp(p["log_decay"])
    time = 9 * step[:, None]
    states = np.expm1(a * time) / a * b * given[:, None]
    want = states @ c + p["skip"] * given
    np.testing.assert_allclose(scan(u)[0, -1].detach().numpy(), want, rtol=1e-10)
    official, u = constant("official")
    assert np.abs(official(u)[0, -1].detach().numpy() - want).max() > 1e-2


def seen(module):
    """Return the pixels, counted by rows, whose outputs change with pixel 5 of a 3x4 map."""
    x = torch.rand(1, 8, 3, 4, generator=torch.Generator().manual_seed(3))
    other = x.clone()
    other[:, :, 1, 1] += 1
    change = (module(x) - module(other)).abs().amax(dim=(0, 1)).flatten()
    return (change > 0).nonzero().flatten().tolist()


def test_a_pixel_is_seen_only_by_those_after_it_unless_the_scan_crosses(build):
    assert seen(shake(build("mamba", 8))) == list(range(5, 12))
    assert seen(shake(build("mamba", 8, scan="cross"))) == list(range(12))


def test_the_steps_begin_between_a_thousandth_and_a_tenth():
    torch.manual_seed(0)
    scan = SelectiveScan(4000, 2, 1, "paper")
    step = torch.nn.functional.softplus(scan.step.bias)
    assert 0.00099 < step.min() < 0.0011
    assert 0.09 < step.max() < 0.101
    assert 0.008 < step.log().mean().exp() < 0.0125  # the middle, on a scale of logarithms


def test_parameters_of_the_cross_scan_by_hand():
    channels, width, state, rank = 32, 64, 16, 2
    scan = width * (rank + 2 * state) + (rank * width + width) + width * state + width
    ends = 3 * channels * width
    want = ends + (9 * width + width) + 4 * scan + 2 * width
    module = Mamba(channels, scan="cross")
    assert sum(p.numel() for p in module.parameters()) == want
