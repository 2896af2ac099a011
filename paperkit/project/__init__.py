"""A generated project on disk: where it is, what it answered, and how to ask its own code.

Several rooms need the student's project; this floor gives it to them without importing any of its
code: `ask` starts a child of the project's own Python and gets plain data back.
"""

from paperkit.project import ask, child, root
from paperkit.project.root import Project
from paperkit.project.settings import Settings

__all__ = ["Project", "Settings", "ask", "child", "root"]
