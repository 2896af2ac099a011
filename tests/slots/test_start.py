"""How a plug starts: an identity is exact, or the claim is refused."""

import pytest
import torch

from paperkit.slots import SlotError, apply

X = torch.linspace(-1, 1, 2 * 3 * 32 * 48).reshape(2, 3, 32, 48)


@pytest.mark.parametrize("at", ["encoder.*", "fuse.*"])
def test_identity_is_exact_to_the_last_bit(unet, example, find, at):
    use = "cga_fusion" if at == "fuse.*" else "coord_att"
    before = unet.eval()(X)
    apply(unet, [f"{at}={use}; init=identity"], example, find=find)
    assert torch.equal(unet(X), before)
    unet(X).sum().backward()
    alpha = unet.fuse_slots[0].plugs if at == "fuse.*" else unet.encoder_slots[0].plugs
    assert alpha[0].alpha.grad is not None


def test_small_differs_a_little_and_its_weights_learn_at_once(unet, example, find):
    before = unet.eval()(X)
    apply(unet, ["fuse.0=attn_gate; init=small"], example, find=find)
    after = unet(X)
    assert 0 < (after - before).abs().max() < 1e-2
    after.sum().backward()
    assert unet.fuse_slots[0].plugs[0].inner.from_x[0].weight.grad.abs().sum() > 0


def test_zero_last_is_an_identity_or_is_refused(unet, example, find):
    before = unet.eval()(X)
    apply(unet, ["bottleneck=residual(aspp); init=zero_last"], example, find=find)
    assert torch.equal(unet(X), before)
    with pytest.raises(SlotError) as caught:
        apply(unet, ["encoder.0=residual(se); init=zero_last"], example, find=find)
    assert str(caught.value) == (
        "encoder.0: residual(se) is no identity when the last layer of E is zero (a gate follows "
        "it); use init: identity"
    )
