"""Names that users type, friendly and hostile ones."""

import keyword
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperkit.errors import UserError
from paperkit.scaffold import names

ADVICE = "use letters, digits, spaces and - _ . such as 'my-segmentation'"


@pytest.mark.parametrize(
    ("name", "slug", "package"),
    [
        ("my-seg-project", "my-seg-project", "my_seg_project"),
        ("My Project", "my-project", "my_project"),
        ("Rétine (v2)", "retine-v2", "retine_v2"),
        ("我的分割", "project", "project"),
        ("论文 paper", "paper", "paper_project"),  # paper/ is a folder of the project
        ("2024", "project-2024", "project_2024"),
        ("3d-seg", "3d-seg", "project_3d_seg"),
        ("class", "class", "class_project"),
        ("None", "none", "none"),
        ("torch", "torch", "torch_project"),
        ("Random", "random", "random_project"),
        ("tests", "tests", "tests_project"),
        ("ΑΒΓ-net", "net", "net"),
    ],
)
def test_a_name_becomes_a_folder_a_slug_and_a_package(name: str, slug: str, package: str) -> None:
    assert names.check_folder(name) == name
    assert (names.slug(name), names.package_name(name)) == (slug, package)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is empty or only dots"),
        ("..", "it is empty or only dots"),
        ("-rf", "it starts with '-', which commands read as an option"),
        (".hidden", "it starts or ends with a space or a dot"),
        ("trailing ", "it starts or ends with a space or a dot"),
        ("CON", "it is a device on Windows"),
        ("nul.txt", "it is a device on Windows"),
        ("a\nb", "it contains U+000A control character"),
        ("a\u202eb", "it contains U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("a\u200bb", "it contains U+200B ZERO WIDTH SPACE"),
        ("$(reboot)", "it contains '$'"),
        ("a;b", "it contains ';'"),
        ("a\\b", "it contains '\\\\'"),
        ("{{x}}", "it contains '{'"),
    ],
)
def test_a_name_that_a_shell_or_windows_misreads_is_refused(name: str, reason: str) -> None:
    with pytest.raises(UserError) as error:
        names.check_folder(name)
    assert str(error.value) == f"{name!r} cannot name a project folder: {reason}; {ADVICE}"


def test_a_name_of_300_characters_is_refused_and_shown_short() -> None:
    with pytest.raises(UserError) as error:
        names.check_folder("a" * 300)
    assert str(error.value) == (
        f"'{'a' * 40}...' cannot name a project folder: it has 300 characters, "
        f"at most 100 are allowed; {ADVICE}"
    )


@given(st.text(max_size=120))
def test_any_name_gives_a_package_that_python_imports(name: str) -> None:
    package = names.package_name(name)
    assert package.isidentifier() and package.isascii() and package == package.lower()
    assert not keyword.iskeyword(package) and package not in sys.stdlib_module_names
    assert len(package) <= 120
