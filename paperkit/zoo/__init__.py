"""The catalogue of modules: one self-contained file per paper, copied into projects on request."""

from paperkit.zoo.catalogue import info, names, path, read_info
from paperkit.zoo.formula import evaluate

__all__ = ["evaluate", "info", "names", "path", "read_info"]
