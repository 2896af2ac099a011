"""What plugging does to a model, and what it leaves alone."""

import copy

import pytest
import torch
from torch import nn

from paperkit.slots import SlotError, apply, records

X = torch.linspace(-1, 1, 2 * 3 * 32 * 48).reshape(2, 3, 32, 48)
MANY = [
    "encoder.*=coord_att",
    "fuse.*=cga_fusion(reduction=4)",
    "encoder.1/conv[k=3]:=scconv23",
    "bottleneck=parallel(se, residual(cbam(channel=se)), merge=concat)",
    "path:decoder.1.1=se",
]


def test_base_weights_and_keys_are_the_same_in_all_rows(unet, example, find):
    base = {key: value.clone() for key, value in unet.state_dict().items()}
    apply(unet, MANY, example, find=find)
    after = unet.state_dict()
    replaced = {"encoder.1.0.weight", "encoder.1.3.weight"}
    assert set(base) - set(after) == replaced
    for key in set(base) - replaced:
        assert torch.equal(after[key], base[key]), key


def test_empty_slots_are_free(unet):
    names = [name for name, module in unet.named_modules() if type(module).__name__ == "Slot"]
    assert not [key for key in unet.state_dict() if key.startswith(tuple(names))]


def test_global_random_streams_are_untouched(unet, example, find):
    before = torch.get_rng_state()
    apply(unet, MANY, example, find=find)
    assert torch.equal(torch.get_rng_state(), before)


def test_plugs_start_the_same_whatever_else_is_plugged(unet, example, find):
    other = copy.deepcopy(unet)
    apply(unet, ["encoder.1=se"], example, find=find, seed=3)
    torch.rand(5)
    apply(other, ["encoder.0=cbam", "encoder.*=se"], example, find=find, seed=3)
    mine, theirs = unet.encoder_slots[1].plugs[0], other.encoder_slots[1].plugs[0]
    assert torch.equal(mine.squeeze.weight, theirs.squeeze.weight)


def test_seed_place_and_repetition_each_give_other_weights(unet, example, find):
    other = copy.deepcopy(unet)
    apply(unet, ["decoder.0=se", "encoder.0=se", "encoder.0=se"], example, find=find, seed=0)
    apply(other, ["encoder.0=se"], example, find=find, seed=1)
    first, second = unet.encoder_slots[0].plugs
    fourth = unet.decoder_slots[0].plugs[0]
    starts = [m.excite.weight for m in (first, second, fourth, other.encoder_slots[0].plugs[0])]
    assert not any(torch.equal(a, b) for i, a in enumerate(starts) for b in starts[:i])


class Times(nn.Module):
    def __init__(self, channels, *, by: float = 2.0):
        super().__init__()
        self.by = nn.Parameter(torch.full((1, channels, 1, 1), by))

    def forward(self, x):
        return x * self.by


class Plus(nn.Module):
    def __init__(self, channels, *, what: float = 1.0):
        super().__init__()
        self.what = nn.Parameter(torch.full((1, channels, 1, 1), what))

    def forward(self, x):
        return x + self.what


class Sum(nn.Module):
    """A fusion without weights of its own: returns the sum, as wide as one input."""

    def __init__(self, x_channels, skip_channels):
        super().__init__()

    def forward(self, x, skip):
        return x + skip


def own(name):
    return {"times": Times, "plus": Plus, "sum": Sum}[name]


def captured(model, slot, x):
    seen = {}
    hook = slot.register_forward_hook(lambda m, args, out: seen.update(args=args, out=out))
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    return seen["args"], seen["out"]


def test_several_plugs_at_one_slot_chain_in_order(unet, example):
    apply(unet, ["encoder.0=plus", "encoder.0=times(by=3)"], example, find=own)
    (x,), out = captured(unet, unet.encoder_slots[0], X)
    assert torch.equal(out, (x + 1) * 3)


COMBINED = [
    ("residual(times)", lambda x: x + 2 * x),
    ("gate(times)", lambda x: x * torch.sigmoid(2 * x)),
    ("chain(plus, times, plus(what=5.5))", lambda x: (x + 1) * 2 + 5.5),
    ("parallel(plus, times)", lambda x: x + 1 + 2 * x),
    ("parallel(plus, times, merge=mean)", lambda x: (x + 1 + 2 * x) / 2),
    ("parallel(plus, times, merge=mul)", lambda x: (x + 1) * 2 * x),
    ("parallel(plus, times, merge=max)", lambda x: torch.maximum(x + 1, 2 * x)),
]


