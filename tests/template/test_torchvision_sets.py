"""Every data set of torchvision that a project can read, from files in its layout on disk."""

import builtins
import inspect
import re
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import made_sets
import numpy as np
import pytest
import torch
import yaml
from sandbox import config as make
from sandbox import module

from paperkit.errors import UserError
from paperkit.scaffold.data.library import SETS, inspect_library

data = module("data")
cases = module("cases")
library_data = module("library_data")
DataError = module("images").DataError
Counted = dict[str, list[tuple[str, int]]]
FLAGS = {"train": "train=True", "test": "train=False"}


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torchvision take files that do not have the published ones' md5 sums."""
    monkeypatch.setattr("torchvision.datasets.utils.check_md5", lambda *_, **__: True)


def made(name: str, root: Path) -> made_sets.Made:
    if name == "PCAM":
        pytest.importorskip("h5py")
    root.mkdir()
    return made_sets.SETS[name](root)


def configured(folder: Path, name: str, *overrides: str, **given: Any) -> Any:
    """The configuration that `paperkit new` would write, at the size of the first image."""
    report = inspect_library(f"torchvision:{name}", folder / "sets")
    section = yaml.safe_load(f"data:\n  name: {report.name}\n{report.yaml_block()}")["data"]
    section |= {"size": list(max(report.pixels.sizes)), **given}
    return make(folder, *overrides, task="classification", data=section)


def read(config: Any) -> Counted:
    """(name, class) of every sample of every split."""
    return {
        split: [(case.name, case.target) for case in cases.cases(config, split)]
        for split in cases.SPLITS
    }


def test_all_sets_are_made() -> None:
    assert set(made_sets.SETS) == set(SETS) == set(library_data.PARTS)


def test_the_page_lists_them_with_their_parts() -> None:
    page = Path(__file__).parents[2] / "docs/how-to/classification.md"
    text = page.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+), ([\w-]+), (\w+) \| (.*) \|.*\|$", text, re.MULTILINE)
    listed = {
        name: (train, None if val == "-" else val, test) for name, train, val, test, _ in rows
    }
    assert listed == SETS
    assert {row[0] for row in rows if "(md5)" in row[4]} == set(made_sets.CHECKED)


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("name", sorted(made_sets.SETS))
def test_a_set_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    written = made(name, tmp_path / "sets")
    config = configured(tmp_path, name)
    assert config.data.class_names == written.classes
    parts = dict(zip(cases.SPLITS, SETS[name], strict=True))
    for split, found in read(config).items():
        part = parts[split] or parts["train"]
        samples = data.build(config, split)
        assert len(samples) == len(found)
        for n, (case, target) in enumerate(found):
            pixels, label = written.parts[part][int(case.removeprefix(f"{part}-"))]
            assert (target, samples[n]["target"]) == (label, label)
            array = pixels if pixels.ndim == 3 else pixels[..., None]
            assert np.array_equal(samples.source[n][0], array), case


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("name", sorted(made_sets.SETS))
def test_no_sample_is_in_two_splits(name: str, tmp_path: Path) -> None:
    written = made(name, tmp_path / "sets")
    config = configured(tmp_path, name)
    found, (train, val, test) = read(config), SETS[name]
    of_test = [f"{test}-{n:06d}" for n in range(len(written.parts[test]))]
    assert [case for case, _ in found["test"]] == of_test
    learned = found["train"] + found["val"]
    wanted = {f"{p}-{n:06d}" for p in (train, val) if p for n in range(len(written.parts[p]))}
    assert Counter(case for case, _ in learned) == Counter(wanted)
    if val is None:
        # a tenth of each class, rounded, at least one
        per_class = Counter(label for _, label in written.parts[train])
        held = {label: max(1, round(n / 10)) for label, n in per_class.items()}
        assert Counter(label for _, label in found["val"]) == held
        library_data._open.cache_clear()
        assert read(config) == found


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("name", sorted(made_sets.SETS))
def test_what_new_says_of_a_set(name: str, tmp_path: Path) -> None:
    written = made(name, tmp_path / "sets")
    report = inspect_library(f"torchvision:{name}", tmp_path / "sets")
    assert report.counts == {
        split: len(rows) for split, rows in read(configured(tmp_path, name)).items()
    }
    official = {part: rows for part, rows in written.parts.items() if part in SETS[name]}
    labels = Counter(label for rows in official.values() for _, label in rows)
    assert report.labels.counts == [labels[k] for k in range(len(written.classes))]
    pixels = np.stack([pixels for pixels, _ in written.parts[SETS[name][0]]])
    assert report.pixels.sizes == {pixels.shape[1:3]: len(pixels)}
    flat = pixels.reshape(-1, pixels.shape[3] if pixels.ndim == 4 else 1) / 255
    assert report.pixels.mean == pytest.approx(flat.mean(axis=0), abs=1e-4)
    assert report.pixels.std == pytest.approx(flat.std(axis=0), rel=1e-3)


