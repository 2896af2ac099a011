"""What is known of a module without running it: the words of INFO, the constructor's text."""

from paperkit.zoo.facts.constructor import Option, arguments, class_name, needs_library, options
from paperkit.zoo.facts.entry import Entry, catalogue, choose, of_file, of_project
from paperkit.zoo.facts.target import Target, target

__all__ = [
    "Entry",
    "Option",
    "Target",
    "arguments",
    "catalogue",
    "choose",
    "class_name",
    "needs_library",
    "of_file",
    "of_project",
    "options",
    "target",
]
