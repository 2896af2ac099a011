"""A plugged model as one plain PyTorch file.

    ejected = eject(model, example, about="U-Net with coordinate attention")

Loaded by its path in the project's own Python (see
paperkit.project.child), so it imports torch and the standard library and nothing of paperkit.

tracer.py records what every forward does; homes.py decides where modules live; clean.py, body.py
and modes.py write forwards; make.py, source.py, tensors.py and classes.py constructors;
structure.py joins them, file.py and layout.py are the text, verify.py compares it with the model.
"""

from .answer import answer
from .ejected import Ejected, eject
from .errors import EjectError
from .record import recording

__all__ = ["EjectError", "Ejected", "answer", "eject", "recording"]
