"""What all tests share: one torch thread, and a plain list of the system programs that are missing."""

import os
import shutil

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

PROGRAMS = {
    "latex": (
        ("pdflatex", "latexmk"),
        "apt-get install texlive-latex-extra texlive-publishers texlive-science "
        "texlive-fonts-recommended texlive-pictures texlive-bibtex-extra latexmk",
    ),
    "poppler": (("pdftotext", "pdftoppm", "pdffonts"), "apt-get install poppler-utils"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker, (programs, command) in PROGRAMS.items():
            if item.get_closest_marker(marker) is None:
                continue
            missing = [name for name in programs if shutil.which(name) is None]
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"{', '.join(missing)} missing: {command}"))


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
