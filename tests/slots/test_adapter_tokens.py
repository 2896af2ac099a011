"""Transformers whose maps are tokens: the true height and width, and tokens that are no image."""

import copy
import io
import warnings

import pytest
import torch
from torch import nn
from torchvision.models import VisionTransformer
from torchvision.models.swin_transformer import SwinTransformer

from paperkit.slots import SlotError, apply, records, table
from paperkit.slots.sites import regions, sites

with warnings.catch_warnings():  # timm uses what torch has deprecated
    warnings.simplefilter("ignore", FutureWarning)
    import segmentation_models_pytorch as library
    import timm

SMALL = {"embed_dim": 24, "depth": 3, "num_heads": 2, "num_classes": 5}


class Ramp(nn.Module):
    """Adds row + 100 * column to every channel: a map that is put together wrongly shows."""

    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Parameter(torch.full((channels, 1, 1), 0.01))

    def forward(self, x):
        rows = torch.arange(x.shape[-2]).view(-1, 1)
        columns = torch.arange(x.shape[-1]).view(1, -1)
        return x + self.scale * (rows + 100 * columns)


def ramp(high, wide):
    return (torch.arange(high).view(-1, 1) + 100 * torch.arange(wide).view(1, -1)).flatten() * 0.01


def find(_):
    return Ramp


def vit(**more):
    torch.manual_seed(0)
    return timm.create_model("vit_tiny_patch16_224", **SMALL, **more).eval()


def torchvision_vit():
    torch.manual_seed(0)
    model = VisionTransformer(32, 8, 3, 2, 24, 48, num_classes=5).eval()
    nn.init.normal_(model.heads.head.weight)
    return model


def test_slots_of_plain_transformers():
    blocks = [f"stage.0.block.{n}" for n in range(3)]
    for model in (vit(img_size=(32, 64)), torchvision_vit()):
        assert [*sites(model)] == ["stem", "stage.0", *blocks, "head"]
    rows = {row["slot"]: row for row in table(vit(img_size=(32, 64)), torch.zeros(1, 3, 32, 64))}
    assert [rows[s]["size"] for s in ("stem", "stage.0.block.1")] == [[2, 4], [2, 4]]
    assert rows["stage.0.block.1"]["channels"] == 24


@pytest.mark.parametrize("extra", [{}, {"reg_tokens": 3}, {"class_token": False}])
@pytest.mark.parametrize("size", [(32, 64), (96, 32)])
def test_tokens_become_a_map_of_the_images_own_shape(extra, size):
    more = {"img_size": (32, 64), "dynamic_img_size": True, "global_pool": "avg", **extra}
    model, by_hand = vit(**more), vit(**more)
    apply(model, ["stage.0.block.1=ramp"], torch.zeros(1, 3, 32, 64), find=find)
    prefix, high, wide = by_hand.num_prefix_tokens, size[0] // 16, size[1] // 16

    def add(module, args, output):
        output = output.clone()
        output[:, prefix:] += ramp(high, wide).view(1, -1, 1)
        return output

    by_hand.blocks[1].register_forward_hook(add)
    x = torch.rand(2, 3, *size)
    torch.testing.assert_close(model(x), by_hand(x))


def test_torchvisions_class_token_goes_past_the_plug():
    model, by_hand = torchvision_vit(), torchvision_vit()
    apply(model, ["stage.0.block.0=ramp"], torch.zeros(1, 3, 32, 32), find=find)
    layer = by_hand.encoder.layers[0]
    shift = torch.cat([torch.zeros(1), ramp(4, 4)]).view(1, -1, 1)
    layer.register_forward_hook(lambda module, args, output: output + shift)
    x = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(model(x), by_hand(x))


def test_nothing_reads_the_image_after_the_last_block_of_a_class_token_model():
    model = vit(img_size=32)
    with pytest.raises(SlotError) as caught:
        apply(model, ["stage.0=ramp"], torch.zeros(1, 3, 32, 32), find=find)
    assert str(caught.value) == (
        "stage.0: this model reads its answer off the class token, so a plug on the image's tokens "
        "after the last block would change nothing; use a block before it, such as stage.0.block.0"
    )
    apply(
        vit(img_size=32, global_pool="avg"), ["stage.0=ramp"], torch.zeros(1, 3, 32, 32), find=find
    )


