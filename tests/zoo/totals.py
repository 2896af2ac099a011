"""Published networks, each made by plugging modules into another: the one table of them.

test_published_totals.py holds it against the models and the libraries; docs/reference/totals.py
writes it down as a page.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from torch import nn


class Total(NamedTuple):
    """A published network.

    Attributes:
        name: Of the network.
        base: What is plugged into, as paperkit names it.
        plugs: In their order.
        places: How many modules that makes.
        added: Parameters of the result less those of the base.
        total: Parameters of the result.
        printed: What was published: millions ("28.09M") or exact; of what is added where it
            begins with "+".
        where: It was read; "from memory" where it was not.
        note: What has to be known to compare, or nothing.
        library: The second source, in words.
        theirs: Its parameters.
        second: Makes it; with the same weights it gives the same outputs.
        idle: A module of it that its forward never calls.
    """

    name: str
    base: str
    plugs: tuple[str, ...]
    places: int
    added: int
    total: int
    printed: str = ""
    where: str = ""
    note: str = ""
    library: str = ""
    theirs: int | None = None
    second: Callable[[], nn.Module] | None = None
    idle: str = ""


def _timm(name: str) -> nn.Module:
    from timm import create_model

    return create_model(name)


def _timm_resnet50(attention: Callable[..., nn.Module]) -> nn.Module:
    from timm.models.resnet import Bottleneck, ResNet

    return ResNet(Bottleneck, (3, 4, 6, 3), block_args={"attn_layer": attention})


def _cbam() -> nn.Module:
    from timm.layers.cbam import CbamModule

    return _timm_resnet50(partial(CbamModule, mlp_bias=True))


def _gc(*, everywhere: bool) -> nn.Module:
    from timm.layers import GlobalContext

    block = partial(GlobalContext, fuse_add=True, fuse_scale=False, rd_ratio=1 / 16)
    model = _timm_resnet50(block)
    for one in (m for m in model.modules() if isinstance(m, GlobalContext)):
        one.mlp_add.norm.eps = 1e-5  # as torch's LayerNorm; timm's own has 1e-6
    for bottleneck in () if everywhere else model.layer1:
        bottleneck.se = None
    return model


def _resnest() -> nn.Module:
    from timm.models.resnest import ResNestBottleneck
    from timm.models.resnet import ResNet

    options = {"radix": 2, "avd": True}
    return ResNet(ResNestBottleneck, (3, 4, 6, 3), avg_down=True, block_args=options)


def _torchvision(name: str) -> nn.Module:
    from torchvision.models import get_model

    return get_model(name)


def _mobilenet_with_coord() -> nn.Module:
    from timm.layers.coord_attn import CoordAttn

    model = _torchvision("mobilenet_v2")
    for block in model.features[2:18]:
        channels = block.conv[1][0].out_channels
        middle = max(8, channels // 32)
        block.conv[1].append(CoordAttn(channels, rd_channels=middle, bias=True))
    return model


def _smp_scse() -> nn.Module:
    from segmentation_models_pytorch import Unet

    return Unet("resnet34", encoder_weights=None, decoder_attention_type="scse")


RESNET, MOBILENET = "torchvision:resnet50", "torchvision:mobilenet_v2"
BRANCH = "stage.*.block.*.branch"
AFTER_DEPTHWISE = "path:features.*.conv.1.2"  # the first block expands nothing and has no conv.1.2
REST = "path:features.{2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17}"
CA_TABLE = "the table of the authors of coordinate attention, in their repository"

TOTALS = (
    Total(
        *("ResNet-50 + SE", RESNET, (f"{BRANCH}=se",), 16, 2_530_992, 28_088_024),
        printed="+2.5M",
        where="the paper's text",
        note="timm's `legacy_seresnet50` has as many parameters, but strides in the first 1x1 "
        "convolution and pools without padding, so it is another function.",
        library="timm `seresnet50`",
        theirs=28_088_024,
        second=partial(_timm, "seresnet50"),
    ),
    Total(
        *("ResNet-50 + CBAM", RESNET, (f"{BRANCH}=cbam",), 16, 2_532_592, 28_089_624),
        printed="28.09M",
        where="the paper's table of ImageNet, as a review quotes it",
        note="The model collection imgclsmob counts 28,089,624 in the authors' own network. "
        "timm's module leaves the biases of the MLP out unless it is told `mlp_bias=True`.",
        library="timm's ResNet of `CbamModule(mlp_bias=True)`",
        theirs=28_089_624,
        second=_cbam,
    ),
    Total(
        "ResNet-50 + BAM",
        RESNET,
        ('stage.{0,1,2}=bam(variant="official")',),
        *(3, 358_067, 25_915_099),
        printed="25,915,099",
        where="imgclsmob's table, which counts the authors' own network",
        note="The published code normalises in other places than the paper's equations; these, "
        "`bam` without the variant, give 25,917,793.",
    ),
    Total(
        "ResNet-50 + ECA",
        RESNET,
        ("stage.0.block.*.branch=eca(kernel_size=3)", "stage.{1,2,3}.block.*.branch=eca"),
        *(16, 80, 25_557_112),
        printed="+80",
        where="the paper's abstract",
        note="80 are the kernels 3, 5, 5, 7 of the authors' trained model `eca_resnet50_k3557`; "
        "the rule for the kernel, as published code rounds it, gives 5 at 256 channels, and 86 in "
        "all, below. The paper's 24.37M for ResNet-50 are our 25,557,032: the authors' script "
        "divides by 1024^2.",
    ),
    Total(
        *("ResNet-50-D + ECA", "timm:resnet50d", (f"{BRANCH}=eca",), 16, 86, 25_576_350),
        library="timm `ecaresnet50d`",
        theirs=25_576_350,
        second=partial(_timm, "ecaresnet50d"),
    ),
    Total(
        "ResNet-50 + GC in stages c3 to c5",
        RESNET,
        ("stage.{1,2,3}.block.*.branch=gc",),
        *(13, 2_521_741, 28_078_773),
        printed="28.08M",
        where="from memory",
        note="The paper's stages c3 to c5 are stage.1 to stage.3.",
        library="timm's ResNet of `GlobalContext(fuse_add=True, fuse_scale=False, rd_ratio=1/16)`",
        theirs=28_078_773,
        second=partial(_gc, everywhere=False),
    ),
    Total(
        "ResNet-50 + GC in every block",
        RESNET,
        (f"{BRANCH}=gc",),
        *(16, 2_548_000, 28_105_032),
        library="the same of timm",
        theirs=28_105_032,
        second=partial(_gc, everywhere=True),
    ),
    Total(
        "ResNeXt-50 32x4d",
        RESNET,
        ("stage.*.block.*:=resnext_block",),
        *(16, -528_128, 25_028_904),
        printed="25.0M",
        where="the table of SKNet's authors, in their repository",
        library="torchvision `resnext50_32x4d`",
        theirs=25_028_904,
        second=partial(_torchvision, "resnext50_32x4d"),
    ),
    Total(
        "SKNet-50",
        RESNET,
        ("stage.*.block.*:=sknet_block",),
        *(16, 1_922_752, 27_479_784),
        printed="27.5M",
        where="the authors' table, in their repository",
        library="timm `skresnext50_32x4d`",
        theirs=27_479_784,
        second=partial(_timm, "skresnext50_32x4d"),
    ),
    Total(
        "Res2Net-50 26w-4s",
        RESNET,
        ("stage.*.block.*:=res2net_block",),
        *(16, 142_088, 25_699_120),
        printed="25.70M",
        where="the authors' table, in their repository",
        library="timm `res2net50_26w_4s`",
        theirs=25_699_120,
        second=partial(_timm, "res2net50_26w_4s"),
    ),
    Total(
        "ResNeSt-50 with ResNet's stem",
        RESNET,
        ("stage.*.block.*:=resnest_block",),
        *(16, 1_906_976, 27_464_008),
        note="The published network, timm's `resnest50d`, has 27,483,240: three 3x3 convolutions "
        "in its stem in the place of one 7x7, which are 19,232 more.",
        library="timm's ResNet of `ResNestBottleneck`, with the stem of ResNet",
        theirs=27_464_008,
        second=_resnest,
    ),
    Total(
        "MobileNetV2 of our inverted residuals",
        MOBILENET,
        ("path:features.1:=inverted_residual(expansion=1)", f"{REST}:=inverted_residual"),
        *(17, 0, 3_504_872),
        printed="3.5M",
        where=CA_TABLE,
        library="torchvision `mobilenet_v2`",
        theirs=3_504_872,
        second=partial(_torchvision, "mobilenet_v2"),
    ),
    Total(
        "MobileNetV2 + coordinate attention",
        MOBILENET,
        (f"{AFTER_DEPTHWISE}=coord_att",),
        *(16, 445_776, 3_950_648),
        printed="3.95M",
        where=CA_TABLE,
        note="As in their code: after the depthwise convolution and its activation, in all blocks "
        "but the first, which does not expand.",
        library="torchvision's with timm's `CoordAttn(rd_channels=max(8, C // 32), bias=True)` "
        "put in by hand",
        theirs=3_950_648,
        second=_mobilenet_with_coord,
    ),
    Total(
        "MobileNetV2 + SE",
        MOBILENET,
        (f"{AFTER_DEPTHWISE}=se(reduction=24)",),
        *(16, 383_336, 3_888_208),
        printed="3.89M",
        where=CA_TABLE,
        note="That SE and CBAM divide by 24 there is from memory; the numbers agree with it.",
    ),
    Total(
        "MobileNetV2 + CBAM",
        MOBILENET,
        (f"{AFTER_DEPTHWISE}=cbam(reduction=24)",),
        *(16, 384_936, 3_889_808),
        printed="3.89M",
        where=CA_TABLE,
    ),
    Total(
        *("Attention U-Net", "unet", ("fuse.*=attn_gate",), 4, 351_532, 34_878_573),
        printed="34,878,573",
        where="a count of `AttU_Net` in the widely copied repository of bigmb, 3 channels, 1 class",
        note="The generated `unet` of width 64 has 34,527,041, as its `U_Net`. The outputs equal "
        "those with MONAI's `AttentionBlock` at each skip.",
    ),
    Total(
        "U-Net with scSE in its decoder",
        "smp:Unet/resnet34",
        ("fuse.*=scse(reduction=16)", "decoder.*=scse(reduction=16)"),
        *(9, 113_796, 24_550_165),
        note="smp also makes a module of 195 parameters for a skip that its last block does not "
        "have, and never calls it.",
        library='smp `Unet(decoder_attention_type="scse")`',
        theirs=24_550_360,
        second=_smp_scse,
        idle="decoder.blocks.4.attention1",
    ),
)
