"""`paperkit doctor` on machines that lack one thing each."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paperkit import machine
from paperkit.cli import main
from paperkit.machine import device, latex

HEALTHY = {
    "python": "3.11.7",
    "torch": "2.15.0",
    "torchvision": "0.30.0",
    "cuda_built": "13.0",
    "device": "cpu",
}


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[machine.Check]]:
    """Look at a torch that answers as told, on a machine with or without a GPU."""

    def look(gpu: str | None = None, **answer: Any) -> list[machine.Check]:
        monkeypatch.setattr(device, "probe", lambda _: HEALTHY | answer)
        monkeypatch.setattr(device, "gpu_there", lambda: gpu)
        monkeypatch.setattr("platform.system", lambda: "Linux")
        return device.check_torch(Path("py"))

    return look


def test_this_machine_has_torch_and_torchvision(capsys: pytest.CaptureFixture[str]) -> None:
    import torch
    import torchvision

    main(["doctor", "--json"])
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert checks["torch"]["found"].startswith(torch.__version__.partition("+")[0])
    assert checks["torchvision"]["found"].startswith(torchvision.__version__.partition("+")[0])
    assert [*checks] == [
        *("Python", "torch", "torchvision", "fonts", "LaTeX", "poppler", "git", "disk")
    ]
    assert all(check["status"] == "ok" or check["remedy"] for check in checks.values())


def test_a_gpu_that_a_cpu_build_cannot_use_gets_the_install_line(
    pretend: Callable[..., list[machine.Check]],
) -> None:
    torch, _ = pretend(gpu="NVIDIA H200", cuda_built=None)
    assert torch == machine.Check(
        "torch",
        "warning",
        "2.15.0 is built for the CPU only, but there is NVIDIA H200",
        "py -m pip install --force-reinstall torch torchvision",
    )


def test_a_driver_that_is_too_old_is_named(pretend: Callable[..., list[machine.Check]]) -> None:
    torch, _ = pretend(gpu="NVIDIA H200")
    assert torch.found == "2.15.0 cannot use NVIDIA H200: the driver is older than CUDA 13.0"
    assert torch.status == "warning"


def test_a_gpu_in_use_and_a_machine_without_one_are_fine(
    pretend: Callable[..., list[machine.Check]],
) -> None:
    assert pretend(gpu="NVIDIA H200", device="cuda: NVIDIA H200")[0].found == (
        "2.15.0 on cuda: NVIDIA H200"
    )
    assert pretend(cuda_built=None)[0].status == "ok"


def test_a_torchvision_of_another_torch_is_named(
    pretend: Callable[..., list[machine.Check]],
) -> None:
    error = "RuntimeError: operator torchvision::nms does not exist\nmore"
    assert pretend(torchvision_error=error)[1] == machine.Check(
        "torchvision",
        "missing",
        "0.30.0 does not work with torch 2.15.0 "
        "(RuntimeError: operator torchvision::nms does not exist)",
        "py -m pip install --upgrade torch torchvision  "
        "(the two are built for each other; install them in one command)",
    )


def test_an_interpreter_without_torch_is_found_by_asking_it(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    python = tmp_path / "env" / scripts / "python"
    torch, torchvision = device.check_torch(python)
    assert (torch.status, torchvision.status) == ("missing", "missing")
    assert torch.remedy == f"{python} -m pip install --upgrade torch torchvision"
    assert device.check_torch(tmp_path / "no-python")[0].status == "missing"


def test_missing_programs_are_listed_with_the_command_of_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("paperkit.machine.doctor.check_torch", lambda _: [])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    found = next(i for i, line in enumerate(lines) if "LaTeX" in line)
    assert lines[found] == "missing  LaTeX       without pdflatex, bibtex, latexmk"
    assert lines[found + 1].strip() == "-> install TeX Live: https://tug.org/texlive"
    (tmp_path / "apt-get").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setattr("paperkit.machine.install.is_root", lambda: False)
    assert main(["doctor"]) == 1
    assert "-> sudo apt-get install -y --no-install-recommends texlive-latex-base" in (
        capsys.readouterr().out
    )


def test_a_tex_live_without_a_class_is_not_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in latex.PROGRAMS:
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    some = " ".join(f"/texmf/{name}" for name in latex.FILES if name != "IEEEtran.cls")
    kpsewhich = f'#!/bin/sh\nprintf "%s\\n" {some}\n'
    (tmp_path / "kpsewhich").write_text(kpsewhich, encoding="utf-8")
    (tmp_path / "kpsewhich").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.lacks_latex() == ["IEEEtran.cls"]


def test_the_doctor_asks_for_every_package_of_the_paper() -> None:
    import re

    template = Path(__file__).parents[2] / "template/{{cookiecutter.project_slug}}/paper/main.tex"
    text = template.read_text(encoding="utf-8")
    packages = {
        f"{name.strip()}.sty"
        for names in re.findall(r"\\usepackage(?:\[.*?\])?\{(.+?)\}", text)
        for name in names.split(",")
    }
    assert packages - {"fontenc.sty", "inputenc.sty"} <= set(latex.FILES)  # those come with LaTeX
    assert re.findall(r"\\documentclass\[.*?\]\{(.+?)\}", text) == ["IEEEtran"]


def test_latex_is_not_installed_where_the_user_said_no(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fake apt-get that would leave a file shows that it is called, or not."""
    from paperkit.errors import MachineError

    called = tmp_path / "called"
    (tmp_path / "apt-get").write_text(f"#!/bin/sh\necho $1 >> {called}\n", encoding="utf-8")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("paperkit.machine.latex.is_root", lambda: True)
    monkeypatch.setenv("PAPERKIT_NO_APT", "1")
    with pytest.raises(MachineError, match="apt-get install -y --no-install-recommends texlive"):
        machine.install_latex()
    assert not called.exists()
    monkeypatch.delenv("PAPERKIT_NO_APT")
    machine.install_latex()
    assert called.read_text(encoding="utf-8") == "update\ninstall\n"
