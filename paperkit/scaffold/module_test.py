"""The test that travels with a module into a project: a few lines, without paperkit."""

from paperkit.scaffold.loss_test import loss_test
from paperkit.zoo.facts import Entry, class_name

__all__ = ["module_test"]

WIDTHS = (16, 64, 128, 256)
SIZES = ((8, 9), (17, 6), (32, 32))
TWO_WIDTHS = ("fusion", "conv", "block", "up", "down")

HEAD = '''"""{name} keeps what a plug must keep: {promises}."""

import pytest
import torch

from {package}.modules.{name} import {cls}
{skips}

def build(channels):
    torch.manual_seed(0)
    return {cls}({widths})


def inputs(channels, height, width):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn({shape}, generator=generator) for _ in range({arity})]


@pytest.mark.parametrize(("height", "width"), {sizes})
def test_shapes_at_any_size(height, width):
    out = build({channels}).eval()(*inputs({channels}, height, width))
    assert out.shape == ({out})
    assert out.isfinite().all()


def test_every_parameter_learns():
    learnt, module = set(), build({channels}).eval()
    for _ in range(8):  # a narrow ReLU may be silent in one draw of the weights
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(0.3 * torch.randn(parameter.shape) + 0.1)
        module.zero_grad()
        out = module(*inputs({channels}, 16, 16))
        (out * torch.linspace(-1, 1, out.numel()).view_as(out)).sum().backward()
        learnt |= {{n for n, p in module.named_parameters() if p.grad is not None and p.grad.any()}}
    assert learnt == {{name for name, _ in module.named_parameters()}}
'''
COUNT = """

@pytest.mark.parametrize(("channels", "parameters"), {counts})
def test_the_number_of_parameters_is_the_papers(channels, parameters):
    assert sum(p.numel() for p in build(channels).parameters()) == parameters
"""


def module_test(entry: Entry, package: str) -> str:
    """Return tests/test_NAME.py for a module, as the project would write it.

    Args:
        entry: What INFO says.
        package: The project's package.
    """
    if entry.kind == "loss":
        return loss_test(entry, package)
    widths = _widths(entry)
    counts = [(c, entry.params(c)) for c in widths[:2]] if "params" in entry.info else []
    layout, kind = str(entry.info.get("layout", "NCHW")), entry.kind
    libraries = "".join(f'pytest.importorskip("{name}")\n' for name in entry.libraries)
    cls = class_name(entry.file)
    text = HEAD.format(
        name=entry.name,
        promises="shapes, gradients" + (", parameters" if counts else ""),
        package=package,
        skips=f"\n{libraries}" if libraries else "",
        cls=cls,
        widths="channels, channels" if kind in TWO_WIDTHS else "channels",
        shape=_shape("channels", "height", "width", layout),
        arity=entry.info.get("arity", 1),
        sizes=_sizes(entry),
        channels=widths[0],
        out=_shape(str(widths[0]), *_sized(kind), layout),
    )
    if not counts or not any(number for _, number in counts):
        return _without_learning(text) if counts else text
    return text + COUNT.format(counts=counts)


def _without_learning(text: str) -> str:
    """A module without parameters has none that could learn."""
    head = text.partition("\n\ndef test_every_parameter_learns")[0]
    return head.replace("shapes, gradients, parameters", "shapes").rstrip() + "\n"


def _widths(entry: Entry) -> list[int]:
    needs = entry.info.get("needs") or {}
    unit = needs.get("divisible", 1)
    unit = unit if isinstance(unit, int) else 1
    least = int(needs.get("min_channels", 1))
    return [c for c in WIDTHS if c >= least and c % unit == 0] or [least * unit]


def _sizes(entry: Entry) -> list[tuple[int, int]]:
    least = int((entry.info.get("needs") or {}).get("min_hw", 1))
    return [(max(h, least), max(w, least)) for h, w in SIZES]


def _sized(kind: str) -> tuple[str, str]:
    if kind == "up":
        return "2 * height", "2 * width"
    return ("height // 2", "width // 2") if kind == "down" else ("height", "width")


def _shape(channels: str, height: str, width: str, layout: str) -> str:
    if layout == "NHWC":
        return f"2, {height}, {width}, {channels}"
    if layout == "NLC":
        return f"2, {height} * {width}, {channels}"
    return f"2, {channels}, {height}, {width}"
