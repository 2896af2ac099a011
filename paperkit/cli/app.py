"""Register the verbs, and turn every way a command can end into a message and an exit code."""

import gc
import os
import sys
import tempfile
import traceback
from pathlib import Path

import typer

import paperkit
from paperkit.errors import PaperkitError

# verb -> module below paperkit.cli; each holds a function of the verb's name
VERBS = (
    "new",
    "demo",
    "doctor",
    "add",
    "check",
    "plan",
    "run",
    "status",
    "report",
    "trace",
    "diagram",
    "eject",
)
GROUPS = ("modules",)  # the same with a package, whose VERBS are verbs below this one

app = typer.Typer(
    name="paperkit",
    help="From a baseline and a plugged module to a finished paper.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"paperkit {paperkit.__version__}")
        raise typer.Exit


@app.callback(epilog="Start with: paperkit demo")
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """From a baseline and a plugged module to a finished paper."""


def _register() -> None:
    from importlib import import_module

    for verb in VERBS:
        module = import_module(f"paperkit.cli.{verb}")
        # \b keeps the examples' lines apart in plain help
        app.command(verb, epilog="\b\n" + module.EXAMPLES.strip())(getattr(module, verb))
    for name in GROUPS:
        package = import_module(f"paperkit.cli.{name}")
        group = typer.Typer(help=package.HELP, no_args_is_help=True, rich_markup_mode=None)
        for verb in package.VERBS:
            module = import_module(f"paperkit.cli.{name}.{verb}")
            epilog = "\b\n" + module.EXAMPLES.strip()
            group.command(verb.rstrip("_"), epilog=epilog)(getattr(module, verb))
        app.add_typer(group, name=name)


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code (interface.md lists them). Prints errors on stderr."""
    if not app.registered_commands:
        _register()
    try:
        result = app(args=argv, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except PaperkitError as error:
        typer.echo(f"paperkit: {error}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("paperkit: interrupted; run the same command again to go on", err=True)
        return 130
    except Exception as error:
        return _other(error)


def _other(error: Exception) -> int:
    """Usage errors of typer's own parser keep its words; the rest is our bug (exit 70)."""
    show = getattr(error, "show", None)
    if callable(show):
        show()
        return int(getattr(error, "exit_code", 2))
    if isinstance(error, OSError) and error.filename is not None:
        typer.echo(f"paperkit: {error.strerror}: {os.fspath(error.filename)}", err=True)
        return 3
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="paperkit-bug-", suffix=".txt", delete=False
    ) as file:
        traceback.print_exc(file=file)
    typer.echo(
        f"paperkit: a bug of ours ({type(error).__name__}: {str(error).partition(chr(10))[0]}); "
        f"the traceback is in {Path(file.name)}, please report it",
        err=True,
    )
    return 70


def entry() -> None:
    """Console script."""
    code = main()
    gc.freeze()  # at exit Python looks for cycles in all there is; most of it is needed no more
    sys.exit(code)
