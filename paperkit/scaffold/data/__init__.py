"""What `paperkit new --data PATH` finds out about a folder of images before any code is written."""

from paperkit.scaffold.data.inspect import inspect_data
from paperkit.scaffold.data.report import DataReport

__all__ = ["DataReport", "inspect_data"]
