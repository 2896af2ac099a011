"""Every model that has a name has its papers, and every paper can be printed."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "template"))
from sandbox import module

from paperkit.models import baselines
from paperkit.models.baselines import BASELINES
from paperkit.report.cited.bibtex import keys_of, read_entry
from paperkit.scaffold import baseline

BIB = Path(baselines.__file__).with_name("references.bib").read_text(encoding="utf-8")


def entries() -> dict[str, str]:
    return {found[2]: found[1] for found in re.finditer(r"(?ms)^(@\w+\{(\S+),.*?^\})", BIB)}


def test_every_paper_is_there_and_every_entry_is_someones() -> None:
    used = {key for row in BASELINES.values() for key in row.papers}
    used |= {*baselines.ARCHITECTURES.values(), *baselines.FAMILIES.values()}
    project = (Path(module("references").__file__)).read_text(encoding="utf-8")
    borrowed = set(re.findall(r'"([a-z]+\d{4}\w+)"', project))  # losses, optimisers, schedules
    assert used | borrowed == set(entries())
    twice = [key for key, n in Counter(re.findall(r"(?m)^@\w+\{(\S+),", BIB)).items() if n > 1]
    assert twice == [] and set(entries()) == keys_of(BIB)


def test_every_entry_is_read_whole() -> None:
    for key, text in entries().items():
        read = read_entry(text)
        fields = re.findall(r"(?m)^  (\w+) = ", text)
        assert (read.key, sorted(read.fields)) == (key, sorted(fields)), key


@pytest.mark.latex
def test_the_references_compile_without_a_warning(tmp_path: Path) -> None:
    (tmp_path / "models.bib").write_text(BIB, encoding="utf-8")
    (tmp_path / "page.tex").write_text(
        "\\documentclass[journal]{IEEEtran}\n\\usepackage{url}\n\\begin{document}\n"
        "\\nocite{*}\\bibliographystyle{IEEEtran}\\bibliography{models}\n\\end{document}\n",
        encoding="utf-8",
    )
    for command in ("pdflatex", "bibtex", "pdflatex"):
        options = ["-interaction=nonstopmode", "-halt-on-error"] if command == "pdflatex" else []
        ran = subprocess.run(
            [command, *options, "page"], cwd=tmp_path, capture_output=True, check=False
        )
        assert ran.returncode == 0, ran.stdout.decode("utf-8", "replace")[-2000:]
        if command == "bibtex":
            assert b"Warning" not in ran.stdout, ran.stdout.decode()


@pytest.mark.parametrize(
    ("name", "papers"),
    [
        ("deeplabv3plus", "chen2018deeplabv3plus he2016resnet iakubovskii2019smp"),
        ("smp:DeepLabV3Plus/resnet34", "chen2018deeplabv3plus he2016resnet iakubovskii2019smp"),
        ("smp:FPN/efficientnet-b0", "lin2017fpn tan2019efficientnet iakubovskii2019smp"),
        ("smp:Unet/tu-convnext_tiny", "ronneberger2015unet liu2022convnext iakubovskii2019smp"),
        ("timm:mobilenetv3_large_100", "howard2019mobilenetv3 wightman2019timm"),
        ("torchvision:vgg16_bn", "simonyan2015vgg torchvision2016"),
        ("timm:efficientnetv2_s", "wightman2019timm"),  # a paper of its own, which is not here
        ("timm:convnextv2_tiny", "wightman2019timm"),
        ("timm:swinv2_tiny_window8_256", "wightman2019timm"),
        ("mine.models:make", ""),
    ],
)
def test_a_models_papers(name: str, papers: str) -> None:
    assert baselines.keys(name) == tuple(papers.split())


def test_what_may_be_named_is_what_is_built() -> None:
    assert baseline.known() == list(BASELINES)
    tasks = {name: baseline.task_of(name) for name in BASELINES}
    assert tasks == {name: row.task for name, row in BASELINES.items()}