@pytest.mark.parametrize(("use", "wanted"), COMBINED, ids=[c[0] for c in COMBINED])
def test_combinations_are_their_equations(unet, example, use, wanted):
    apply(unet, [f"encoder.0={use}"], example, find=own)
    (x,), out = captured(unet, unet.encoder_slots[0], X)
    torch.testing.assert_close(out, wanted(x))


def test_learnt_merges_are_their_equations(unet, example):
    apply(unet, ["encoder.0=concat(times)"], example, find=own)
    apply(unet, ["encoder.1=parallel(plus, times, merge=gate)"], example, find=own)
    (x,), out = captured(unet, unet.encoder_slots[0], X)
    project = unet.encoder_slots[0].plugs[0].project
    flat = project.weight[:, :, 0, 0]
    want = torch.einsum("oc,bchw->bohw", flat, torch.cat([x, 2 * x], 1))
    torch.testing.assert_close(out, want + project.bias.view(1, -1, 1, 1))
    (x,), out = captured(unet, unet.encoder_slots[1], X)
    weigh = unet.encoder_slots[1].plugs[0].weigh
    flat = weigh.weight[:, :, 0, 0]
    maps = torch.einsum("oc,bchw->bohw", flat, torch.cat([x + 1, 2 * x], 1))
    first, second = torch.sigmoid(maps + weigh.bias.view(1, -1, 1, 1)).split(1, dim=1)
    torch.testing.assert_close(out, first * (x + 1) + second * 2 * x)


def test_a_fused_feature_gets_back_the_width_of_the_concatenation(unet, example):
    apply(unet, ["fuse.1=sum"], example, find=own)
    plug = unet.fuse_slots[1].plugs[0]
    (x, skip), out = captured(unet, unet.fuse_slots[1], X)
    want = torch.nn.functional.conv2d(x + skip, plug.restore.weight, plug.restore.bias)
    torch.testing.assert_close(out, want)
    (record,) = records(unet)
    assert record["params"] == 16 * 32 + 32  # the 1x1 convolution is counted with the plug
    assert (record["channels_in"], record["channels_out"], record["size"]) == (16, 32, [16, 24])


def test_a_gated_skip_keeps_the_concatenation(unet, example, find):
    apply(unet, ["fuse.0=attn_gate"], example, find=find)
    (x, skip), out = captured(unet, unet.fuse_slots[0], X)
    assert torch.equal(out[:, :8], x)
    gated = unet.fuse_slots[0].plugs[0](x, skip)
    assert torch.equal(out[:, 8:], gated)
    assert (gated <= skip).all()


def test_one_input_at_a_fuse_slot_sees_the_concatenation(unet, example):
    apply(unet, ["fuse.0=times"], example, find=own)
    (x, skip), out = captured(unet, unet.fuse_slots[0], X)
    assert torch.equal(out, 2 * torch.cat([x, skip], 1))


def test_a_fusion_asked_for_at_a_skip_goes_to_the_fuse_slot_and_says_so(unet, example, find):
    apply(unet, ["skip.*=attn_gate", "skip.0=se"], example, find=find)
    at = [(record["slot"], record["note"]) for record in records(unet)]
    assert at == [
        ("fuse.0", "attn_gate takes two inputs, so it is at fuse.0 and not skip.0"),
        ("fuse.1", "attn_gate takes two inputs, so it is at fuse.1 and not skip.1"),
        ("skip.0", ""),
    ]


def test_replacing_a_concatenation_is_inserting_the_fusion(unet, example, find):
    other = copy.deepcopy(unet)
    apply(unet, ["fuse.0:=cga_fusion"], example, find=find)
    apply(other, ["fuse.0=cga_fusion"], example, find=find)
    assert torch.equal(unet.eval()(X), other.eval()(X))


def test_replaced_convolutions_keep_widths_and_strides(unet, example, find):
    unet.encoder[1][0] = nn.Conv2d(8, 16, 3, stride=1, padding=2, dilation=2)
    apply(unet, ["encoder.1/conv:=scconv23; match=2"], example, find=find)
    first, second = unet.encoder[1][0], unet.encoder[1][3]
    assert (first.enter.in_channels, first.enter.out_channels) == (8, 16)
    assert first.channel.group.dilation == (2, 2)
    assert isinstance(second.enter, nn.Identity)
    record = records(unet)[1]
    assert record["path"] == "encoder.1.3"
    assert record["params"] == 29 * 16**2 // 16 + 3 * 16
    assert record["params_added"] == record["params"] - 9 * 16 * 16


