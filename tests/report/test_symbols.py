"""One letter, one meaning, over all modules of a paper."""

import itertools
import re
import subprocess
from pathlib import Path

import pytest

from paperkit.latex import Tex
from paperkit.latex.maths import maths_tex
from paperkit.report.macros import Macros, macros_tex
from paperkit.report.names import Names
from paperkit.report.text.method import explained
from paperkit.report.text.notation import SHARED
from paperkit.report.text.sources import Sources
from paperkit.report.text.symbols import symbols_tex
from paperkit.zoo import catalogue

ZOO = Path(__file__).parents[2] / "paperkit/zoo"


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """The catalogue as the modules of a project."""
    modules = tmp_path / "seg/modules"
    modules.mkdir(parents=True)
    for name in catalogue.names():
        (modules / f"{name}.py").write_bytes((ZOO / f"{name}.py").read_bytes())
    return Sources(tmp_path, "seg", Names({}))


def written(sources: Sources, name: str) -> tuple[str, dict[str, str]]:
    """The equation, and {symbols: meaning}, as they are printed."""
    found = sources.notation(name)
    assert found is not None
    return maths_tex(found.equation), dict(explained(found))


def test_a_letter_that_means_something_else_is_marked(sources: Sources) -> None:
    """In coordinate attention delta is an h-swish, in squeeze-and-excitation a ReLU."""
    _, first = written(sources, "coord_att")
    equation, second = written(sources, "se")
    assert first["$\\delta$"] == "h-swish"
    assert second["$\\delta_{\\mathrm{SE}}$"] == "ReLU" and "$\\delta$" not in second
    assert "\\delta_{\\mathrm{SE}}(" in equation
    assert first["$\\sigma$"] == second["$\\sigma$"] == "sigmoid"  # equal meanings share a letter


def test_the_input_is_one_bold_x_whatever_a_paper_calls_it(sources: Sources) -> None:
    """Cot writes X and Y, cga_fusion x, s and y, aff bold letters; X in cga_fusion is x + s."""
    assert "\\mathrm{BN}(f_{4}^{3\\times 3}(\\mathbf{x}))" in written(sources, "cot")[0]
    assert "X&=\\mathbf{x}+\\mathbf{s}" in written(sources, "cga_fusion")[0]
    assert "\\odot \\mathbf{x}" in written(sources, "aff")[0]


def test_what_an_equation_only_defines_collides_too(sources: Sources) -> None:
    """W is a map in cga_fusion, C's weights in ese; HW is a number of pixels in both."""
    assert "W&=\\sigma" in written(sources, "cga_fusion")[0]
    assert "W_{\\mathrm{ESE}}\\," in written(sources, "ese")[0]
    equation, symbols = written(sources, "se")
    assert "\\frac{1}{HW}" in equation and "W_{\\mathrm{SE},2}" in equation
    assert "$W_{\\mathrm{SE},1}$, $W_{\\mathrm{SE},2}$" in symbols


def test_sizes_in_texts_are_letters_as_well(sources: Sources) -> None:
    """Reduction to r channels: C/16, at least 1, in se; C/8 in ccnet."""
    _, first = written(sources, "se")
    _, second = written(sources, "ccnet")
    assert first["$r$"] == "$\\max (1,\\,\\lfloor C/16\\rfloor )$"
    assert second["$r_{\\mathrm{CCN}}$"] == "$\\max (1,\\,\\lfloor C/8\\rfloor )$"
    assert "$C$ to $r_{\\mathrm{CCN}}$, $r_{\\mathrm{CCN}}$ and $C$" in "".join(second.values())


def test_over_the_whole_catalogue_no_symbol_has_two_meanings(sources: Sources) -> None:
    meanings: dict[str, set[str]] = {}
    for name in catalogue.names():
        found = sources.notation(name)
        assert found is not None
        for symbols, meaning in explained(found):
            for symbol in symbols.split("$, $"):
                told = symbol.strip("$")
                # a fusion's own words for what it shares, two for one average; max is max
                shared = (found.source.fusion and told in SHARED) or told.startswith("\\max")
                alike = meaning.replace("over the pixels of a channel", "over the pixels")
                if not shared and not re.fullmatch("[a-z]", told):
                    meanings.setdefault(told, set()).add(alike)
    assert {symbol: texts for symbol, texts in meanings.items() if len(texts) > 1} == {}
    assert len(meanings) > 200 and sources.warnings == []


def test_any_two_modules_keep_the_first_ones_letters(sources: Sources) -> None:
    names = ["coord_att", "se", "mhsa", "cam", "scconv23", "aff"]
    for first, second in itertools.permutations(names, 2):
        fresh = Sources(sources.root, "seg", Names({}))
        alone = Sources(sources.root, "seg", Names({}))
        assert written(fresh, first) == written(alone, first)
        written(fresh, second)
        marks = [set(module.marks.values()) for module in fresh.written]
        assert marks[0] <= {"CAM"} and marks[1] <= {fresh.mark(second)}


def test_the_table_has_each_symbol_once_with_its_modules(sources: Sources) -> None:
    for name in ("coord_att", "cga_fusion"):
        sources.notation(name)
    lines = symbols_tex(sources.written).splitlines()
    assert (
        r"\raggedright $\sigma$ & \raggedright sigmoid & \raggedright CA, CF \tabularnewline"
        in lines
    )
    assert (
        r"\raggedright $\mathbf{s}$ & \raggedright skip feature that a fusion gets, "
        r"$C\times H\times W$ & \raggedright CF \tabularnewline" in lines
    )
    heads = [line.partition(" & ")[0] for line in lines if "raggedright" in line]
    assert len(heads) == len(set(heads)) == 9


@pytest.mark.latex
def test_every_equation_and_symbol_of_the_catalogue_is_set_in_a_column(
    sources: Sources, tmp_path: Path
) -> None:
    parts = []
    for name in catalogue.names():
        found = sources.notation(name)
        assert found is not None
        said = "; ".join(f"{symbols} ({meaning})" for symbols, meaning in explained(found))
        shown = f"\\begin{{equation}}\n\\pkfit{{{maths_tex(found.equation)}}}\n\\end{{equation}}"
        parts.append(f"{sources.title(name)} is\n{shown}\nwith \\sloppy {said}.\n")
    macros = macros_tex({}, Macros(title=Tex("T"), author=Tex("A")))
    (tmp_path / "macros.tex").write_text(macros, encoding="ascii")
    (tmp_path / "all.tex").write_text(
        "\\documentclass[journal]{IEEEtran}\n\\usepackage[T1]{fontenc}\n"
        "\\usepackage{amsmath,amssymb,graphicx}\n\\input{macros}\n\\begin{document}\n"
        + "\n".join(parts)
        + "\\end{document}\n",
        encoding="ascii",
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="latin-1")
    assert done.returncode == 0, done.stdout[-1500:]
    assert re.findall(r"Overfull.*", done.stdout) == []
