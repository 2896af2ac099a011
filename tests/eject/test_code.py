"""What the code looks like, and what cannot be written."""

import re

import pytest
import small_models
import torch
from conftest import CASES, Case
from torch import nn

from paperkit.eject.writer import EjectError, eject
from paperkit.eject.writer.record import recording, signature
from paperkit.eject.writer.verify import load
from paperkit.slots.info import About


def forward_of(text, name):
    """The lines of a class's forward."""
    body = (
        text.partition(f"class {name}(")[2].partition("    def forward")[2].partition("\n\n\n")[0]
    )
    return [line.strip() for line in body.splitlines()[1:]]


def test_the_unet_reads_as_its_author_wrote_it(comparison):
    assert forward_of(comparison.texts["unet"], "UNet") == [
        "height, width = x.shape[2:]",
        "x = F.pad(x, (0, -width % 16, 0, -height % 16))",
        "skip0 = self.encoder0_coord_att(self.encoder[0](x))",
        "x = self.down[0](skip0)",
        "skip1 = self.encoder1_coord_att(self.encoder[1](x))",
        "x = self.down[1](skip1)",
        "skip2 = self.encoder2_coord_att(self.encoder[2](x))",
        "x = self.down[2](skip2)",
        "skip3 = self.encoder3_coord_att(self.encoder[3](x))",
        "x = self.down[3](skip3)",
        "x = self.bottleneck(x)",
        "x = self.up[3](x)",
        "x = self.fuse3_cga_fusion(x, skip3)",
        "x = self.decoder[3](x)",
        "x = self.up[2](x)",
        "x = self.fuse2_cga_fusion(x, skip2)",
        "x = self.decoder[2](x)",
        "x = self.up[1](x)",
        "x = self.fuse1_cga_fusion(x, skip1)",
        "x = self.decoder[1](x)",
        "x = self.up[0](x)",
        "x = self.fuse0_cga_fusion(x, skip0)",
        "x = self.decoder[0](x)",
        "x = self.head(x)",
        "return x[..., :height, :width]",
    ]


def test_the_students_own_classes_stay_as_they_are(comparison):
    text = comparison.texts["unet"]
    assert (
        '''
class DoubleConv(nn.Sequential):
    """Twice 3x3 convolution, batch norm, ReLU."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__(*conv_bn_relu(into, out), *conv_bn_relu(out, out))
'''
        in text
    )
    assert "self.up = nn.ModuleList([Up(16, 8), Up(32, 16), Up(64, 32), Up(128, 64)])" in text


def test_one_class_stands_for_blocks_that_differ_in_numbers(comparison):
    text = comparison.texts["resnet"]
    classes = re.findall(r"^class (\w+)", text, flags=re.MULTILINE)
    assert classes[-4:] == ["BasicBlock", "BasicBlockWithSCConv", "Stage", "ResNet"]
    assert "BasicBlock(64, 64, nn.Identity())" in text
    assert forward_of(text, "Stage") == ["for block in self.blocks:", "x = block(x)", "return x"]


def test_modules_are_cited_with_their_licence(comparison):
    head = " ".join(comparison.texts["fuse"].partition("import")[0].split())
    assert "cga_fusion: Zixuan Chen et al.: DEA-Net: Single Image Dehazing" in head
    assert "Licence of the code: MIT." in head
    assert "segmentation_models_pytorch" in comparison.texts["smp-unet"].partition("import")[0]


def test_training_and_evaluation_are_told_apart():
    model = Case("small_models", "Modes", (), ("encoder.0=se",)).model()
    text = eject(model, torch.zeros(1, 3, 32, 48), about="A test.").text
    assert forward_of(text, "Modes")[:5] == [
        "batch, _, height, width = x.shape",
        "x = F.dropout(self.se(self.conv(x)), p=0.2, training=self.training)",
        "if self.training:",
        "x = x + torch.randn_like(x) * 0.1",
        "x += self.alpha",
    ]
    assert "reshape(batch, height, width, 8)" in text
    assert "persistent=False" in text


def test_one_of_two_sizes_is_not_frozen_into_the_file():
    model = Case("small_models", "Modes").model().eval()
    text = eject(model, torch.zeros(1, 3, 32, 48), about="A test.").text
    written, convert = load(text, "Modes")
    assert convert is None
    written.load_state_dict(model.state_dict())
    x = torch.rand(3, 3, 14, 10)
    assert torch.equal(written.eval()(x), model(x))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            small_models.Outer(small_models.Looks()),
            "inner (Looks): its forward looks at the values of a tensor (if or bool()), so the "
            "code that runs depends on the data",
        ),
        (
            small_models.Twice(),
            "one.inner is used in two places, one and two; one file with one class for each "
            "cannot share it",
        ),
        (
            small_models.Loose(),
            "the model (Loose): its forward uses a tensor [1, 1, 32, 32] that is no parameter or "
            "buffer; register it with register_buffer",
        ),
    ],
)
def test_what_cannot_be_written_is_refused(model, message):
    with pytest.raises(EjectError) as caught:
        eject(model, torch.zeros(1, 3, 32, 32), about="A test.")
    assert str(caught.value) == message


def test_code_that_depends_on_the_size_says_so():
    made = eject(small_models.Sized(), torch.zeros(1, 3, 32, 32), about="A test.")
    assert made.fixed
    model, _ = load(made.text, "Sized")
    with pytest.raises(ValueError, match=r"^\(3, 64, 64\): this network takes 3x32x32$"):
        model(torch.zeros(1, 3, 64, 64))


def test_the_class_may_have_another_name():
    case = CASES["branch"]
    made = eject(case.model(), case.example(), about="A test.", name="OurNet")
    assert made.top == "OurNet"
    assert "class OurNet(nn.Module):" in made.text
    assert "model = OurNet().eval()" in made.text


def test_what_a_class_takes_is_known_while_constructors_are_recorded():
    """Before 3.11.4, inspect asks an inherited __new__ before the __init__ that is inherited."""

    class Theirs(nn.Module):
        def __init__(self, channels, *, reduction=4):
            super().__init__()

    class Ours(Theirs):
        """Inherits its constructor."""

    with recording():
        nn.BatchNorm2d(2)
        assert [*signature(nn.BatchNorm2d).parameters][:2] == ["num_features", "eps"]
        assert [*About("ours", Ours, {}).parameters()] == ["channels", "reduction"]
