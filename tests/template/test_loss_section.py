"""The section `loss`: names are files of modules/, keys their parameters; what mistakes say."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sandbox import PACKAGE, module, project

NAMES = "class_names: [background, disk, square, triangle]"


def write(folder: Path, text: str, name: str = "c.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def load(path: Path, *overrides: str) -> Any:
    return module("config").load(path, overrides)


def refused(path: Path, *overrides: str) -> str:
    with pytest.raises(module("config").ConfigError) as caught:
        load(path, *overrides)
    return str(caught.value).replace(str(path.parent), "HERE")


def test_a_run_keeps_the_defaults_of_its_loss(tmp_path: Path) -> None:
    """Absent, null and given as it is anyway: one configuration, which says all numbers."""
    path = write(tmp_path, f"data: {{{NAMES}}}\nloss: {{name: focal}}\n")
    plain = load(path)
    assert plain.model_dump()["loss"]["gamma"] == 2.0
    assert plain.origins["loss.gamma"] == "default"
    for same in ("loss.gamma=2", "loss.gamma=null", "loss.plus=null"):
        assert load(path, same).model_dump() == plain.model_dump()
    changed = load(path, "loss.gamma=1", "loss.alpha=0.25")
    assert changed.loss.parts() == [("focal", 1.0, {"gamma": 1.0, "alpha": 0.25})]


def test_a_configuration_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """It names the parameters of all losses, null where they are another's."""
    old = "{name: dice_ce, smooth: 1.0, gamma: null, alpha: null, beta: null, ce_weight: 0.5}"
    config = load(write(tmp_path, f"data: {{{NAMES}}}\nloss: {old}\n"))
    assert config.loss.parts() == [("dice", 1.0, {"smooth": 1.0}), ("ce", 0.5, {})]


def test_further_losses_have_weights(tmp_path: Path) -> None:
    path = write(tmp_path, f"data: {{{NAMES}}}\nloss: {{name: tversky, plus: {{lovasz: 0.5}}}}\n")
    config = load(path, "loss.plus.ce=2", "loss.label_smoothing=0.1", "loss.beta=0.7")
    assert config.loss.parts() == [
        ("tversky", 1.0, {"alpha": 0.5, "beta": 0.7, "smooth": 0.0}),
        ("lovasz", 0.5, {}),
        ("ce", 2.0, {"label_smoothing": 0.1}),
    ]
    assert [name for name, _, _ in load(path, "loss.plus=null").loss.parts()] == ["tversky"]


OWN = """from typing import Literal

from torch import nn

INFO = {"kind": "loss"}


class _Base(nn.Module):
    def __init__(self, margin: float, *, power: int = 2, ignore_index: int = -100) -> None:
        ...


class Helped(_Base):
    pass
"""
CHOICES = """from torch import nn

INFO = {"kind": "loss", "noun": "loss of ours", "tasks": ["classification"]}


class Ours(nn.Module):
    def __init__(
        self, *, way: Literal["sum", "mean"] = "sum", sizes: list[int] | None = None, **more
    ) -> None:
        ...
"""


@pytest.fixture
def own_losses() -> Iterator[None]:
    """Files of the student's; torch is not imported to read them, so that they need not run."""
    folder = project() / PACKAGE / "modules"
    texts = {"helped": OWN, "ours": CHOICES, "plain": "x = 1\n", "broken": "INFO = {\n"}
    for name, text in texts.items():
        write(folder, text, f"{name}.py")
    yield
    for name in texts:
        (folder / f"{name}.py").unlink()


LOSS_PROBLEMS = [
    (
        ("loss.name=focl",),
        "command line: loss.name='focl': there is no loss 'focl'; did you mean 'focal'?; known: "
        "ce, dice_ce, dice, focal, helped, jaccard, lovasz, ours, tversky; a loss of the catalogue "
        "is copied here by: paperkit add focl",
    ),
    (
        ("loss.name=coord_att",),
        "command line: loss.name='coord_att': modules/coord_att.py is no loss: its INFO has kind "
        "spatial",
    ),
    (
        ("loss.name=plain",),
        "command line: loss.name='plain': modules/plain.py is no loss: it has no INFO with kind "
        "loss",
    ),
    (
        ("loss.name=broken",),
        "command line: loss.name='broken': modules/broken.py is no loss: it has no INFO with kind "
        "loss",
    ),
    (("loss.name=[ce]",), "command line: loss.name=['ce']: input should be a valid string"),
    (
        ("loss.name=dice", "loss.gamma=1"),
        "command line: loss: gamma is no parameter of dice (it has: smooth, squared)",
    ),
    (
        ("loss.name=lovasz", "loss.smooth=1"),
        "command line: loss: smooth is no parameter of lovasz (it has: none)",
    ),
    (
        ("loss.name=focal", "loss.gamma=fast"),
        "command line: loss.gamma='fast': input should be a valid number",
    ),
    (
        ("loss.name=focal", "loss.alpha=-0.25"),
        "command line: loss.alpha=-0.25: input should be greater than or equal to 0",
    ),
    (
        ("loss.name=helped", "loss.margin=1", "loss.power=0.5"),
        "command line: loss.power=0.5: input should be a valid integer",
    ),
    (
        ("loss.name=ours", "task=classification", "loss.way=max"),
        "command line: loss.way='max': input should be 'sum' or 'mean'",
    ),
    (
        ("loss.name=ours", "task=classification", "loss.sizes=[1, a]"),
        "command line: loss.sizes.1='a': input should be a valid integer",
    ),
    (
        ("loss.name=dice", "loss.class_weights=[1, 1, 1, 2]"),
        "command line: loss: class_weights is no parameter of dice (it has: smooth, squared)",
    ),
    (
        ("loss.plus={focl: 1}",),
        "command line: loss.plus: there is no loss 'focl'; did you mean 'focal'?; known: ce, "
        "dice_ce, dice, focal, helped, jaccard, lovasz, ours, tversky; a loss of the catalogue is "
        "copied here by: paperkit add focl",
    ),
    (
        ("loss.plus.dice=0",),
        "command line: loss.plus.dice=0: input should be greater than 0",
    ),
    (
        ("loss.name=dice_ce", "loss.plus.ce=1"),
        "command line: loss: ce is in the sum twice; give it one weight",
    ),
    (
        ("loss.plus.dice_ce=1",),
        "command line: loss.plus: dice_ce is a sum itself; add dice and ce",
    ),
    (
        ("loss.name=ours",),
        "HERE/c.yaml: loss.name=ours compares classes; for masks use ce, dice, focal, helped, "
        "jaccard, lovasz or tversky",
    ),
    (
        ("task=classification", "loss.plus.dice=1"),
        "HERE/c.yaml: loss.plus.dice compares masks; for classes use ce, focal or ours",
    ),
]


@pytest.mark.parametrize(("overrides", "message"), LOSS_PROBLEMS)
@pytest.mark.usefixtures("own_losses")
def test_every_mistake_about_a_loss(
    tmp_path: Path, overrides: tuple[str, ...], message: str
) -> None:
    assert refused(write(tmp_path, f"data: {{{NAMES}}}\n"), *overrides) == message


@pytest.mark.usefixtures("own_losses")
def test_a_configuration_is_checked_without_torch() -> None:
    code = (
        f"import sys; from {PACKAGE} import config; "
        "config.load('configs/smoke.yaml', ['loss.name=helped', 'loss.margin=3']); "
        "print('torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=project(), capture_output=True)
    assert (told.stdout.decode().strip(), told.stderr) == ("False", b"")
