"""Published networks are made by plugging: parameters, and a library's outputs."""

import importlib
import runpy
import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from second import carry, shake
from test_conv_blocks import RES2NET, renamed
from torch import nn
from totals import TOTALS

import paperkit.slots
from paperkit.zoo.load import find

IMAGE = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(3))
DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
NAMES = {row.name: row for row in TOTALS}


def total(model):
    return sum(p.numel() for p in model.parameters())


@cache
def package(home):
    """The name of a generated project's package, which can be imported."""
    from paperkit import scaffold

    name = "totals_project"
    answers = scaffold.make_answers({"project_name": name})
    sys.path.insert(0, str(scaffold.create(answers, home / name)))
    return name


@pytest.fixture(scope="module")
def unet(tmp_path_factory):
    """Make the generated U-Net, and the engine that its slots belong to."""

    def make(**options):
        name = package(tmp_path_factory.getbasetemp())
        model = importlib.import_module(f"{name}.models.unet").UNet(3, 1, **options)
        return model, importlib.import_module(f"{name}.slots")

    return make


@pytest.fixture
def base(unet):
    """Make what a row plugs into, and the engine."""

    def make(row):
        torch.manual_seed(0)
        if row.base == "unet":
            return unet()
        from paperkit.models.libraries import build

        classes = 1 if row.base.startswith("smp:") else 1000
        return build(row.base, channels=3, classes=classes, size=(64, 64)), paperkit.slots

    return make


@pytest.mark.parametrize("name", NAMES)
def test_plugging_makes_the_published_network(base, name):
    row = NAMES[name]
    with torch.device("cpu" if row.second else "meta"):
        model, engine = base(row)
        example = torch.zeros(1, 3, 64, 64)
    before, keys = total(model), set(model.state_dict())
    engine.apply(model, row.plugs, example, find=find)
    assert len(engine.records(model)) == row.places
    assert (total(model), total(model) - before) == (row.total, row.added)
    if row.second:
        theirs = row.second()
        assert total(theirs) == row.theirs
        if row.idle:
            assert row.theirs - total(theirs.get_submodule(row.idle)) == row.total
            theirs.set_submodule(row.idle, nn.Identity())
        agree(awake(model).double(), theirs.double(), keys)


def awake(model):
    """Let every part be felt at the end: nothing is zero, and the statistics fit the features."""
    for parameter in model.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.2)
    for norm in (m for m in model.modules() if isinstance(m, nn.BatchNorm2d)):
        norm.momentum = 1.0  # the running statistics become those of the image
    with torch.no_grad():
        model.train()(IMAGE)
    return model.eval()


def agree(model, theirs, keys):
    """With the same weights both say the same; with another bias at either end they do not."""
    if not hasattr(model, "plugged"):
        same(model, said(copied(model, theirs)))
        return
    plugs = called(model)
    want = said(grafted(model, plugs, theirs, keys))
    same(model, want)
    for plug in (plugs[0], plugs[-1]):
        parameter = list(plug.parameters())[-1]
        parameter.data += 0.5
        with pytest.raises(AssertionError, match="not close"):
            same(model, want)
        parameter.data -= 0.5


def said(model):
    with torch.no_grad():
        return model.eval()(IMAGE.double())


def same(model, want):
    torch.testing.assert_close(said(model), want, rtol=0, atol=1e-9 * float(want.abs().max()))


def copied(model, theirs):
    """Copy the weights of replaced blocks and of all else."""
    names = {type(module).__name__ for module in model.modules()}
    return renamed(model, theirs, *RES2NET) if "Res2NetBlock" in names else carry(model, theirs)


def grafted(model, plugs, theirs, keys):
    """Copy the base by its names, and the plugs one by one, in the order of the forward pass."""
    ours, wanted = model.state_dict(), theirs.state_dict()
    values = [value for plug in plugs for value in plug.state_dict().values()]
    more = [key for key in wanted if key not in keys]
    for key, value in zip(more, values, strict=True):
        wanted[key] = value.reshape(wanted[key].shape)
    theirs.load_state_dict({**wanted, **{key: ours[key] for key in keys}})
    return theirs


def called(model):
    order = []
    for plug in (plug for slot in model.plugged for plug in slot.plugs):
        plug.register_forward_hook(lambda plug, *_: order.append(plug))
    said(model)
    return list(order)


@pytest.mark.parametrize("row", [row for row in TOTALS if row.printed], ids=lambda row: row.name)
def test_what_was_printed_is_our_number_rounded(row):
    ours = row.added if row.printed.startswith("+") else row.total
    printed = row.printed.removeprefix("+")
    digits = len(printed.removesuffix("M").partition(".")[2])
    exact = not printed.endswith("M")
    assert printed == (f"{ours:,}" if exact else f"{ours / 1e6:.{digits}f}M")


def test_attention_gates_stand_where_they_do_in_attention_unet(unet):
    from monai.networks.nets.attentionunet import AttentionBlock

    torch.manual_seed(0)
    model, engine = unet(width=8)
    engine.apply(model, ["fuse.*=attn_gate"], torch.zeros(1, 3, 64, 64), find=find)
    gates = []
    for slot, width in zip(model.fuse_slot, (8, 16, 32, 64), strict=True):
        gate = AttentionBlock(spatial_dims=2, f_int=width // 2, f_g=width, f_l=width)
        gates.append(carry(shake(slot.plugs[0]), gate).eval())
    with torch.no_grad():
        want = attention_unet(model.eval(), gates, IMAGE)
        torch.testing.assert_close(model(IMAGE), want, rtol=1e-5, atol=1e-5)


def attention_unet(model, gates, x):
    """Attention U-Net written out: each skip is gated by what comes up to it."""
    skips = []
    for encoder in model.encoder:
        skips.append(encoder(x))
        x = torch.nn.functional.max_pool2d(skips[-1], 2)
    x = model.bottleneck(x)
    for level in (3, 2, 1, 0):
        up = model.up[level](x)
        x = model.decoder[level](torch.cat([up, gates[level](up, skips[level])], dim=1))
    return model.head(x)


def test_the_page_is_the_table():
    page = runpy.run_path(str(DOCS / "totals.py"))["page"]()
    kept = (DOCS / "totals.md").read_text(encoding="utf-8")
    assert kept == page, "run: python docs/reference/totals.py"
