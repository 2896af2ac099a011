"""``python -m paperkit`` is the same program as ``paperkit``."""

from paperkit.cli import entry

if __name__ == "__main__":
    entry()
