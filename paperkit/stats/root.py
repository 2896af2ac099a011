"""Where a function crosses zero."""

from collections.abc import Callable

__all__ = ["root"]


def root(of: Callable[[float], float], low: float, high: float) -> float:
    """Return x in [low, high] where a function that grows becomes positive, by bisection.

    Fifty halvings give all the digits that anybody prints; importing a faster method takes longer.
    """
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if of(middle) > 0 else (middle, high)
    return (low + high) / 2
