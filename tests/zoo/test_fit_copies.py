"""What is found out about a copied class: may its two widths differ, and whose licence is it?"""

from torch import nn

from paperkit.zoo.foreign.cited import licence_near
from paperkit.zoo.foreign.fitting import fit


class Gate(nn.Module):
    """As published coordinate attention: two widths, but x is multiplied by what has the second."""

    def __init__(self, inp, oup, reduction=32):
        super().__init__()
        self.conv = nn.Conv2d(inp, oup, 1)

    def forward(self, x):
        return x * self.conv(x).sigmoid()


class Widens(nn.Module):
    def __init__(self, inp, oup):
        super().__init__()
        self.conv = nn.Conv2d(inp, oup, 1)

    def forward(self, x):
        return self.conv(x)


def test_two_widths_that_must_be_equal_are_one():
    assert (fit(Gate, {}).kind, fit(Widens, {}).kind) == ("attention", "block")
    assert fit(Gate, {}).params == "C**2 + C"


MIT = "MIT License\n\nPermission is hereby granted, free of charge, to any person ...\n"


def test_the_projects_own_licence_is_not_the_copys(tmp_path):
    project = tmp_path / "project"
    (project / ".paperkit").mkdir(parents=True)
    (project / "LICENSE").write_text(MIT, encoding="utf-8")
    file = project / "third_party" / "foo.py"
    file.parent.mkdir()
    file.write_text("import torch\n", encoding="utf-8")
    assert licence_near(file) == ""
    (file.parent / "LICENSE").write_text(MIT, encoding="utf-8")
    assert licence_near(file) == "MIT"
