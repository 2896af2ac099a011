"""Published networks, made by plugging blocks into another: totals, and outputs."""

import torch
from second import carry
from test_conv_blocks import RES2NET, renamed

from paperkit.slots import apply
from paperkit.zoo.load import find


def total(model):
    return sum(p.numel() for p in model.parameters())


def plugged(name):
    """Return torchvision's ResNet-50 with every block replaced."""
    from torchvision.models import resnet50

    torch.manual_seed(0)
    model = resnet50()
    apply(model, [f"stage.*.block.*:={name}"], torch.zeros(1, 3, 64, 64), find=find)
    return model.eval()


def same(ours, theirs):
    """Both say the same about an image, to five digits of the largest score."""
    image = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        want = theirs.eval()(image)
        torch.testing.assert_close(ours(image), want, rtol=0, atol=1e-5 * float(want.abs().max()))


def test_resnet50_with_resnext_blocks_is_resnext50_32x4d():
    from torchvision.models import resnext50_32x4d

    model = plugged("resnext_block")
    assert total(model) == 25_028_904
    same(model, carry(model, resnext50_32x4d()))


def test_resnet50_with_sknet_blocks_is_timms():
    from timm import create_model

    model, theirs = plugged("sknet_block"), create_model("skresnext50_32x4d")
    assert total(model) == total(theirs) == 27_479_784  # the paper's table 1 says 27.5M
    same(model, carry(model, theirs))


def test_resnet50_with_res2net_blocks_is_res2net50_26w_4s():
    from timm import create_model

    model = plugged("res2net_block")
    assert total(model) == 25_699_120
    same(model, renamed(model, create_model("res2net50_26w_4s"), *RES2NET))


def test_resnet50_with_resnest_blocks_is_resnest50_but_for_its_stem():
    from timm import create_model
    from timm.models.resnest import ResNestBottleneck
    from timm.models.resnet import ResNet

    model = plugged("resnest_block")
    stem = 9 * (3 * 32 + 32 * 32 + 32 * 64) + 2 * (32 + 32 + 64)  # three 3x3 convolutions, ...
    plain = 49 * 3 * 64 + 2 * 64  # ... not one 7x7
    assert total(model) == total(create_model("resnest50d")) - stem + plain
    assert total(model) == 27_483_240 - 19_232
    options = {"radix": 2, "avd": True}
    theirs = ResNet(ResNestBottleneck, [3, 4, 6, 3], avg_down=True, block_args=options)
    same(model, carry(model, theirs))


def test_mobilenet_v2_of_inverted_residuals_is_torchvisions():
    from torchvision.models import mobilenet_v2

    torch.manual_seed(0)
    ours, theirs = mobilenet_v2().eval(), mobilenet_v2()
    for index, block in enumerate(theirs.features[1:18], 1):
        into, expansion = block.conv[0][0].in_channels, 1 if index == 1 else 6
        width = block.out_channels
        block = find("inverted_residual")(into, width, stride=block.stride, expansion=expansion)
        ours.features[index] = block.eval()
    assert total(ours) == 3_504_872
    same(ours, carry(ours, theirs))
