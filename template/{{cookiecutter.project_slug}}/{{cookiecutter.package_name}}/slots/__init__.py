"""The slot engine: named places in a model, and what is plugged into them."""

from .slot import Slot

__all__ = ["Slot"]
