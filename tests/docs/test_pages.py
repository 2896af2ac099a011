"""Every command of the README and of the tutorial runs, and prints what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from documented import Step, first_missing, steps
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
EXIT = re.compile(r"\s*# exit (\d+)$")
BY_MAKE = ("make demo", "make test")  # of the checkout itself; see below
pytestmark = [pytest.mark.latex, pytest.mark.poppler, pytest.mark.slow]


class Shell:
    """Commands one after the other, as in one terminal: the folder is kept between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.left_in = folder / "left-in"
        programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environment = {**os.environ, "PATH": programs, "OMP_NUM_THREADS": "1"}

    def run(self, step: Step) -> None:
        code = EXIT.search(step.command)
        script = f'{EXIT.sub("", step.command)}\ncode=$?; pwd > "{self.left_in}"; exit $code'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        said = f"{step.page}: $ {step.command}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == (int(code[1]) if code else 0), said
        missing = first_missing(step.expected, done.stdout)
        assert missing is None, f"{missing!r} is not printed by\n{said}"
        self.folder = Path(self.left_in.read_text(encoding="utf-8").strip())


def _activated(folder: Path) -> None:
    """The pages activate .venv; here the running environment stands in for it."""
    script = folder / ".venv" / "bin" / "activate"
    script.parent.mkdir(parents=True)
    script.write_text("", encoding="utf-8")


def _data(folder: Path) -> None:
    """A small data set as a reader might have one: photographs, and masks of 0 and 255."""
    rng = np.random.default_rng(0)
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for n in range(20):
        mask = np.zeros((32, 32), np.uint8)
        y, x = rng.integers(2, 16, 2)
        mask[y : y + 12, x : x + 12] = 255
        image = np.clip(mask[..., None] // 2 + rng.integers(0, 90, (32, 32, 3)), 0, 255)
        Image.fromarray(image.astype(np.uint8)).save(folder / "images" / f"scan {n:02}.png")
        Image.fromarray(mask).save(folder / "masks" / f"scan {n:02}_mask.png")


def test_the_readme(tmp_path: Path) -> None:
    _activated(tmp_path)
    _data(tmp_path / "path" / "to" / "data")
    shell = Shell(tmp_path)
    for step in steps(ROOT / "README.md"):
        if step.command not in BY_MAKE:
            shell.run(step)


def test_the_tutorial(tmp_path: Path) -> None:
    _activated(tmp_path)
    shell = Shell(tmp_path)
    for step in steps(ROOT / "docs" / "tutorial.md"):
        shell.run(step)


def test_the_two_commands_of_the_first_screen() -> None:
    """`make demo` is run here; `make test` is what runs this, by way of .ci/run."""
    commands = [step.command for step in steps(ROOT / "README.md")]
    assert tuple(commands[:2]) == BY_MAKE
    assert "make test STRICT=1" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    done = subprocess.run(
        ["make", "demo"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pdf = ROOT / "demo" / "paper" / "main.pdf"
    text = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert "??" not in text and "Ablation" in text
