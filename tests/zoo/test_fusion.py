"""Fusions and MS-CAM against libraries, their equations in plain NumPy, and closed forms."""

import numpy as np
import pytest
import torch
from second import agree, conv, numbers, shake, sigmoid
from torch import nn
from torch.nn import functional as F


def norm(x, p, name):
    """Batch normalisation with running statistics; x [C, H, W]."""
    weight, bias = p[f"{name}.weight"], p[f"{name}.bias"]
    mean, var = p[f"{name}.running_mean"], p[f"{name}.running_var"]
    scale = weight / np.sqrt(var + 1e-5)
    return (x - mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]


def relu(x):
    return np.maximum(x, 0)


def average(x):
    return x.mean((1, 2), keepdims=True)


def close(module, given, want):
    out = module.eval()(*given)[0].detach().numpy()
    np.testing.assert_allclose(out, want, rtol=1e-10, atol=1e-10)


@pytest.fixture
def double(build, inputs):
    """Return a shaken float64 module, its inputs, its numbers and its inputs as NumPy arrays."""

    def make(name, channels=8, **options):
        module = shake(build(name, channels, **options)).double().eval()
        given = inputs(name, 1, channels, 4, 5, dtype=torch.float64)
        return module, given, numbers(module), [x[0].numpy() for x in given]

    return make


def test_fpn_add_is_a_level_of_torchvisions_pyramid(build, inputs):
    from torchvision.ops import FeaturePyramidNetwork

    ours, (high, low) = shake(build("fpn_add", 16)), inputs("fpn_add", 2, 16, 6, 8)
    theirs = FeaturePyramidNetwork([16, 16], 16)
    for layer in theirs.layer_blocks:  # the 3x3 convolutions of the outputs
        nn.init.dirac_(layer[0].weight)
        nn.init.zeros_(layer[0].bias)
    nn.init.dirac_(theirs.inner_blocks[1][0].weight)
    nn.init.zeros_(theirs.inner_blocks[1][0].bias)
    theirs.inner_blocks[0][0].load_state_dict(ours.lateral.state_dict())
    small = high[..., ::2, ::2]
    want = theirs({"low": low, "high": small})["low"]
    torch.testing.assert_close(ours(F.interpolate(small, scale_factor=2), low), want)


def test_fpn_add_without_the_lateral_convolution_is_a_sum_where_widths_allow(build, inputs):
    from paperkit.zoo.fpn_add import FPNAdd

    x, s = inputs("fpn_add", 2, 16, 5, 7)
    assert torch.equal(build("fpn_add", 16, lateral=False)(x, s), x + s)
    narrow = FPNAdd(32, 16, lateral=False)
    assert sum(p.numel() for p in narrow.parameters()) == 16 * 32 + 32
    assert narrow(torch.rand(1, 32, 5, 7), s[:1]).shape == (1, 32, 5, 7)


@pytest.mark.parametrize("channels", [8, 64])
@pytest.mark.parametrize("shortcut", [False, True])
def test_sk_fusion_is_its_equations(double, channels, shortcut):
    module, given, p, (x, s) = double("sk_fusion", channels, shortcut=shortcut)
    hidden = relu(conv(average(x + s), p["squeeze.weight"]))
    scores = conv(hidden, p["choose.weight"]).reshape(2, channels, 1, 1)
    share = np.exp(scores) / np.exp(scores).sum(0)
    close(module, given, share[0] * x + share[1] * s + (x if shortcut else 0))


def context(p, name, x):
    hidden = relu(norm(conv(x, p[f"{name}.0.weight"], p[f"{name}.0.bias"]), p, f"{name}.1"))
    return norm(conv(hidden, p[f"{name}.3.weight"], p[f"{name}.3.bias"]), p, f"{name}.4")


def attention(p, near, far, x):
    return sigmoid(context(p, near, x) + context(p, far, average(x)))


@pytest.mark.parametrize("channels", [8, 12])
def test_ms_cam_is_its_equations(double, channels):
    module, given, p, (x,) = double("ms_cam", channels)
    close(module, given, x * attention(p, "local_context", "global_context", x))


@pytest.mark.parametrize(("variant", "factor"), [("paper", 1), ("official", 2)])
def test_aff_is_its_equations(double, variant, factor):
    module, given, p, (x, s) = double("aff", variant=variant)
    share = attention(p, "local_context", "global_context", x + s)
    close(module, given, factor * (share * x + (1 - share) * s))


@pytest.mark.parametrize(("variant", "second"), [("paper", 1), ("official", 0)])
def test_iaff_is_its_equations(double, variant, second):
    module, given, p, (x, s) = double("iaff", variant=variant)
    share = attention(p, "local_context.0", "global_context.0", x + s)
    mixed = share * x + (1 - share) * s
    share = attention(p, "local_context.1", f"global_context.{second}", mixed)
    close(module, given, share * x + (1 - share) * s)


def test_a_quarter_of_the_official_iaff_is_idle(build, inputs):
    def idle(variant):
        module = build("iaff", 64, variant=variant).eval()
        module(*inputs("iaff", 2, 64, 4, 5)).square().sum().backward()
        counted = [p.numel() for p in module.parameters() if p.grad is None or not p.grad.any()]
        return sum(counted), sum(p.numel() for p in module.parameters())

    assert idle("official") == (2288, 9152)
    assert idle("paper") == (0, 9152)