def test_a_component_can_be_replaced_by_what_keeps_its_width(unet, example, find):
    apply(unet, ["encoder.1:=se"], example, find=find)
    enter, module = unet.encoder[1]
    assert (enter.in_channels, enter.out_channels, enter.bias) == (8, 16, None)
    assert type(module).__name__ == "SE"
    assert records(unet)[0]["params"] == 8 * 16 + (2 * 16 * 1 + 1 + 16)


class Up(nn.Module):
    INFO = "read from the module's file; here kind is told by the module below"

    def __init__(self, into, out, *, factor: int = 2):
        super().__init__()
        self.conv = nn.Conv2d(into, out * factor**2, 1)
        self.shuffle = nn.PixelShuffle(factor)

    def forward(self, x):
        return self.shuffle(self.conv(x))


def test_up_samplers_take_two_widths(unet, example, monkeypatch):
    import sys

    monkeypatch.setattr(sys.modules[__name__], "INFO", {"kind": "up"}, raising=False)
    apply(unet, ["up.*:=shuffle"], example, find=lambda name: Up)
    assert [type(module) for module in unet.up] == [Up, Up]
    assert [record["params"] for record in records(unet)] == [16 * 32 + 32, 32 * 64 + 64]
    with pytest.raises(SlotError, match=r"gives \[1, 72, 24, 36\], but what follows"):
        apply(unet, ["up.1:=shuffle(factor=3)"], torch.zeros(1, 3, 32, 48), find=lambda name: Odd)


class Odd(Up):
    def forward(self, x):
        return self.shuffle(self.conv(x)).repeat_interleave(1, 0)[:, :8].repeat(1, 9, 1, 1)


def test_nested_components_are_built_for_their_place(unet, example, find):
    apply(unet, ["encoder.0=cbam(channel=residual(se(reduction=4)))"], example, find=find)
    channel = unet.encoder_slots[0].plugs[0].channel
    assert type(channel).__name__ == "Residual"
    assert channel.inner.squeeze.out_channels == 2
    assert records(unet)[0]["modules"] == ["cbam", "se"]
    assert records(unet)[0]["cites"] == ["woo2018cbam", "hu2018squeeze"]


def test_copies_have_plugs_of_their_own(unet, example, find, tmp_path):
    apply(unet, MANY, example, find=find)
    unet.eval()
    twin = copy.deepcopy(unet)
    torch.save(unet, tmp_path / "whole.pt")
    before = unet(X)
    with torch.no_grad():
        for parameter in unet.plugged.parameters():
            parameter.zero_()
    assert not torch.equal(unet(X), before)
    assert torch.equal(twin(X), before)  # a closure would have followed the original
    loaded = torch.load(tmp_path / "whole.pt", weights_only=False)
    assert torch.equal(loaded(X), before)
    assert records(loaded) == records(unet)


def test_state_dicts_travel_between_plugged_models(unet, example, find):
    other = copy.deepcopy(unet)
    apply(unet, MANY, example, find=find, seed=1)
    apply(other, MANY, example, find=find, seed=2)
    other.load_state_dict(unet.state_dict())
    assert torch.equal(unet.eval()(X), other.eval()(X))


def test_plugs_take_the_type_and_the_mode_of_the_model(unet, example, find):
    unet.double().eval()
    apply(unet, MANY, example.double(), find=find)
    assert {p.dtype for p in unet.parameters()} == {torch.float64}
    assert not any(module.training for module in unet.modules())


def test_nothing_changes_unless_all_fits(unet, example, find):
    before = [name for name, _ in unet.named_modules()]
    with pytest.raises(SlotError):
        apply(unet, ["encoder.0=se", "path:decoder.1=se", "nowhere=se"], example, find=find)
    assert [name for name, _ in unet.named_modules()] == before
    assert records(unet) == []


def test_the_path_in_a_record_leads_to_the_plug(unet, example, find):
    apply(unet, MANY, example, find=find)
    for record in records(unet):
        module = unet.get_submodule(record["path"])
        assert sum(p.numel() for p in module.parameters()) == record["params"]


def test_the_classifier_takes_plugs_too(resnet, find):
    base = sum(p.numel() for p in resnet.parameters())
    plugs = ["stage.0.block.0.branch=coord_att", "stem=cbam"]
    apply(resnet, plugs, torch.zeros(1, 3, 8, 8), find=find)
    assert resnet(torch.rand(2, 3, 8, 8)).shape == (2, 5)
    added = sum(record["params_added"] for record in records(resnet))
    assert sum(p.numel() for p in resnet.parameters()) == base + added
