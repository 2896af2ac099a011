"""`paperkit modules`: the catalogue without torch, one's own modules, composites, copies."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paperkit import scaffold, zoo
from paperkit.cli import main
from paperkit.cli.modules import VERBS

Told = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One project for all tests that only add files of their own."""
    answers = scaffold.make_answers({"project_name": "seg"})
    return scaffold.create(answers, tmp_path_factory.mktemp("论文 modules") / "seg")


@pytest.fixture
def project(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(shared / "configs")  # any folder below will do
    return shared


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: Told, *arguments: str, code: int = 0) -> str:
    """What the command prints; its error where one is expected."""
    capsys.readouterr()
    got = main(["modules", *arguments])
    said = capsys.readouterr()
    assert got == code, said.out + said.err
    return said.err if code > 1 else said.out


@pytest.mark.parametrize("verb", [verb.rstrip("_") for verb in VERBS])
def test_every_verb_has_help_with_an_example(verb: str, capsys: Told) -> None:
    assert f"paperkit modules {verb}" in told(capsys, verb, "--help").partition("Examples:")[2]


def test_list_and_show_never_import_torch(outside: Path) -> None:
    code = (
        "import sys; from paperkit.cli import main; main(['modules', 'list']); "
        "main(['modules', 'show', 'cbam', '--json']); sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=outside, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_the_list_is_a_list_of_objects(outside: Path, capsys: Told) -> None:
    listed = json.loads(told(capsys, "list", "--json"))
    assert [entry["name"] for entry in listed] == zoo.names()
    (se,) = (entry for entry in listed if entry["name"] == "se")
    assert (se["kind"], se["arity"], se["year"]) == ("channel", 1, 2018)
    assert se["title"] == "Squeeze-and-Excitation Networks"
    assert se["bibtex"].startswith("@inproceedings{hu2018squeeze,")
    # 2 C r + r + C with r = 64 / 16, by hand
    assert (se["params"], se["parameters"]) == ("2*C*r + r + C with r=max(1, C//16)", 580)


def test_the_list_is_narrowed(outside: Path, capsys: Told) -> None:
    def names(*arguments: str) -> set[str]:
        return {entry["name"] for entry in json.loads(told(capsys, "list", *arguments, "--json"))}

    fusions = names("--kind", "fusion")
    assert {"cga_fusion", "attn_gate"} <= fusions
    assert fusions | names("--kind", "loss") == names("--arity", "2")  # logits and classes: 2, too
    assert {"se", "cbam"} <= names("--year", "2018") and "scconv23" not in names("--year", "-2022")
    assert "scconv23" in names("--year", "2023-") and "se" not in names("--year", "2019-2099")
    assert "coord_att" in names("qibin") and "se" not in names("qibin")
    assert names("--kind", "conv", "--year", "2023-2023", "redundancy") == {"scconv23"}
    message = told(capsys, "list", "--kind", "attn", code=2)
    assert message.startswith("paperkit: --kind attn: there is no such kind; kinds: attention, ")
    assert told(capsys, "list", "--year", "new", code=2) == (
        "paperkit: --year new: write 2021, 2021-, -2018 or 2018-2020\n"
    )


def test_show_tells_what_a_paper_needs(outside: Path, capsys: Told) -> None:
    text = told(capsys, "show", "scconv23", "-C", "128")
    for line in (
        "scconv23: SCConv: Spatial and Channel Reconstruction Convolution for Feature Redundancy "
        "(2023)",
        "    at C = 128: 30,080",  # 29 * 128**2 / 16 + 3 * 128
        "    min_channels 8",
        '    python train.py --plug "encoder.*/conv[k=3]:=scconv23"',
        "    @inproceedings{li2023scconv,",
    ):
        assert line in text.splitlines(), text
    shown = json.loads(told(capsys, "show", "cbam", "--json"))
    assert shown["options"][0] == {
        "name": "reduction",
        "type": "int",
        "default": "16",
        "help": "The MLP has max(1, C // reduction) channels inside.",
    }
    assert [option["name"] for option in shown["options"]][1:] == [
        *("kernel_size", "channel", "spatial"),
    ]
    assert shown["plugs"][0] == "encoder.*=cbam" and r"\sigma" in shown["symbols"]


def test_a_project_shows_its_own(project: Path, capsys: Told) -> None:
    told(capsys, "new", "shown_att")
    listed = {entry["name"]: entry for entry in json.loads(told(capsys, "list", "--json"))}
    assert listed["coord_att"]["place"] == "copy" and listed["se"]["place"] == "catalogue"
    assert (listed["shown_att"]["place"], listed["shown_att"]["own"]) == ("own", True)
    assert "[yours] own work" in told(capsys, "list", "shown_att")


def test_check_of_the_projects_copy_fails_when_it_is_edited(project: Path, capsys: Told) -> None:
    main(["add", "se"])
    copy = project / "seg/modules/se.py"
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text.replace("max(1, channels", "max(2, channels"), encoding="utf-8")
    found = json.loads(told(capsys, "check", "se", "--json", code=1))
    assert found["file"] == str(copy) and found["class"] == "SE" and not found["ok"]
    assert [check for check in found["checks"] if not check["ok"]] == [
        {
            "check": "parameters",
            "ok": False,
            "message": "INFO's formula '2*C*r + r + C with r=max(1, C//16)' gives 25 for C = 8, "
            "where the module has 42; 49 for C = 16, where the module has 82",
        }
    ]
    copy.write_text(text, encoding="utf-8")


