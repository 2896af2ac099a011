"""Whatever does not fit fails before training, in one message that says what would."""

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from paperkit.slots import Misfit, Slot, SlotError, UnknownModule, apply


def refused(model, plug, *, find, size=(32, 48), kind=SlotError):
    plugs = plug if isinstance(plug, list) else [plug]
    with pytest.raises(kind) as caught:
        apply(model, plugs, torch.zeros(1, 3, *size), find=find)
    return str(caught.value)


MESSAGES = [
    (
        "encodr.*=se",
        "encodr.*: this model has nothing of that name; nearest: encoder.1, encoder.0, "
        "decoder.1, decoder.0",
    ),
    (
        "path:encoder.0.9=se",
        "path:encoder.0.9: this model has nothing of that name; nearest: encoder.0.5, "
        "encoder.0.4, encoder.0.3, encoder.0.2",
    ),
    (
        "encoder.0/conv[k=5]=se",
        "encoder.0/conv[k=5]: no such layer; there is "
        "encoder.0.0 (3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False), "
        "encoder.0.3 (8, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)",
    ),
    (
        "skip.0/conv=se",
        "skip.0/conv: skip.0 is a joint of tensors and has no layers inside; use it without /conv",
    ),
    (
        "encoder.1/conv:=scconv23; match=3",
        "encoder.1/conv: match is 3, but it hits 2: encoder.1/0, encoder.1/3",
    ),
    (
        "encoder.0=coordatt",
        "encoder.0: no module coordatt; nearest: se, cbam, coord_att, cga_fusion, scconv23, "
        "attn_gate, aspp",
    ),
    ("encoder.0=se(reductoin=8)", "encoder.0: se has no argument 'reductoin'; nearest: reduction"),
    (
        "encoder.0=se(reduction=2.5)",
        "encoder.0: se: reduction is 2.5, but it is a whole number",
    ),
    (
        "fuse.0=cga_fusion(variant=offical)",
        'fuse.0: cga_fusion: variant is "offical", but it is one of paper, official',
    ),
    (
        "bottleneck=aspp(rates=[6, x])",
        "bottleneck: aspp: rates is [6, x], but it is tuple[int, ...]",
    ),
    ("encoder.0=se(channels=8)", "encoder.0: se: channels comes from the model; leave it out"),
    (
        "encoder.0=se(reduction=cbam(reduction=2))",
        "encoder.0: se: reduction takes no module, but cbam(reduction=2) is one; arguments of se "
        "that take modules: none",
    ),
    (
        "encoder.0=cbam(channel=3)",
        "encoder.0: cbam: channel is 3, but it takes a module, such as channel=se or "
        "channel=residual(se)",
    ),
    (
        "encoder.0=cga_fusion",
        "encoder.0: cga_fusion takes two inputs, but here is one; places with two: fuse.0, fuse.1",
    ),
    (
        "fuse.0=residual(cga_fusion)",
        "fuse.0: cga_fusion takes two inputs, x and a skip; it stands alone at a fuse slot, not "
        "inside a combination (several plugs at one slot chain in order)",
    ),
    (
        ["fuse.0=cga_fusion", "fuse.0=attn_gate"],
        "fuse.0: attn_gate takes two inputs, but the plugs before it leave one; put it first",
    ),
    (
        "fuse.0:=attn_gate",
        "fuse.0: attn_gate does not replace the concatenation; insert it with =",
    ),
    ("skip.0:=se", "skip.0: there is nothing to replace here; insert with = instead of :="),
    (
        "encoder.0:=se; init=identity",
        "encoder.0: init: identity blends with what is replaced; use init: native",
    ),
    (
        "head=se",
        "head: nothing goes after the head, whose output is the model's answer; use another slot: "
        "bottleneck, encoder.0, encoder.1, decoder.0, decoder.1, up.0, up.1, skip.0",
    ),
    (
        "up.0:=se",
        "up.0: se gives [1, 8, 16, 24], but what follows was built for [1, 8, 32, 48]",
    ),
    (
        "encoder.0/conv:=residual(scconv23)",
        "encoder.0/0: residual adds to its own input, so it cannot take 3 channels to 8 with "
        "stride 1; use chain or parallel",
    ),
    (
        ["encoder.0:=se", "encoder.0/conv=se"],
        "encoder.0/0: encoder.0/conv=se lies inside encoder.0, which encoder.0:=se replaces; keep "
        "one of the two",
    ),
]


@pytest.mark.parametrize(("plug", "message"), MESSAGES, ids=[str(m[0]) for m in MESSAGES])
def test_messages(unet, find, plug, message):
    assert refused(unet, plug, find=find) == message


def test_maps_that_are_too_small_name_where_it_fits(unet, find):
    message = refused(unet, "fuse.1=cga_fusion", find=find, size=(4, 8), kind=Misfit)
    assert message == (
        "fuse.1: cga_fusion needs maps of 4x4 or more, but here they are 2x4; it would fit: fuse.0"
    )


