"""One word, several papers: refused with what it may mean, in the catalogue and in projects."""

import ast
from pathlib import Path

import pytest

from paperkit import zoo
from paperkit.errors import UserError
from paperkit.zoo.catalogue import AMBIGUOUS

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template/{{cookiecutter.project_slug}}/{{cookiecutter.package_name}}/modules"


@pytest.mark.parametrize("name", ["scconv", "SCConv", "sc_conv"])
def test_the_candidates_are_listed_with_their_citations(name):
    with pytest.raises(UserError) as caught:
        zoo.path(name)
    assert str(caught.value) == (
        f"{name!r} is the name of several things; choose scconv20 (self-calibrated convolution, "
        "CVPR 2020, liu2020improving) or scconv23 (spatial and channel reconstruction "
        "convolution, CVPR 2023, li2023scconv)"
    )


def test_what_the_catalogue_lacks_is_said():
    with pytest.raises(UserError) as caught:
        zoo.info("CAFM")
    assert str(caught.value) == (
        "'CAFM' is the name of several things; not in the catalogue: convolution and attention "
        "fusion module of HCANet, 2024; channel attention fusion module of several papers"
    )


def test_a_modules_own_name_is_never_ambiguous():
    assert zoo.path("pconv").name == "pconv.py"
    named = {name for found in AMBIGUOUS.values() for name in found.values() if name}
    assert named <= set(zoo.names())


def test_projects_say_the_same():
    text = (TEMPLATE / "__init__.py").read_text(encoding="utf-8")
    (several,) = [
        ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SEVERAL"
    ]
    assert set(several) == set(AMBIGUOUS)
    for alias, found in AMBIGUOUS.items():
        assert all(name in several[alias] for name in found.values() if name), alias