def test_a_model_that_drops_tokens_has_no_map():
    model = vit(img_size=32, patch_drop_rate=0.5, global_pool="avg")
    apply(model, ["stage.0=ramp"], torch.zeros(1, 3, 32, 32), find=find)
    with pytest.raises(SlotError) as caught:
        model.train()(torch.rand(2, 3, 32, 32))
    assert str(caught.value) == (
        "stage.0: 2 tokens are no map of 2x2; a model that drops tokens has no map to plug into"
    )


def test_copies_saved_models_and_graphs_call_their_own_plugs():
    model, x, file = vit(img_size=(32, 64)), torch.rand(2, 3, 32, 64), io.BytesIO()
    fresh = copy.deepcopy(model.state_dict())
    apply(model, ["stem=ramp", "stage.0.block.0=ramp"], x[:1], find=find)
    missing, unexpected = model.load_state_dict(fresh, strict=False)
    assert not unexpected
    assert all(key.startswith("plugged.") for key in missing)
    twin, want = copy.deepcopy(model), model(x)
    torch.save(model, file)
    with torch.no_grad():
        for parameter in model.plugged.parameters():
            parameter.fill_(9)
    file.seek(0)
    assert torch.equal(twin(x), want)
    assert torch.equal(torch.load(file, weights_only=False)(x), want)
    torch.testing.assert_close(torch.export.export(twin, (x,)).module()(x), want)
    torch.testing.assert_close(torch.compile(twin, backend="eager")(x), want)


def test_torchvisions_swin_is_channels_last():
    torch.manual_seed(0)
    more = {"patch_size": [4, 4], "window_size": [4, 4], "num_classes": 5}
    model = SwinTransformer(embed_dim=12, depths=[1, 2], num_heads=[1, 1], **more).eval()
    by_hand = copy.deepcopy(model)
    assert regions(sites(model)) == ["stem", "stage.0-1", "pool", "head"]
    apply(model, ["stage.1.block.0=ramp"], torch.zeros(1, 3, 32, 64), find=find)
    shift = ramp(4, 8).view(1, 4, 8, 1)
    by_hand.features[3][0].register_forward_hook(lambda module, args, output: output + shift)
    x = torch.rand(2, 3, 32, 64)
    torch.testing.assert_close(model(x), by_hand(x))


def test_a_path_to_a_block_knows_its_layout():
    named, by_path = vit(img_size=(32, 64)), vit(img_size=(32, 64))
    apply(named, ["stage.0.block.1=ramp"], torch.zeros(1, 3, 32, 64), find=find)
    apply(by_path, ["path:blocks.1=ramp"], torch.zeros(1, 3, 32, 64), find=find)
    x = torch.rand(2, 3, 32, 64)
    assert torch.equal(named(x), by_path(x))


def test_dpt_takes_four_groups_of_blocks_as_its_encoder():
    torch.manual_seed(0)
    more = {"encoder_weights": None, "dynamic_img_size": True, "decoder_fusion_channels": 16}
    model = library.DPT("tu-vit_tiny_patch16_224", **more).eval()
    by_hand = copy.deepcopy(model)
    found = ["encoder.1-4", "stage.0-3", "skip.1-3", "bottleneck", "decoder.0-3", "head"]
    assert regions(sites(model)) == found
    apply(model, ["encoder.2=ramp", "stage.1.block.0=ramp"], torch.zeros(1, 3, 32, 32), find=find)
    assert [r["slot"] for r in records(model)] == ["encoder.2", "stage.1.block.0"]
    shift = torch.cat([torch.zeros(1), ramp(4, 6)]).view(1, -1, 1)
    for n in (3, 5):  # the second group's first block, and its last
        block = by_hand.encoder.model.blocks[n]
        block.register_forward_hook(lambda module, args, output: output + shift)
    x = torch.rand(1, 3, 64, 96)
    torch.testing.assert_close(model(x), by_hand(x))
