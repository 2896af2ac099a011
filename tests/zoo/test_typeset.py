"""The equations and the bibliography of the whole catalogue, typeset as a paper would."""

import subprocess

import pytest

from paperkit import zoo

PAGE = r"""\documentclass[journal]{IEEEtran}
\usepackage{amsmath,amssymb}
\begin{document}
%s
\bibliographystyle{IEEEtran}
\bibliography{zoo}
\end{document}
"""


def entry(info):
    equation = rf"\begin{{equation}}{info['equation'].strip()}\end{{equation}}"
    symbols = "; ".join(f"${key}$: {text}" for key, text in info["symbols"].items())
    name = info["name"].replace("_", r"\_")
    return rf"\section{{{name} \cite{{{info['key']}}}}}" + f"\n{equation}\nwith {symbols}.\n"


@pytest.mark.latex
def test_equations_and_references_compile_without_a_warning(tmp_path):
    infos = [zoo.info(name) for name in zoo.names()]
    entries = {i["bibtex"] for i in infos}  # modules of one paper share its entry, word by word
    (tmp_path / "zoo.bib").write_text("\n".join(sorted(entries)), encoding="utf-8")
    text = PAGE % "".join(entry(info) for info in infos)
    (tmp_path / "page.tex").write_text(text, encoding="utf-8")
    for command in ("pdflatex", "bibtex", "pdflatex", "pdflatex"):
        options = ["-interaction=nonstopmode", "-halt-on-error"] if command == "pdflatex" else []
        ran = subprocess.run(
            [command, *options, "page"], cwd=tmp_path, capture_output=True, check=False
        )
        assert ran.returncode == 0, ran.stdout.decode("utf-8", "replace")[-2000:]
        if command == "bibtex":
            assert b"Warning" not in ran.stdout, ran.stdout.decode()
    log = (tmp_path / "page.log").read_text(encoding="utf-8", errors="replace")
    assert "undefined" not in log
    assert "Overfull" not in log  # every equation fits into a column
