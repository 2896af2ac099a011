"""A data set of torchvision, from files made here: MNIST's are plain arrays with a short header."""

import ast
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from paperkit.errors import UserError
from paperkit.scaffold import make_answers
from paperkit.scaffold.creation import look_at
from paperkit.scaffold.data.library import SETS

TEMPLATE = Path(__file__).parents[2] / "template/{{cookiecutter.project_slug}}"
COUNTS = {"train": 100, "t10k": 20}


def pixels(part, n):
    return np.random.default_rng([part == "train", n]).integers(0, 256, (28, 28), np.uint8)


@pytest.fixture
def mnist(tmp_path):
    """The four files that torchvision reads, of ten classes in turn."""
    raw = tmp_path / "sets/MNIST/raw"
    raw.mkdir(parents=True)
    for part, count in COUNTS.items():
        images = np.stack([pixels(part, n) for n in range(count)])
        labels = (np.arange(count) % 10).astype(np.uint8)
        head = struct.pack(">BBBBIII", 0, 0, 8, 3, count, 28, 28)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        head = struct.pack(">BBBBI", 0, 0, 8, 1, count)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
    return tmp_path / "sets"


def test_what_the_set_is(mnist):
    report = look_at(
        make_answers({"project_name": "x", "data": "torchvision:MNIST", "data_root": mnist})
    )
    assert (report.task, report.name, report.images) == (
        "classification",
        "mnist",
        "torchvision:MNIST",
    )
    assert report.counts == {"train": 90, "val": 10, "test": 20}
    assert report.labels.names == [
        *("0 - zero", "1 - one", "2 - two", "3 - three", "4 - four"),
        *("5 - five", "6 - six", "7 - seven", "8 - eight", "9 - nine"),
    ]
    assert report.labels.counts == [12] * 10
    train = np.stack([pixels("train", n) for n in range(100)]) / 255
    assert report.pixels.mean == pytest.approx([train.mean()], abs=1e-4)
    assert report.pixels.std == pytest.approx([train.std()], rel=1e-3)
    assert (report.pixels.channels, report.pixels.sizes) == (1, {(28, 28): 100})


ASK = """
import json, numpy as np
from digits import config, data
c = config.load('configs/baseline.yaml', ['data.size=28'])
out = {}
for split in ('train', 'val', 'test'):
    d = data.build(c, split)
    mean, std = d.mean.numpy(), d.std.numpy()
    out[split] = [
        [k.name, k.target, int(np.rint((d.source[i][0]).astype(int).sum()))]
        for i, k in enumerate(d.source.cases)
    ]
out['manifest'] = data.manifest(c)
print(json.dumps(out))
"""


def test_the_project_reads_it_and_trains_nothing_of_val_or_test(make, mnist):
    import json

    project = make("digits", data="torchvision:MNIST", data_root=mnist, package_name="digits")
    ran = subprocess.run(
        [sys.executable, "-c", ASK], cwd=project, capture_output=True, text=True, check=True
    )
    found = json.loads(ran.stdout)
    parts = {split: [name for name, _, _ in found[split]] for split in ("train", "val", "test")}
    assert (len(parts["train"]), len(parts["val"]), len(parts["test"])) == (90, 10, 20)
    assert sorted(parts["train"] + parts["val"]) == [f"train-{n:06d}" for n in range(100)]
    assert sorted(target for _, target, _ in found["val"]) == list(range(10))
    for part, split in (("train", "train"), ("train", "val"), ("t10k", "test")):
        for name, target, total in found[split]:
            number = int(name[-6:])
            assert (target, total) == (number % 10, int(pixels(part, number).sum()))
    sizes = {"train": 90, "val": 10, "test": 20}
    wanted = [[f"{split}:torchvision:MNIST", size] for split, size in sizes.items()]
    assert [row[:2] for row in found["manifest"]] == wanted


def test_one_changed_pixel_is_other_data(make, mnist):
    project = make("digits", data="torchvision:MNIST", data_root=mnist, package_name="digits")
    ask = (
        "from digits import config, data\n"
        "print(data.manifest(config.load('configs/baseline.yaml', [])))"
    )

    def manifest():
        return subprocess.run(
            [sys.executable, "-c", ask], cwd=project, capture_output=True, text=True, check=True
        ).stdout

    before = manifest()
    file = mnist / "MNIST/raw/t10k-images-idx3-ubyte"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert manifest() != before


def test_names_and_folders_that_are_not_there(tmp_path, monkeypatch):
    def refused(**given):
        with pytest.raises(UserError) as caught:
            look_at(make_answers({"project_name": "x", **given}))
        return str(caught.value)

    message = refused(data="torchvision:CIFAR1O")
    assert message.startswith(
        "torchvision:CIFAR1O: no such data set; did you mean 'CIFAR10'?; known: "
    )
    import torchvision

    def offline(*args, **kwargs):
        raise RuntimeError("no network")

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", offline)
    assert refused(data="torchvision:CIFAR10", data_root=tmp_path) == (
        f"torchvision:CIFAR10 is not in {tmp_path}, and cannot be fetched (no network); give the "
        "folder that holds it: --set data_root=FOLDER"
    )


def test_the_project_knows_the_same_sets():
    (file,) = TEMPLATE.glob("*/library_data.py")
    names: dict[str, object] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id in ("FLAGGED", "PARTS"):
            names[target.id] = eval(ast.unparse(node.value), dict(names))
    assert names["PARTS"] == SETS


@pytest.mark.parametrize("name", sorted(SETS))
def test_torchvision_has_every_set_with_these_parts(name):
    import inspect

    import torchvision

    cls = getattr(torchvision.datasets, name)
    given = inspect.signature(cls.__init__).parameters
    assert {"root", "train" if "train" in given else "split"} <= set(given)
