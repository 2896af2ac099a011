"""Losses that look at shapes, against monai, and their equations in NumPy and SciPy."""

import importlib

import numpy as np
import pytest
import torch
from criteria import IGNORED, agree, batch, one_hot
from scipy import ndimage

from paperkit.zoo.load import find


@pytest.mark.parametrize(("classes", "present"), [(2, 2), (4, 4), (4, 2), (3, 1)])
@pytest.mark.parametrize("alpha", [2.0, 1.0])
@pytest.mark.parametrize("background", [False, True])
def test_hausdorff_is_monais(classes, present, alpha, background):
    from monai.losses import HausdorffDTLoss

    given = {"alpha": alpha, "include_background": background}
    other = HausdorffDTLoss(softmax=True, to_onehot_y=True, **given)
    logits, target = batch(classes, present=present, ignored=0)
    logits[0, 1] += 30  # an image that is one class all over
    ours = find("hausdorff")(**given)
    agree(ours, lambda z, t: other(z, t[:, None]), logits, target)


def to_nearest(mask):
    """Return the distance from each pixel of [H, W] to the nearest True; zeros without any."""
    return ndimage.distance_transform_edt(~mask) if mask.any() else np.zeros(mask.shape)


def weighed(loss, distances):
    """Make the mean over pixels that count of a loss of p and g, times distances [B, K, H, W]."""

    def mean(logits, target):
        p, valid = logits.softmax(1), target != IGNORED
        g = one_hot(target.where(valid, 0), logits.shape[1])
        out = loss(p, g) * torch.from_numpy(distances(p.detach().numpy(), target.numpy()))
        return out.movedim(1, -1)[valid][:, 1:].mean()

    return mean


@pytest.mark.parametrize("ignored", [0, 0.3])
@pytest.mark.parametrize(("classes", "present"), [(2, 2), (4, 2), (2, 1)])
def test_boundary_is_its_equation_with_scipys_distances(classes, present, ignored):
    def signed(p, target):
        out = np.zeros(p.shape)
        for b, k in np.ndindex(p.shape[:2]):
            inside, outside = target[b] == k, (target[b] != k) & (target[b] != IGNORED)
            within = to_nearest(outside) - 1 if outside.any() else 0
            out[b, k] = np.where(inside, -within, to_nearest(inside))
        return out

    logits, target = batch(classes, present=present, ignored=ignored, size=(12, 7))
    target[2, 2:9, 1:6] = present - 1  # a region that has an inside
    ours = find("boundary")(ignore_index=IGNORED)
    agree(ours, weighed(lambda p, _: p, signed), logits, target)


def test_distances_of_hausdorff_neither_start_nor_end_at_ignored_pixels():
    def squared(p, target):
        out, valid = np.zeros(p.shape), target != IGNORED
        for b, k in np.ndindex(p.shape[:2]):
            for region in (p[b, k] > 0.5, target[b] == k):
                here, there = region & valid[b], ~region & valid[b]
                out[b, k] += np.where(region, to_nearest(there), to_nearest(here)) ** 2
        return out

    ours = find("hausdorff")(ignore_index=IGNORED)
    agree(ours, weighed(lambda p, g: (p - g).square(), squared), *batch(4))


@pytest.mark.parametrize("name", ["boundary", "hausdorff"])
@pytest.mark.parametrize("share", [0.0, 0.002, 0.05, 0.5, 1.0])
@pytest.mark.parametrize("size", [(1, 9), (9, 1), (2, 2), (40, 61), (61, 40)])
def test_distances_are_scipys(name, share, size):
    module = importlib.import_module(f"paperkit.zoo.{name}")
    mask = torch.rand(3, 2, *size, generator=torch.Generator().manual_seed(3)) < share
    mask[0, 0, 0, -1] |= share > 0
    found = module.squared_distance(mask)
    for index in np.ndindex(3, 2):
        want = np.rint(to_nearest(mask[index].numpy()) ** 2)
        np.testing.assert_array_equal(found[index].numpy(), want)


@pytest.mark.parametrize("iterations", [0, 3])
@pytest.mark.parametrize("alpha", [0.5, 0.2])
def test_cldice_of_one_image_is_monais(alpha, iterations):
    from monai.losses import SoftDiceclDiceLoss

    given = {"include_background": False, "softmax": True, "to_onehot_y": True, "smooth": 1e-15}
    other = SoftDiceclDiceLoss(iter_=iterations, alpha=alpha, **given)
    logits, target = batch(2, ignored=0, images=1, size=(14, 11))
    ours = find("cldice")(alpha=alpha, iterations=iterations)
    agree(ours, lambda z, t: other(z, t[:, None]), logits, target)


def test_cldice_of_a_batch_and_of_several_classes_is_its_equations():
    logits, target = batch(4, size=(14, 11))
    valid = (target != IGNORED).numpy()
    p = logits.softmax(1).numpy() * valid[:, None]
    losses = []
    for k in range(1, 4):
        g = ((target.numpy() == k) & valid).astype(float)
        lines, true_lines = (np.stack([_skeleton(x) for x in maps]) for maps in (p[:, k], g))
        dice = (2 * (p[:, k] * g).sum() + 1) / (p[:, k].sum() + g.sum() + 1)
        precision = ((lines * g).sum() + 1) / (lines.sum() + 1)
        sensitivity = ((true_lines * p[:, k]).sum() + 1) / (true_lines.sum() + 1)
        centre = 2 / (1 / precision + 1 / sensitivity)
        losses.append(0.7 * (1 - dice) + 0.3 * (1 - centre))
    ours = find("cldice")(alpha=0.3, ignore_index=IGNORED)
    assert ours(logits, target).item() == pytest.approx(np.mean(losses), rel=1e-9)


def _skeleton(x):
    cross = ndimage.generate_binary_structure(2, 1)

    def eroded(y):
        return ndimage.grey_erosion(y, footprint=cross, mode="constant", cval=np.inf)

    def top(y):
        opened = ndimage.grey_dilation(eroded(y), (3, 3), mode="constant", cval=-np.inf)
        return np.maximum(y - opened, 0)

    found = top(x)
    for _ in range(3):
        x = eroded(x)
        found += np.maximum(top(x) * (1 - found), 0)
    return found
