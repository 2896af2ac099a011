"""What a second source of losses needs: a batch, its pixels in a row, equal gradients."""

import torch
import torch.nn.functional as F

IGNORED = 255


def batch(classes=4, *, present=None, ignored=0.3, size=(9, 7), images=3):
    """Return logits [B, K, H, W] and classes below `present`; a share of them ignored."""
    generator = torch.Generator().manual_seed(1)
    logits = 3 * torch.randn(images, classes, *size, generator=generator, dtype=torch.float64)
    target = torch.randint(present or classes, (images, *size), generator=generator)
    target[torch.rand(images, *size, generator=generator) < ignored] = IGNORED
    return logits, target


def in_a_row(logits, target):
    """Return logits [1, K, 1, N] and classes [1, 1, N] of the pixels that count."""
    valid = target != IGNORED
    return logits.movedim(1, -1)[valid].T[None, :, None], target[valid][None, None]


def one_hot(target, classes):
    return F.one_hot(target, classes).movedim(-1, 1).double()


def agree(ours, theirs, logits, target, *, rtol=1e-6):
    """Equal values and equal gradients; some libraries go down to single precision."""
    results = []
    for loss in (ours, theirs):
        leaf = logits.clone().requires_grad_()
        value = loss(leaf, target)
        results.append((value.detach(), *torch.autograd.grad(value, leaf)))
    torch.testing.assert_close(*results, rtol=rtol, atol=1e-8, check_dtype=False)
