"""`create`: the project appears whole or not at all."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from paperkit import scaffold
from paperkit.errors import UserError
from paperkit.project import root
from paperkit.scaffold.creation import data_root

Make = Callable[..., Path]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts[:1]
    }


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=True
    ).stdout


def test_a_project_is_found_again_and_its_work_tree_is_clean(make: Make) -> None:
    project = make("my-seg", author="Ana", modules="se")
    assert root.find(project / "configs").package == "my_seg"
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "log", "--format=%an: %s") == "Ana: Start from paperkit's template\n"
    assert (project / "my_seg/modules/se.py").is_file()


def test_no_template_sign_is_left_over(make: Make) -> None:
    for name, content in tree(make()).items():
        assert b"cookiecutter" not in content and "{{" not in name, name


@pytest.mark.parametrize("license", ["MIT", "BSD-3-Clause", "Apache-2.0", "none"])
def test_every_licence_is_its_own_text(make: Make, license: str) -> None:
    project = make(license=license, author='R & "D"', year="2031")
    text = (project / "LICENSE").read_text(encoding="utf-8")
    first = {"MIT": "MIT License", "BSD-3-Clause": "BSD 3-Clause License"}
    if license == "Apache-2.0":
        assert "Version 2.0, January 2004" in text
    else:
        assert text.startswith(first.get(license, 'Copyright (c) 2031 R & "D". All rights'))
        assert "2031" in text and 'R & "D"' in text
    citation = yaml.safe_load((project / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["authors"] == [{"name": 'R & "D"'}]
    assert citation.get("license", "none") == license


def test_caches_in_a_checkouts_template_stay_there(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from paperkit.scaffold.template import find_template

    template = tmp_path / "template"
    shutil.copytree(find_template(), template)
    package = template / "{{cookiecutter.project_slug}}/{{cookiecutter.package_name}}"
    for cache in (package / "models/__pycache__", package / ".ruff_cache/0.9"):
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "left").write_text("over", encoding="utf-8")
    monkeypatch.setattr("paperkit.scaffold.render.find_template", lambda: template)
    assert {name for name in tree(make()) if "cache" in name} == set()


def test_the_manifest_knows_every_file_and_whose_it_is(make: Make) -> None:
    project = make()
    manifest = json.loads((project / ".paperkit/manifest.json").read_text(encoding="utf-8"))
    files = tree(project)
    del files[".paperkit/manifest.json"]
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert {name: entry["sha256"] for name, entry in manifest["files"].items()} == hashes
    owners = {name: entry["owner"] for name, entry in manifest["files"].items()}
    assert owners["my_seg/slots/grammar.py"] == "managed"
    assert owners["train.py"] == owners["my_seg/modules/coord_att.py"] == "user"


def test_equal_answers_give_equal_files(make: Make, tmp_path: Path) -> None:
    first = tree(make("a/my-seg"))
    assert tree(make("b/my-seg")) == first
    answers = scaffold.make_answers({"project_name": "my-seg"})
    assert scaffold.preview(answers, tmp_path / "c/my-seg") == sorted(first)
    assert not (tmp_path / "c").exists()


def test_answers_of_a_project_make_it_again(make: Make, tmp_path: Path, dots: Path) -> None:
    first = make("first", data=dots, license="none", description='a "b" \\ c', author="Ümit")
    given = scaffold.read_answers(first / ".paperkit/answers.json")
    second = scaffold.create(scaffold.make_answers(given), tmp_path / "second")
    lost = {"data/split.json", ".paperkit/manifest.json"}  # made from the data, not from answers
    again, once = tree(second), tree(first)
    assert {n: again.get(n) for n in once if n not in lost} == {
        n: once[n] for n in once if n not in lost
    }


def test_hostile_texts_stay_texts(make: Make) -> None:
    import tomllib

    nasty = 'A "quoted" \\back $(id) {{ cookiecutter }} {% raw %} é 中'
    project = make("x", project_name=nasty, author=nasty, description=nasty)
    toml = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    assert toml["project"]["description"] == nasty
    assert toml["project"]["authors"] == [{"name": nasty}]
    citation = yaml.safe_load((project / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["title"] == nasty
    assert root.find(project).answers["author"] == nasty
    assert git(project, "log", "--format=%an").strip() == nasty


def test_a_name_with_spaces_and_chinese_keeps_its_folder(make: Make) -> None:
    project = make("我的 papers/分割 My project")
    assert project.name == "分割 My project" and root.find(project).package == "my_project"


def test_what_is_there_is_never_touched(make: Make, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError) as error:
        make("full")
    assert str(error.value) == (
        f"{tmp_path / 'full'} is not empty (mine.txt); choose another name, or delete it first"
    )
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError) as error:
        make("file")
    assert str(error.value) == (
        f"{tmp_path / 'file'} exists and is not a folder; choose another name"
    )
    (tmp_path / "empty").mkdir()
    assert (make("empty") / "train.py").is_file()


@pytest.mark.parametrize("failing", ["render", "copy_modules", "first_commit", "write_manifest"])
def test_a_failure_leaves_nothing(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "somewhere")

    monkeypatch.setattr(f"paperkit.scaffold.creation.{failing}", full)
    with pytest.raises(OSError, match="No space left"):
        make("deep/er/my-seg", modules="se")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_module_is_refused_before_anything_is_there(make: Make, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match="the catalogue has no module 'coord_attention'; nearest: coord_att"
    ):
        make("my-seg", modules="se,coord_attention")
    assert list(tmp_path.iterdir()) == []


def test_without_git_there_is_a_project_and_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told: list[str] = []
    answers = scaffold.make_answers({"project_name": "p"})
    project = scaffold.create(answers, tmp_path / "p", notify=told.append)
    assert told == ["git is not installed, so the project has no repository yet: git init"]
    assert (project / "train.py").is_file() and not (project / ".git").exists()


def test_git_settings_of_the_caller_do_not_matter(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Called from a git hook, GIT_DIR names another repository; a global hook may refuse."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    (tmp_path / "home/hooks").mkdir(parents=True)
    refuse = tmp_path / "home/hooks/pre-commit"
    refuse.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    refuse.chmod(0o755)
    config = tmp_path / "home/.gitconfig"
    config.write_text(f"[core]\n\thooksPath = {refuse.parent}\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(config.parent))
    project = make()
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert git(project, "rev-list", "--count", "HEAD").strip() == "1"


def test_data_become_configuration_and_split(make: Make, dots: Path) -> None:
    project = make("my-seg", data=dots)
    config = yaml.safe_load((project / "configs/baseline.yaml").read_text(encoding="utf-8"))
    data = config["data"]
    assert data["name"] == "dots" and data["root"] == "../sets/dots"
    assert (data["images"], data["masks"]) == ("images/{id}.png", "masks/{id}_mask.png")
    assert data["palette"] == [0, 255] and len(data["class_names"]) == 2
    split = json.loads((project / "data/split.json").read_text(encoding="utf-8"))
    cases = [case for part in ("train", "val", "test") for case in split[part]]
    assert sorted(cases) == [f"case{index}" for index in range(8)]
    assert "data/split.json" in git(project, "ls-files")


def test_data_with_a_hole_are_refused_and_nothing_is_made(make: Make, dots: Path) -> None:
    (dots / "masks/case3_mask.png").unlink()
    with pytest.raises(UserError, match="case3"):
        make("my-seg", data=dots)
    assert not (dots.parents[1] / "my-seg").exists()


def test_data_called_synthetic_are_not_the_built_in_set(make: Make, dots: Path) -> None:
    dots.rename(dots.with_name("synthetic"))
    project = make("my-seg", data=dots.with_name("synthetic"))
    config = yaml.safe_load((project / "configs/baseline.yaml").read_text(encoding="utf-8"))
    assert config["data"]["name"] == "synthetic-data"


@pytest.mark.skipif(os.name == "nt", reason="POSIX paths")
@pytest.mark.parametrize(
    ("data", "project", "root"),
    [
        ("/home/ana/p/data/set", "/home/ana/p", "data/set"),
        ("/home/ana/data/set", "/home/ana/p", "../data/set"),
        ("/home/ana/data", "/home/ana/work/p", "../../data"),
        ("/home/ana/data", "/home/ana/a/b/p", "/home/ana/data"),
        ("/data/set", "/home/ana/p", "/data/set"),
        ("/mnt/set", "/p", "/mnt/set"),
    ],
)
def test_the_root_is_relative_while_data_and_project_are_near(
    data: str, project: str, root: str
) -> None:
    assert data_root(Path(data), Path(project)) == root
