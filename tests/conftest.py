"""What all tests share: one torch thread, and a list of the system programs that are missing."""

import os
import shutil
from collections import defaultdict

import hypothesis
import pytest

# the same examples in every run: a change is judged by what it changes
hypothesis.settings.register_profile("same", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("same")

os.environ.setdefault("MPLBACKEND", "Agg")

APT_LATEX = (
    "apt-get install texlive-latex-base texlive-latex-recommended texlive-latex-extra "
    "texlive-publishers texlive-science texlive-fonts-recommended texlive-pictures "
    "texlive-bibtex-extra latexmk"
)
# marker -> what its tests call, and the command that gets it
PROGRAMS = {
    "latex": (("pdflatex", "latexmk", "bibtex"), APT_LATEX),
    "poppler": (("pdftotext", "pdftoppm", "pdffonts"), "apt-get install poppler-utils"),
}
MISSING = "missing program: "


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--strict-skips", action="store_true", help="a skipped test fails the session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker, (programs, _) in PROGRAMS.items():
            if item.get_closest_marker(marker) is None:
                continue
            missing = [name for name in programs if shutil.which(name) is None]
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"{MISSING}{', '.join(missing)}"))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """List the skipped tests, by missing program, with the command that gets it."""
    skipped: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skipped[reason.removeprefix("Skipped: ")].append(report.nodeid)
    if not skipped:
        return
    terminalreporter.section("skipped tests")
    for reason, tests in sorted(skipped.items()):
        terminalreporter.write_line(f"{len(tests)} skipped: {reason}{_remedy(reason)}")
        for test in tests:
            terminalreporter.write_line(f"  {test}")
    if config.getoption("--strict-skips"):
        terminalreporter.write_line("--strict-skips (make test STRICT=1): skipped tests fail")


def _remedy(reason: str) -> str:
    names = reason.removeprefix(MISSING).split(", ") if reason.startswith(MISSING) else []
    commands = {command for programs, command in PROGRAMS.values() if set(names) & set(programs)}
    return "".join(f"; get it with: {command}" for command in sorted(commands))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    strict = session.config.getoption("--strict-skips")
    if strict and reporter is not None and reporter.stats.get("skipped") and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
