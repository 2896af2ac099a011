"""What cannot be written as one plain file; the message says which module, and why."""

__all__ = ["EjectError"]


class EjectError(ValueError):
    """The model, or one module of it, cannot be written as plain code."""
