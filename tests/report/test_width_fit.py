"""Every table fits the page of its venue, unscaled: measured by TeX in the venues' own classes."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from paperkit.latex import Tex, escape
from paperkit.project.venue import VENUES, find_venue
from paperkit.report.files.fit import fit, misfit
from paperkit.report.files.plain import plain_text
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.files.table_tex import table_tex
from paperkit.report.files.width import Setting, panels_width
from paperkit.report.macros import Macros, macros_tex

CLASSES = {
    "ieee-journal": r"\documentclass[journal]{IEEEtran}\usepackage[T1]{fontenc}",
    "lncs": r"\documentclass{llncs}",
    "elsarticle-3p": r"\documentclass[3p]{elsarticle}",
    "elsarticle-5p": r"\documentclass[5p,twocolumn]{elsarticle}",
}
NOTHING = Cell(Tex(""), "")
YES, NO = Cell(Tex(r"\pkyes{}"), "xx"), Cell(Tex(r"\pkno{}"), "")
LONG = "A Very_Long-Method/Name2023WithoutAnyPlaceToBreakIt and then some more words of it"


def text(*values: str, head: str = "Method") -> Column:
    cells = tuple(Cell(escape(value), value) for value in values)
    return Column(Cell(escape(head), head), cells, align="l")


def metric(head: str, rows: int, group: str = "", std: str = "1.41") -> Column:
    cells = [Cell(Tex("77.00"), "77.00", std) for _ in range(rows)]
    cells[0] = replace(cells[0], mark="best", note="a")
    arrow = Cell(escape(head) + Tex(r"\,\ensuremath{\uparrow}"), f"{head}xx")
    return Column(arrow, tuple(cells), "(%)", group)


def delta(rows: int, group: str = "") -> Column:
    cells = tuple(Cell(Tex("+1.23"), "+1.23", sign="method") for _ in range(rows))
    return Column(Cell(Tex(r"\ensuremath{\Delta}"), "D"), cells, "", group, follows=True)


def marks(head: str, rows: int) -> Column:
    return Column(
        Cell(escape(head), head), tuple(YES if r % 2 else NO for r in range(rows)), align="c"
    )


def table(name: str, *columns: Column) -> Table:
    return Table(name, columns, frozenset({1}), (("a", Tex("n = 1 of 2 runs")),))


NAMES = ["U-Net", "DeepLabV3+", "Ours"]
SETS = ("CamVid", "Kvasir-SEG")
MANY = [f"Metric {i}" for i in range(12)]
COST = [metric("Params", 3, std=""), metric("GMACs", 3, std="")]
TABLES = [
    table("narrow", text(*NAMES), metric("mIoU", 3)),
    table("metrics", text(*NAMES), *(metric(name, 3) for name in MANY), *COST),
    table(
        "sets",
        text(*NAMES),
        *(metric(m, 3, s) for s in "ABCD" for m in ("mIoU", "Dice", "HD95")),
        *COST,
    ),
    table(
        "deltas",
        text(*NAMES),
        *(c for s in SETS for m in MANY[:5] for c in (metric(m, 3, s), delta(3, s))),
    ),
    table("components", *(marks(f"Comp {i}", 4) for i in range(20)), metric("mIoU", 4), delta(4)),
    table(
        "both",
        *(marks(f"Component {i}", 4) for i in range(20)),
        *(c for m in MANY[:6] for c in (metric(m, 4), delta(4))),
    ),
    table("names", text("U-Net", LONG, LONG + " twice"), *(metric(m, 3) for m in MANY[:4])),
    table("heads", text(*NAMES), *(metric(f"{LONG} {i}", 3) for i in range(6))),
    table("classes", text(*NAMES), *(metric(f"vegetation {i}", 3, std="") for i in range(19))),
    table("groups", text(*NAMES), *(metric("mIoU", 3, f"{LONG} {i}") for i in range(5))),
    table("words", text(*NAMES), text(*[LONG] * 3, head="Verdict"), metric("mIoU", 3)),
    table("signs", text("[a]", "*b", "[*]{\\\\"), metric("[x]", 3, "*")),
    table("empty", text(""), marks("", 1), replace(metric("mIoU", 1), cells=(NOTHING,))),
    table("missing", text(*NAMES), replace(metric("mIoU", 3), cells=(Cell(),) * 3)),
    table("rowless", text(), Column(Cell(Tex("mIoU"), "mIoU"), ())),
    table("single", text("U-Net"), metric("mIoU", 1)),
]  # fmt: skip


def test_most_of_these_tables_would_not_fit_as_they_are() -> None:
    venue = find_venue("ieee-journal")
    least = Setting("scriptsize", venue.script, venue.script, 3.0)
    wide = [t.name for t in TABLES if panels_width([t.printed], least) > venue.text]
    assert set(wide) == {"metrics", "sets", "deltas", "components", "both", "heads", "classes",
                         "groups"}  # fmt: skip


def test_names_that_fill_the_room_stay_in_the_roomiest_setting() -> None:
    """Broken names take exactly what is left: rounding must not send them to a smaller font."""
    heads = [metric("Boundary IoU", 2, std="") for _ in range(4)]  # half of the width
    for length in range(60, 220, 3):
        name = ("Cross-Scale Feature Aggregation with Gated Attention " * 5)[:length]
        names = table("names", text(name, "U-Net"), text(name, "U-Net", head="Settings"), *heads)
        how = fit(names, find_venue("ieee-journal"))
        assert (how.setting.font, how.setting.separation, how.wide) == ("footnotesize", 6.0, True)
        assert [c.head.plain for c in how.panels[0][2:]] == ["Boundary IoUxx"] * 4


def test_data_sets_stay_whole_in_panels() -> None:
    sets = next(t for t in TABLES if t.name == "sets")
    first, second = fit(sets, find_venue("ieee-journal")).panels
    assert [c.group for c in first] == ["", *"AAABBB"]
    assert [c.group for c in second] == ["", *"CCCDDD", "", ""]
    assert first[0] is second[0]


def test_a_difference_stays_beside_its_metric() -> None:
    deltas = next(t for t in TABLES if t.name == "deltas")
    for panel in fit(deltas, find_venue("lncs")).panels:
        assert [c.follows for c in panel[1:]] == [False, True] * (len(panel) // 2)


def test_numbered_heads_are_explained_in_the_notes() -> None:
    heads = next(t for t in TABLES if t.name == "heads")
    how = fit(heads, find_venue("ieee-journal"))
    assert [c.head.plain for c in how.panels[0]] == ["Method", *(f"({n})" for n in range(1, 7))]
    letter, key = how.table.notes[-1]
    assert letter == "" and plain_text(key).startswith(f"(1) {LONG} 0 ↑ (%), (2) {LONG} 1 ↑ (%)")


def test_too_many_components_leave_numbers_at_the_rows() -> None:
    both = next(t for t in TABLES if t.name == "both")
    for panel in fit(both, find_venue("ieee-journal")).panels:
        assert [cell.plain for cell in panel[0].cells] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("name", sorted(VENUES))
def test_no_table_is_scaled_or_smaller_than_scriptsize(name: str) -> None:
    venue = find_venue(name)
    for table in TABLES:
        assert misfit(table, venue) is None
        tex = table_tex(table, venue)
        assert "resizebox" not in tex and "scalebox" not in tex
        assert re.search(r"\\begingroup\\(footnotesize|scriptsize)\\set", tex)


@pytest.mark.latex
@pytest.mark.parametrize("name", CLASSES)
def test_every_table_fits_in_its_class(name: str, tmp_path: Path) -> None:
    venue = find_venue(name)
    macros = macros_tex({}, Macros(Tex("Title"), Tex("Author")))
    (tmp_path / "macros.tex").write_text(macros, encoding="utf-8")
    boxes = [_box(table, fit(table, venue).wide, table_tex(table, venue)) for table in TABLES]
    source = [
        CLASSES[name],
        r"\usepackage{amssymb,booktabs,graphicx,pifont}\input{macros.tex}",
        r"\newsavebox\pkbox\hfuzz=0pt\newcommand\measured[2]{\savebox\pkbox{\renewcommand",
        r"\pktablenotes[1]{}#2}\typeout{WIDTH #1 \the\wd\pkbox}}",
        r"\begin{document}",
        r"\typeout{PAGE column \the\columnwidth}\typeout{PAGE text \the\textwidth}",
        *boxes,
        r"\end{document}",
    ]
    (tmp_path / "main.tex").write_text("\n".join(source), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8")
    log = done.stdout
    assert done.returncode == 0, log[-1500:]
    assert not re.findall(r"Overfull \\hbox.*", log)
    page = {k: float(v) for k, v in re.findall(r"PAGE (\w+) ([\d.]+)pt", log)}
    assert page["text"] == pytest.approx(venue.text, abs=0.1)
    widths = {k: float(v) for k, v in re.findall(r"WIDTH (\w+) ([\d.]+)pt", log)}
    for table in TABLES:
        how = fit(table, venue)
        assert how.fits, table.name
        assert widths[table.name] <= (venue.text if how.wide else venue.column), table.name
        assert how.width == pytest.approx(widths[table.name], rel=0.12), table.name


def _box(table: Table, wide: bool, tex: str) -> str:
    """The width of the tabular alone, then the table as its float sets it."""
    width = r"\textwidth" if wide else r"\columnwidth"
    float_ = rf"\begin{{minipage}}{{{width}}}\centering {tex}\end{{minipage}}"
    return (
        rf"\measured{{{table.name}}}{{{tex}}}" + rf"\noindent\makebox[0pt][l]{{{float_}}}\clearpage"
    )
