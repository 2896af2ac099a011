"""A configuration's model as one plain PyTorch file.

request.py asks the project, in a child of its own Python; writer/ runs there, and imports torch
and the standard library only.
"""

from paperkit.eject.request import Written, write_ejected

__all__ = ["Written", "write_ejected"]
