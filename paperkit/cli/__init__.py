"""The command line: the only room that knows typer, prints and exits.

One verb, one file. A verb's function takes the options, calls one function of a room, prints.
Errors arrive here as PaperkitError and leave as one message on stderr and an exit code.
"""

from paperkit.cli.app import entry, main

__all__ = ["entry", "main"]