@pytest.mark.usefixtures("trusting")
def test_a_batch_is_normalised_by_the_sets_mean_and_std(tmp_path: Path) -> None:
    written = made("CIFAR10", tmp_path / "sets")
    config = configured(tmp_path, "CIFAR10", "train.batch_size=30")
    (batch,) = data.loader(config, "test")
    train = np.stack([pixels for pixels, _ in written.parts["train"]]).reshape(-1, 3) / 255
    test = np.stack([pixels for pixels, _ in written.parts["test"]]) / 255
    expected = ((test - train.mean(0)) / train.std(0)).transpose(0, 3, 1, 2)
    assert np.abs(batch["image"].numpy() - expected).max() < 2e-3
    assert batch["target"].tolist() == [label for _, label in written.parts["test"]]


@pytest.mark.usefixtures("trusting")
def test_gray_digits_as_colours_and_colours_as_gray(tmp_path: Path) -> None:
    digits = made("USPS", tmp_path / "sets").parts["test"]
    config = configured(tmp_path, "USPS", channels=3, mean=None, std=None)
    first = data.build(config, "test").source[0][0]
    assert np.array_equal(first, np.repeat(digits[0][0][..., None], 3, axis=2))
    photographs = made_sets.SETS["SVHN"](tmp_path / "sets").parts["test"]
    config = configured(tmp_path, "SVHN", channels=1, mean=None, std=None)
    gray = data.build(config, "test").source[0][0][..., 0]
    # ITU-R 601 luma, as pillow documents it
    assert np.abs(photographs[0][0] @ (0.299, 0.587, 0.114) - gray).max() <= 1


@pytest.mark.parametrize("name", sorted(set(made_sets.SETS) - {"ImageNet"}))
def test_what_is_not_there_is_said_with_the_command_that_fetches_it(
    name: str, tmp_path: Path
) -> None:
    if name == "PCAM":
        pytest.importorskip("h5py")
    import torchvision

    for split, part in zip(("train", "test"), SETS[name][::2], strict=True):
        with pytest.raises(DataError) as error:
            library_data.samples(f"torchvision:{name}", tmp_path, split)
        checked = " or corrupted" if name in made_sets.CHECKED else ""
        stop = "." if name == "Imagenette" else ""
        why = f"Dataset not found{checked}. You can use download=True to download it{stop}"
        if name == "USPS":
            file = tmp_path / ("usps.bz2" if split == "train" else "usps.t.bz2")
            why = f"[Errno 2] No such file or directory: {str(file)!r}"
        which = FLAGS[split] if name in library_data.FLAGGED else f"split={part!r}"
        call = f"torchvision.datasets.{name}(root={str(tmp_path)!r}, {which}, download=True)"
        assert str(error.value) == (
            f"torchvision:{name} is not in {tmp_path} ({why}); fetch it once: "
            f'python -c "import torchvision; {call}"'
        )
        # such a call can be made
        given = eval(f"dict({re.search(r'[(](root.*)[)]', call)[1]})")  # type: ignore[index]
        inspect.signature(getattr(torchvision.datasets, name)).bind(**given)


def test_imagenet_is_not_for_download(tmp_path: Path) -> None:
    why = (
        f"torchvision:ImageNet in {tmp_path}: The archive ILSVRC2012_devkit_t12.tar.gz is not "
        "present in the root directory or is corrupted. You need to download it externally and "
        f"place it in {tmp_path}."
    )
    with pytest.raises(DataError) as error:
        library_data.samples("torchvision:ImageNet", tmp_path, "train")
    assert str(error.value) == why
    with pytest.raises(UserError) as refused:
        inspect_library("torchvision:ImageNet", tmp_path)
    assert str(refused.value) == why


def test_the_second_half_is_asked_for(tmp_path: Path) -> None:
    made("GTSRB", tmp_path / "sets")
    folder = tmp_path / "sets/gtsrb/GTSRB/Final_Test"
    folder.rename(folder.with_name("elsewhere"))
    assert len(library_data.samples("torchvision:GTSRB", tmp_path / "sets", "train")) == 24
    with pytest.raises(DataError) as error:
        library_data.samples("torchvision:GTSRB", tmp_path / "sets", "test")
    assert ", split='test', download=True)" in str(error.value)


