"""A plugged model as one plain PyTorch file.

    ejected = eject(model, example, about="U-Net with coordinate attention")

Loaded by its path in the project's own Python (see paperkit.project.child), so it imports torch
and the standard library and nothing of paperkit. In the order of the work:

record.py    constructors' arguments, while the model is built
tracer.py    what every forward does: graphs of values.py, with sizes.py for shapes, encode.py
homes.py     where modules live: plugs where they act
clean.py     a graph without what only slots needed; body.py, hoist.py, names.py, operators.py its
             lines; modes.py one forward from training and evaluation; roll.py loops
make.py      constructors; tensors.py parameters; source.py classes that stay as they are
classes.py   one class for modules that differ in numbers (columns.py); structure.py joins all
file.py      the text, with header.py and layout.py; verify.py compares it with the model
"""

from .answer import answer
from .ejected import Ejected, eject
from .errors import EjectError
from .record import recording

__all__ = ["EjectError", "Ejected", "answer", "eject", "recording"]
