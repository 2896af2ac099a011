"""`add_modules`: copies of the catalogue, and edits that are never lost."""

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
