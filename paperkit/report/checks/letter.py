r"""The list of changed numbers for a response letter, as LaTeX or Markdown.

The sentences are the author's own LaTeX, with both numbers filled in; \ref and \cite point into the
paper and would be ?? in a letter, so they are set as their names.
"""

import re
from collections.abc import Callable
from pathlib import Path

from paperkit.errors import UserError
from paperkit.latex import escape
from paperkit.report.checks.check import shown_number
from paperkit.report.checks.frozen_diff import Difference
from paperkit.report.checks.sentences import Sentence, filled, readable
from paperkit.report.files.plain import plain_text

__all__ = ["FORMATS", "letter", "write_letter"]

_POINTS = re.compile(r"\\(?:\w*cite\w*|\w*ref)\*?(?:\[[^\[\]]*\])*\{([^{}]*)\}")


def write_letter(found: Difference, path: Path) -> None:
    """Write the list; the file's ending says how.

    Raises:
        UserError: Another ending than .tex or .md.
    """
    path.write_text(letter(found, path), encoding="utf-8", newline="\n")


def letter(found: Difference, path: Path) -> str:
    """Return the list in the format of a file's ending.

    Raises:
        UserError: Another ending than .tex or .md.
    """
    if path.suffix not in FORMATS:
        raise UserError(f"{path}: the list is written as .tex or .md; name it so")
    return FORMATS[path.suffix](found)


def _tex(found: Difference) -> str:
    lines = [rf"% What changed since {found.tag}; needs nothing but LaTeX.", r"\begin{itemize}"]
    for sentence in found.sentences:
        text = filled(sentence.tex, lambda key: _both_tex(found, key))
        text = _POINTS.sub(lambda match: rf"[\texttt{{{escape(match[1])}}}]", text)
        lines.append(rf"  \item \texttt{{{escape(sentence.file)}}}: ``{text}''")
    lines += [rf"  \item {escape(row)}" for row in _rows(found)]
    if len(lines) == 2:
        lines.append(r"  \item No number changed.")
    return "\n".join([*lines, r"\end{itemize}"]) + "\n"


def _both_tex(found: Difference, key: str) -> str:
    """A frozen file may be anybody's: what it says is set as text, never as LaTeX."""
    old, new = found.old.get(key), found.new.get(key, "--")
    if old is None or old == new:
        return new
    return rf"\textbf{{{new}}} (was~{escape(plain_text(old))})"


def _markdown(found: Difference) -> str:
    lines = [f"Changed since {found.tag}:", ""]
    for sentence in found.sentences:
        lines.append(f"- `{sentence.file}`: {_sentence(found, sentence)}")
    lines += [f"- {row}" for row in _rows(found)]
    return "\n".join(lines if len(lines) > 2 else [*lines, "- No number changed."]) + "\n"


def _sentence(found: Difference, sentence: Sentence) -> str:
    def both(key: str) -> str:
        old, new = found.old.get(key), found.new.get(key)
        if old is None or old == new:
            return shown_number(new)
        return f"**{shown_number(new)}** (was {shown_number(old)})"

    return readable(filled(sentence.tex, both))


def _rows(found: Difference) -> list[str]:
    """One line for each row that changed, of the tables that the text uses."""
    rows: dict[tuple[str, str], list[str]] = {}
    for one in found.cells:
        if one.table in found.used:
            change = f"{one.column} {one.old} → {one.new}"
            rows.setdefault((one.table, one.row), []).append(change)
    return [f"{table}, {row}: {'; '.join(parts)}" for (table, row), parts in rows.items()]


FORMATS: dict[str, Callable[[Difference], str]] = {".tex": _tex, ".md": _markdown}