def test_after_the_head_by_path_and_inside_it(unet, resnet, find):
    assert refused(unet, "path:head=se", find=find).startswith("path:head: nothing goes after")
    message = refused(resnet, "path:head=se", find=find)
    assert message.endswith("use another slot: stem, stage.0.block.0.branch")


def test_after_the_head_where_its_output_is_cropped(find):
    class Cropped(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 2, 1)

        def forward(self, x):
            return self.head(self.conv(x))[..., : x.shape[2], :]

    assert refused(Cropped(), "path:head=se", find=find).startswith("path:head: nothing goes after")
    apply(Cropped(), ["path:conv=se"], torch.zeros(1, 3, 32, 48), find=find)


def test_unknown_modules_keep_their_class(unet, find):
    refused(unet, "encoder.0=nope", find=find, kind=UnknownModule)


def test_divisibility_names_where_it_fits(find):
    class Widths(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 12, 1), nn.Conv2d(12, 16, 1)
            self.first, self.second = Slot("encoder.0", "a"), Slot("encoder.1", "b")
            self.head = nn.Conv2d(16, 2, 1)

        def forward(self, x):
            return self.head(self.second(self.b(self.first(self.a(x)))))

    assert refused(Widths(), "encoder.0=scconv23", find=find) == (
        "encoder.0: scconv23 needs channels divisible by 8, but here are 12; it would fit: "
        "encoder.1"
    )


def plugged(forward, info=None, monkeypatch=None):
    """A class whose forward is given; its INFO is that of this file."""
    if monkeypatch is not None:
        monkeypatch.setattr(sys.modules[__name__], "INFO", info, raising=False)

    class Mine(nn.Module):
        def __init__(self, channels, *, groups: int = 4):
            super().__init__()
            self.conv = nn.Conv2d(channels, channels, 1)

    Mine.forward = forward
    return lambda name: Mine


WRONG = [
    (
        lambda self, x: self.conv(x)[:, :, ::2],
        "encoder.0: mine gives [1, 8, 16, 48], but what follows was built for [1, 8, 32, 48]; "
        "it fits at no slot of this model",
    ),
    (
        lambda self, x: (x, x),
        "encoder.0: mine returns 2 tensors; a plug returns one",
    ),
    (
        lambda self, x: self.conv(x.mul_(2)),
        "encoder.0: mine changes its input in place, which would change what else reads it; "
        "look for inplace=True, x += ... or x[...] = ... on the input",
    ),
    (
        lambda self, x: 2 * x,
        "encoder.0: mine has 2 parameters, but no gradient reaches any of them: conv.weight, "
        "conv.bias; its output does not depend on them",
    ),
    (
        lambda self, x: x + 0 * self.conv(x),
        "encoder.0: mine gives back its input whatever its weights are, so this row would equal "
        "the row without it; does its forward return x by mistake?",
    ),
]


@pytest.mark.parametrize(
    ("forward", "message"), WRONG, ids=["shape", "two", "writes", "dead", "unchanged"]
)
def test_a_students_module_that_does_not_work(unet, forward, message):
    assert refused(unet, "encoder.0=mine", find=plugged(forward)) == message


