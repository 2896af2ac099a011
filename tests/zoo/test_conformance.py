"""What every module of the catalogue keeps: a new file is tested by being there."""

import ast
import copy
import re
import runpy
import sys

import pytest
import torch

from paperkit import zoo
from paperkit.slots.selector import read_selector

NAMES = zoo.names()
REQUIRED = {
    *("name", "title", "authors", "venue", "year", "key", "bibtex", "kind", "arity", "layout"),
    *("equation", "symbols", "params", "needs", "components", "recommended", "variants"),
    *("licence", "source"),
}
KINDS = {
    *("channel", "spatial", "attention", "context", "fusion"),
    *("conv", "block", "up", "down"),
}
LIBRARIES = {"torch", "torchvision", "timm"}  # what a generated project has anyway

pytestmark = pytest.mark.parametrize("name", NAMES)


def least(name):
    return max(2, zoo.info(name)["needs"].get("min_hw", 1))


def sized(name, height, width):
    """Return the size that comes out; a down-sampler drops an odd row, as max pooling does."""
    kind = zoo.info(name)["kind"]
    if kind == "up":
        return 2 * height, 2 * width
    return (height // 2, width // 2) if kind == "down" else (height, width)


@pytest.mark.parametrize("channels", [8, 16, 64, 128, 256])
def test_the_formula_counts_the_parameters(name, build, channels):
    counted = sum(p.numel() for p in build(name, channels).parameters())
    assert zoo.evaluate(zoo.info(name)["params"], C=channels) == counted


def test_gradients_are_those_of_the_forward(name, build, inputs):
    module = build(name, 8).double().eval()
    given = [x.requires_grad_() for x in inputs(name, 1, 8, 5, 6, dtype=torch.float64)]
    assert torch.autograd.gradcheck(module, given)


def test_inputs_stay_and_every_parameter_learns(name, build, inputs):
    # evaluating: in training, batch normalisation takes a bias before it out again
    module, given = build(name, 16).eval(), inputs(name, 2, 16, 8, 9)
    before = [x.clone() for x in given]
    out = module(*given)
    assert all(torch.equal(a, b) for a, b in zip(given, before, strict=True))
    (out * torch.linspace(-1, 1, out.numel()).view_as(out)).sum().backward()
    dead = [n for n, p in module.named_parameters() if p.grad is None or not p.grad.any()]
    assert not dead


@pytest.mark.parametrize("size", ["least", (5, 9), (32, 48), (17, 4)])
@pytest.mark.parametrize("batch", [1, 3])
def test_shapes_stay_at_any_size(name, build, inputs, size, batch):
    height, width = (least(name),) * 2 if size == "least" else size
    given = inputs(name, batch, 16, height, width)
    out = build(name, 16).eval()(*given)
    assert out.shape == (batch, 16, *sized(name, height, width))
    assert out.isfinite().all()


def test_samples_of_a_batch_do_not_mix(name, build, inputs):
    module, given = build(name, 16).eval(), inputs(name, 3, 16, 6, 7)
    together = module(*given)
    alone = torch.cat([module(*(x[n : n + 1] for x in given)) for n in range(3)])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-6)


def test_shapes_can_be_followed_without_numbers(name, build, inputs):
    given = [x.to("meta") for x in inputs(name, 1, 16, 8, 8)]
    assert build(name, 16).to("meta").eval()(*given).shape == (1, 16, *sized(name, 8, 8))


def test_state_dicts_and_copies(name, build, inputs):
    given, first = inputs(name, 2, 16, 8, 8), build(name, 16).eval()
    torch.manual_seed(9)
    second = copy.deepcopy(first)
    for parameter in second.parameters():
        torch.nn.init.normal_(parameter)
    assert not torch.equal(second(*given), first(*given))
    second.load_state_dict(first.state_dict())
    assert torch.equal(second(*given), first(*given))


def test_mixed_precision_is_finite(name, build, inputs):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert build(name, 16)(*inputs(name, 2, 16, 8, 8)).isfinite().all()


def test_info_is_complete(name):
    info = zoo.info(name)
    assert set(info) - {"returns"} == REQUIRED
    assert info["name"] == name
    assert info["kind"] in KINDS
    assert (info["arity"] == 2) == (info["kind"] == "fusion") == ("returns" in info)
    for selector in info["recommended"]:
        read_selector(selector)


def test_bibtex_says_the_same_as_info(name):
    info = zoo.info(name)
    text = " ".join(info["bibtex"].split())
    fields = dict(re.findall(r"(\w+)\s+= \{(.*?)\}(?:,| \})", text))
    assert re.match(rf"@\w+\{{{info['key']},", text)
    assert fields["year"] == str(info["year"])
    assert fields["title"].replace("{", "").replace("}", "") == info["title"]
    last_names = [author.split(", ")[0].split()[-1] for author in fields["author"].split(" and ")]
    assert last_names == [author.split()[-1] for author in info["authors"]]


def test_the_file_is_self_contained_and_shows_shapes_when_run(name, build, capsys):
    tree = ast.parse(zoo.path(name).read_text(encoding="utf-8"))
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported <= {*LIBRARIES, *sys.stdlib_module_names}
    runpy.run_path(str(zoo.path(name)), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    count = sum(p.numel() for p in build(name, 64).parameters())
    size = (2, 64, *sized(name, 32, 48))
    assert lines[1:] == [f"output {size}", f"parameters {count}"]
