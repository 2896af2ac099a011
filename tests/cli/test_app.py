"""How every command ends: one message on stderr, and the exit code of interface.md."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from paperkit.cli import app as application
from paperkit.cli import main
from paperkit.errors import Findings, LockedError, MachineError, UserError


def ending(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException
) -> tuple[int, str, str]:
    class Failing:
        registered_commands = ("one",)

        def __call__(self, **_: object) -> None:
            raise error

    monkeypatch.setattr(application, "app", Failing())
    code = main([])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.fixture(autouse=True)
def registered() -> None:
    main(["--version"])


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (Findings("2 runs failed"), 1, "paperkit: 2 runs failed\n"),
        (UserError("no such spec"), 2, "paperkit: no such spec\n"),
        (MachineError("LaTeX is missing"), 3, "paperkit: LaTeX is missing\n"),
        (LockedError("runs/a is busy"), 4, "paperkit: runs/a is busy\n"),
        (
            PermissionError(13, "Permission denied", "/x"),
            3,
            "paperkit: Permission denied: /x\n",
        ),
        (
            KeyboardInterrupt(),
            130,
            "paperkit: interrupted; run the same command again to go on\n",
        ),
    ],
)
def test_an_error_is_one_message_and_its_exit_code(
    error: BaseException,
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    capsys.readouterr()
    assert ending(monkeypatch, capsys, error) == (code, "", message)


def test_a_bug_of_ours_is_one_line_and_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    capsys.readouterr()
    code, out, err = ending(monkeypatch, capsys, ZeroDivisionError("division\nby zero"))
    (trace,) = tmp_path.iterdir()
    assert (code, out) == (70, "")
    assert err == (
        "paperkit: a bug of ours (ZeroDivisionError: division); "
        f"the traceback is in {trace}, please report it\n"
    )
    assert "in __call__" in trace.read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", application.VERBS)
def test_every_command_has_help_with_an_example(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main([verb, "--help"]) == 0
    told = capsys.readouterr()
    assert f"paperkit {verb}" in told.out.partition("Examples:")[2] and told.err == ""


def test_an_unknown_command_or_option_is_the_users_mistake() -> None:
    for arguments in (["trian"], ["doctor", "--jsno"]):
        done = subprocess.run(
            [sys.executable, "-m", "paperkit", *arguments], capture_output=True, text=True
        )
        assert done.returncode == 2 and done.stdout == ""
        assert arguments[-1] in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
def test_a_reader_that_leaves_is_no_bug() -> None:
    piped = f"'{sys.executable}' -m paperkit new --help | true"
    done = subprocess.run(["sh", "-c", piped], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
