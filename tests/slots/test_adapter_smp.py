"""segmentation_models_pytorch: the U-Net's names on every architecture, and what they do."""

import copy
import io
import warnings

import pytest
import torch
from torch import nn

from paperkit.slots import SlotError, apply, records, table
from paperkit.slots.sites import regions, sites

with warnings.catch_warnings():  # timm, which it imports, uses what torch has deprecated
    warnings.simplefilter("ignore", FutureWarning)
    import segmentation_models_pytorch as library

EXAMPLE = torch.zeros(1, 3, 64, 64)
X = torch.linspace(0, 1, 2 * 3 * 64 * 64).reshape(2, 3, 64, 64)
ENCODER = ["encoder.0-4", "stem", "stage.0-3"]

# what each decoder's forward reads (skip), concatenates (fuse) and gives at which size (decoder)
DECODERS = {
    "Unet": ["skip.0-3", "bottleneck", "decoder.0-3", "fuse.0-3", "decoder.full", "head"],
    "UnetPlusPlus": ["skip.0-3", "bottleneck", "decoder.0-3", "fuse.0-3", "decoder.full", "head"],
    "MAnet": ["skip.0-3", "bottleneck", "decoder.0-3", "fuse.0-3", "decoder.full", "head"],
    "Linknet": ["skip.0-3", "bottleneck", "decoder.0-3", "decoder.full", "head"],
    "FPN": ["skip.1-3", "bottleneck", "decoder.1-4", "head"],
    "PAN": ["skip.1-3", "bottleneck", "decoder.1-3", "head"],
    "UPerNet": ["skip.1-3", "bottleneck", "decoder.1-3", "head"],
    "Segformer": ["skip.0-3", "bottleneck", "decoder.0-4", "head"],
    "DeepLabV3": ["bottleneck", "decoder.2", "head"],
    "DeepLabV3Plus": ["skip.1", "bottleneck", "decoder.1", "fuse.1", "head"],
}


class Shift(nn.Module):
    """x + 1, with a parameter that a gradient reaches."""

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x):
        return x + self.bias


def made(name, encoder="resnet18", **more):
    torch.manual_seed(0)
    model = getattr(library, name)(encoder, encoder_weights=None, classes=2, **more)
    return model.eval()


def small():
    return made("Unet", encoder_depth=3, decoder_channels=(16, 8, 8))


@pytest.mark.parametrize("name", DECODERS)
def test_every_architecture_has_the_slots_that_its_decoder_has(name):
    assert regions(sites(made(name))) == ENCODER + DECODERS[name]


def test_a_shallow_encoder_has_fewer():
    assert regions(sites(made("PSPNet"))) == [
        "encoder.0-2",
        "stem",
        "stage.0-1",
        "bottleneck",
        "decoder.2",
        "head",
    ]


@pytest.mark.parametrize("encoder", ["efficientnet-b0", "mobilenet_v2", "vgg11_bn"])
def test_other_encoders_have_the_same_names(encoder):
    model = made("Unet", encoder)
    assert regions(sites(model)) == ENCODER + DECODERS["Unet"]
    wide = {row["slot"]: (row["channels"], row["size"]) for row in table(model, EXAMPLE)}
    for n, channels in enumerate(model.encoder.out_channels[1:]):
        assert wide[f"encoder.{n}"] == (channels, [32 >> n, 32 >> n])


def test_a_transformer_encoder_has_no_stem():
    assert regions(sites(made("Unet", "mit_b0")))[:3] == ["encoder.1-4", "stage.0-3", "skip.1-3"]


@pytest.mark.parametrize("name", ["Unet", "UnetPlusPlus", "Linknet", "FPN", "DeepLabV3Plus"])
def test_a_skip_is_what_the_decoder_gets_of_one_feature(name):
    model = made(name)
    with torch.no_grad():
        features = list(model.encoder(X))
        features[2] = features[2] + 1
        want = model.segmentation_head(model.decoder(features))
        apply(model, ["skip.1=shift"], EXAMPLE, find=lambda _: Shift)
        assert torch.equal(model(X), want)


@pytest.mark.parametrize("encoder", ["resnet18", "efficientnet-b0", "vgg11_bn"])
def test_an_encoder_slot_changes_the_skip_and_what_comes_after(encoder):
    model = made("Unet", encoder)
    with torch.no_grad():
        before = model.encoder(X)
        apply(model, ["encoder.2=shift"], EXAMPLE, find=lambda _: Shift)
        after = model.encoder(X)
    same = [torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert same == [True, True, True, False, False, False]
    assert torch.equal(after[3], before[3] + 1)


class Ordered(nn.Module):
    """A fusion whose value tells which input is which."""

    def __init__(self, x_channels, skip_channels):
        super().__init__()
        self.widths = (x_channels, skip_channels)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x, skip):
        assert (x.shape[1], skip.shape[1]) == self.widths
        return torch.cat([x, skip * 0 * self.scale], 1)


