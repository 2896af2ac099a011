r"""Write a table as LaTeX: only the tabular (booktabs), so that the author owns float and caption.

Marks are macros (``\pkbest``, ``\pksecond``, ``\pkstd``, ``\pkyes``, ``\pkno``) that the author may
redefine. How it is set is chosen so that it fits the venue's column, else the text width (fit.py);
it is never scaled.
"""

from collections.abc import Iterator, Sequence

from paperkit.latex import Tex, escape, only_tex, tex
from paperkit.project.venue import Venue
from paperkit.report.files.fit import fit
from paperkit.report.files.table import Cell, Column, Table, spans

__all__ = ["table_tex"]

HEADER = "% Written by `paperkit report`: edits here are lost."


def table_tex(table: Table, venue: Venue) -> str:
    """Return the file's text."""
    how = fit(table, venue)
    size = how.setting
    aligns = _aligns(how.panels)
    lines = [
        HEADER,
        f"% natural width about {how.width:.0f} pt; column {venue.column:.0f} pt, "
        f"text {venue.text:.0f} pt",
        rf"\begingroup\{size.font}\setlength{{\tabcolsep}}{{{size.separation:g}pt}}"
        r"\renewcommand{\arraystretch}{1.1}%",  # an underline must not touch the next row
        rf"\begin{{tabular}}{{@{{}}{aligns}@{{}}}}",
        r"\toprule",
    ]
    for number, panel in enumerate(how.panels):
        if number:
            lines.append(r"\midrule[\heavyrulewidth]")
        label = f"({chr(ord('a') + number)})" if len(how.panels) > 1 else ""
        lines += [
            *_heads(panel, label, len(aligns) - 1),
            r"\midrule",
            *_body(panel, aligns, table.rules),
        ]
    if any(r"\rotatebox" in line for line in lines):
        lines.insert(1, "% turned heads need \\usepackage{graphicx}")
    lines += [r"\bottomrule", r"\end{tabular}%", *_note_lines(how.table), r"\endgroup"]
    return "\n".join(lines) + "\n"


def _aligns(panels: Sequence[Sequence[Column]]) -> str:
    """Of each column in the first panel that has it."""
    longest = max(panels, key=len)
    firsts = [
        next((p[i] for p in panels if i < len(p)), column) for i, column in enumerate(longest)
    ]
    return "".join(column.align for column in firsts)


def _heads(columns: Sequence[Column], label: str, last: int) -> Iterator[str]:
    yield from _group_lines(columns, label, last)
    # a head over right-aligned numbers reads better centred
    heads = [_noted(column.head) for column in columns]
    centred = [_span(i, 1, last, tex) for i, tex in enumerate(heads)]
    yield _line(
        [
            span if column.align == "r" else head
            for span, head, column in zip(centred, heads, columns, strict=True)
        ]
    )
    if any(column.unit for column in columns):
        yield _line([_span(i, 1, last, escape(c.unit)) for i, c in enumerate(columns)])


def _group_lines(columns: Sequence[Column], label: str, last: int) -> Iterator[str]:
    """The line above the heads; a panel's label stands where it is free, else alone."""
    groups = spans(columns)
    names = [_span(i, n, last, escape(name)) for name, i, n in groups]
    if label and names and not names[0]:
        names[0] = _span(0, 1, last, label, "l")
    if any(names):
        yield _line(names)
    if rules := [(i + 1, i + n) for name, i, n in groups if name]:
        yield " ".join(rf"\cmidrule(lr){{{first}-{end}}}" for first, end in rules)


def _span(at: int, count: int, last: int, text: str, align: str = "c") -> str:
    """An entry over columns with its own alignment; no space beyond the table's edges."""
    left, right = "@{}" * (at == 0), "@{}" * (at + count > last)
    return rf"\multicolumn{{{count}}}{{{left}{align}{right}}}{{{text}}}" if text else ""


def _noted(head: Cell) -> str:
    return str(only_tex(head.tex)) + (rf"\textsuperscript{{{head.note}}}" if head.note else "")


def _body(columns: Sequence[Column], aligns: str, rules: frozenset[int]) -> Iterator[str]:
    widest = [max((cell.std for cell in c.cells), key=len, default="") for c in columns]
    last = len(aligns) - 1
    for row in range(len(columns[0].cells) if columns else 0):
        if row in rules and row > 0:
            yield r"\midrule"
        cells = [_cell(c.cells[row], std) for c, std in zip(columns, widest, strict=True)]
        # where a panel above has another kind of column, the cell brings its own alignment
        yield _line(
            [
                cell if column.align == aligns[i] else _span(i, 1, last, cell, column.align)
                for i, (cell, column) in enumerate(zip(cells, columns, strict=True))
            ]
        )


def _cell(cell: Cell, widest: str) -> str:
    """A cell; where a column has spreads, every cell leaves the same room for one."""
    tex = str(only_tex(cell.tex))
    if cell.fewer:
        point = "" if "." in cell.plain else "."
        tex += rf"\phantom{{{point}{'0' * cell.fewer}}}"
    if cell.mark:
        tex = rf"\pk{cell.mark}{{{tex}}}"
    note = rf"\rlap{{\textsuperscript{{{cell.note}}}}}" if cell.note else ""
    sign = rf"\pk{cell.sign}{{}}" if cell.sign not in ("", "none") else ""
    room = rf"\pksign{{{sign}}}" if cell.sign else ""
    if cell.std:
        missing = "0" * (len(widest) - len(cell.std))
        padding = rf"\phantom{{{missing}}}" if missing else ""
        return rf"{tex}\pkstd{{{padding}{cell.std}}}{room}{note}"
    return tex + note + (rf"\phantom{{\pkstd{{{widest}}}}}" if widest else "") + room


def _note_lines(table: Table) -> Iterator[str]:
    if table.notes:
        notes = [
            tex(r"\textsuperscript{#1}#2", letter, text) if letter else text
            for letter, text in table.notes
        ]
        yield rf"\pktablenotes{{{Tex('; ').join(notes)}.}}%"


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"
