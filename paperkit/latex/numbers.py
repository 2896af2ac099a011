"""Numbers as a reader would round them; formatted from floats, never from strings in a log."""

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

from paperkit.latex.source import MISSING, Tex

__all__ = ["number", "rounded"]


@lru_cache(maxsize=1 << 15)  # tables, macros and files print the same numbers
def rounded(value: float | None, decimals: int = 2, *, percent: bool = False) -> str | None:
    """Return `value` with fixed decimals, as a reader would round its shortest decimal form.

    Args:
        value: None, NaN and infinities are missing.
        decimals: Digits after the point.
        percent: Multiply by 100, exactly (0.285 is 28.5, not 28.499999999999996).

    Returns:
        ASCII digits with "-" for negative numbers, never "-0.00"; None where it is missing.
    """
    if value is None or not math.isfinite(value):
        return None
    context = Context(prec=800)
    exact = Decimal(repr(float(value))).scaleb(2 if percent else 0, context=context)
    fixed = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN, context=context)
    return f"{abs(fixed) if fixed == 0 else fixed:f}"


def number(
    value: float | None, decimals: int = 2, *, percent: bool = False, sign: bool = False
) -> Tex:
    """Return a number for a table or for text: fixed decimals, a true minus, -- where missing.

    >>> number(-0.0123, percent=True)
    '$-$1.23'
    """
    digits = rounded(value, decimals, percent=percent)
    if digits is None:
        return MISSING
    if digits.startswith("-"):
        return Tex(f"$-${digits[1:]}")
    return Tex(f"+{digits}" if sign else digits)
