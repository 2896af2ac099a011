"""Write a table for Word: three lines, Times New Roman, to be pasted into a manuscript.

WordprocessingML is ECMA-376, part 1, section 17; the order of its elements is part of it.
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape as xml

from paperkit.latex import escape
from paperkit.report.plain import SIGNS, plain_text
from paperkit.report.table import Cell, Column, Table, spans

__all__ = ["table_docx"]

Piece = tuple[str, str]  # text, and "bold", "underline", "raised", "note" or nothing
Entry = tuple[list[Piece], str, int]  # what is in a cell, its alignment, columns that it spans

SIZE, NOTE = 18, 16  # half points
RULE, THIN = 8, 4  # eighths of a point: first and last line; under heads and groups
GAP = 72  # twentieths of a point beside each column
LETTER, MARGIN = (12240, 15840), 1080  # twentieths of a point
WIDE = 9  # columns that stand on a page; more turn it

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES = (
    f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
)
_RELATION = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/{{}}" Target="{{}}"/></Relationships>'
)
_FONT = '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>'
_STYLES = (
    f'{_XML}<w:styles xmlns:w="{_W}">'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
    "</w:style>"
    # a style of its own: it is pasted with the table, and Normal is what the manuscript says
    '<w:style w:type="paragraph" w:customStyle="1" w:styleId="PaperTable">'
    '<w:name w:val="Paper table"/><w:basedOn w:val="Normal"/>'
    '<w:pPr><w:spacing w:before="20" w:after="20" w:line="240" w:lineRule="auto"/>'
    f'<w:ind w:firstLine="0"/></w:pPr><w:rPr>{_FONT}<w:sz w:val="{SIZE}"/>'
    f'<w:szCs w:val="{SIZE}"/></w:rPr></w:style></w:styles>'
)
_ALIGN = {"l": "left", "c": "center", "r": "right"}
_LOOKS = {
    "bold": "<w:b/>",
    "underline": '<w:u w:val="single"/>',
    "raised": '<w:vertAlign w:val="superscript"/>',
    "note": f'<w:sz w:val="{NOTE}"/>',
}


def table_docx(table: Table) -> dict[str, str]:
    """Return the file's members: caption above, table, notes below; no author, no time."""
    notes = [
        [(letter, "raised"), (f" {plain_text(text)}.", "note")] for letter, text in table.notes
    ]
    width, height = LETTER
    wide = len(table.printed) > WIDE
    size = (
        f'w:w="{height}" w:h="{width}" w:orient="landscape"'
        if wide
        else (f'w:w="{width}" w:h="{height}"')
    )
    margins = " ".join(f'w:{side}="{MARGIN}"' for side in ("top", "right", "bottom", "left"))
    body = [
        _caption(plain_text(table.caption)),
        *_table(table),
        *(_paragraph(note) for note in notes or [[]]),
        f'<w:sectPr><w:pgSz {size}/><w:pgMar {margins} w:header="720" w:footer="720" '
        'w:gutter="0"/></w:sectPr>',
    ]
    document = f'<w:document xmlns:w="{_W}"><w:body>{"".join(body)}</w:body></w:document>'
    return {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATION.format("officeDocument", "word/document.xml"),
        "word/document.xml": _XML + document,
        "word/_rels/document.xml.rels": _RELATION.format("styles", "styles.xml"),
        "word/styles.xml": _STYLES,
    }


def _caption(text: str) -> str:
    """A caption whose number Word counts."""
    number = f'<w:fldSimple w:instr=" SEQ Table \\* ARABIC ">{_run("1", "bold")}</w:fldSimple>'
    runs = [_run("Table ", "bold"), number, _run(".", "bold"), _run(f" {text}")]
    return f"<w:p>{_style(before='<w:keepNext/>')}{''.join(runs)}</w:p>"


