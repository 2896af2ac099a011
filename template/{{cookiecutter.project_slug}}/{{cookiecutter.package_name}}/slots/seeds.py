"""Random numbers of a plug's own, so that plugging changes no weight of the base model."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def own_stream(*key: object) -> Iterator[None]:
    """Draw from a stream that only the key decides; the global stream goes on as if unused.

    The generator is seeded directly: torch.manual_seed would also reset the GPUs' streams.
    """
    digest = hashlib.sha256("\0".join(map(str, key)).encode()).digest()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int.from_bytes(digest[:8], "big") >> 1)
        yield
