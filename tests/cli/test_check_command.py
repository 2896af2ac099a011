"""`paperkit check`, as it is typed: in a project, outside of one, and what it refuses."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from paperkit import scaffold
from paperkit.cli import main

Told = pytest.CaptureFixture[str]
PLAIN = {"model", "params", "gmacs", "input", "plugs", "slots", "problems", "notes"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    answers = scaffold.make_answers({"project_name": "seg"})
    return scaffold.create(answers, tmp_path_factory.mktemp("论文 check") / "seg")


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project to work in; its own copy, because tests write into it."""
    folder = tmp_path / "seg"
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def checked(capsys: Told) -> Callable[..., tuple[int, Any]]:
    """Run with --json; return the exit code and the document."""

    def run(*arguments: str) -> tuple[int, Any]:
        code = main(["check", *arguments, "--json"])
        told = capsys.readouterr()
        assert told.err == ""
        return code, json.loads(told.out)

    return run


def own_module(project: Path, name: str, body: str) -> None:
    text = (
        "from torch import nn\n\n\n"
        f"class {name.title()}(nn.Module):\n"
        "    def __init__(self, channels):\n        super().__init__()\n"
        "        self.fc = nn.Linear(channels, channels)\n\n"
        f"    def forward(self, x):\n        {body}\n"
    )
    (project / "seg" / "modules" / f"{name}.py").write_text(text, encoding="utf-8")


def test_a_configuration_fits_and_its_plugs_are_listed(project: Path, capsys: Told) -> None:
    assert main(["check", "configs/ours.yaml", "model.width=16", "--slots"]) == 0
    lines = capsys.readouterr().out.splitlines()
    slots = lines[: lines.index("")]
    assert slots[0] == "unet, input 3x64x64"
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in slots[3:]}
    assert rows["encoder.1"] == "32 32x32 2 NCHW encoder.1 one input, conv, block"
    assert rows["fuse.0"] == "16 + 16 64x64 1 NCHW - fusion, one input"
    assert rows["up.0"] == "16 64x64 1 NCHW up.0 one input, conv, up"
    assert rows["head"] == "4 64x64 1 NCHW head conv"
    kinds = dict(line.split(": ") for line in lines[lines.index("") + 1 :] if ": " in line)
    assert {"cga_fusion", "attn_gate"} <= set(kinds["fusion"].split(", "))
    assert "scconv23" in kinds["conv"] and "coord_att" in kinds["one input"]

    plugs = lines[lines.index("configs/ours.yaml: unet, input 3x64x64") + 3 : -2]
    # coordinate attention of C channels: 3 convolutions 1x1 with bias and a norm of r = 8
    wanted = {f"encoder.{n}": 3 * 8 * c + 8 + 2 * c + 16 for n, c in enumerate((16, 32, 64, 128))}
    found = {line.split()[0]: line.split() for line in plugs}
    for slot, params in wanted.items():
        assert found[slot][1] == "coord_att"
        assert found[slot][4] == f"+{params:,}"
    added = sum(int(line[-2].replace(",", "")) for line in found.values())
    assert f"(+{added:,}) parameters" in lines[-2] and lines[-1] == "fits"


def test_everything_that_is_wrong_is_said_at_once(project: Path, capsys: Told) -> None:
    own_module(project, "mine", "return self.fc(x)")
    plugs = ("skp.0=coord_att", "encoder.0=mine", "skip.1=nothing", "head=coord_att")
    told = [part for plug in plugs for part in ("--plug", plug)]
    assert main(["check", "configs/baseline.yaml", *told]) == 1
    out, err = capsys.readouterr()
    assert "fits" not in out
    lines = err.splitlines()
    assert lines[0] == "paperkit: does not fit"
    assert lines[1].startswith("  skp.0: this model has nothing of that name; nearest: skip.0")
    assert lines[2].startswith("  encoder.0: mine fails on [1, 8, 64, 64], in its fc (Linear), ")
    assert "which got [1, 8, 64, 64]: RuntimeError: " in lines[2]
    assert lines[3] == "      seg/modules/mine.py, line 10, in forward: return self.fc(x)"
    assert lines[4].startswith("  skip.1: there is no modules/nothing.py; ")
    assert lines[5].startswith("  head: nothing goes after the head, ")
    assert len(lines) == 6


