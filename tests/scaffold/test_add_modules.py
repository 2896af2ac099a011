"""`add_modules`: copies of the catalogue, and edits that are never lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from paperkit import scaffold, zoo
from paperkit.errors import UserError

Make = Callable[..., Path]


def test_a_module_is_copied_as_it_is_and_recorded(make: Make) -> None:
    project = make()
    added = scaffold.add_modules(project, ["se", "cbam", "se"])
    assert [(a.name, a.path, a.changed) for a in added] == [
        ("se", "my_seg/modules/se.py", True),
        ("cbam", "my_seg/modules/cbam.py", True),
    ]
    assert (project / added[0].path).read_bytes() == zoo.path("se").read_bytes()
    assert added[0].plug.endswith("=se") and "@" in added[0].info["bibtex"]
    assert not scaffold.add_modules(project, ["se"])[0].changed


def test_an_edited_copy_is_kept_unless_forced(make: Make) -> None:
    project = make(modules="se")
    copy = project / "my_seg/modules/se.py"
    copy.write_text("# mine\n", encoding="utf-8")
    with pytest.raises(UserError) as error:
        scaffold.add_modules(project, ["cbam", "se"])
    assert str(error.value) == (
        "my_seg/modules/se.py: edited since paperkit wrote it; --force overwrites your edits, "
        "or copy the file to another name first"
    )
    assert copy.read_text(encoding="utf-8") == "# mine\n"
    assert not (project / "my_seg/modules/cbam.py").exists()
    scaffold.add_modules(project, ["se"], force=True)
    assert copy.read_bytes() == zoo.path("se").read_bytes()


def test_an_older_copy_that_nobody_edited_is_renewed(make: Make) -> None:
    from paperkit.scaffold.manifest import record

    project = make()
    copy = project / "my_seg/modules/se.py"
    copy.write_text("# an older paperkit's\n", encoding="utf-8")
    record(project, ["my_seg/modules/se.py"], "my_seg")
    assert scaffold.add_modules(project, ["se"])[0].changed
    assert copy.read_bytes() == zoo.path("se").read_bytes()


def test_a_project_of_plain_cookiecutter_has_no_manifest_and_keeps_its_files(make: Make) -> None:
    project = make()
    (project / ".paperkit/manifest.json").unlink()
    assert scaffold.add_modules(project, ["se"])[0].changed
    (project / "my_seg/modules/aspp.py").write_text("# mine\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"my_seg/modules/aspp\.py: edited"):
        scaffold.add_modules(project, ["aspp"])


def test_a_test_comes_along_and_an_edited_one_stays(make: Make) -> None:
    project = make()
    (added,) = scaffold.add_modules(project, ["se"])
    assert added.test == "tests/test_se.py" and added.libraries == ()
    text = (project / added.test).read_text(encoding="utf-8")
    assert "from my_seg.modules.se import SE\n" in text and "paperkit" not in text
    # by hand: 2 C r + r + C with r = 1 and 4
    assert "[(16, 49), (64, 580)]" in text
    (project / added.test).write_text("# mine\n", encoding="utf-8")
    scaffold.add_modules(project, ["se"])
    assert (project / added.test).read_text(encoding="utf-8") == "# mine\n"
    scaffold.add_modules(project, ["se"], force=True)
    assert (project / added.test).read_text(encoding="utf-8") == text


# one of each kind, and what declares needs, takes two inputs, or has no parameters
TRAVELLERS = ["se", "cga_fusion", "attn_gate", "scconv23", "aspp", "simam"]


def test_the_tests_that_come_along_pass_without_paperkit_and_can_fail(make: Make) -> None:
    kinds = {zoo.info(name)["kind"]: name for name in reversed(zoo.names())}
    names = sorted({*TRAVELLERS, *kinds.values()})
    project = make()
    scaffold.add_modules(project, names)
    blocked = project / "nothing/paperkit"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ImportError('not here')", encoding="utf-8")

    def ran(*tests: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(blocked.parent), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            encoding="utf-8",
        )

    done = ran(*(f"tests/test_{name}.py" for name in names))
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout.splitlines()[-1]
    copy = project / "my_seg/modules/se.py"
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text.replace("max(1, channels", "max(2, channels"), encoding="utf-8")
    done = ran("tests/test_se.py")
    assert done.returncode == 1 and "1 failed, 5 passed" in done.stdout, done.stdout
