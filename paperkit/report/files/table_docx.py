"""Write a table for Word: three lines, Times New Roman, to be pasted into a manuscript.

python-docx has no words for borders, room beside columns, repeated heads and counted captions;
those are elements of WordprocessingML (ECMA-376, part 1, section 17).
"""

import copy
import io
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from paperkit.latex import escape
from paperkit.report.files.on_page import on_page
from paperkit.report.files.plain import SIGNS, plain_text
from paperkit.report.files.table import Cell, Column, Table, spans
from paperkit.report.files.width import BOLD, Setting, text_width

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table as _Table
    from docx.table import _Row
    from docx.text.paragraph import Paragraph

__all__ = ["table_docx"]

Piece = tuple[str, str]  # text, and "bold", "underline", "superscript" or nothing

STYLE, STYLE_ID = "Paper table", "Papertable"  # by its name, python-docx looks it up each time
SIZE, NOTE, MARGIN = 9, 8, 54  # points
SHORT, TALL = 612, 792  # points; US letter, as Word's own empty document is
RULE, THIN = 8, 4  # eighths of a point: first and last line; under heads and groups
GAP = 72  # twentieths of a point beside each column
HOW = Setting("", SIZE, SIZE, GAP / 20)
RAISED = 0.67  # how wide raised letters are

_LINE = '<w:{} w:val="single" w:sz="{}" w:space="{}" w:color="auto"/>'
_GAPS = "".join(f'<w:{side} w:w="{GAP}" w:type="dxa"/>' for side in ("left", "right"))
_NUMBER = (
    '<w:fldSimple w:instr=" SEQ Table \\* ARABIC "><w:r><w:rPr><w:b/></w:rPr><w:t>1</w:t></w:r>'
    "</w:fldSimple>"
)
_SPACES = str.maketrans("\u00a0\u2007\u2008", " 0.")  # as wide as these
_ALIGN = {"l": "LEFT", "c": "CENTER", "r": "RIGHT"}


def table_docx(table: Table) -> bytes:
    """Return the file: caption above, table, notes below; no author, no time."""
    from docx.shared import Pt

    rooms = SHORT - 2 * MARGIN, TALL - 2 * MARGIN
    page = on_page(table, [_measured(column) for column in table.printed], HOW, rooms)
    document = _blank(wide=page.on_its_side)
    caption = document.add_paragraph()
    _write(caption, [("Table ", "bold")])
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_after = Pt(4)
    caption._p.append(_xml(_NUMBER))  # Word counts
    _write(caption, [(".", "bold"), (f" {plain_text(table.caption)}", "")])
    for number, (panel, widths) in enumerate(zip(page.panels, page.widths, strict=True)):
        if len(page.panels) > 1:
            label = document.add_paragraph()
            _write(label, [(f"({chr(ord('a') + number)})", "")])
            label.paragraph_format.keep_with_next = True
        if panel:  # Word opens no table without cells
            _table(document, panel, widths, table.rules)
    for letter, text in table.notes:
        note = document.add_paragraph()
        _write(note, [(letter, "superscript"), (f" {plain_text(text)}.", "")])
        note.runs[-1].font.size = Pt(NOTE)
    if not table.notes:
        _write(document.add_paragraph(), [])  # Word wants one behind a table
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _blank(*, wide: bool) -> "Document":
    """python-docx's empty document without its author, thumbnail and hundred styles."""
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.shared import Pt

    document = Document()
    part: Any = document.part
    for relations in (part.package.rels, part.rels):
        for key, one in list(relations.items()):
            if one.reltype not in (RELATIONSHIP_TYPE.OFFICE_DOCUMENT, RELATIONSHIP_TYPE.STYLES):
                del relations[key]
    _style(document.styles)
    page = document.sections[0]
    page.top_margin = page.right_margin = page.bottom_margin = page.left_margin = Pt(MARGIN)
    if wide:
        page.orientation = WD_ORIENT.LANDSCAPE
        page.page_width, page.page_height = page.page_height, page.page_width
    return document


def _style(styles: Any) -> None:
    """A style of its own: it is pasted with the table, and Normal is what the manuscript says."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt

    normal = styles["Normal"]
    for other in list(styles.element):
        if other is not normal.element:
            styles.element.remove(other)
    style = styles.add_style(STYLE, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = normal
    style.font.name, style.font.size = "Times New Roman", Pt(SIZE)
    lines = style.paragraph_format
    lines.space_before = lines.space_after = Pt(1)
    lines.line_spacing, lines.first_line_indent = 1.0, Pt(0)


def _table(
    document: "Document", columns: Sequence[Column], widths: Sequence[float], rules: frozenset[int]
) -> None:
    from docx.enum.table import WD_TABLE_ALIGNMENT

    made = document.add_table(0, len(columns))
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    gaps = _xml(f"<w:tblCellMar>{_GAPS}</w:tblCellMar>")
    made._tbl.tblPr.insert_element_before(gaps, "w:tblLook")
    if any(column.group for column in columns):
        _groups(made.add_row(), columns)
    entries = [[_head(c), *((pieces, c.align) for pieces in _entries(c))] for c in columns]
    for across in zip(*entries, strict=True):
        for cell, (pieces, align) in zip(made.add_row().cells, across, strict=True):
            _write(cell.paragraphs[0], pieces, align)
    _rules(list(made.rows), len(columns[0].cells), rules)
    _widths(made, widths)


def _widths(made: "_Table", widths: Sequence[float]) -> None:
    """The width of every cell: some programs heed them, others those of the columns."""
    from docx.shared import Pt

    for column, width in zip(made.columns, widths, strict=True):
        column.width = Pt(width)
    for row in made._tbl.tr_lst:
        at = 0
        for cell in row.tc_lst:
            cell.width = Pt(sum(widths[at : at + cell.grid_span]))
            at += cell.grid_span


def _groups(row: "_Row", columns: Sequence[Column]) -> None:
    """Names above heads; a line of the paragraph, so that neighbours' do not touch."""
    cells = row.cells
    for name, at, count in spans(columns):
        paragraph = cells[at].merge(cells[at + count - 1]).paragraphs[0]
        _write(paragraph, [(plain_text(escape(name)), "")], "c")
        if name:
            line = _xml(f"<w:pBdr>{_LINE.format('bottom', THIN, 1)}</w:pBdr>")
            paragraph._p.get_or_add_pPr().insert_element_before(line, "w:jc")