def test_sixteen_variants_share_one_model(
    project: Path, checked: Callable[..., tuple[int, Any]]
) -> None:
    """The model's file counts how often it is built: 16 variants, one model."""
    (project / "seg" / "counted.py").write_text(
        "from pathlib import Path\nfrom .models.unet import UNet\n\n"
        "def make(channels, classes):\n"
        "    with Path('built.txt').open('a') as file:\n        file.write('x')\n"
        "    return UNet(channels, classes, width=4)\n",
        encoding="utf-8",
    )
    parts = {
        "ca": {"at": "encoder.*", "use": "coord_att"},
        "cga": {"at": "fuse.*", "use": "cga_fusion"},
        "deep": {"at": "bottleneck", "use": "residual(coord_att)"},
        "wrong": {"at": "skip.*", "use": "cord_att"},
    }
    spec = {"kind": "ablation", "experiment": "all", "components": parts, "design": "factorial"}
    spec["set"] = {"model.name": "seg.counted:make"}
    file = project / "experiments" / "all.yaml"
    file.write_text(yaml.safe_dump({**spec, "seeds": [0, 1, 2]}), encoding="utf-8")
    code, rows = checked("experiments/all.yaml", "data.size=32")
    assert code == 1 and (project / "built.txt").read_text(encoding="utf-8") == "x"
    assert len(rows) == 16 and all(set(row) == {"id", *PLAIN} for row in rows)
    by_id = {row["id"]: row for row in rows}
    assert {name for name, row in by_id.items() if row["problems"]} == {
        name for name in by_id if "wrong" in name
    }
    assert by_id["ca-wrong"]["problems"] == [
        {
            "at": "skip.*",
            "expression": "cord_att",
            "kind": "UnknownModule",
            "message": "skip.*: there is no modules/cord_att.py; nearest: coord_att (paperkit "
            "modules are copied here by: paperkit add cord_att)",
        }
    ]
    base, both = by_id["baseline"], by_id["ca-cga"]
    assert base["input"] == [3, 32, 32] and base["model"] == "seg.counted:make"
    added = [by_id[name]["params"] - base["params"] for name in ("ca", "cga", "ca-cga")]
    assert added[0] > 0 and added[0] + added[1] == added[2]
    assert added[2] == sum(plug["params_added"] for plug in both["plugs"])
    assert [slot["slot"] for slot in base["slots"]][-1] == "head"


def test_the_whole_project(project: Path, capsys: Told) -> None:
    """Every configuration and every row; what cannot be built does not hide the rest."""
    for name in ("ablation", "comparison"):
        (project / "experiments" / f"{name}.yaml").unlink()
    spec = {"kind": "comparison", "experiment": "them", "methods": {"a": {"model": "unet"}}}
    spec["methods"] |= {"b": {"model": "smp:Unet/resnet19"}}  # type: ignore[operator]
    (project / "experiments" / "them.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    (project / "configs" / "typo.yaml").write_text("_base_: smoke.yaml\nmodle: {}\n", "utf-8")
    assert main(["check"]) == 1
    out, err = capsys.readouterr()
    rows = {line.split()[0]: line.split()[1:3] for line in out.splitlines()[2:]}
    assert rows == {
        "configs/baseline.yaml": ["unet", "yes"],
        "configs/ours.yaml": ["unet", "yes"],
        "configs/smoke.yaml": ["unet", "yes"],
        "configs/typo.yaml": ["?", "no"],
        "them/a": ["unet", "yes"],
        "them/b": ["?", "no"],
    }
    assert err.splitlines()[0] == "paperkit: 2 of 6 do not fit"
    assert err.splitlines()[1].startswith(
        "  configs/typo.yaml: configs/typo.yaml:2: modle: unknown"
    )
    assert err.splitlines()[2] == (
        "  them/b: command line: model.name='smp:Unet/resnet19': smp has no encoder 'resnet19'; "
        "did you mean 'resnet18'?; the form is smp:Unet/resnet34"
    )


def test_a_librarys_model_outside_of_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checked: Callable[..., tuple[int, Any]]
) -> None:
    monkeypatch.chdir(tmp_path)
    plugs = ("--plug", "encoder.*=gct", "--plug", "encoder.0=se")
    code, told = checked("smp:FPN/resnet18", *plugs, "--size", "40x70", "--classes", "2")
    assert code == 1 and set(told) == PLAIN
    assert told["problems"] == [
        {
            "at": "encoder.*",
            "expression": "gct",
            "kind": "UnknownModule",
            "message": "encoder.*: 'gct' is the name of several things; choose gct_gated (gated "
            "channel transformation, CVPR 2020, yang2020gated) or gct_gauss (Gaussian context "
            "transformer, CVPR 2021, ruan2021gaussian)",
        }
    ]
    assert told["model"] == "smp:FPN/resnet18" and told["input"] == [3, 40, 70]
    assert told["params"] == 13_047_362
    strides = {row["slot"]: row["stride"] for row in told["slots"]}
    assert [strides[f"encoder.{n}"] for n in range(5)] == [2, 4, 8, 16, 32]


