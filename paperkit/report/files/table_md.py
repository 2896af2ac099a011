"""Write a table as GitHub's Markdown, for a README, an issue or a first draft."""

import re
from collections.abc import Iterator

from paperkit.latex import escape
from paperkit.report.files.plain import SIGNS, plain_text
from paperkit.report.files.table import Cell, Column, Table

__all__ = ["table_md"]

# entities where a table's row or HTML would end, backslashes where Markdown begins
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "@": "&#64;"}
_SLASHED = "\\`*_[]~$"
_ALIGN = {"l": ":---", "c": ":---:", "r": "---:"}


def table_md(table: Table) -> str:
    """Return the file's text: the table with one line of heads, its notes, its caption sentence.

    Best is bold, second underlined. A name is text, whatever it looks like.
    """
    columns = table.printed
    rows = zip(*(column.cells for column in columns), strict=True)
    lines = [
        _line(_head(column) for column in columns),
        _line(_ALIGN[column.align] for column in columns),
        *(_line(_cell(cell) for cell in row) for row in rows),
    ]
    for letter, text in table.notes:
        lines += ["", f"<sup>{letter}</sup> {_escaped(plain_text(text))}."]
    if table.caption:
        lines += ["", f"Table: {_escaped(plain_text(table.caption))}"]
    return "\n".join(lines) + "\n"


def _head(column: Column) -> str:
    group = [plain_text(escape(column.group))] if column.group else []
    words = [*group, plain_text(column.head.tex), plain_text(escape(column.unit))]
    note = f"<sup>{column.head.note}</sup>" if column.head.note else ""
    return _escaped(" ".join(filter(None, words))) + note


def _cell(cell: Cell) -> str:
    text = _escaped(plain_text(cell.tex))
    if text and cell.mark:
        text = f"**{text}**" if cell.mark == "best" else f"<ins>{text}</ins>"
    spread = f" ± {cell.std}" if cell.std else ""
    raised = _escaped(SIGNS.get(cell.sign, "")) + cell.note
    return text + spread + (f"<sup>{raised}</sup>" if raised else "")


def _line(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text that every parser shows as it is; no address in it becomes a link."""
    shown = "".join(
        _ENTITIES.get(char, f"\\{char}" if char in _SLASHED else char)
        for char in " ".join(text.split())
    )
    return re.sub(r"(?i)(?<=\w):(?=//)|(?<=www)\.", lambda match: f"&#{ord(match[0])};", shown)