def line_of(text):
    """Return where this line of this file is, as a frame tells it."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (number,) = [n for n, line in enumerate(lines, 1) if line.strip() == text]
    short = Path(__file__).relative_to(Path.cwd()).as_posix()
    return f"\n  {short}, line {number}, in {{}}: {text}"


def test_the_students_own_error_shows_its_line(unet):
    def forward(self, x):
        raise KeyError("mine")

    with pytest.raises(Misfit) as caught:
        apply(unet, ["encoder.0=m"], torch.zeros(1, 3, 32, 48), find=plugged(forward))
    assert isinstance(caught.value.__cause__, KeyError)
    assert str(caught.value) == (
        "encoder.0: m fails on [1, 8, 32, 48]: KeyError: 'mine'; it fits at no slot of this model"
        + line_of('raise KeyError("mine")').format("forward")
    )


def test_the_layer_that_fails_is_named_with_what_entered_it(unet):
    def forward(self, x):
        return self.conv(x[:, :5])

    assert refused(unet, "encoder.0=m", find=plugged(forward)) == (
        "encoder.0: m fails on [1, 8, 32, 48], in its conv (Conv2d), which got [1, 5, 32, 48]: "
        "RuntimeError: Given groups=1, weight of size [8, 8, 1, 1], expected input[1, 5, 32, 48] "
        "to have 8 channels, but got 5 channels instead; it fits at no slot of this model"
        + line_of("return self.conv(x[:, :5])").format("forward")
    )


def test_an_identity_that_learns_is_none(unet):
    """A gate that starts at zero gives back its input, until it has learnt."""

    class Gated(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.gate = nn.Parameter(torch.zeros(channels, 1, 1))

        def forward(self, x):
            return x + self.gate * x.tanh()

    apply(unet, ["encoder.0=gated"], torch.zeros(1, 3, 32, 48), find=lambda _: Gated)


def test_dropout_is_no_identity_in_training(unet):
    class Drop(nn.Dropout2d):
        def __init__(self, channels):
            super().__init__(0.5)

    apply(unet, ["encoder.0=drop"], torch.zeros(1, 3, 32, 48), find=lambda _: Drop)


class Ignores(nn.Module):
    """Runs a branch whose result it throws away, and one without gradients."""

    def __init__(self):
        super().__init__()
        self.conv, self.aside, self.fixed = (nn.Conv2d(3, 3, 1) for _ in range(3))
        self.head = nn.Conv2d(3, 2, 1)

    def forward(self, x):
        self.aside(x)
        with torch.no_grad():
            x = self.fixed(x)
        return self.head(self.conv(x))


@pytest.mark.parametrize("place", ["aside", "fixed"])
def test_what_the_output_does_not_depend_on_is_no_place(find, place):
    assert refused(Ignores(), f"path:{place}=se", find=find) == (
        f"path:{place}: the model's output does not depend on what se gives here, so it would get "
        "no gradient and the row would equal the row without it; use another slot"
    )
    apply(Ignores(), ["path:conv=se"], torch.zeros(1, 3, 8, 8), find=find)


def test_a_divisor_can_be_an_argument(unet, monkeypatch):
    find = plugged(lambda self, x: self.conv(x), {"needs": {"divisible": "groups"}}, monkeypatch)
    apply(unet, ["encoder.0=mine"], torch.zeros(1, 3, 32, 48), find=find)
    assert refused(unet, "encoder.1=mine(groups=6)", find=find) == (
        "encoder.1: mine needs channels divisible by 6, but here are 16; it fits at no slot of "
        "this model"
    )


def test_parameters_that_no_gradient_reaches_are_noted(unet):
    from paperkit.slots import records

    class Partly(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.conv, self.other = nn.Conv2d(channels, channels, 1), nn.Conv2d(3, 3, 1)

        def forward(self, x):
            return self.conv(x)

    apply(unet, ["encoder.0=m"], torch.zeros(1, 3, 32, 48), find=lambda _: Partly)
    note = "no gradient reaches other.weight, other.bias: they do nothing"
    assert records(unet)[0]["note"] == note


def test_two_slots_of_one_name(unet, find):
    unet.decoder_slots[0].name = "encoder.0"
    assert refused(unet, "encoder.0=se", find=find) == (
        "two slots of this model are called 'encoder.0': encoder_slots.0 and decoder_slots.0; "
        "rename one"
    )


def test_a_slot_that_names_nothing(unet, find):
    unet.decoder_slots[0].component = "decodr.0"
    assert refused(unet, "encoder.0=se", find=find).startswith(
        "Slot('decoder.0') says that it names 'decodr.0', but this model has no such module; "
        "nearest: decoder.0, "
    )


def test_a_slot_that_is_never_reached(unet, find):
    unet.more = Slot("more")
    assert refused(unet, "more=se", find=find) == (
        "more: this place is never reached in a forward pass of the model"
    )


def test_a_model_that_fails_by_itself(unet, find):
    unet.head = nn.Conv2d(9, 2, 1)
    assert refused(unet, "encoder.0=se", find=find) == (
        "the model fails before anything is plugged in, on [1, 3, 32, 48], in its head (Conv2d), "
        "which got [1, 8, 32, 48]: RuntimeError: Given groups=1, weight of size [2, 9, 1, 1], "
        "expected input[1, 8, 32, 48] to have 9 channels, but got 8 channels instead\n"
        "  tests/slots/tiny_models.py, line 50, in forward: return self.head_slot(self.head(x))"
    )


class Collects(nn.Module):
    """Its backbone returns a dictionary, as torchvision's segmentation models do."""

    def __init__(self):
        super().__init__()
        self.backbone = Both()
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        return self.head(self.backbone(x)["out"])


class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1)

    def forward(self, x):
        return {"out": self.conv(x)}


def test_collections_are_no_place_for_a_plug(find):
    assert refused(Collects(), "path:backbone=se", find=find) == (
        "path:backbone: no single tensor comes from here but a collection; name a module inside"
    )
    assert refused(Collects(), "path:backbone:=scconv23", find=find) == (
        "path:backbone: backbone takes or returns a collection of tensors; only what takes one "
        "tensor and returns one can be replaced"
    )
    apply(Collects(), ["path:backbone.conv=se"], torch.zeros(1, 3, 8, 8), find=find)


def test_slots_have_one_or_two_inputs():
    with pytest.raises(ValueError) as caught:
        Slot("fuse.0", inputs=3)
    assert str(caught.value) == "Slot('fuse.0'): inputs is 3, but a slot takes 1 or 2"
