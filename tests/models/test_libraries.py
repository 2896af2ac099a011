"""Models by name: the library's own, at any size, with its weights; and whole messages."""

import copy
import io
import sys
import urllib.error
from pathlib import Path
from typing import Any

import pytest
import segmentation_models_pytorch as smp
import timm
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from paperkit.models.libraries import NotFound, build, wrong_task


def make(name: str, **given: Any) -> nn.Module:
    return build(name, **{"channels": 3, "classes": 4, "size": (64, 64), **given})


def refused(name: str, **given: Any) -> str:
    with pytest.raises(NotFound) as caught:
        make(name, **given)
    return str(caught.value)


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("name", "classes", "params"),
    [  # as the libraries document them
        ("torchvision:resnet18", 1000, 11_689_512),
        ("torchvision:squeezenet1_1", 1000, 1_235_496),
        ("timm:resnet18", 1000, 11_689_512),
        ("smp:Unet/resnet34", 1, 24_436_369),
    ],
)
def test_published_sizes(name: str, classes: int, params: int) -> None:
    assert count(make(name, classes=classes)) == params


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("smp:FPN/resnet18", (2, 4, 45, 70)),
        ("smp:PAN/resnet18", (2, 4, 45, 70)),  # needs 128
        ("timm:vit_tiny_patch16_224", (2, 4)),
        ("timm:test_resnet", (2, 4)),
        ("torchvision:mobilenet_v3_small", (2, 4)),
    ],
)
def test_odd_sizes_and_other_channels(name: str, answer: tuple[int, ...]) -> None:
    model = make(name, channels=2, size=(45, 70)).eval()
    with torch.no_grad():
        assert model(noise(2, 2, 45, 70)).shape == answer


@pytest.mark.parametrize("name", ["plain", "residual"])
def test_nnunet_has_fewer_stages_on_small_images(name: str) -> None:
    pytest.importorskip("dynamic_network_architectures")
    model = make(f"nnunet:{name}", channels=1, size=(45, 37)).eval()
    stages = model.get_submodule("encoder.stages")
    assert len(list(stages.children())) == 4  # 37, 19, 10, 5: the deepest has 4 pixels or more
    with torch.no_grad():
        assert model(noise(2, 1, 45, 37)).shape == (2, 4, 45, 37)


def test_it_is_the_librarys_model_on_the_padded_image() -> None:
    model, theirs = (
        make("smp:Unet/resnet18").eval(),
        smp.Unet("resnet18", encoder_weights=None, classes=4).eval(),
    )
    theirs.load_state_dict(model.state_dict())
    image = noise(1, 3, 40, 33)
    with torch.no_grad():
        wanted = theirs(F.pad(image, (0, 31, 0, 24)))[..., :40, :33]
        assert torch.equal(model(image), wanted)
    assert isinstance(model, smp.Unet) and type(model).__name__ == "Unet"


def test_a_transformer_gets_positions_for_the_size() -> None:
    model = make("timm:vit_tiny_patch16_224", size=(64, 90))
    positions = model.get_parameter("pos_embed")
    assert positions.shape[1] == 1 + 4 * 6  # 90 is padded to 96


def test_copies_and_files_of_a_padded_model() -> None:
    model, image = make("smp:FPN/resnet18").eval(), noise(1, 3, 40, 33)
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    twins = [copy.deepcopy(model), torch.load(file, weights_only=False)]
    with torch.no_grad():
        assert all(torch.equal(twin(image), model(image)) for twin in twins)


