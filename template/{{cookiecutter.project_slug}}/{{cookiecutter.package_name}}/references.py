"""What a run borrowed, as run.json's `cites`: the model, the loss, the optimiser and the plugs."""

from torch import nn

from . import slots
from .config import Config

# title, authors, venue, year; everything that a .bib entry of these needs
PAPERS = {
    "ronneberger2015unet": (
        "U-Net: Convolutional Networks for Biomedical Image Segmentation",
        "Ronneberger, Olaf and Fischer, Philipp and Brox, Thomas",
        "Medical Image Computing and Computer-Assisted Intervention (MICCAI)",
        2015,
    ),
    "he2016resnet": (
        "Deep Residual Learning for Image Recognition",
        "He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian",
        "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
        2016,
    ),
    "milletari2016vnet": (
        "V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image Segmentation",
        "Milletari, Fausto and Navab, Nassir and Ahmadi, Seyed-Ahmad",
        "International Conference on 3D Vision (3DV)",
        2016,
    ),
    "lin2017focal": (
        "Focal Loss for Dense Object Detection",
        r"Lin, Tsung-Yi and Goyal, Priya and Girshick, Ross and He, Kaiming and Doll{\'a}r, Piotr",
        "IEEE International Conference on Computer Vision (ICCV)",
        2017,
    ),
    "loshchilov2019adamw": (
        "Decoupled Weight Decay Regularization",
        "Loshchilov, Ilya and Hutter, Frank",
        "International Conference on Learning Representations (ICLR)",
        2019,
    ),
    "loshchilov2017sgdr": (
        "{SGDR}: Stochastic Gradient Descent with Warm Restarts",
        "Loshchilov, Ilya and Hutter, Frank",
        "International Conference on Learning Representations (ICLR)",
        2017,
    ),
    "lin2017fpn": (
        "Feature Pyramid Networks for Object Detection",
        r"Lin, Tsung-Yi and Doll{\'a}r, Piotr and Girshick, Ross and He, Kaiming and "
        "Hariharan, Bharath and Belongie, Serge",
        "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
        2017,
    ),
    "chen2018deeplabv3plus": (
        "Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation",
        "Chen, Liang-Chieh and Zhu, Yukun and Papandreou, George and Schroff, Florian and "
        "Adam, Hartwig",
        "European Conference on Computer Vision (ECCV)",
        2018,
    ),
    "zhou2018unetpp": (
        "{UNet++}: A Nested {U-Net} Architecture for Medical Image Segmentation",
        "Zhou, Zongwei and Siddiquee, Md Mahfuzur Rahman and Tajbakhsh, Nima and Liang, Jianming",
        "Deep Learning in Medical Image Analysis (DLMIA)",
        2018,
    ),
    "zhao2017pspnet": (
        "Pyramid Scene Parsing Network",
        "Zhao, Hengshuang and Shi, Jianping and Qi, Xiaojuan and Wang, Xiaogang and Jia, Jiaya",
        "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
        2017,
    ),
}
SMP = (
    "@misc{iakubovskii2019smp,\n  author = {Iakubovskii, Pavel},\n"
    "  title = {Segmentation Models {PyTorch}},\n  year = {2019},\n"
    "  howpublished = {\\url{https://github.com/qubvel-org/segmentation_models.pytorch}}\n}"
)
ARCHITECTURES = {
    "Unet": "ronneberger2015unet",
    "UnetPlusPlus": "zhou2018unetpp",
    "FPN": "lin2017fpn",
    "DeepLabV3Plus": "chen2018deeplabv3plus",
    "PSPNet": "zhao2017pspnet",
}


def cites(config: Config, model: nn.Module) -> list[dict[str, str]]:
    """[{key, bibtex, for}], each paper once: the model first, then loss, optimiser, plugs."""
    found = [(key, config.model.name) for key in _model(config.model.name)]
    if config.loss.name in ("dice", "dice_ce"):
        found.append(("milletari2016vnet", "Dice loss"))
    if config.loss.name == "focal":
        found.append(("lin2017focal", "focal loss"))
    if config.optim.name == "adamw":
        found.append(("loshchilov2019adamw", "AdamW"))
    if config.optim.schedule == "cosine":
        found.append(("loshchilov2017sgdr", "cosine schedule"))
    entries = [{"key": key, "bibtex": bibtex(key), "for": what} for key, what in found]
    return list({entry["key"]: entry for entry in [*entries, *slots.cites(model)]}.values())


def bibtex(key: str) -> str:
    """The .bib entry of one of PAPERS."""
    if key == "iakubovskii2019smp":
        return SMP
    title, authors, venue, year = PAPERS[key]
    return (
        f"@inproceedings{{{key},\n  author = {{{authors}}},\n  title = {{{title}}},\n"
        f"  booktitle = {{{venue}}},\n  year = {{{year}}}\n}}"
    )


def _model(name: str) -> list[str]:
    if name.startswith("resnet"):
        return ["he2016resnet"]
    if name == "unet":
        return ["ronneberger2015unet"]
    if not name.startswith("smp:"):
        return []
    arch, _, encoder = name.removeprefix("smp:").partition("/")
    papers = [ARCHITECTURES[arch]] if arch in ARCHITECTURES else []
    residual = ["he2016resnet"] if encoder.startswith("resnet") else []
    return [*papers, *residual, "iakubovskii2019smp"]
