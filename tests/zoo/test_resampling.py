"""Enlarging and reducing: against libraries, scipy, closed forms and plain NumPy."""

import numpy as np
import pytest
import torch
from second import conv, numbers, shake
from torch import nn
from torch.nn import functional as F

UP = ["convt", "pixelshuffle", "bilinear_up", "carafe", "dysample"]
DOWN = ["blurpool", "haar_down", "spd", "patch_merging", "strided_conv"]


@pytest.fixture
def prepared(build, inputs):
    """Return a shaken float64 module that evaluates, its input, its numbers, its input's array."""

    def make(name, height=5, width=4, channels=8, **options):
        module = shake(build(name, channels, **options)).double().eval()
        (x,) = inputs(name, 1, channels, height, width, dtype=torch.float64)
        return module, x, numbers(module), x[0].numpy()

    return make


def close(module, x, want):
    np.testing.assert_allclose(module(x)[0].detach().numpy(), want, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", UP + DOWN)
def test_other_widths_come_out(name):
    from paperkit.zoo.load import find

    out = find(name)(8, 12)(torch.rand(2, 8, 6, 4))
    assert out.shape == ((2, 12, 12, 8) if name in UP else (2, 12, 3, 2))


@pytest.mark.parametrize("name", UP)
def test_the_scale_is_how_much_larger_it_gets(name, build):
    assert build(name, 8, scale=3)(torch.rand(1, 8, 5, 4)).shape == (1, 8, 15, 12)


@pytest.mark.parametrize("name", ["blurpool", "spd", "strided_conv"])
def test_the_stride_is_how_much_smaller_it_gets(name, build):
    assert build(name, 8, stride=3)(torch.rand(1, 8, 11, 12)).shape == (1, 8, 3, 4)


@pytest.mark.parametrize("scale", [2, 3])
def test_convt_puts_a_kernel_in_the_place_of_each_pixel(prepared, scale):
    module, x, p, array = prepared("convt", scale=scale)
    want = np.zeros((8, 5 * scale, 4 * scale))
    for i in range(5):
        for j in range(4):
            square = np.tensordot(array[:, i, j], p["conv.weight"], axes=1)  # [D, scale, scale]
            rows, columns = slice(i * scale, (i + 1) * scale), slice(j * scale, (j + 1) * scale)
            want[:, rows, columns] = square + p["conv.bias"][:, None, None]
    close(module, x, want)


@pytest.mark.parametrize(("scale", "size"), [(2, 3), (3, 5)])
def test_pixelshuffle_is_its_equations(prepared, scale, size):
    module, x, p, array = prepared("pixelshuffle", scale=scale, kernel_size=size)
    wide = conv(array, p["conv.weight"], p["conv.bias"])
    want = np.zeros((8, 5 * scale, 4 * scale))
    for c in range(8):
        for a in range(scale):
            for b in range(scale):
                want[c, a::scale, b::scale] = wide[scale**2 * c + scale * a + b]
    close(module, x, want)


def between(x, rows, columns):
    """Sample x [H, W] bilinearly at positions; beyond the border it goes on as it ends."""
    from scipy.ndimage import map_coordinates

    return map_coordinates(x, [rows, columns], order=1, mode="nearest")


def grid(height, width, scale):
    """Where the pixels of the enlarged map are in the small one, pixels taken as areas."""
    rows, columns = ((np.arange(n * scale) + 0.5) / scale - 0.5 for n in (height, width))
    return np.meshgrid(rows, columns, indexing="ij")


@pytest.mark.parametrize("scale", [2, 3])
def test_bilinear_up_convolves_scipys_interpolation(prepared, scale):
    module, x, p, array = prepared("bilinear_up", scale=scale)
    large = np.stack([between(channel, *grid(5, 4, scale)) for channel in array])
    close(module, x, conv(large, p["conv.weight"], p["conv.bias"]))


def test_bilinear_up_convolves_repeated_pixels(prepared):
    module, x, p, array = prepared("bilinear_up", mode="nearest", kernel_size=5)
    large = array.repeat(2, axis=1).repeat(2, axis=2)
    close(module, x, conv(large, p["conv.weight"], p["conv.bias"]))


@pytest.mark.parametrize(("scale", "size", "encoder"), [(2, 5, 3), (3, 3, 1)])
def test_carafe_is_its_equations(prepared, scale, size, encoder):
    options = {"scale": scale, "kernel_size": size, "encoder_size": encoder, "middle": 6}
    module, x, p, array = prepared("carafe", 4, 3, **options)
    code = conv(array, p["compress.weight"], p["compress.bias"])
    code = conv(code, p["encode.weight"], p["encode.bias"])
    half = size // 2
    padded = np.pad(array, ((0, 0), (half, half), (half, half)))
    want = np.zeros((8, 4 * scale, 3 * scale))
    for i in range(4 * scale):
        for j in range(3 * scale):
            row, a, column, b = i // scale, i % scale, j // scale, j % scale
            scores = code[scale * a + b :: scale**2, row, column]
            weights = np.exp(scores) / np.exp(scores).sum()
            around = padded[:, row : row + size, column : column + size]
            want[:, i, j] = around.reshape(8, -1) @ weights
    close(module, x, want)


def test_carafe_of_a_constant_is_that_constant_away_from_the_border(build):
    y = shake(build("carafe", 8))(torch.full((1, 8, 7, 8), 3.0))
    torch.testing.assert_close(y[..., 4:-4, 4:-4], torch.full((1, 8, 6, 8), 3.0))
    assert not torch.allclose(y, torch.tensor(3.0))  # outside there are zeros


def test_carafe_has_the_papers_widths(build):
    # compressor 64 (C + 1), encoder 9 x 64 x 100 + 100, for 25 weights at each of 4 places
    for channels in (16, 256):
        count = sum(p.numel() for p in build("carafe", channels).parameters())
        assert count == 64 * (channels + 1) + 9 * 64 * 100 + 100


STYLES = [
    *({"style": style, "dyscope": scope} for style in ("lp", "pl") for scope in (False, True)),
    {"scale": 3},
    {"groups": 1},
]


@pytest.mark.parametrize("options", STYLES, ids=str)
def test_dysample_with_zero_offsets_is_bilinear_interpolation(build, inputs, options):
    module, (x,) = build("dysample", 16, **options), inputs("dysample", 2, 16, 5, 7)
    assert not torch.equal(module.offsets(x), torch.zeros_like(module.offsets(x)))
    nn.init.zeros_(module.offset.weight)
    want = F.interpolate(x, scale_factor=module.scale, mode="bilinear", align_corners=False)
    torch.testing.assert_close(module(x), want, rtol=1e-5, atol=1e-5)


def shuffled(x, scale):
    """Turn channels [C s s, H, W] into pixels [C, s H, s W]."""
    (channels, height, width), s = x.shape, scale
    x = x.reshape(channels // s**2, s, s, height, width).transpose(0, 3, 1, 4, 2)
    return x.reshape(-1, s * height, s * width)


@pytest.mark.parametrize("options", STYLES, ids=str)
def test_dysample_samples_as_scipy_does_at_the_papers_positions(prepared, options):
    module, x, p, array = prepared("dysample", 5, 6, channels=16, **options)
    scale, groups = options.get("scale", 2), options.get("groups", 4)
    late = options.get("style") == "pl"
    source = shuffled(array, scale) if late else array
    shift = conv(source, p["offset.weight"], p["offset.bias"])
    if options.get("dyscope"):
        shift = shift * 0.5 / (1 + np.exp(-conv(source, p["scope.weight"])))
    else:
        shift = shift * 0.25
    shift = shift if late else shuffled(shift, scale)
    shift = shift.reshape(2, groups, 5 * scale, 6 * scale)
    assert np.abs(shift).max() > 0.5  # pixels, so that neighbours matter
    rows, columns = grid(5, 6, scale)
    each = 16 // groups
    want = [
        between(channel, rows + shift[1, c // each], columns + shift[0, c // each])
        for c, channel in enumerate(array)
    ]
    close(module, x, np.stack(want))


@pytest.mark.parametrize("channels", [16, 64])
@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, lambda c: 32 * c + 32),
        ({"dyscope": True}, lambda c: 64 * c + 32),
        ({"style": "pl"}, lambda c: 8 * c // 4 + 8),
    ],
)
def test_dysample_has_the_parameters_of_its_style(build, channels, options, count):
    module = build("dysample", channels, **options)
    assert sum(p.numel() for p in module.parameters()) == count(channels)


def test_dysample_takes_fewer_groups_where_four_do_not_divide(build):
    module = build("dysample", 6)
    assert module.offset.out_channels == 2 * 4 * 2
    assert module(torch.rand(1, 6, 3, 4)).shape == (1, 6, 6, 8)


def test_dysample_keeps_its_place_in_large_maps_of_half_precision(build):
    module = build("dysample", 8).bfloat16()
    nn.init.zeros_(module.offset.weight)
    x = torch.arange(600.0).expand(1, 8, 2, 600).remainder(8).bfloat16()  # exact as bfloat16
    want = F.interpolate(x.float(), scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(module(x).float(), want, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize(("height", "width"), [(12, 18), (7, 9)])
def test_blurpool_is_timms(build, inputs, size, height, width):
    from timm.layers import BlurPool2d

    (x,) = inputs("blurpool", 2, 8, height, width)
    theirs = BlurPool2d(8, filt_size=size)(x)[..., : height // 2, : width // 2]
    torch.testing.assert_close(build("blurpool", 8, kernel_size=size)(x), theirs)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2), (4, 2), (5, 2), (3, 3)])
def test_blurpool_is_scipys_correlation_with_binomial_weights(build, inputs, size, stride):
    from scipy.ndimage import correlate

    module = build("blurpool", 8, kernel_size=size, stride=stride).double()
    (x,) = inputs("blurpool", 1, 8, 9, 8, dtype=torch.float64)
    binomial = {2: [1, 1], 3: [1, 2, 1], 4: [1, 3, 3, 1], 5: [1, 4, 6, 4, 1]}[size]
    weights = np.outer(binomial, binomial) / np.sum(binomial) ** 2
    origin = -1 if size % 2 == 0 else 0  # an even kernel has one pixel more to the right
    blurred = [correlate(c, weights, mode="mirror", origin=origin) for c in x[0].numpy()]
    want = np.stack(blurred)[:, ::stride, ::stride][:, : 9 // stride, : 8 // stride]
    np.testing.assert_allclose(module(x)[0], want, rtol=1e-10, atol=1e-10)


def test_blurpool_passes_less_of_the_finest_stripes_than_leaving_out(build):
    stripes = torch.tensor([1.0, -1.0]).repeat(8).expand(1, 8, 16, 16)
    assert stripes[..., ::2].abs().min() == 1
    assert build("blurpool", 8)(stripes).abs().max() == 0


def test_haar_down_is_its_equations(prepared):
    module, x, p, array = prepared("haar_down", 6, 5)
    even = array[:, :, :4]
    low, high = np.array([1, 1]) / np.sqrt(2), np.array([1, -1]) / np.sqrt(2)
    bands = [
        sum(rows[n] * columns[m] * even[:, n::2, m::2] for n in range(2) for m in range(2))
        for rows, columns in ((low, low), (high, low), (low, high), (high, high))
    ]
    mixed = conv(np.concatenate(bands), p["mix.0.weight"], p["mix.0.bias"])
    spread = np.sqrt(p["mix.1.running_var"] + 1e-5)
    scaled = (mixed.T - p["mix.1.running_mean"]) / spread * p["mix.1.weight"] + p["mix.1.bias"]
    close(module, x, np.maximum(scaled.T, 0))


def test_the_haar_transform_keeps_the_energy_and_can_be_undone(build, inputs):
    module, (x,) = build("haar_down", 8), inputs("haar_down", 2, 8, 6, 4)
    bands = module.transform(x)
    torch.testing.assert_close(bands.square().sum(), x.square().sum())
    mean, horizontal, vertical, diagonal = bands.chunk(4, dim=1)
    first = (mean + horizontal + vertical + diagonal) / 2
    last = (mean - horizontal - vertical + diagonal) / 2
    torch.testing.assert_close(first, x[..., 0::2, 0::2])
    torch.testing.assert_close(last, x[..., 1::2, 1::2])


@pytest.mark.parametrize(("stride", "size"), [(2, 3), (2, 1), (3, 3)])
def test_spd_is_a_strided_convolution_with_a_kernel_as_many_times_larger(prepared, stride, size):
    module, x, _, _ = prepared("spd", 6, 12, stride=stride, kernel_size=size)
    large = nn.Conv2d(8, 8, stride * size, stride, stride * (size // 2)).double()
    large.bias.data = module.conv.bias.data
    parts = module.conv.weight.data.split(8, dim=1)  # rows first, as the paper numbers them
    for number, part in enumerate(parts):
        column, row = divmod(number, stride)
        large.weight.data[..., row::stride, column::stride] = part
    torch.testing.assert_close(module(x), large(x))


@pytest.mark.parametrize("channels", [8, 64])
def test_patch_merging_is_torchvisions_and_timms(build, inputs, channels):
    from timm.models.swin_transformer import PatchMerging as Timms
    from torchvision.models.swin_transformer import PatchMerging as Torchvisions

    from paperkit.zoo.patch_merging import PatchMerging

    ours, (x,) = (
        shake(PatchMerging(channels, 2 * channels)),
        inputs("patch_merging", 2, channels, 6, 4),
    )
    for theirs in (Timms(channels), Torchvisions(channels)):
        theirs.norm.load_state_dict(ours.norm.state_dict())
        theirs.reduction.load_state_dict(ours.reduce.state_dict())
        want = theirs(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        torch.testing.assert_close(ours(x), want, rtol=1e-5, atol=1e-5)
        assert want.shape == (2, 2 * channels, 3, 2)


@pytest.mark.parametrize(("height", "width"), [(6, 8), (7, 5)])
def test_strided_conv_keeps_every_second_value_of_the_convolution(prepared, height, width):
    module, x, p, array = prepared("strided_conv", height, width)
    full = conv(array, p["conv.weight"], p["conv.bias"])
    rows, columns = height // 2 * 2, width // 2 * 2
    close(module, x, np.maximum(full[:, :rows:2, :columns:2], 0))