@pytest.mark.parametrize(
    ("name", "block"),
    [("Unet", "blocks.2"), ("UnetPlusPlus", "blocks.x_0_2"), ("MAnet", "blocks.2")],
)
def test_fuse_takes_the_concatenation_apart(name, block):
    model = made(name)
    skips = model.encoder.out_channels[2] * (3 if name == "UnetPlusPlus" else 1)
    conv = model.decoder.get_submodule(block).conv1

    def mute(module, args):
        return (torch.cat([args[0][:, :-skips], args[0][:, -skips:] * 0], 1),)

    with torch.no_grad():
        by_hand = conv.register_forward_pre_hook(mute)
        want = model(X)
        by_hand.remove()
        apply(model, ["fuse.1=ordered"], EXAMPLE, find=lambda _: Ordered)
        plug = model.plugged[0].plugs[0]
        eye = torch.eye(plug.restore.weight.shape[0])
        plug.restore.weight.copy_(eye[:, :, None, None])
        plug.restore.bias.zero_()
        torch.testing.assert_close(model(X), want)


def test_fusions_gates_and_predicates_of_the_zoo(find):
    model = small()
    fresh = copy.deepcopy(model.state_dict())
    plugs = ["fuse.*=attn_gate", "fuse.*=cga_fusion", "encoder.1/conv[k=3]:=scconv23; match=4"]
    apply(model, [*plugs, "stage.0.block.*.branch=se"], EXAMPLE, find=find)
    assert [r["slot"] for r in records(model)][:4] == ["fuse.1", "fuse.0"] * 2
    kept = {k for k in model.state_dict() if not k.startswith("plugged.")}
    assert {k for k in fresh if ".layer1." not in k} <= kept
    model.train()(X).sum().backward()
    assert all(p.grad is not None for p in model.plugged.parameters())


def test_base_weights_load_strictly_and_identity_is_exact(find):
    model, base = small(), small()
    plugs = [{"at": f"{at}.*", "use": "se", "init": "identity"} for at in ("encoder", "skip")]
    fuse = {"at": "fuse.*", "use": "cga_fusion", "init": "identity"}
    apply(model, [*plugs, fuse], EXAMPLE, find=find)
    missing, unexpected = model.load_state_dict(base.state_dict(), strict=False)
    assert not unexpected
    assert all(key.startswith("plugged.") for key in missing)
    assert torch.equal(model(X), base(X))


def test_copies_and_saved_models_call_their_own_plugs():
    model = small()
    plugs = ["encoder.0=shift", "skip.0=shift", "fuse.0=shift", "bottleneck=shift"]
    apply(model, plugs, EXAMPLE, find=lambda _: Shift)
    twin, want, file = copy.deepcopy(model), model(X), io.BytesIO()
    torch.save(model, file)
    with torch.no_grad():
        for parameter in model.plugged.parameters():
            parameter.fill_(9)
    file.seek(0)
    assert torch.equal(twin(X), want)
    assert torch.equal(torch.load(file, weights_only=False)(X), want)
    assert not torch.allclose(model(X), want)


def test_export_and_compile_take_the_plugs_along():
    model = small()
    apply(
        model,
        [f"{at}=shift" for at in ("encoder.0", "skip.0", "fuse.0")],
        EXAMPLE,
        find=lambda _: Shift,
    )
    want = model(X)
    torch.testing.assert_close(torch.export.export(model, (X,)).module()(X), want)
    torch.testing.assert_close(torch.compile(model, backend="eager")(X), want)


def test_a_class_made_from_one_of_the_library_is_known():
    class Padded(library.Unet):
        def forward(self, x):
            return super().forward(x)[..., :60]

    model = Padded("resnet18", encoder_weights=None)
    assert "skip.0" in sites(model)


def test_a_slot_that_is_missing_lists_what_is_there(find):
    with pytest.raises(SlotError) as caught:
        apply(made("Linknet"), ["fuse.*=cga_fusion"], EXAMPLE, find=find)
    assert str(caught.value) == (
        "fuse.*: this model has nothing of that name; known: encoder.0-4, stem, stage.0-3, "
        "skip.0-3, bottleneck, decoder.0-3, decoder.full, head"
    )
    with pytest.raises(SlotError) as caught:
        apply(made("DeepLabV3Plus"), ["skip.0=se"], EXAMPLE, find=find)
    assert str(caught.value) == (
        "skip.0: this model has nothing of that name; nearest: skip.1; it has encoder.0-4, stem, "
        "stage.0-3, skip.1, bottleneck, decoder.1, fuse.1, head"
    )


def test_what_cannot_be_is_refused_before_anything_changes(find):
    model = small()
    for plug in ("head=se", "skip.0:=scconv23", "encoder.0=cga_fusion"):
        with pytest.raises(SlotError):
            apply(model, [plug], EXAMPLE, find=find)
    assert not hasattr(model, "plugged")
