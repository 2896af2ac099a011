"""What `paperkit new --data PATH` finds out about a folder of images before any code is written."""

from paperkit.scaffold.data.inspect import inspect_data
from paperkit.scaffold.data.library import SOURCE, inspect_library
from paperkit.scaffold.data.report import DataReport

__all__ = ["SOURCE", "DataReport", "inspect_data", "inspect_library"]
