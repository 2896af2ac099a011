"""What a check says: its name, whether the module keeps it, and what is wrong if not."""

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """One check of one module.

    Attributes:
        check: The name of the check, "gradients".
        ok: Whether the module keeps it.
        message: What is wrong, with the values and the way out; "" where nothing is.
    """

    check: str
    ok: bool
    message: str = ""