@pytest.mark.parametrize("name", made_sets.CHECKED)
def test_torchvision_itself_refuses_changed_files(name: str, tmp_path: Path) -> None:
    """So `trusting` is needed for these; the others' unpacked files are not compared."""
    made(name, tmp_path / "sets")
    with pytest.raises(DataError) as error:
        library_data.samples(f"torchvision:{name}", tmp_path / "sets", "train")
    assert f"is not in {tmp_path / 'sets'} (Dataset not found or corrupted." in str(error.value)


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made("SVHN", tmp_path / "sets")
    monkeypatch.setattr("torchvision.datasets.utils.check_md5", lambda *_, **__: True)
    real = builtins.__import__

    def without_scipy(name: str, *rest: Any) -> Any:
        if name.startswith("scipy"):
            raise ModuleNotFoundError("No module named 'scipy'", name="scipy")
        return real(name, *rest)

    monkeypatch.setattr("builtins.__import__", without_scipy)
    with pytest.raises(DataError) as error:
        library_data.samples("torchvision:SVHN", tmp_path / "sets", "train")
    assert str(error.value) == (
        "torchvision:SVHN: No module named 'scipy'; python -m pip install scipy"
    )
    monkeypatch.setitem(sys.modules, "h5py", None)
    why = (
        f"torchvision:PCAM in {tmp_path}: h5py is not found. This dataset needs to have h5py "
        "installed: please run pip install h5py"
    )
    with pytest.raises(DataError) as error:
        library_data.samples("torchvision:PCAM", tmp_path, "train")
    assert str(error.value) == why
    with pytest.raises(UserError) as refused:
        inspect_library("torchvision:PCAM", tmp_path)
    assert str(refused.value) == why


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    made("Food101", tmp_path / "sets")
    config = configured(tmp_path, "Food101")
    file = tmp_path / "sets/food-101/images/apple_pie/test2.jpg"
    file.write_bytes(b"not an image")
    loaded = data.build(config, "test")
    with pytest.raises(DataError) as error:
        loaded.source.fill()
    assert str(error.value) == (
        f"torchvision:Food101 in {tmp_path / 'sets'}: image test-000002 cannot be read (cannot "
        f"identify image file <_io.BufferedReader name={str(file)!r}>)"
    )


def test_parts_of_different_classes_are_refused(tmp_path: Path) -> None:
    made("Country211", tmp_path / "sets")
    shutil.rmtree(tmp_path / "sets/country211/test/AD")
    with pytest.raises(UserError) as error:
        inspect_library("torchvision:Country211", tmp_path / "sets")
    assert str(error.value) == (
        f"torchvision:Country211 in {tmp_path / 'sets'}: its parts do not have the same classes, "
        "so that a number means another class in each; is it unpacked completely?"
    )


def test_classes_that_are_not_named_are_refused(tmp_path: Path) -> None:
    made("DTD", tmp_path / "sets")
    config = configured(tmp_path, "DTD", class_names=["banded", "blotchy"])
    with pytest.raises(DataError) as error:
        cases.cases(config, "train")
    assert str(error.value) == (
        "torchvision:DTD has 3 classes, but data.class_names has 2; name them all"
    )


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("cifar10", "; did you mean 'CIFAR10'?"),
        ("Flowers", "; did you mean 'Flowers102'?"),
        ("VOCSegmentation", ""),
    ],
)
def test_an_unknown_set_lists_the_known(name: str, near: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        library_data.samples(f"torchvision:{name}", tmp_path, "train")
    with pytest.raises(UserError) as refused:
        inspect_library(f"torchvision:{name}", tmp_path)
    for told in (str(error.value), str(refused.value)):
        known = ", ".join(sorted(made_sets.SETS))
        assert told == f"torchvision:{name}: no such data set{near}; known: {known}"


@pytest.mark.usefixtures("trusting")
def test_one_other_label_or_pixel_is_another_data_set(tmp_path: Path) -> None:
    made("STL10", tmp_path / "sets")
    config = configured(tmp_path, "STL10")

    def manifest() -> list[tuple[str, int, str]]:
        library_data._open.cache_clear()
        return data.manifest(config)

    before = manifest()
    assert [row[:2] for row in before] == [
        ("train:torchvision:STL10", 20), ("val:torchvision:STL10", 10),
        ("test:torchvision:STL10", 10),
    ]  # fmt: skip
    for file in ("test_y.bin", "test_X.bin"):
        path = tmp_path / "sets/stl10_binary" / file
        content = path.read_bytes()
        path.write_bytes(bytes([content[0] % 10 + 1, *content[1:]]))
        after = manifest()
        assert [a[0] for a, b in zip(before, after, strict=True) if a != b] == [before[2][0]]
        before = after


@pytest.mark.usefixtures("trusting")
def test_training_draws_from_the_training_part_alone(tmp_path: Path) -> None:
    made("KMNIST", tmp_path / "sets")
    config = configured(tmp_path, "KMNIST", "train.batch_size=16")
    batches = list(data.loader(config, "train", epoch=1, shuffle=True))
    drawn = {case for batch in batches for case in batch["case"]}
    held = {case.name for case in cases.cases(config, "val")}
    assert drawn and not drawn & held
    assert all(torch.isfinite(batch["image"]).all() for batch in batches)
