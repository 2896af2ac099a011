"""12 architectures x 8 encoders: every slot takes a plug, and the output depends on each.

The judge is the one of benchmarks/slots_everywhere.py, which asks the same of all libraries.
"""

import importlib.util
import warnings
from functools import partial
from pathlib import Path

import pytest

with warnings.catch_warnings():  # timm, which it imports, uses what torch has deprecated
    warnings.simplefilter("ignore", FutureWarning)
    import segmentation_models_pytorch as library

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "slots_everywhere.py"
NAMES = (
    *("Unet", "UnetPlusPlus", "MAnet", "Linknet", "FPN", "PAN", "PSPNet"),
    *("DeepLabV3", "DeepLabV3Plus", "UPerNet", "Segformer"),
)
ENCODERS = (
    *("resnet18", "efficientnet-b0", "mobilenet_v2", "vgg11_bn", "densenet121", "mit_b0"),
    *("tu-convnext_atto", "tu-swin_tiny_patch4_window7_224"),
)
VITS = (  # DPT takes plain transformers only
    *("tu-vit_tiny_patch16_224", "tu-deit_tiny_patch16_224", "tu-deit_tiny_distilled_patch16_224"),
    *("tu-vit_wee_patch16_reg1_gap_256", "tu-vit_pwee_patch16_reg1_gap_256"),
    *("tu-vit_dwee_patch16_reg1_gap_256", "tu-vit_small_patch16_dinov3"),
    "tu-flexivit_small",
)
SWIN = ENCODERS[-1]
# the library's own refusals: no dilation in the encoder, or no feature at half of the size
IMPOSSIBLE = {
    *((name, "vgg11_bn") for name in ("PAN", "DeepLabV3", "DeepLabV3Plus")),
    *((name, "densenet121") for name in ("PAN", "DeepLabV3", "DeepLabV3Plus")),
    *((name, SWIN) for name in ("PAN", "DeepLabV3", "DeepLabV3Plus")),
    *((name, "mit_b0") for name in ("UnetPlusPlus", "Linknet")),
}


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("slots_everywhere", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "slots_everywhere", module)
        spec.loader.exec_module(module)
        yield module


def made(name, encoder):
    more = {"img_size": 64} if "224" in encoder or name == "DPT" else {}
    return partial(getattr(library, name), encoder, encoder_weights=None, **more)


GRID = [(name, encoder) for name in NAMES for encoder in ENCODERS]
GRID += [("DPT", encoder) for encoder in VITS]


@pytest.mark.parametrize(("name", "encoder"), GRID)
def test_every_slot_takes_a_plug_that_counts(script, name, encoder):
    size = 128 if name == "PAN" else 64  # PAN halves three times more
    found = script.verdict((name, made(name, encoder), (3, size, size)))
    if (name, encoder) in IMPOSSIBLE:
        assert found.refused
        return
    assert found.refused == ""
    assert found.wrong == {}
    assert {"bottleneck", "head"} <= set(found.slots)
    assert found.asked > 5
