"""One process, or one per GPU by `torchrun --nproc-per-node=N train.py ...`; rank 0 writes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class World:
    """Where this process stands. `main` is the one that writes and tests."""

    rank: int
    size: int
    device: torch.device

    @property
    def main(self) -> bool:
        return self.rank == 0


@contextmanager
def world() -> Iterator[World]:
    """Join the group that torchrun made, if it did, and leave it at the end."""
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if torch.cuda.is_available():
        torch.cuda.set_device(local)
        device = torch.device("cuda", local)
    else:
        device = torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if size == 1:
        yield World(0, 1, device)
        return
    torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(rank, size, device)
    finally:
        torch.distributed.destroy_process_group()


def wrap(model: nn.Module, world: World) -> nn.Module:
    """Average gradients over all processes; BatchNorm statistics too, where that is possible."""
    if world.size == 1:
        return model
    if world.device.type == "cuda":
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    ids = [world.device.index] if world.device.type == "cuda" else None
    return nn.parallel.DistributedDataParallel(model, device_ids=ids)


def mine(batch: dict, world: World) -> dict:
    """This process's part of a batch: every size-th sample."""
    if world.size == 1:
        return batch
    return {key: values[world.rank :: world.size] for key, values in batch.items()}


def mean(value: float, world: World) -> float:
    """The mean over all processes, the same everywhere; of a flag: above 0 if any has it set."""
    return _reduced(value, world) / world.size if world.size > 1 else value


def told(value: float, world: World) -> float:
    """Process 0's value, the same everywhere; the others wait for it."""
    return _reduced(value if world.main else 0.0, world) if world.size > 1 else value


def _reduced(value: float, world: World) -> float:
    total = torch.tensor([value], device=world.device)
    torch.distributed.all_reduce(total)
    return float(total)
