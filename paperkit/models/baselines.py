"""The baselines of the textbooks, each by one name: where the model comes from, and its papers.

A name that stands here may be used wherever a model is named: `--baseline`, `model.name`, the
methods of a comparison. "own" models are this project's code (MODELS); the others are a library's.
Projects have the same copy of this file and of references.bib beside it.
"""

# ruff: noqa: E501 - a table has its columns
import re
from dataclasses import dataclass

__all__ = ["BASELINES", "Baseline", "find", "keys"]


@dataclass(frozen=True)
class Baseline:
    """One baseline.

    Attributes:
        task: "classification" or "segmentation".
        model: Name of the model, as build() of the libraries or MODELS takes it.
        title: What tables and texts call it.
        papers: Keys in references.bib, the library's last.
    """

    task: str
    model: str
    title: str
    papers: tuple[str, ...]


LIBRARY = {
    "smp": "iakubovskii2019smp",
    "timm": "wightman2019timm",
    "torchvision": "torchvision2016",
}


def _rows(task: str, table: str) -> dict[str, Baseline]:
    """Read lines of NAME MODEL TITLE KEY[,KEY]; ~ is a space of a title."""
    found = {}
    for line in filter(None, map(str.strip, table.splitlines())):
        name, model, title, papers = line.split()
        source = LIBRARY.get(model.partition(":")[0])
        cited = (*papers.split(","), *([source] if source else []))
        found[name] = Baseline(task, model, title.replace("~", " "), cited)
    return found


BASELINES = _rows(
    "classification",
    """
    softmax_regression  softmax_regression              Softmax~regression  bridle1990softmax
    mlp                 mlp                             MLP                 rumelhart1986learning
    lenet               lenet                           LeNet-5             lecun1998lenet
    alexnet             torchvision:alexnet             AlexNet             krizhevsky2012alexnet,krizhevsky2014weird
    vgg11               torchvision:vgg11               VGG-11              simonyan2015vgg
    vgg13               torchvision:vgg13               VGG-13              simonyan2015vgg
    vgg16               torchvision:vgg16               VGG-16              simonyan2015vgg
    vgg19               torchvision:vgg19               VGG-19              simonyan2015vgg
    vgg16_bn            torchvision:vgg16_bn            VGG-16-BN           simonyan2015vgg
    nin                 nin                             NiN                 lin2014nin
    googlenet           torchvision:googlenet           GoogLeNet           szegedy2015googlenet
    resnet18            resnet18                        ResNet-18           he2016resnet
    resnet34            resnet34                        ResNet-34           he2016resnet
    resnet50            resnet50                        ResNet-50           he2016resnet
    resnet101           torchvision:resnet101           ResNet-101          he2016resnet
    resnet152           torchvision:resnet152           ResNet-152          he2016resnet
    resnext50           torchvision:resnext50_32x4d     ResNeXt-50          xie2017resnext
    resnext101          torchvision:resnext101_32x8d    ResNeXt-101         xie2017resnext
    resnest50           timm:resnest50d                 ResNeSt-50          zhang2022resnest
    mobilenet_v1        timm:mobilenetv1_100            MobileNetV1         howard2017mobilenets
    mobilenet_v2        torchvision:mobilenet_v2        MobileNetV2         sandler2018mobilenetv2
    mobilenet_v3_large  torchvision:mobilenet_v3_large  MobileNetV3-L       howard2019mobilenetv3
    mobilenet_v3_small  torchvision:mobilenet_v3_small  MobileNetV3-S       howard2019mobilenetv3
    efficientnet_b0     torchvision:efficientnet_b0     EfficientNet-B0     tan2019efficientnet
    efficientnet_b1     torchvision:efficientnet_b1     EfficientNet-B1     tan2019efficientnet
    efficientnet_b2     torchvision:efficientnet_b2     EfficientNet-B2     tan2019efficientnet
    efficientnet_b3     torchvision:efficientnet_b3     EfficientNet-B3     tan2019efficientnet
    efficientnet_b4     torchvision:efficientnet_b4     EfficientNet-B4     tan2019efficientnet
    densenet121         torchvision:densenet121         DenseNet-121        huang2017densenet
    densenet169         torchvision:densenet169         DenseNet-169        huang2017densenet
    densenet201         torchvision:densenet201         DenseNet-201        huang2017densenet
    convnext_tiny       torchvision:convnext_tiny       ConvNeXt-T          liu2022convnext
    convnext_small      torchvision:convnext_small      ConvNeXt-S          liu2022convnext
    convnext_base       torchvision:convnext_base       ConvNeXt-B          liu2022convnext
    vit_b_16            torchvision:vit_b_16            ViT-B/16            dosovitskiy2021vit
    vit_b_32            torchvision:vit_b_32            ViT-B/32            dosovitskiy2021vit
    vit_l_16            torchvision:vit_l_16            ViT-L/16            dosovitskiy2021vit
    swin_t              torchvision:swin_t              Swin-T              liu2021swin
    swin_s              torchvision:swin_s              Swin-S              liu2021swin
    swin_b              torchvision:swin_b              Swin-B              liu2021swin
    """,
)
BASELINES |= _rows(
    "segmentation",
    """
    unet                unet                            U-Net               ronneberger2015unet
    attention_unet      attention_unet                  Attention~U-Net     oktay2018attention,ronneberger2015unet
    resunet             resunet                         ResUNet             zhang2018resunet
    unetpp              smp:UnetPlusPlus/resnet34       U-Net++             zhou2018unetpp,he2016resnet
    nnunet_plain        nnunet:plain                    nnU-Net             isensee2021nnunet
    nnunet_residual     nnunet:residual                 nnU-Net~(ResEnc)    isensee2021nnunet,isensee2024revisited
    fpn                 smp:FPN/resnet34                FPN                 lin2017fpn,he2016resnet
    linknet             smp:Linknet/resnet34            LinkNet             chaurasia2017linknet,he2016resnet
    pspnet              smp:PSPNet/resnet34             PSPNet              zhao2017pspnet,he2016resnet
    pan                 smp:PAN/resnet34                PAN                 li2018pan,he2016resnet
    manet               smp:MAnet/resnet34              MA-Net              fan2020manet,he2016resnet
    deeplabv3           smp:DeepLabV3/resnet34          DeepLabV3           chen2017deeplabv3,he2016resnet
    deeplabv3plus       smp:DeepLabV3Plus/resnet34      DeepLabV3+          chen2018deeplabv3plus,he2016resnet
    upernet             smp:UPerNet/resnet34            UPerNet             xiao2018upernet,he2016resnet
    segformer           smp:Segformer/mit_b0            SegFormer-B0        xie2021segformer
    dpt                 smp:DPT/tu-vit_base_patch16_224.augreg_in21k  DPT   ranftl2021dpt,dosovitskiy2021vit
    """,
)
ARCHITECTURES = {  # of smp, where another encoder is named than a baseline has
    row.model.partition("/")[0]: row.papers[0]
    for row in BASELINES.values()
    if row.model.startswith("smp:")
} | {"smp:Unet": "ronneberger2015unet"}