def _rules(rows: Sequence["_Row"], body: int, before: frozenset[int]) -> None:
    """Lines above and below rows, which stay on one page; heads return on the next."""
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT

    first = len(rows) - body
    tops = {first + i: THIN for i in before if i > 0} | {0: RULE}
    bottoms = {first - 1: THIN} | {len(rows) - 1: RULE}
    for i, row in enumerate(rows):
        properties = row._tr.get_or_add_trPr()
        properties.append(_xml("<w:cantSplit/>"))
        if i < first:
            properties.append(_xml("<w:tblHeader/>"))
        lines = _LINE.format("top", tops[i], 0) if i in tops else ""
        lines += _LINE.format("bottom", bottoms[i], 0) if i in bottoms else ""
        for cell in row._tr.tc_lst if lines else ():
            cell.get_or_add_tcPr().append(_xml(f"<w:tcBorders>{lines}</w:tcBorders>"))
        for one in row.cells if i < first else ():
            one.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM


def _head(column: Column) -> tuple[list[Piece], str]:
    lines = [plain_text(column.head.tex), plain_text(escape(column.unit))]
    pieces = [("\n".join(filter(None, lines)), ""), (column.head.note, "superscript")]
    return pieces, "l" if column.align == "l" else "c"


def _entries(column: Column) -> list[list[Piece]]:
    """The cells; numbers keep the room of what only other cells of their column have behind."""
    longest = [
        max(map(_spread, column.cells), key=len, default=""),
        "*" if any(cell.sign for cell in column.cells) else "",
        max((cell.note for cell in column.cells), key=len, default=""),
    ]
    keep = longest if column.align == "r" else [""] * len(longest)
    return [_entry(cell, keep) for cell in column.cells]


def _entry(cell: Cell, longest: Sequence[str]) -> list[Piece]:
    text = plain_text(cell.tex)
    looks = {"best": "bold", "second": "underline"}.get(cell.mark, "")
    raised = "superscript"
    behind = [(_spread(cell), ""), (SIGNS.get(cell.sign, ""), raised), (cell.note, raised)]
    if text:
        behind = [
            (have + _room(full[len(have) :]), look)
            for (have, look), full in zip(behind, longest, strict=True)
        ]
    return [(text, looks), *behind]


def _measured(column: Column) -> Column:
    """What is shown in a column: the text of names, which may be broken, and points of others."""
    cells = tuple(
        Cell(
            plain="".join(text for text, _ in pieces),
            width=0 if column.align == "l" else sum(_points(*piece) for piece in pieces),
        )
        for pieces in _entries(column)
    )
    head = Cell(plain=plain_text(column.head.tex) + column.head.note)
    return replace(column, head=head, cells=cells)


def _points(text: str, look: str) -> float:
    size = SIZE * {"superscript": RAISED, "bold": BOLD}.get(look, 1)
    return text_width(text.translate(_SPACES), size)


def _spread(cell: Cell) -> str:
    return f"\u00a0±\u00a0{cell.std}" if cell.std else ""


def _room(text: str) -> str:
    """Spaces that are as wide: of a digit, of a point."""
    return "".join(
        {".": "\u2008", ",": "\u2008", "\u00a0": "\u00a0"}.get(c, "\u2007") for c in text
    )


def _write(paragraph: "Paragraph", pieces: Sequence[Piece], align: str = "l") -> None:
    if paragraph._p.pPr is None:
        paragraph._p.insert(0, copy.deepcopy(_properties(align)))
    for look, group in groupby((piece for piece in pieces if piece[0]), itemgetter(1)):
        run = paragraph.add_run("".join(text for text, _ in group))
        if look:
            setattr(run.font, look, True)


@lru_cache(maxsize=8)  # python-docx takes longer for them than for all the rest of a table
def _properties(align: str) -> Any:
    """Style and alignment of a paragraph."""
    from docx.enum.text import WD_PARAGRAPH_ALIGNMENT
    from docx.oxml import OxmlElement
    from docx.oxml.text.paragraph import CT_P

    paragraph = OxmlElement("w:p")
    assert isinstance(paragraph, CT_P)
    paragraph.style = STYLE_ID
    paragraph.alignment = WD_PARAGRAPH_ALIGNMENT[_ALIGN[align]]
    return paragraph.pPr


def _xml(text: str) -> Any:
    from docx.oxml.ns import nsdecls
    from docx.oxml.parser import parse_xml

    return parse_xml(f"<w:p {nsdecls('w')}>{text}</w:p>")[0]
