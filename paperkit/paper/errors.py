"""Read LaTeX's and BibTeX's logs: what went wrong, and in which line of which file."""

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["errors", "undefined"]

_ERROR = re.compile(r"^(?:\./)?([^\s:][^:\n]*\.\w+):(\d+): (.*)$", re.M)
_CONTEXT = re.compile(r"^l\.\d+ ?(.*)$", re.M)
_UNDEFINED = re.compile(
    r"^(?:LaTeX|Package natbib) Warning: (Citation|Reference) `([^']*)'.*undefined", re.M
)
_UNKNOWN = re.compile(
    r"^Package paperkit Warning: unknown (.*?)(?: on input line (\d+))?\.?$", re.M
)
_BIBTEX = re.compile(r"^(.*?)---line (\d+) of file (.*)$", re.M)


def errors(log: str, bibliography: str, output: str) -> list[str]:
    """Return one line per error: file:line, what LaTeX says, and what it had read last."""
    found = [_line(match, log) for match in _ERROR.finditer(log) if "==>" not in match[3]]
    found += [
        f"{match[3].strip()}:{match[2]}: BibTeX: {match[1].strip().rstrip('.')}"
        for match in _BIBTEX.finditer(bibliography)
    ]
    if not found:  # an error before the first line, such as a missing class
        found = [line[2:] for line in log.splitlines() if line.startswith("! ")]
    return list(dict.fromkeys(found)) or [f"latexmk: {line}" for line in output.splitlines()[-3:]]


def _line(match: re.Match[str], log: str) -> str:
    """The error, and the last thing that TeX read: the command that it does not know."""
    place, message = f"{match[1]}:{match[2]}", match[3].strip()
    if message.startswith("Emergency stop"):  # a missing file: the error itself has no line
        before = re.findall(r"^! (.*)$", log[: match.start()], re.M)
        return f"{place}: {before[-1] if before else message}"
    context = _CONTEXT.search(log, match.end())
    near = log[match.end() : context.start()].count("\n") if context else 99
    culprit = re.findall(r"\\[A-Za-z@]+|\S+", context[1])[-1:] if context and near < 12 else []
    return f"{place}: {message}" + "".join(f" {word}" for word in culprit)


def undefined(log: str, folder: Path) -> list[str]:
    """Return one line per undefined reference, citation and result, with where it is used."""
    found = [
        (kind.lower(), key, rf"\\{'cite' if kind == 'Citation' else 'ref'}\w*\*?(?:\[[^\]]*\])*"
         rf"\{{[^}}]*{re.escape(key)}[^}}]*\}}")
        for kind, key in _UNDEFINED.findall(log)
    ]  # fmt: skip
    lines = [f"{_place(folder, pattern)}: undefined {kind} {key}" for kind, key, pattern in found]
    for what, _ in _UNKNOWN.findall(log):
        kind, _, key = what.partition(" ")
        lines.append(f"{_place(folder, re.escape(key))}: unknown {kind} {key}, printed as ??")
    return list(dict.fromkeys(lines))


def _place(folder: Path, pattern: str) -> str:
    """FILE:LINE of the first match in the author's .tex files, then in the others."""
    for path in _sources(folder):
        match = re.search(pattern, path.read_text(encoding="utf-8", errors="replace"))
        if match:
            line = match.string.count("\n", 0, match.start()) + 1
            return f"{path.relative_to(folder).as_posix()}:{line}"
    return "main.tex"


def _sources(folder: Path) -> Iterator[Path]:
    files = sorted(folder.rglob("*.tex"))
    yield from (path for path in files if path.parent == folder)
    yield from (path for path in files if path.parent != folder)
