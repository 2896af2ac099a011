"""The test that travels with a loss into a project: a few lines, without paperkit."""

from paperkit.zoo.facts import Entry, class_name

__all__ = ["loss_test"]

TEXT = '''"""{name} keeps what a loss must keep: direction, ignored pixels, finite values."""

import pytest
import torch
import torch.nn.functional as F

from {package}.modules.{name} import {cls}
{skips}

def inputs(classes, height, width):
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2, classes, height, width, generator=generator)
    return logits, torch.randint(classes, (2, height, width), generator=generator)


def value_and_gradient(logits, target, **options):
    leaf = logits.clone().requires_grad_()
    value = {cls}(**options)(leaf, target)
    (gradient,) = torch.autograd.grad(value, [leaf])
    return value.detach(), gradient


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(("height", "width"), [(2, 2), (17, 6), (32, 32)])
def test_one_finite_number_with_a_gradient(classes, height, width):
    value, gradient = value_and_gradient(*inputs(classes, height, width))
    assert value.shape == () and value.isfinite()
    assert gradient.isfinite().all()


@pytest.mark.parametrize("classes", [2, 4])
def test_right_costs_less_than_undecided_and_that_less_than_wrong(classes):
    target = (torch.arange(16) * classes // 16).expand(2, 16, 16)

    def cost(shift):  # of taking each class for the one that is `shift` further
        sure = F.one_hot((target + shift) % classes, classes).movedim(-1, 1) * 10.0
        return {cls}()(sure, target)

    wrong = sum(cost(shift) for shift in range(1, classes)) / (classes - 1)
    assert cost(0) < {cls}()(torch.zeros(2, classes, 16, 16), target) < wrong


def test_ignored_pixels_change_nothing():
    logits, target = inputs(4, 16, 16)
    target[:, 2:5, 3:9] = 255
    value, gradient = value_and_gradient(logits, target, ignore_index=255)
    hidden = (target == 255)[:, None].expand_as(logits)
    other, _ = value_and_gradient(logits.where(~hidden, 5.0), target, ignore_index=255)
    torch.testing.assert_close(value, other)
    assert not gradient[hidden].any() and gradient.any()


def test_a_batch_without_labels_costs_nothing():
    logits, target = inputs(4, 16, 16)
    value, gradient = value_and_gradient(logits, torch.full_like(target, -100))
    assert value == 0 and not gradient.any()


def test_a_class_that_is_not_there_and_large_logits_give_no_nan():
    logits, target = inputs(4, 16, 16)
    for given in (logits, 1e4 * logits.sign()):
        value, gradient = value_and_gradient(given, target % 2)
        assert value.isfinite() and gradient.isfinite().all()
'''


def loss_test(entry: Entry, package: str) -> str:
    """Return tests/test_NAME.py for a loss, as the project would write it.

    Args:
        entry: What INFO says.
        package: The project's package.
    """
    libraries = "".join(f'pytest.importorskip("{name}")\n' for name in entry.libraries)
    skips = f"\n{libraries}" if libraries else ""
    return TEXT.format(name=entry.name, package=package, cls=class_name(entry.file), skips=skips)
