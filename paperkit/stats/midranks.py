"""Ranks of values."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["midranks"]


def midranks(values: ArrayLike) -> NDArray[np.float64]:
    """Return ranks along the last axis, 1 for the smallest; equal values share the mean of theirs.

    Args:
        values: [n], or [..., n] with few n: then each is held against each.
    """
    sample = np.asarray(values, dtype=float)
    if sample.ndim == 1:
        ordered = np.sort(sample)
        below, upto = (np.searchsorted(ordered, sample, side) for side in ("left", "right"))
        return np.asarray((below + upto + 1) / 2)
    columns = np.moveaxis(sample, -1, 0).copy()
    before = np.zeros(columns.shape, dtype=np.int32)  # below, and not above
    for other in columns:
        before += other < columns
        before += other <= columns
    return np.asarray((np.moveaxis(before, 0, -1) + 1) / 2)
