"""Models of other libraries by name; libraries.py is the source of the copy in generated projects.

Nothing is imported here: libraries.py needs torch, and runs in the child that answers a question.
"""

__all__ = []
