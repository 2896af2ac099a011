"""No string becomes LaTeX by being called so: Tex(...) and the template of tex(...) are literals.

With that, and because Tex refuses to be joined with a plain string, whatever is Tex was either
written by us or escaped, and a file of the paper that is Tex holds nothing else.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TYPES = {"Tex", "NoEscape"}  # NoEscape is PyLaTeX's
# files with a call that cannot be a literal, and why; the list only gets shorter
EXCEPTIONS = {"paper/previews": "the box that PyLaTeX is told not to escape is Tex already"}


def unescaped(package: Path) -> list[str]:
    """Return one line per call that gives text of unknown origin the type of LaTeX."""
    return [
        f"{path.relative_to(package).as_posix()}:{line}: {rule}"
        for path in sorted(package.rglob("*.py"))
        if path.relative_to(package).parts[0] != "latex"
        for line, rule in _of_file(ast.parse(path.read_text(encoding="utf-8")))
    ]


def _of_file(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            renamed = [a.name for a in node.names if a.name in (*TYPES, "tex") and a.asname]
            yield from ((node.lineno, f"{name} keeps its name") for name in renamed)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        module, _, name = ast.unparse(node.func).rpartition(".")
        if name in TYPES and not (len(node.args) == 1 and _is_literal(node.args[0])):
            yield node.lineno, f"{name}() takes a literal; use tex(), Tex.join or escape()"
        if (
            name == "tex"
            and module in ("", "latex")
            and node.args
            and not _is_literal(node.args[0])
        ):
            yield node.lineno, "tex() takes a literal as its template"


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_only_literals_are_called_latex() -> None:
    found = unescaped(ROOT / "paperkit")
    assert [line for line in found if line.partition(".py:")[0] not in EXCEPTIONS] == []


def test_no_exception_is_left_that_nobody_needs() -> None:
    needed = {line.partition(".py:")[0] for line in unescaped(ROOT / "paperkit")}
    assert set(EXCEPTIONS) == needed & set(EXCEPTIONS)


def test_each_planted_route_is_found(tmp_path: Path) -> None:
    planted = {
        "report/cell.py": 'Tex(f"{name}")\nTex(r"\\pm" + name)\nTex(" ".join(parts))\nTex(name)\n',
        "report/fine.py": 'Tex(r"\\pm")\ntex(r"\\cite{#1}", name)\nnames.tex(name)\n',
        "report/filled.py": 'tex(f"#1 {name}", name)\nlatex.tex(template)\nlatex.Tex(name)\n',
        "paper/page.py": 'NoEscape(box)\nNoEscape(r"\\input{macros}")\n',
        "diagram/box.py": "from paperkit.latex import Tex as T\n",
        "latex/text.py": "Tex(text)\n",
    }
    for name, text in planted.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    literal = "Tex() takes a literal; use tex(), Tex.join or escape()"
    assert unescaped(tmp_path) == [
        "diagram/box.py:1: Tex keeps its name",
        "paper/page.py:1: NoEscape() takes a literal; use tex(), Tex.join or escape()",
        *(f"report/cell.py:{line}: {literal}" for line in (1, 2, 3, 4)),
        "report/filled.py:1: tex() takes a literal as its template",
        "report/filled.py:2: tex() takes a literal as its template",
        f"report/filled.py:3: {literal}",
    ]
