"""Answers -> a new repository; modules added to it; the user's data read and described.

The only room that knows cookiecutter, and of it only the renderer.
"""

from paperkit.scaffold.answers import Answers, make_answers, read_answers
from paperkit.scaffold.creation import check_target, create, look_at, preview
from paperkit.scaffold.data import DataReport, inspect_data
from paperkit.scaffold.imported import Imported, Source, import_class
from paperkit.scaffold.modules import Added, add_modules
from paperkit.scaffold.own import check_name, new_composite, new_module, write_module

__all__ = [
    "Added",
    "Answers",
    "DataReport",
    "Imported",
    "Source",
    "add_modules",
    "check_name",
    "check_target",
    "create",
    "import_class",
    "inspect_data",
    "look_at",
    "make_answers",
    "new_composite",
    "new_module",
    "preview",
    "read_answers",
    "write_module",
]
