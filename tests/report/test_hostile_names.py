"""Every route by which strangers' text reaches the paper, all of them hostile at once."""

import csv
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paperkit.errors import UserError
from paperkit.latex import Tex
from paperkit.project.venue import find_venue
from paperkit.report import build
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.files.table_tex import table_tex
from paperkit.report.macros import Macros, macros_tex
from paperkit.report.tables import perclass

Tree = Callable[[Path], dict[str, bytes]]
ATTACKS = [
    r"\input{secret.txt}", r"\immediate\write18{touch pwned}", "$x^{", "a_b & 50% #1", "}{",
    r"\newwrite\w\immediate\openout\w=pwned.tex ", "^^5cinput{secret.txt}", "[1ex]", "* x ^ ~",
    "=1+1", "\u202e中\x00\x1b\ud800é", r"\csname input\endcsname{secret.txt}", "\\",
]  # fmt: skip
LOADED = r"\usepackage{amsmath,amssymb,booktabs,cite,graphicx,pifont,url}\begin{document}"


class Hostile:
    """Gives one attack after the other, each name distinct."""

    def __init__(self, start: int) -> None:
        self.count = start

    def __call__(self) -> str:
        self.count += 1
        return f"{ATTACKS[self.count % len(ATTACKS)]}{self.count}"


def changed(path: Path, change: Callable[[Any], None]) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def hostile_project(writer: Any, start: int) -> None:
    """An ablation and a comparison whose every text is an attack; ids are safe, as plans are."""
    evil = Hostile(start)
    metric, copied = evil(), evil()
    writer.ablation(["iou_set", metric])
    writer.comparison()
    ids = ("baseline", "ca", "cga", "full", "ours", "iou_set", "camvid", "unet", "disk")
    names = {name: evil() for name in ids}
    writer.text("paperkit.yaml", f"names: {json.dumps(names)}\n")
    answers = {"schema": 1, "package_name": "seg", "project_name": evil(), "author": evil()}
    writer.json(".paperkit/answers.json", answers | {"venue": "ieee-journal"})
    classes = [evil() for _ in range(4)]
    literature = {copied: {"camvid": {"iou_set": 60.1}, "cite": evil()}}
    plan = writer.folder / "runs/comparison/plan.json"
    changed(plan, lambda data: data.update(spec={"literature": literature}))
    device, model = evil(), evil()
    for n, path in enumerate(sorted(writer.folder.glob("runs/*/**/run.json"))):
        changed(path, lambda run: _run(run, evil, device, model))
        changed(
            path.with_name("summary.json"),
            lambda run, n=n: _summary(run, {metric: 0.5}, classes, "test" if n else evil()),
        )
        plug = {"slot": evil(), "modules": [evil()], "path": evil()}
        path.with_name("plugs.json").write_text(json.dumps([plug]), encoding="utf-8")


def _run(run: Any, evil: Hostile, device: str, model: str) -> None:
    run["env"] = {"torch": device, "device": device, "python": evil()}
    run["model"]["name"] = model
    run["selection"]["metric"] = "iou_set"
    run["git"]["commit"] = evil()
    for cite in run["cites"]:
        cite["for"] = evil()
    run["cites"].append({"key": evil(), "bibtex": evil(), "for": evil()})
    key = f"k{evil.count}"
    bibtex = f"@misc{{{key}, title = {{{evil()}}}, author = {{{evil()}}}}}"
    run["cites"].append({"key": key, "bibtex": bibtex, "for": evil()})
    if run["seed"] == 1 and run["variant"] == "ca":
        run |= {"status": "failed", "error": evil()}


def _summary(data: Any, metrics: dict[str, float], classes: list[str], split: str) -> None:
    data["metrics"] |= metrics
    data["split"] = split
    data["per_class"] = {name: {"iou_set": 0.5, **metrics} for name in classes}