@pytest.fixture(scope="module")
def imagenet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights as torchvision gives them: 1000 classes, 3 channels."""
    file = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(torchvision.models.resnet18().state_dict(), file)
    return file


def differing(model: nn.Module, state: dict[str, Tensor]) -> set[str]:
    own = model.state_dict()
    return {
        key for key, value in state.items() if key not in own or not torch.equal(value, own[key])
    }


def test_weights_for_other_classes_leave_the_head_fresh(imagenet: Path) -> None:
    state = torch.load(imagenet, weights_only=True)
    head = {"fc.weight", "fc.bias"}
    for name in ("torchvision:resnet18", "timm:resnet18"):
        assert differing(make(name, weights=str(imagenet)), state) == head
        assert differing(make(name, classes=1000, weights=str(imagenet)), state) == set()
    encoder = make("smp:FPN/resnet18", weights=str(imagenet)).get_submodule("encoder")
    assert differing(encoder, {k: v for k, v in state.items() if k not in head}) == set()


@pytest.mark.parametrize("name", ["torchvision:resnet18", "smp:FPN/resnet18"])
def test_a_grey_image_gives_what_it_gave_in_three_channels(name: str, imagenet: Path) -> None:
    path = "conv1" if name.startswith("torch") else "encoder.conv1"
    three = make(name, weights=str(imagenet)).get_submodule(path)
    for channels in (1, 5):
        model = make(name, channels=channels, weights=str(imagenet))
        grey = noise(1, 1, 8, 8)
        got = model.get_submodule(path)(grey.expand(-1, channels, -1, -1))
        torch.testing.assert_close(got, three(grey.expand(-1, 3, -1, -1)))


def test_weights_that_do_not_fit(imagenet: Path, tmp_path: Path) -> None:
    assert refused("torchvision:resnet34", weights=str(imagenet)) == (
        "the weights resnet18.pth do not fit resnet34: they have no layer1.2.conv1.weight, "
        "layer1.2.bn1.weight, layer1.2.bn1.bias and 77 more; name the model that they are of"
    )
    broken = tmp_path / "weights.pth"
    broken.write_bytes(b"no weights")
    assert refused("torchvision:resnet18", weights=str(broken)).startswith(
        f"{broken} cannot be read as weights (UnpicklingError: "
    )


@pytest.mark.parametrize("name", ["torchvision:resnet18", "timm:resnet18", "smp:FPN/resnet18"])
def test_no_network_is_one_message(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no network")

    weights = torchvision.models.ResNet18_Weights.DEFAULT
    monkeypatch.setattr(type(weights), "get_state_dict", fail)
    monkeypatch.setattr(timm.models._builder, "load_state_dict_from_hf", fail)
    monkeypatch.setattr(smp.encoders, "hf_hub_download", fail)
    source, _, model = name.partition(":")
    mirror = ", or a mirror of the hub: HF_ENDPOINT=https://... in the environment"
    assert refused(name, weights="imagenet") == (
        f"the ImageNet weights of {model} cannot be fetched (URLError: <urlopen error no network>)"
        "; fetch them where there is a network, and name the file: model.backbone_weights=FILE"
        f"{'' if source == 'torchvision' else mirror}"
    )


FORMS = "smp:ARCH/ENCODER, timm:NAME, torchvision:NAME, nnunet:plain, nnunet:residual"
MISTAKES = {
    "keras:unet": f"no library is called 'keras'; models by name are {FORMS}",
    "smp:Unit/resnet18": "smp has no 'Unit'; did you mean 'Unet'?; it has Unet, UnetPlusPlus, "
    "MAnet, Linknet, FPN, PSPNet, DeepLabV3, DeepLabV3Plus, PAN, UPerNet, Segformer, DPT",
    "smp:FPN/resnet19": "smp has no encoder 'resnet19'; did you mean 'resnet18'?; the form is "
    "smp:FPN/resnet34",
    "smp:FPN/tu-resnet19": "timm has no 'resnet19'; did you mean 'resnet18'?; the form is "
    "smp:FPN/tu-resnet34",
    "timm:resnet19": "timm has no 'resnet19'; did you mean 'resnet18'?; the form is timm:resnet50",
    "torchvision:resnet19": "torchvision has no 'resnet19'; did you mean 'resnet18'?; the form is "
    "torchvision:resnet50",
    "torchvision:maxvit_t": "maxvit_t cannot take images of 64x64; use larger ones, such as 224",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_wrong_name_says_what_would_be_right(name: str) -> None:
    assert refused(name) == MISTAKES[name]


def test_a_library_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    monkeypatch.setitem(sys.modules, "dynamic_network_architectures", None)
    assert refused("timm:resnet18") == "timm is not installed; pip install timm"
    assert refused("nnunet:plain") == (
        "dynamic-network-architectures is not installed; "
        "pip install 'dynamic-network-architectures<0.4.3'"
    )


def test_the_other_task() -> None:
    assert wrong_task("timm:resnet18", "classification") is None
    assert wrong_task("nnunet:plain", "segmentation") is None
    assert wrong_task("timm:resnet18", "segmentation") == (
        "timm has models for classification only; use smp:Unet/tu-resnet18 or unet"
    )
    assert wrong_task("torchvision:vgg16", "segmentation") == (
        "torchvision has models for classification only; use smp:Unet/resnet34 or unet"
    )
    assert wrong_task("smp:FPN/resnet18", "classification") == (
        "smp has models for segmentation only; use resnet18, resnet34, resnet50, timm:NAME or "
        "torchvision:NAME"
    )
