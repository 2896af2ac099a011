"""Only cli/ prints and exits; everything else returns data or raises."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
# run as scripts in a child; what they print is their answer
SCRIPTS = ("machine/probe.py", "project/child.py", "sweep/child.py")


def prints_and_exits(package: Path) -> list[str]:
    """Return one line per print or exit outside cli/."""
    found = []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if name.startswith(("cli/", "__main__")) or name in SCRIPTS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS:
                found.append(f"{name}:{node.lineno}: {ast.unparse(node.func)}() outside cli/")
    return found


CALLS = {"print", "exit", "quit", "sys.exit", "os._exit", "sys.stdout.write", "input"}


def guarded(package: Path) -> set[str]:
    """Return files that print only below `if __name__ == "__main__"` or in its functions."""
    return {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
    }


def test_only_the_command_line_prints_and_exits() -> None:
    package = ROOT / "paperkit"
    scripts = guarded(package)
    assert [line for line in prints_and_exits(package) if line.split(":")[0] not in scripts] == []


def test_a_print_and_an_exit_are_found(tmp_path: Path) -> None:
    for name, text in {
        "report/table.py": "def f():\n    print(1)",
        "cli/new.py": "print(1)",
        "runs/read.py": "import sys\nsys.exit(2)",
    }.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert prints_and_exits(tmp_path) == [
        "report/table.py:2: print() outside cli/",
        "runs/read.py:2: sys.exit() outside cli/",
    ]
