import shutil
from pathlib import Path

import pytest

from paperkit.project import Project, root

STUB = Path(__file__).parent / "stub_project"


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that trains in milliseconds, in a folder with a space and Chinese letters."""
    folder = tmp_path / "my 项目"
    shutil.copytree(STUB, folder, ignore=shutil.ignore_patterns("__pycache__", "runs"))
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PAPERKIT_PYTHON", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    return root.find(folder)