def test_check_of_a_file_that_says_nothing_or_breaks(outside: Path, capsys: Told) -> None:
    file = outside / "mine.py"
    file.write_text("x = 1\n", encoding="utf-8")
    assert told(capsys, "check", "mine.py", code=2) == (
        f"paperkit: {file}: there is no INFO = {{...}}, so nothing is known about this module\n"
    )
    file.write_text("INFO = {}\n\n\ndef f():\n    return 1 / 0\n\n\nf()\n", encoding="utf-8")
    assert told(capsys, "check", "mine.py", code=2) == (
        f"paperkit: {file} cannot be used: ZeroDivisionError: division by zero\n"
        f'  File "{file}", line 8, in <module>\n    f()\n'
        f'  File "{file}", line 5, in f\n    return 1 / 0\n           ~~^~~\n'
    )
    assert told(capsys, "check", "other.py", code=2) == "paperkit: there is no file other.py\n"


def test_new_writes_modules_whose_tests_pass(project: Path, capsys: Told) -> None:
    for name, options in (("my_att", []), ("my_fuse", ["--fusion"])):
        text = told(capsys, "new", name, *options)
        assert text.startswith(f"{name}: written (seg/modules/{name}.py)\n")
        assert f"paperkit modules check {name}" in text
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/test_my_att.py", "tests/test_my_fuse.py"],
        cwd=project,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0 and "12 passed" in done.stdout, done.stdout


TAKEN = [
    ("se", "the catalogue has a module se; copy it (paperkit add se), or choose another name"),
    ("MyAtt", "'MyAtt' cannot name a module: small letters, digits and _, as in my_att"),
    ("residual", "'residual' has a meaning in plugs already; choose another name"),
    ("gct", "'gct' is the name of several papers' modules; choose a fuller one"),
    (
        "training",
        "tests/test_training.py is there already; choose another name, or edit that file",
    ),
]


@pytest.mark.parametrize(("name", "message"), TAKEN)
def test_names_that_are_taken(name: str, message: str, project: Path, capsys: Told) -> None:
    before = sorted((project / "seg/modules").iterdir())
    assert told(capsys, "new", name, code=2) == f"paperkit: {message}\n"
    assert sorted((project / "seg/modules").iterdir()) == before


