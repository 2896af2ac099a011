"""Which values of a table's column are best and second best."""

from collections.abc import Hashable, Sequence

__all__ = ["best_and_second"]


def best_and_second(
    values: Sequence[float | None], shown: Sequence[Hashable], *, higher: bool
) -> tuple[set[int], set[int]]:
    """Return the positions of the best and of the second best values.

    Ranked are the unrounded values; whatever looks the same as the best in print (equal `shown`)
    shares its mark, because a reader could not tell why only one is bold. Nothing is marked where
    fewer than two values can be told apart, and no second where only two can.

    Args:
        values: [n]; None is missing and takes no part.
        shown: [n]; what the reader sees of each value.
        higher: Whether more is better.
    """
    ranked = [i for i, value in enumerate(values) if value is not None]
    ranked.sort(key=lambda i: values[i], reverse=higher)  # type: ignore[arg-type,return-value]
    looks = list(dict.fromkeys(shown[i] for i in ranked))
    if len(looks) < 2:
        return set(), set()
    best = {i for i in ranked if shown[i] == looks[0]}
    second = {i for i in ranked if shown[i] == looks[1]} if len(looks) > 2 else set()
    return best, second