def paper(generated: Path) -> str:
    """A document that prints everything that the report wrote."""
    macros = (generated / "macros.tex").read_text(encoding="utf-8")
    kinds = {"caption": "pkcaption", "setup": "pksetup", "cites": "pkcites"}
    uses = []
    for key in re.findall(r"^\\pk@put\{([^}]*)\}", macros, re.M):
        kind, colon, rest = key.partition(":")
        uses.append(rf"\{kinds.get(kind, 'pkunused')}{{{rest}}}" if colon else rf"\pk{{{key}}}")
    tables = sorted(path.name for path in generated.glob("*.tex") if path.name != "macros.tex")
    lines = [r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{mathptmx}" + LOADED]
    lines += [r"\input{macros.tex}\providecommand{\pkunused}[1]{}\section{\pktitle}\pkauthor"]
    lines += [f"{use}\n" for use in uses] + [rf"\input{{{name}}}" + "\n" for name in tables]
    lines += [r"\nocite{*}\bibliographystyle{plain}\bibliography{references}\end{document}"]
    return "\n".join(lines)


@pytest.mark.latex
@pytest.mark.poppler
@pytest.mark.parametrize("start", [0, 5])
def test_a_report_of_attacks_compiles_and_touches_nothing(
    writer: Any, tree: Tree, start: int
) -> None:
    hostile_project(writer, start)
    writer.figures(start == 0)
    before = tree(writer.folder)
    build(writer.project())
    after = tree(writer.folder)
    new = {name for name in after if name not in before}
    assert {name: after[name] for name in before} == before
    assert all(re.fullmatch(r"paper/generated/[A-Za-z0-9_./-]+", name) for name in new), new
    assert typeset(writer.folder / "paper/generated", writer.folder / "tex") == ""


def typeset(generated: Path, folder: Path) -> str:
    """Compile what the report wrote; return what is wrong: an error, a file read or written."""
    folder.mkdir()
    for path in (*generated.glob("*.tex"), *generated.glob("*.bib")):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "main.tex").write_text(paper(generated), encoding="utf-8")
    (folder / "secret.txt").write_text("CANARY7531", encoding="utf-8")
    before = {path.name for path in folder.iterdir()}
    options = ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "-recorder"]
    for command in (["pdflatex", *options], ["bibtex"], ["pdflatex", *options]):
        done = subprocess.run(
            [*command, "main"], cwd=folder, capture_output=True, encoding="utf-8",
            env={**os.environ, "openin_any": "p", "openout_any": "p"}, errors="replace",
            check=False,
        )  # fmt: skip
        if done.returncode >= (2 if command == ["bibtex"] else 1):
            return f"{command[0]}: {done.stdout[-3000:]}"
    recorded = (folder / "main.fls").read_text(encoding="utf-8", errors="replace")
    outputs = {f"main.{end}" for end in ("aux", "bbl", "blg", "fls", "log", "pdf")}
    left = {path.name for path in folder.iterdir()} - before - outputs
    read = subprocess.run(["pdftotext", "main.pdf", "-"], cwd=folder, capture_output=True)
    text = read.stdout.decode("utf-8")
    if left or "secret.txt" in recorded or "CANARY7531" in text or "secret.txt" not in text:
        return f"left behind: {sorted(left)}, secret.txt read: {'secret.txt' in recorded}"
    return ""


@pytest.mark.latex
@pytest.mark.poppler
def test_one_route_without_escape_is_found(writer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge itself: class names as they come into one table."""
    planted: Any = Tex
    monkeypatch.setattr(perclass, "text_cell", lambda text: Cell(planted(text), text))
    hostile_project(writer, 0)
    writer.figures(False)
    build(writer.project())
    assert typeset(writer.folder / "paper/generated", writer.folder / "tex") != ""


def test_no_spreadsheet_runs_a_name(writer: Any) -> None:
    hostile_project(writer, 0)
    names = {"baseline": "=1+1", "ca": "+1", "cga": "@SUM(1)", "ours": '=cmd|" /C calc"!A0'}
    writer.text("paperkit.yaml", f"names: {json.dumps(names)}\nfigures: []\n")
    build(writer.project())
    for path in (writer.folder / "paper/generated").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        text = [cell for cell in cells if not re.fullmatch(r"[-+]?[0-9.]+(e[-+]?\d+)?", cell)]
        assert [cell for cell in text if cell[:1] in tuple("=+-@\t\r")] == []


@pytest.mark.parametrize("key", ["variant", "dataset"])
@pytest.mark.parametrize("name", ["../../evil", r"a\b", "a b", "%", ".hidden", "x{", "ü", "a/b"])
def test_an_id_that_is_no_folders_name_is_refused(writer: Any, key: str, name: str) -> None:
    writer.ablation()
    changed(
        writer.folder / "runs/ablation/plan.json", lambda data: data["rows"][0].update({key: name})
    )
    with pytest.raises(UserError) as caught:
        build(writer.project())
    assert str(caught.value) == (
        f"runs/ablation/plan.json:1: '{key}' is {name!r}; "
        "use letters, digits, '_', '.', '+' or '-', not '.' first"
    )


def test_what_writes_latex_refuses_a_plain_string() -> None:
    message = "a plain string is no LaTeX; escape() or tex() first: 'Ours_v2'"
    planted: Any = "Ours_v2"
    table = Table("tab_x", (Column(Cell(Tex("Method")), (Cell(planted, "Ours_v2"),)),))
    headed = Table("tab_x", (Column(Cell(planted, "Ours_v2"), (Cell(Tex("x")),)),))
    noted = Table("tab_x", (Column(Cell(), (Cell(),)),), notes=(("", planted),))
    venue = find_venue("ieee-journal")
    for write in (
        lambda: table_tex(table, venue),
        lambda: table_tex(headed, venue),
        lambda: table_tex(noted, venue),
        lambda: macros_tex({}, Macros(planted, Tex("A"))),
        lambda: macros_tex({}, Macros(Tex("T"), Tex("A"), captions={"tab_x": planted})),
    ):
        with pytest.raises(TypeError) as caught:
            write()
        assert str(caught.value) == message