COMPOSITES = {
    "my_block": "parallel(coord_att, scconv23, merge=gate)",
    "my_mean": "chain(residual(cbam(channel=residual(se), reduction=8)), "
    "parallel(gate(eca), se, concat(se(reduction=4)), merge=mean))",
    "my_max": "parallel(se, residual(parallel(se, eca, merge=concat)), merge=max)",
    "my_product": "parallel(cbam(spatial=scconv23), residual(se), merge=mul)",
}
COMPARE = """
import json, sys, torch
from seg import config, models, slots

def plugged(use):
    plugs = 'plugs=[{at: "encoder.1", use: "USE"}]'.replace("USE", use)
    return models.build(config.load("configs/smoke.yaml", ["model.width=8", plugs])).eval()

for name, expression in json.load(open(sys.argv[1], encoding="utf-8")).items():
    theirs, ours = plugged(expression), plugged(name)
    values = [v for v in theirs.state_dict().values()]
    for v in values:
        if v.is_floating_point():
            v += torch.rand(v.shape) / 10
    ours.load_state_dict(dict(zip(ours.state_dict(), values, strict=True)))
    x = torch.randn(2, 3, 32, 32)
    count = lambda m: sum(p.numel() for p in m.parameters())
    cites = [sorted(c["for"] for c in slots.cites(m)) for m in (theirs, ours)]
    print(json.dumps([name, torch.equal(theirs(x), ours(x)), count(theirs) == count(ours), cites]))
"""


def test_a_composite_is_its_expression(project: Path, capsys: Told, tmp_path: Path) -> None:
    for name, expression in COMPOSITES.items():
        assert "the paper cites them" in told(capsys, "new", name, "--from", expression)
    assert (project / "seg/modules/eca.py").is_file()  # parts that were lacking came along
    (tmp_path / "names.json").write_text(json.dumps(COMPOSITES), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", COMPARE, str(tmp_path / "names.json")],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    parts = {
        "my_block": ["coord_att", "scconv23"],
        "my_mean": ["cbam", "eca", "se"],
        "my_max": ["eca", "se"],
        "my_product": ["cbam", "scconv23", "se"],
    }
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        [name, True, True, [parts[name], parts[name]]] for name in COMPOSITES
    ]
    info = zoo.read_info(project / "seg/modules/my_block.py")
    # by hand at C = 64: 1,688 + 7,616 + the gate's 4 C + 2
    assert zoo.evaluate(info["params"], C=64) == 1688 + 7616 + 258
    assert info["equation"] == (
        "\\begin{aligned}\n\\mathbf{a} &= \\mathrm{CoordAtt}(\\mathbf{x}), \\\\\n"
        "\\mathbf{b} &= \\mathrm{SCConv}(\\mathbf{x}), \\\\\n"
        "\\mathbf{c} &= \\sigma(W_g[\\mathbf{a};\\, \\mathbf{b}]), \\\\\n"
        "\\mathbf{y} &= \\mathbf{c}_1 \\odot \\mathbf{a} + \\mathbf{c}_2 \\odot \\mathbf{b}\n"
        "\\end{aligned}"
    )
    assert "19 checks, all kept" in told(capsys, "check", "my_block")


def test_composites_that_cannot_be(project: Path, capsys: Told) -> None:
    assert told(capsys, "new", "two", "--from", "chain(se, cga_fusion)", code=2) == (
        "paperkit: cga_fusion is of kind fusion; a composite is made of modules that take one "
        "feature map and keep its shape\n"
    )
    assert told(capsys, "new", "two", "--from", "se(width=3)", code=2) == (
        "paperkit: se has no argument 'width'; it has: reduction\n"
    )
    assert told(capsys, "new", "two", "--from", "chain(se", code=2) == (
        'paperkit: cannot read this plug: expected "," or ")"\n    chain(se\n            ^\n'
    )
    assert not (project / "seg/modules/two.py").exists()


COPIED = '''"""Somebody's attention."""
from torch import nn


class SELayer(nn.Module):
    def __init__(self, in_planes, num_heads, reduction=16):
        super().__init__()
        self.down = nn.Linear(in_planes, in_planes // reduction)
        self.up = nn.Linear(in_planes // reduction, in_planes)

    def forward(self, x):  # [B, N, C]
        return x * self.up(self.down(x.mean(1, keepdim=True)).relu()).sigmoid()
'''
ENTRY = """@inproceedings{doe2020gate,
  title = {A {Gate}}, author = {Doe, Jane and van der Berg, Tim},
  booktitle = {Proc. Gates}, year = {2020}
}
"""