@pytest.mark.parametrize(
    ("name", "options", "factor"),
    [
        ("sk_fusion", {}, 1),
        ("sk_fusion", {"shortcut": True}, 2),
        ("aff", {}, 1),
        ("aff", {"variant": "official"}, 2),
        ("iaff", {}, 1),
        ("iaff", {"variant": "official"}, 1),
    ],
)
@pytest.mark.parametrize("train", [True, False])
def test_weights_that_sum_to_one_return_two_equal_inputs(
    build, inputs, name, options, factor, train
):
    module = shake(build(name, 16, **options)).train(train)
    x, s = inputs(name, 2, 16, 5, 7)
    torch.testing.assert_close(module(x, x), factor * x)
    assert not torch.allclose(module(x, s), factor * x)


@pytest.mark.parametrize("name", ["sk_fusion", "aff", "iaff"])
def test_weights_lie_between_the_inputs(build, inputs, name):
    x, s = inputs(name, 2, 16, 5, 7)
    y = shake(build(name, 16)).eval()(x, s)
    assert (y >= torch.minimum(x, s) - 1e-6).all()
    assert (y <= torch.maximum(x, s) + 1e-6).all()


def swish(x):
    return x * sigmoid(x)


@pytest.mark.parametrize("weights", [(0.5, 1.5), (-1.0, 2.0), (-1.0, -1.0)])
@pytest.mark.parametrize("variant", ["paper", "official"])
def test_bifpn_fuse_is_its_equation(double, variant, weights):
    module, given, p, (x, s) = double("bifpn_fuse", variant=variant)
    module.weights.data = torch.tensor(weights, dtype=torch.float64)
    of_x, of_s = (max(w, 0) for w in weights)
    mean = (of_x * x + of_s * s) / (of_x + of_s + 1e-4)
    first = 1 if variant == "official" else 0
    deep = conv(swish(mean) if first else mean, p[f"convolve.{first}.weight"], groups=8)
    bias = p["convolve.2.bias"] if first else None
    point = conv(deep, p[f"convolve.{first + 1}.weight"], bias)
    out = norm(point, p, f"convolve.{first + 2}")
    close(module, given, out if first else swish(out))


def test_bifpn_fuse_begins_with_the_mean_of_its_inputs(build, inputs):
    module, (x, s) = build("bifpn_fuse", 16, epsilon=0.0), inputs("bifpn_fuse", 2, 16, 5, 7)
    torch.testing.assert_close(module(x, s), module.convolve((x + s) / 2))


@pytest.mark.parametrize("reduction", [1, 4])
def test_ffm_is_its_equations(double, reduction):
    module, given, p, (x, s) = double("ffm", reduction=reduction)
    assert p["squeeze.weight"].shape[0] == 8 // reduction
    mixed = conv(np.concatenate([s, x]), p["mix.0.weight"])
    mixed = relu(norm(mixed, p, "mix.1"))
    gate = sigmoid(conv(relu(conv(average(mixed), p["squeeze.weight"])), p["excite.weight"]))
    close(module, given, mixed + mixed * gate)


def test_gau_with_a_sigmoid_is_smps(build, inputs):
    from segmentation_models_pytorch.decoders.pan.decoder import GAUBlock

    class Theirs(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = GAUBlock(16, 16)

        def forward(self, x, skip):
            return self.block(skip, x)

    ours, theirs = shake(build("gau", 16, gate="sigmoid")), Theirs()
    pairs = ((ours.weigh, theirs.block.conv1[1]), (ours.narrow, theirs.block.conv2))
    for mine, other in pairs:
        other.conv.weight.data = mine[0].weight.data
        nn.init.zeros_(other.conv.bias)  # which batch normalisation takes out again
        other.bn.load_state_dict(mine[1].state_dict())
    agree(ours, theirs, *inputs("gau", 2, 16, 5, 7))


def test_gau_is_its_equations(double):
    module, given, p, (x, s) = double("gau")
    weight = relu(norm(conv(average(x), p["weigh.0.weight"]), p, "weigh.1"))
    assert weight.min() == 0  # so that the test would notice a sigmoid
    narrow = relu(norm(conv(s, p["narrow.0.weight"]), p, "narrow.1"))
    close(module, given, x + weight * narrow)


WIDTHS = {
    **dict.fromkeys(("sk_fusion", "aff", "iaff", "bifpn_fuse", "ffm"), 16),  # the skip's
    **dict.fromkeys(("fpn_add", "gau"), 32),  # the decoder's
}


@pytest.mark.parametrize("name", WIDTHS)
def test_other_widths_are_brought_together(name):
    from paperkit.zoo.load import find

    module = find(name)(32, 16)
    out = module(torch.rand(2, 32, 5, 7), torch.rand(2, 16, 5, 7))
    assert out.shape == (2, WIDTHS[name], 5, 7)


@pytest.mark.parametrize("name", ["sk_fusion", "aff", "iaff", "ms_cam"])
def test_reduction_sets_the_layer_between(build, name):
    def narrowest(reduction):
        return min(p.shape[0] for p in build(name, 64, reduction=reduction).parameters())

    assert [narrowest(r) for r in (4, 8, 16)] == [16, 8, 4]
