"""Context modules against smp, scipy, their equations in plain NumPy, and one another."""

import numpy as np
import pytest
import torch
from second import agree, conv, numbers, shake, sigmoid
from torch import nn


def norm(x, p, name):
    """Batch normalisation with running statistics; x [C, H, W]."""
    weight, bias = p[f"{name}.weight"], p[f"{name}.bias"]
    mean, var = p[f"{name}.running_mean"], p[f"{name}.running_var"]
    scale = weight / np.sqrt(var + 1e-5)
    return (x - mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]


def unit(x, p, name):
    return norm(conv(x, p[f"{name}.0.weight"]), p, f"{name}.1")


def relu(x):
    return np.maximum(x, 0)


def prepared(build, inputs, name, height, width, **options):
    """Return a shaken float64 module that evaluates, its input, its numbers, its input's array."""
    module = shake(build(name, 16, **options)).double().eval()
    (x,) = inputs(name, 1, 16, height, width, dtype=torch.float64)
    return module, x, numbers(module), x[0].numpy()


def close(module, x, want):
    np.testing.assert_allclose(module(x)[0].detach().numpy(), want, rtol=1e-10, atol=1e-10)


def smps(ours, bins):
    """Smp's pyramid with our weights; its branch of one bin has a bias and no normalisation."""
    from segmentation_models_pytorch.decoders.pspnet.decoder import PSPModule

    theirs = PSPModule(16, sizes=bins)
    for size, mine, block in zip(bins, ours.units, theirs.blocks, strict=True):
        other = block.pool[1]
        other[0].weight.data = mine[0].weight.data
        if size > 1:
            other[1].load_state_dict(mine[1].state_dict())
            continue
        scale = mine[1].weight / (mine[1].running_var + mine[1].eps).sqrt()
        other[0].weight.data = mine[0].weight.data * scale.view(-1, 1, 1, 1)
        other[0].bias.data = mine[1].bias.data - mine[1].running_mean * scale.data
    return theirs


class Reordered(nn.Module):
    """Smp has the feature last, and we have it first; then the same projection."""

    def __init__(self, pyramid, project):
        super().__init__()
        self.pyramid, self.project = pyramid, project

    def forward(self, x):
        out = self.pyramid(x)
        return self.project(torch.cat([out[:, -16:], out[:, :-16]], dim=1))


def test_ppm_evaluates_as_smps_pyramid(build, inputs):
    ours = shake(build("ppm", 16)).eval()
    theirs = Reordered(smps(ours, (1, 2, 3, 6)), ours.project).eval()
    for size in ((7, 9), (12, 6), (3, 5)):
        (x,) = inputs("ppm", 2, 16, *size)
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)


def test_ppm_of_larger_bins_also_trains_as_smps(build, inputs):
    import copy

    ours = shake(build("ppm", 16, bins=(2, 3, 4, 6)))
    theirs = Reordered(smps(ours, (2, 3, 4, 6)), copy.deepcopy(ours.project))
    agree(ours, theirs, *inputs("ppm", 2, 16, 7, 9))


def dilated(weight, rate):
    """Write a dilation as zeros between the weights."""
    out = np.zeros((*weight.shape[:2], 2 * rate + 1, 2 * rate + 1))
    out[:, :, ::rate, ::rate] = weight
    return out


@pytest.mark.parametrize(("rates", "scale"), [((1, 3, 5), 0.1), ((1, 2, 3), 1.0)])
def test_rfb_is_its_equations(build, inputs, rates, scale):
    options = {} if scale == 0.1 else {"rates": rates, "scale": scale}
    module, x, p, array = prepared(build, inputs, "rfb", 7, 6, **options)
    branches = []
    for number, rate in enumerate(rates):
        y = array
        for layer in range(number + 1):  # 1x1, then none, one or two of 3x3, each with ReLU
            y = relu(unit(y, p, f"branches.{number}.{2 * layer}"))
        last = f"branches.{number}.{2 * number + 2}"
        branches.append(norm(conv(y, dilated(p[f"{last}.0.weight"], rate)), p, f"{last}.1"))
    mixed = unit(np.concatenate(branches), p, "mix")
    close(module, x, relu(unit(array, p, "shortcut") + scale * mixed))


def swish(x):
    return x * sigmoid(x)


@pytest.mark.parametrize("size", [3, 5])
def test_sppf_is_its_equation_with_scipys_maxima(build, inputs, size):
    from scipy.ndimage import maximum_filter

    module, x, p, array = prepared(build, inputs, "sppf", 9, 8, kernel_size=size)
    entered = swish(unit(array, p, "enter"))
    windows = [1 + n * (size - 1) for n in range(4)]  # 1, 5, 9, 13
    pooled = [maximum_filter(entered, (1, n, n), mode="nearest") for n in windows]
    close(module, x, swish(unit(np.concatenate(pooled), p, "project")))


def test_spp_is_its_equation_with_scipys_maxima(build, inputs):
    from scipy.ndimage import maximum_filter

    module, x, p, array = prepared(build, inputs, "spp", 9, 15)
    entered = unit(array, p, "enter")
    entered = np.where(entered > 0, entered, 0.1 * entered)
    pooled = [maximum_filter(entered, (1, n, n), mode="nearest") for n in (1, 5, 9, 13)]
    out = unit(np.concatenate(pooled), p, "project")
    close(module, x, np.where(out > 0, out, 0.1 * out))


def test_sppf_computes_what_spp_does(build, inputs):
    fast, slow = shake(build("sppf", 16)), build("spp", 16)
    slow.enter[2] = slow.project[2] = nn.SiLU()
    slow.load_state_dict(fast.state_dict())
    agree(fast, slow, *inputs("sppf", 2, 16, 17, 15))


def test_spp_takes_other_windows(build, inputs):
    module, (x,) = build("spp", 16, sizes=(3, 7)), inputs("spp", 2, 16, 8, 9)
    assert module.project[0].in_channels == 3 * 8
    assert module(x).shape == x.shape
