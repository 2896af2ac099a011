"""Errors with file and line, what is undefined, and what a stranger's paper may not do."""

import json
import os
import time
from pathlib import Path

import pytest

from paperkit.errors import Findings, MachineError, UserError
from paperkit.paper import compile_pdf
from paperkit.paper.latexmk import latexmk
from paperkit.project import Project, root

pytestmark = pytest.mark.latex

BEGIN = "\\documentclass{article}\n\\begin{document}\n"
END = "\n\\end{document}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "my paper 论文"
    (folder / ".paperkit").mkdir(parents=True)
    (folder / "paper").mkdir()
    answers = json.dumps({"package_name": "seg"})
    (folder / ".paperkit/answers.json").write_text(answers, encoding="utf-8")
    return root.find(folder)


def write(project: Project, text: str, name: str = "main.tex") -> None:
    path = project.root / "paper" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_only_the_pdf_is_left_and_it_is_the_same_every_time(project: Project) -> None:
    write(project, BEGIN + "\\ref{a}\\section{x}\\label{a} \\today" + END)
    pdf = compile_pdf(project)
    first, written = pdf.read_bytes(), pdf.stat().st_mtime_ns
    assert sorted(path.name for path in pdf.parent.iterdir()) == ["main.pdf", "main.tex"]
    assert compile_pdf(project).read_bytes() == first and pdf.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BEGIN + "fine\n\nbad \\nosuchcommand here" + END,
         "paper/main.tex:5: Undefined control sequence. \\nosuchcommand"),
        (BEGIN + "a & b" + END, "paper/main.tex:3: Misplaced alignment tab character &. &"),
        ("\\documentclass{nosuchclass}" + END,
         "paper/main.tex:2: LaTeX Error: File `nosuchclass.cls' not found."),
        (BEGIN + "\\input{part}" + END, "paper/part.tex:2: Undefined control sequence. \\oops"),
    ],
)  # fmt: skip
def test_errors_name_file_and_line(project: Project, text: str, message: str) -> None:
    write(project, "one\n\\oops\n", "part.tex")
    write(project, text)
    with pytest.raises(UserError) as caught:
        compile_pdf(project)
    assert str(caught.value) == message
    assert not (project.root / "paper/main.pdf").exists()


def test_undefined_citations_and_references_are_findings_and_the_pdf_is_there(
    project: Project,
) -> None:
    text = "x\n\n\\cite{known,nobody2020}\n\nSee \\ref{fig:gone}.\n\\bibliographystyle{plain}\n"
    write(project, BEGIN + text + "\\bibliography{refs}" + END)
    write(project, "@article{known, title={T}, author={A}, journal={J}, year={2020}}", "refs.bib")
    with pytest.raises(Findings) as caught:
        compile_pdf(project)
    assert str(caught.value) == (
        "paper/main.tex:5: undefined citation nobody2020\n"
        "paper/main.tex:7: undefined reference fig:gone"
    )
    assert (project.root / "paper/main.pdf").is_file()


def test_a_broken_bib_file_names_its_line(project: Project) -> None:
    text = "\\cite{a}\\bibliographystyle{plain}\\bibliography{refs}"
    write(project, BEGIN + text + END)
    write(project, "@article{a,\n title={T},\n author={A}\n year={2020}}\n", "refs.bib")
    with pytest.raises(UserError) as caught:
        compile_pdf(project)
    assert str(caught.value) == "paper/refs.bib:4: BibTeX: I was expecting a `,' or a `}'"


def test_it_runs_no_program_and_reads_no_file_outside(project: Project) -> None:
    marker = project.root / "pwned"
    write(project, f"system('touch \"{marker}\"');\n", ".latexmkrc")
    write(project, f"system('touch \"{marker}\"');\n", "latexmkrc")
    write(project, BEGIN + f'\\immediate\\write18{{touch "{marker}"}} x' + END)
    compile_pdf(project)
    assert not marker.exists()
    secret = project.root / "secret.tex"
    secret.write_text("the secret", encoding="utf-8")
    (project.root / "paper/link.tex").symlink_to(secret)
    for name in (secret.as_posix(), "../secret", "/etc/passwd", "link"):
        write(project, BEGIN + f"\\input{{{name}}}" + END)
        with pytest.raises(UserError):
            compile_pdf(project)


def test_an_endless_loop_ends(project: Project) -> None:
    write(project, BEGIN + "\\def\\x{\\x}\\x" + END)
    with pytest.raises(MachineError) as caught:
        compile_pdf(project, timeout=3)
    assert str(caught.value) == (
        "main.tex was not compiled within 3 s; is there an endless loop in it?"
    )


def test_without_main_tex(project: Project) -> None:
    with pytest.raises(UserError) as caught:
        compile_pdf(project)
    path = project.root / "paper/main.tex"
    assert str(caught.value) == f"{path}: there is no such file; paperkit new writes one"


def test_what_latexmk_started_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pdflatex", "bibtex", "latexmk"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\nsleep 60 & echo $! > child\nwait\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(MachineError):
        latexmk(tmp_path, "main.tex", timeout=1)
    child = int((tmp_path / "child").read_text(encoding="utf-8"))
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "Z" in _state(child):
            return
        time.sleep(0.05)
    pytest.fail("the child of latexmk is still running")


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").split(")")[1].split()[0]
    except (OSError, IndexError):
        return "Z"
