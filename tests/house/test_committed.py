"""What is committed works on any machine: no path of the one that it was written on."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
# joined here, so that this file does not find itself
MACHINE = ["/".join(parts) for parts in (
    ("", "work", "main"), ("", "work", "shared"), ("", "root", ""), ("", "tmp", "w", ""),
    ("", "opt", "pypi"), (".." , ".library"), ("", "home", "runner"),
)]  # fmt: skip


def named_paths(root: Path, files: list[str]) -> list[str]:
    """Return one line per file that holds a path of somebody's machine."""
    return [
        f"{name}: {path}"
        for name in files
        for path in MACHINE
        if path.encode() in (root / name).read_bytes()
    ]


def committed(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, encoding="utf-8", check=True
    ).stdout
    return [name for name in listed.split("\0") if name and (root / name).is_file()]


def test_no_file_names_a_path_of_this_machine() -> None:
    assert named_paths(ROOT, committed(ROOT)) == []


def test_a_path_in_text_or_picture_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"see {MACHINE[0]}/x", encoding="utf-8")
    (tmp_path / "b.pdf").write_bytes(b"\xff\x00(" + MACHINE[2].encode() + b"figures)")
    (tmp_path / "c.md").write_text("see ./work", encoding="utf-8")
    assert named_paths(tmp_path, ["a.md", "b.pdf", "c.md"]) == [
        f"a.md: {MACHINE[0]}",
        f"b.pdf: {MACHINE[2]}",
    ]
