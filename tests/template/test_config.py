"""The project's configuration: what wins, where values come from, and what each mistake says."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from sandbox import module, project

NAMES = "class_names: [background, disk, square, triangle]"


def write(folder: Path, text: str, name: str = "c.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def load(path: Path, *overrides: str, plugs: tuple[str, ...] = ()) -> Any:
    return module("config").load(path, overrides, plugs)


def refused(path: Path, *overrides: str, plugs: tuple[str, ...] = ()) -> str:
    with pytest.raises(module("config").ConfigError) as caught:
        load(path, *overrides, plugs=plugs)
    return str(caught.value).replace(str(path.parent), "HERE")


def test_later_wins_and_every_value_knows_its_origin(tmp_path: Path) -> None:
    write(tmp_path, f"data:\n  {NAMES}\noptim:\n  lr: 1e-3\n  momentum: 0.5\n", "base.yaml")
    child = write(tmp_path, "_base_: base.yaml\noptim:\n  lr: 2e-3\ntrain: {epochs: 3}\n")
    config = load(child, "train.epochs=7", "augment={hflip: 0.5}")
    assert (config.optim.lr, config.optim.momentum, config.train.epochs) == (2e-3, 0.5, 7)
    origins = {key: value.replace(str(tmp_path), "HERE") for key, value in config.origins.items()}
    assert origins["optim.lr"] == "HERE/c.yaml:3"
    assert origins["optim.momentum"] == "HERE/base.yaml:5"
    assert origins["train.epochs"] == origins["augment.hflip"] == "command line"
    assert origins["augment.vflip"] == origins["plugs"] == "default"


def test_a_dumped_configuration_loads_back_equal(tmp_path: Path) -> None:
    config = load(project() / "configs/ours.yaml", "optim.lr=1e-3", "data.size=[48, 64]")
    text = yaml.safe_dump(module("config").dump(config), allow_unicode=True)
    again = load(write(tmp_path, text))
    assert again.model_dump() == config.model_dump()
    assert yaml.safe_load(text)["_origins_"]["optim.lr"] == "command line"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 0.001), ("1E5", 1e5), (".5", 0.5), ("3", 3.0), ("+2.", 2.0)],
)
def test_numbers_are_numbers(tmp_path: Path, text: str, value: float) -> None:
    path = write(tmp_path, f"data: {{{NAMES}}}\noptim: {{lr: {text}}}\n")
    assert load(path).optim.lr == load(path, f"optim.lr={text}").optim.lr == value


def test_words_stay_words(tmp_path: Path) -> None:
    path = write(tmp_path, "data: {class_names: [no, yes, on, off, 2024-01-01]}\n")
    assert load(path).data.class_names == ["no", "yes", "on", "off", "2024-01-01"]
    wanted = "HERE/c.yaml:2: train.compile='yes': input should be a valid boolean"
    assert refused(write(tmp_path, f"data: {{{NAMES}}}\ntrain: {{compile: yes}}\n")) == wanted


def test_plugs_from_the_file_the_command_line_and_both(tmp_path: Path) -> None:
    path = write(tmp_path, f"data: {{{NAMES}}}\nplugs:\n  - {{at: skip.0, use: se}}\n")
    both = load(path, plugs=("encoder.2/conv[k=3]:=scconv23(g=4)", "fuse.*=cga_fusion"))
    assert [(p.at, p.use, p.how) for p in both.plugs] == [
        ("skip.0", "se", "insert"),
        ("encoder.2/conv[k=3]", "scconv23(g=4)", "replace"),
        ("fuse.*", "cga_fusion", "insert"),
    ]
    assert load(path, "plugs=[]").plugs == []
    flow = load(path, 'plugs=[{at: "encoder.{0,1}", use: "cbam(channel=se)", match: 2}]')
    assert (flow.plugs[0].at, flow.plugs[0].match) == ("encoder.{0,1}", 2)
    wanted = "--plug 'coord_att': must be SLOT=EXPR, such as encoder.*=coord_att"
    assert refused(path, plugs=("coord_att",)) == wanted


def test_parameters_of_another_loss_are_not_inherited(tmp_path: Path) -> None:
    path = write(tmp_path, f"data: {{{NAMES}}}\nloss: {{name: dice_ce, smooth: 1}}\n")
    assert load(path, "loss.name=focal", "loss.gamma=1").loss.smooth is None
    assert load(path, "loss.name=dice_ce").loss.smooth == 1.0
    for name in ("loss.name=focal", "loss={name: focal}"):  # in any order on the command line
        assert load(path, "loss.gamma=1", name).loss.gamma == 1.0


PROBLEMS = [
    (
        "optim:\n  lrr: 1",
        (),
        "HERE/c.yaml:3: optim.lrr: unknown key; did you mean 'lr'?; known: groups, lr, momentum, "
        "name, schedule, warmup, weight_decay",
    ),
    ("optim:\n  lr: -1", (), "HERE/c.yaml:3: optim.lr=-1: input should be greater than 0"),
    ("", ("optim.lr=fast",), "command line: optim.lr='fast': input should be a valid number"),
    (
        "",
        ("trian.epochs=3",),
        "command line: trian: unknown key; did you mean 'train'?; known: augment, data, eval, "
        "fold, loss, model, optim, plugs, seed, task, train",
    ),
    (
        "plugs: [{at: skip.0, us: se}]",
        (),
        "HERE/c.yaml:2: plugs.0.use: missing; add it\n"
        "HERE/c.yaml:2: plugs.0.us: unknown key; did you mean 'use'?; known: at, how, init, "
        "match, use",
    ),
    (
        "loss: {name: ce, gamma: 2}",
        (),
        "HERE/c.yaml:2: loss: gamma is no parameter of ce (it has: class_weights, label_smoothing)",
    ),
    (
        "eval: {monitor: iou}",
        (),
        "HERE/c.yaml: eval.monitor=iou is no metric of segmentation; did you mean 'iou_set'?; "
        "known: iou_set, dice_set, iou_img, dice_img, acc_set, loss",
    ),
    (
        "eval: {tta: flip}",
        (),
        "HERE/c.yaml:2: eval.tta='flip': this template cannot do that yet; leave the key out, or "
        "null",
    ),
    ("seed: 1\nseed: 2", (), "HERE/c.yaml:3: 'seed' is given twice (first in line 2); remove one"),
    (
        "",
        ("optim.lr",),
        "command line: 'optim.lr': must be key=value, such as optim.lr=1e-3",
    ),
    (
        "task: classification\nloss: {name: dice}",
        (),
        "HERE/c.yaml: loss.name=dice compares masks; for classes use ce or focal",
    ),
]


@pytest.mark.parametrize(("text", "overrides", "message"), PROBLEMS)
def test_every_mistake_names_place_value_and_way_out(
    tmp_path: Path, text: str, overrides: tuple[str, ...], message: str
) -> None:
    path = write(tmp_path, f"data: {{{NAMES}}}\n{text}\n")
    assert refused(path, *overrides) == message


def test_a_missing_parent_and_a_circle(tmp_path: Path) -> None:
    root = module("config").ROOT
    lost = write(tmp_path, "_base_: gone.yaml\n")
    assert refused(lost) == (
        f"HERE/gone.yaml: no such file (the _base_ of HERE/c.yaml); the paths start at {root}"
    )
    write(tmp_path, "_base_: c.yaml\n", "b.yaml")
    circle = write(tmp_path, "_base_: b.yaml\n")
    assert refused(circle) == "HERE/c.yaml: is its own _base_; remove one of the two _base_ lines"


def test_the_projects_own_files_are_valid() -> None:
    plain, ours = (load(project() / "configs" / f"{n}.yaml") for n in ("baseline", "ours"))
    assert ours.plugs and not plain.plugs
    assert ours.model_dump(exclude={"plugs"}) == plain.model_dump(exclude={"plugs"})
