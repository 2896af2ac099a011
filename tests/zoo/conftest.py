"""Modules of the catalogue, built as the slot engine builds them."""

import pytest
import torch

from paperkit import zoo


@pytest.fixture
def build():
    def make(name, channels, **options):
        from paperkit.zoo.load import find

        torch.manual_seed(0)
        two = zoo.info(name)["kind"] in ("fusion", "conv", "block", "up", "down")
        return find(name)(*[channels] * (2 if two else 1), **options)

    return make


@pytest.fixture
def inputs():
    def make(name, *shape, dtype=torch.float32):
        generator = torch.Generator().manual_seed(1)
        count = zoo.info(name)["arity"]
        return [torch.randn(shape, generator=generator, dtype=dtype) for _ in range(count)]

    return make