def find(name: str) -> Baseline | None:
    """Return the baseline of a name, or of its model's name; None for any other model."""
    return BASELINES.get(name) or next((b for b in BASELINES.values() if b.model == name), None)


def keys(name: str) -> tuple[str, ...]:
    """Return the keys in references.bib of a model's papers, its library's last."""
    known = find(name)
    if known:
        return known.papers
    source, _, rest = name.partition(":")
    papers = [ARCHITECTURES[a] for a in [f"smp:{rest.partition('/')[0]}"] if a in ARCHITECTURES]
    papers += _family(rest.partition("/")[2] if source == "smp" else rest)
    return (*dict.fromkeys(papers), *([LIBRARY[source]] if source in LIBRARY else []))


FAMILIES = {  # how a backbone's name begins -> its paper; versions are papers of their own
    "convnext": "liu2022convnext",
    "densenet": "huang2017densenet",
    "efficientnet": "tan2019efficientnet",
    "mit_b": "xie2021segformer",
    "mobilenet_v1": "howard2017mobilenets",
    "mobilenet_v2": "sandler2018mobilenetv2",
    "mobilenet_v3": "howard2019mobilenetv3",
    "resnest": "zhang2022resnest",
    "resnet": "he2016resnet",
    "resnext": "xie2017resnext",
    "swin": "liu2021swin",
    "vgg": "simonyan2015vgg",
    "vit": "dosovitskiy2021vit",
}


def _family(model: str) -> list[str]:
    plain = re.sub("^(tu-|timm-)", "", model).replace("-", "_")
    plain = re.sub(r"(mobilenet)v", r"\1_v", plain)
    return [paper for stem, paper in FAMILIES.items() if re.match(rf"{stem}(_(?!v\d)|\d|$)", plain)]
