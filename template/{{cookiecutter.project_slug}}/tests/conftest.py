"""What the tests share: the project on the path, one thread, a small configuration."""

import os
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_NUM_THREADS", "1")
torch.set_num_threads(1)

from {{cookiecutter.package_name}} import config  # noqa: E402

SIZES = ["data.size=32", "data.limit=8", "train.batch_size=4", "train.epochs=2"]


@pytest.fixture
def small():
    """small("model.width=4", ...): the smoke configuration, smaller, with settings laid over it."""
    return lambda *overrides: config.load("configs/smoke.yaml", [*SIZES, *overrides])
