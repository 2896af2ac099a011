"""How many runs at once, with how many threads, on which GPU.

Two processes that each take all cores are slower than one after the other; two processes with half
of the cores each are faster. So the cores are divided among the workers, and said to the child.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Packing", "cores", "gpus", "pack"]

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class Packing:
    """How a machine is divided among runs.

    Attributes:
        workers: Runs at once.
        threads: Threads of each.
        devices: CUDA_VISIBLE_DEVICES of each worker; None leaves it as it is.
    """

    workers: int
    threads: int
    devices: tuple[str | None, ...]

    def environment(self, worker: int) -> dict[str, str]:
        """Return the variables that hold a worker to its share."""
        chosen = dict.fromkeys(THREADS, str(self.threads))
        device = self.devices[worker]
        return chosen if device is None else {**chosen, "CUDA_VISIBLE_DEVICES": device}


def pack(runs: int, *, workers: int | None = None, threads: int | None = None) -> Packing:
    """Return how `runs` runs share this machine.

    Args:
        runs: Number of runs in the plan, done ones too, so that the packing (and with it the
            number of threads, which changes the last digits) stays the same on every launch.
        workers: Chosen by the user; else one per GPU, or one per two cores but at least two.
        threads: Chosen by the user; else the cores divided by the workers.
    """
    found, have = gpus(os.environ), cores()
    usual = len(found) or (1 if have == 1 else max(2, have // 2))
    count = workers or max(1, min(usual, runs))
    devices = tuple(found[worker % len(found)] if found else None for worker in range(count))
    return Packing(count, threads or max(1, have // count), devices)


def cores() -> int:
    """Return the cores that this process may use: affinity and container limit respected."""
    counter = getattr(os, "sched_getaffinity", None)
    count = len(counter(0)) if counter else os.cpu_count() or 1
    return max(1, min(count, _container_limit() or count))


def _container_limit() -> int | None:
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None


def gpus(environment: Mapping[str, str]) -> list[str]:
    """Return the ids of the GPUs that this process may use, without importing torch."""
    if "CUDA_VISIBLE_DEVICES" in environment:
        named = environment["CUDA_VISIBLE_DEVICES"].split(",")
        return [name.strip() for name in named if name.strip() not in ("", "-1")]
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"],
            capture_output=True,
            encoding="utf-8",
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return listed.stdout.split()