def test_a_baselines_name_is_a_librarys_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checked: Callable[..., tuple[int, Any]]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, told = checked("linknet", "--size", "64", "--plug", "encoder.4=se")
    assert code == 0 and told["model"] == "smp:Linknet/resnet34"
    assert told["params"] == 21_771_970 + 2 * 512 * 32 + 32 + 512  # two classes; r = 16


def test_a_librarys_model_in_a_project_takes_its_modules_first(
    project: Path, checked: Callable[..., tuple[int, Any]]
) -> None:
    own_module(project, "eca", "return x * self.fc(x.mean((2, 3))).sigmoid()[..., None, None]")
    plugs = ("--plug", "stage.0=eca", "--plug", "stage.{1,2}=se")
    code, told = checked("torchvision:resnet18", *plugs, "--size", "64", "--classes", "1000")
    assert code == 0 and told["problems"] == []
    # the project's own layer C to C; squeeze-and-excitation, r = C // 16, with bias
    added = [64 * 64 + 64, *(2 * c * (c // 16) + c // 16 + c for c in (128, 256))]
    assert [plug["params"] for plug in told["plugs"]] == added
    assert told["params"] == 11_689_512 + sum(added)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["keras:unet"], "no library is called 'keras'; models by name are smp:ARCH/ENCODER, "),
        (["unet"], "unet: no such file here and no model of a library; models by name are smp:"),
        (["configs/a.yaml"], "configs/a.yaml: no such configuration or spec; change into a "),
        (["smp:FPN/resnet18", "--size", "big"], "--size big: write 224, or height and width: "),
        (["smp:FPN/resnet18", "optim.lr=1"], "optim.lr=1: a model by name has no configuration "),
        ([], "no paperkit project in "),
    ],
)
def test_a_mistake_is_exit_2(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Told,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"paperkit: {message}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["experiments/ablation.yaml", "--plug", "a=b"],
            "experiments/ablation.yaml: --plug is for a CONFIG or MODEL; a spec has components",
        ),
        (
            ["configs/ours.yaml", "--size", "64"],
            "configs/ours.yaml: --size, --channels and --classes are for a MODEL; of a "
            "configuration set data.size=224",
        ),
        (["--plug", "a=b"], "--plug, --size, --channels and --classes need a CONFIG or MODEL"),
        (
            ["configs/our.yaml"],
            "configs/our.yaml: no such configuration or spec; there is configs/baseline.yaml, "
            "configs/ours.yaml, configs/smoke.yaml, experiments/ablation.yaml, "
            "experiments/comparison.yaml",
        ),
    ],
)
def test_a_mistake_in_a_project_is_exit_2(
    project: Path, arguments: list[str], message: str, capsys: Told
) -> None:
    assert main(["check", *arguments]) == 2
    assert capsys.readouterr() == ("", f"paperkit: {message}\n")