def _table(table: Table) -> Iterator[str]:
    columns = table.printed
    if not columns:  # Word opens no table without cells
        return
    heads = [_heads(columns)]
    if any(column.group for column in columns):
        heads.insert(0, _groups(columns))
    rows = [
        [(_entry(c.cells[row], c), _ALIGN[c.align], 1) for c in columns]
        for row in range(len(columns[0].cells))
    ]
    every = [*heads, *rows]
    yield (
        '<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/><w:jc w:val="center"/><w:tblCellMar>'
        f'<w:left w:w="{GAP}" w:type="dxa"/><w:right w:w="{GAP}" w:type="dxa"/></w:tblCellMar>'
        f"</w:tblPr><w:tblGrid>{'<w:gridCol/>' * len(columns)}</w:tblGrid>"
    )
    for i, cells in enumerate(every):
        lines = {"top": RULE} if i == 0 else {}
        if i > len(heads) and i - len(heads) in table.rules:
            lines["top"] = THIN
        if i == len(heads) - 1:
            lines["bottom"] = THIN
        if i == len(every) - 1:
            lines["bottom"] = RULE
        yield _row(cells, lines, head=i < len(heads))
    yield "</w:tbl>"


def _groups(columns: Sequence[Column]) -> list[Entry]:
    names = [(plain_text(escape(name)), count) for name, _, count in spans(columns)]
    return [([(name, "")], "group" if name else "center", count) for name, count in names]


def _heads(columns: Sequence[Column]) -> list[Entry]:
    found: list[Entry] = []
    for column in columns:
        lines = [plain_text(column.head.tex), plain_text(escape(column.unit))]
        pieces = [("\n".join(filter(None, lines)), ""), (column.head.note, "raised")]
        found.append((pieces, "left" if column.align == "l" else "center", 1))
    return found


def _entry(cell: Cell, column: Column) -> list[Piece]:
    """A cell; numbers keep the room of what only other cells of their column have behind them."""
    text = plain_text(cell.tex)
    looks = {"best": "bold", "second": "underline"}.get(cell.mark, "")
    behind = [(_spread(cell), ""), (SIGNS.get(cell.sign, ""), "raised"), (cell.note, "raised")]
    if column.align == "r" and text:
        longest = [
            max(map(_spread, column.cells), key=len),
            "*" if any(one.sign for one in column.cells) else "",
            max((one.note for one in column.cells), key=len),
        ]
        behind = [
            (have + _room(full[len(have) :]), look)
            for (have, look), full in zip(behind, longest, strict=True)
        ]
    return [(text, looks), *behind]


def _spread(cell: Cell) -> str:
    return f"\u00a0±\u00a0{cell.std}" if cell.std else ""


def _room(text: str) -> str:
    """Spaces that are as wide: of a digit, of a point."""
    return "".join(
        {".": "\u2008", ",": "\u2008", "\u00a0": "\u00a0"}.get(c, "\u2007") for c in text
    )


def _row(cells: Sequence[Entry], lines: dict[str, int], *, head: bool) -> str:
    repeated = "<w:tblHeader/>" if head else ""
    borders = "".join(
        f"<w:{side}{_line(lines[side])}/>" for side in ("top", "bottom") if side in lines
    )
    shared = f"<w:tcBorders>{borders}</w:tcBorders>" if borders else ""
    shared += '<w:vAlign w:val="bottom"/>' if head else ""
    made = [
        '<w:tc><w:tcPr><w:tcW w:w="0" w:type="auto"/>'
        + (f'<w:gridSpan w:val="{count}"/>' if count > 1 else "")
        + f"{shared}</w:tcPr>{_paragraph(pieces, align)}</w:tc>"
        for pieces, align, count in cells
    ]
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(made)}</w:tr>"


def _line(eighths: int, space: int = 0) -> str:
    return f' w:val="single" w:sz="{eighths}" w:space="{space}" w:color="auto"'


def _paragraph(pieces: Sequence[Piece], align: str = "left") -> str:
    """Text; under a group stands a line of the paragraph, so that neighbours' do not touch."""
    line = f"<w:pBdr><w:bottom{_line(THIN, 1)}/></w:pBdr>" if align == "group" else ""
    side = f'<w:jc w:val="{"center" if align == "group" else align}"/>'
    runs = "".join(_run(text, looks) for text, looks in pieces if text)
    return f"<w:p>{_style(line, side)}{runs}</w:p>"


def _style(before: str = "", after: str = "") -> str:
    return f'<w:pPr><w:pStyle w:val="PaperTable"/>{before}{after}</w:pPr>'


def _run(text: str, looks: str = "") -> str:
    lines = [f'<w:t xml:space="preserve">{xml(line)}</w:t>' for line in text.split("\n")]
    properties = f"<w:rPr>{_LOOKS[looks]}</w:rPr>" if looks else ""
    return f"<w:r>{properties}{'<w:br/>'.join(lines)}</w:r>"
