"""Modules of the catalogue, built as the slot engine builds them."""

import importlib

import pytest
import torch

from paperkit import zoo

CLASSES = {
    "aspp": "ASPP",
    "attn_gate": "AttnGate",
    "cbam": "CBAM",
    "cga_fusion": "CGAFusion",
    "coord_att": "CoordAtt",
    "scconv23": "SCConv",
    "se": "SE",
}


@pytest.fixture
def build():
    def make(name, channels, **options):
        torch.manual_seed(0)
        cls = getattr(importlib.import_module(f"paperkit.zoo.{name}"), CLASSES[name])
        widths = 2 if zoo.info(name)["kind"] in ("fusion", "conv") else 1
        return cls(*[channels] * widths, **options)

    return make


@pytest.fixture
def inputs():
    def make(name, *shape, dtype=torch.float32):
        generator = torch.Generator().manual_seed(1)
        count = zoo.info(name)["arity"]
        return [torch.randn(shape, generator=generator, dtype=dtype) for _ in range(count)]

    return make