def test_a_copied_class_becomes_a_module(project: Path, capsys: Told, tmp_path: Path) -> None:
    copied = tmp_path / "third party" / "Foo.py"
    copied.parent.mkdir()
    copied.write_bytes(COPIED.replace("\n", "\r\n").encode())
    (project / "paper/refs.bib").write_text(ENTRY, encoding="utf-8")
    asked = told(capsys, "import", f"{copied}:SELayer", code=2)
    assert asked == "paperkit: SELayer needs values for num_heads: --set num_heads=VALUE\n"
    options = ["--set", "num_heads=4", "--cite", "doe2020gate", "--licence", "MIT"]
    text = told(capsys, "import", f"{copied}:SELayer", *options)
    assert "SELayer takes in_planes (channels in); forward takes x, layout NLC" in text
    assert "19 checks, all kept" in text
    assert (project / "seg/modules/_se_layer.py").read_bytes() == copied.read_bytes()
    info = zoo.read_info(project / "seg/modules/se_layer.py")
    assert info["authors"] == ["Jane Doe", "Tim van der Berg"] and info["venue"] == "Proc. Gates"
    assert (info["title"], info["year"], info["needs"]) == ("A Gate", 2020, {"min_channels": 16})
    # by hand: 2 C r + r + C with r = C / 16
    assert zoo.evaluate(info["params"], C=64) == 2 * 64 * 4 + 4 + 64


def test_without_citation_or_licence_it_is_written_and_said(
    project: Path, capsys: Told, tmp_path: Path
) -> None:
    copied = tmp_path / "Foo.py"
    copied.write_text(COPIED.replace(", num_heads", ""), encoding="utf-8")
    text = told(capsys, "import", f"{copied}:SELayer", "--name", "bare", code=1)
    assert (
        "  no citation: paperkit report will fail on it; fill in title, authors, venue, year, key "
        "and bibtex in seg/modules/bare.py, or say --cite KEY or --bibtex FILE\n"
        "  no licence: without one nobody may publish the copy; ask its author, then fill in "
        "licence in seg/modules/bare.py, or say --licence NAME\n"
    ) in text
    assert "1 of 19 checks fail" in text and (project / "seg/modules/bare.py").is_file()


@pytest.mark.parametrize("where", ["head", "folder", "said"])
def test_gpl_is_refused_with_the_reason(
    where: str, project: Path, capsys: Told, tmp_path: Path
) -> None:
    copied = tmp_path / "deep" / "Foo.py"
    copied.parent.mkdir()
    head = "# SPDX-License-Identifier: GPL-3.0-only\n" if where == "head" else ""
    copied.write_text(head + COPIED, encoding="utf-8")
    if where == "folder":
        text = "  GNU AFFERO GENERAL PUBLIC LICENSE\n Version 3"
        (tmp_path / "LICENSE").write_text(text, encoding="utf-8")
    name = {"head": "GPL-3.0-only", "folder": "AGPL", "said": "GPLv3"}[where]
    options = ["--licence", "GPLv3"] if where == "said" else []
    message = told(capsys, "import", f"{copied}:SELayer", "--name", "gnu", *options, code=2)
    assert message == (
        f"paperkit: Foo.py is under {name}: whoever publishes a paper's code with it must put all "
        "of it under that licence; write the module from the paper's equations instead (paperkit "
        "modules new NAME)\n"
    )
    assert not (project / "seg/modules/gnu.py").exists()


def test_diff_says_what_is_wrong_with_a_copy(outside: Path, capsys: Told) -> None:
    (outside / "Foo.py").write_text(
        COPIED.replace(", num_heads", "")
        .replace(".mean(1, keepdim=True)", ".mean((2, 3))")
        .replace(".sigmoid()", "[:, :, None, None]"),
        encoding="utf-8",
    )
    text = told(capsys, "diff", "Foo.py:SELayer", "se", code=1)
    assert "SELayer differs from the catalogue's se:\n  - yours multiplies x by " in text
    assert text.endswith("  - no sigmoid (1 in the catalogue's, 0 in yours)\n")
    found = json.loads(told(capsys, "diff", "Foo.py:SELayer", "se", "--json", code=1))
    assert found["params"] == [[16, 49, 49], [64, 580, 580], [256, 8464, 8464]]
    assert told(capsys, "diff", "Foo.py:Foo", "se", code=2) == (
        "paperkit: Foo.py has no class Foo; it has: SELayer\n"
    )
