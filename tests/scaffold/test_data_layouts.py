"""Folders as people have them: the patterns that are found, and that the project finds the same."""

import json
import sys
from pathlib import Path

import pytest
from pictures import image, mask, numbered, pairs

from paperkit.errors import UserError
from paperkit.scaffold import inspect_data
from paperkit.scaffold.data.pairing import guess
from paperkit.scaffold.data.patterns import matching

SPLITS = ("train", "val", "test")


def split_names(photo: str, truth: str, folders: tuple[str, ...] = SPLITS) -> dict[str, str]:
    """Three pairs per folder; {s} is the folder, {i} the number."""
    return {
        photo.format(s=folder, i=i): truth.format(s=folder, i=i)
        for folder in folders
        for i in range(3)
    }


LAYOUTS = {
    "plain": (numbered("images/{}.jpg", "masks/{}.png"), "images/{id}.jpg", "masks/{id}.png"),
    "upper case": (
        numbered("Images/{}.JPG", "Annotations/{}.PNG"),
        "Images/{id}.jpg",
        "Annotations/{id}.png",
    ),
    "some extensions upper case": (
        {"img/1.JPG": "gt/1.png", "img/2.jpg": "gt/2.PNG", "img/3.jpg": "gt/3.png"},
        "img/{id}.jpg",
        "gt/{id}.png",
    ),
    "several kinds of files": (
        {"imgs/1.jpg": "labels/1.png", "imgs/2.png": "labels/2.png", "imgs/3.bmp": "labels/3.png"},
        "imgs/{id}.*",
        "labels/{id}.png",
    ),
    "suffix _mask": (
        numbered("images/car_{:03}.jpg", "masks/car_{:03}_mask.png"),
        "images/{id}.jpg",
        "masks/{id}_mask.png",
    ),
    "suffix _segmentation": (
        numbered("images/ISIC_{:07}.jpg", "masks/ISIC_{:07}_segmentation.png"),
        "images/{id}.jpg",
        "masks/{id}_segmentation.png",
    ),
    "prefix": (
        numbered("images/img_{}.png", "masks/gt_{}.png"),
        "images/img_{id}.png",
        "masks/gt_{id}.png",
    ),
    "one folder": (numbered("{}.png", "{}_mask.png"), "{id}.png", "{id}_mask.png"),
    "one folder per patient": (
        numbered("p{0}/s_{0}.tif", "p{0}/s_{0}_mask.tif"),
        "{id}.tif",
        "{id}_mask.tif",
    ),
    "nested ids": (
        numbered("images/p{0}/s.png", "masks/p{0}/s.png"),
        "images/{id}.png",
        "masks/{id}.png",
    ),
    "below another folder": (
        numbered("data/v 1/images/{}.png", "data/v 1/masks/{}.png"),
        "data/v 1/images/{id}.png",
        "data/v 1/masks/{id}.png",
    ),
    "Chinese names": (
        numbered("images/图 {}.png", "masks/图 {}.png"),
        "images/{id}.png",
        "masks/{id}.png",
    ),
    "split outside": (
        split_names("{s}/images/{i}.jpg", "{s}/masks/{i}.png"),
        "{split}/images/{id}.jpg",
        "{split}/masks/{id}.png",
    ),
    "split inside": (
        split_names("images/{s}/{i}.png", "labels/{s}/{i}.png"),
        "images/{split}/{id}.png",
        "labels/{split}/{id}.png",
    ),
    "SegNet": (
        split_names("{s}/a_{i}.png", "{s}annot/a_{i}.png"),
        "{split}/{id}.png",
        "{split}annot/{id}.png",
    ),
    "split in the folder's name": (
        split_names("{s}_images/{i}.png", "{s}_masks/{i}.png"),
        "{split}_images/{id}.png",
        "{split}_masks/{id}.png",
    ),
    "DRIVE": (
        split_names(
            "{s}/images/2{i}_{s}.tif", "{s}/1st_manual/2{i}_manual1.gif", ("training", "test")
        ),
        "{split}/images/{id}_{split}.tif",
        "{split}/1st_manual/{id}_manual1.gif",
    ),
    "ISIC": (
        split_names(
            "Part1_{s}_Data/ISIC_{i}.jpg",
            "Part1_{s}_GroundTruth/ISIC_{i}_Segmentation.png",
            ("Training", "Validation", "Test"),
        ),
        "Part1_{split}_Data/{id}.jpg",
        "Part1_{split}_GroundTruth/{id}_Segmentation.png",
    ),
    "cityscapes": (
        split_names(
            "leftImg8bit/{s}/ulm/u_{i}_leftImg8bit.png", "gtFine/{s}/ulm/u_{i}_gtFine_labelIds.png"
        ),
        "leftImg8bit/{split}/{id}_leftImg8bit.png",
        "gtFine/{split}/{id}_gtFine_labelIds.png",
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_pairing_is_found(name: str) -> None:
    names, images, masks = LAYOUTS[name]
    paths = sorted([*names, *names.values()])
    found = guess(paths)
    assert found is not None
    assert (found.images, found.masks) == (images, masks)
    # every pair, and nothing else
    truth = {item.name: item.path for item in matching(paths, masks)}
    partners = {i.path: truth.get(i.name) for i in matching(paths, images)}
    assert {photo: truth for photo, truth in partners.items() if photo in names} == names


CLASSES = {
    "plain": (["cat/1.png", "cat/2.png", "dog/1.png"], "{class}/{id}.png"),
    "below others": (["a/b/cat/1.jpg", "a/b/dog/x/1.JPG"], "a/b/{class}/{id}.jpg"),
    "splits": (
        ["train/cat/1.png", "val/cat/1.jpg", "test/dog/1.png", "train/dog/1.png"],
        "{split}/{class}/{id}.*",
    ),
    "images outside": (["images/cat/1.png", "images/dog/1.png"], "images/{class}/{id}.png"),
}


@pytest.mark.parametrize("name", CLASSES)
def test_class_folders_are_found(name: str) -> None:
    paths, expected = CLASSES[name]
    found = guess(sorted(paths))
    assert found is not None
    assert (found.images, found.masks) == (expected, None)
    assert len(matching(paths, expected)) == len(paths)


@pytest.mark.parametrize(
    "paths", [["images/1.png", "images/2.png"], ["1.png"], ["a/1.png", "2.png"], ["masks/1.png"]]
)
def test_where_nothing_fits_nothing_is_invented(paths: list[str]) -> None:
    assert guess(paths) is None


@pytest.mark.parametrize(
    "name", ["plain", "one folder", "split outside", "DRIVE", "ISIC", "several kinds of files"]
)
def test_the_project_reads_the_same_samples(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, _, _ = LAYOUTS[name]
    root = pairs(tmp_path / "data", names)
    report = inspect_data(root)
    samples = _in_project(report, tmp_path, monkeypatch)
    assert {split: len(found) for split, found in samples.items()} == report.counts
    read = {
        case.image.relative_to(root).as_posix(): case.mask.relative_to(root).as_posix()
        for found in samples.values()
        for case in found
    }
    assert read == names


def _in_project(report: object, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    """The samples by split that a generated project finds with the report's configuration."""
    import shutil

    template = next((Path(__file__).parents[2] / "template").glob("*/*/cases.py")).parent
    package = f"project_{abs(hash(str(folder)))}"
    kept = shutil.ignore_patterns("__pycache__", "slots", "models")
    shutil.copytree(template, folder / "project" / package, ignore=kept)
    monkeypatch.syspath_prepend(str(folder / "project"))
    text = f"data:\n  name: mine\n{report.yaml_block()}\n"
    (folder / "project/config.yaml").write_text(text, "utf-8")
    if report.split_json is not None:
        (folder / "project/data").mkdir()
        (folder / "project/data/split.json").write_text(report.split_json, "utf-8")
    from importlib import import_module

    config = import_module(f"{package}.config").load(folder / "project/config.yaml")
    cases = import_module(f"{package}.cases")
    found = {split: cases.cases(config, split) for split in SPLITS}
    for loaded in [name for name in sys.modules if name.startswith(package)]:
        monkeypatch.delitem(sys.modules, loaded)
    return found


class TestSplit:
    def test_without_folders_it_is_drawn_and_written(self, tmp_path: Path) -> None:
        root = pairs(tmp_path, numbered("images/{:02}.png", "masks/{:02}.png", 20))
        report = inspect_data(root)
        assert report.counts == {"train": 14, "val": 3, "test": 3}
        assert report.split == "drawn 70/15/15 with seed 0, in data/split.json"
        split = json.loads(report.split_json or "")
        chosen = [sample for name in SPLITS for sample in split[name]]
        assert sorted(chosen) == [f"{i:02}" for i in range(20)]
        assert split["seed"] == 0
        assert report.split_json == inspect_data(root).split_json
        assert "  split: data/split.json" in report.yaml_block().splitlines()

    def test_folders_are_the_split(self, tmp_path: Path) -> None:
        names = split_names("{s}/images/{i}.png", "{s}/masks/{i}.png")
        report = inspect_data(pairs(tmp_path, names))
        assert (report.split, report.split_json) == ("as the folders say", None)
        assert not any(line.startswith("  split:") for line in report.yaml_block().splitlines())

    def test_folders_of_other_names_are_written_down(self, tmp_path: Path) -> None:
        names = split_names(
            "{s}/images/{i}.png", "{s}/masks/{i}.png", ("Training", "valid", "testing")
        )
        report = inspect_data(pairs(tmp_path, names))
        assert report.split == "as the folders say, in data/split.json"
        assert json.loads(report.split_json or "") == {
            "train": ["Training/0", "Training/1", "Training/2"],
            "val": ["valid/0", "valid/1", "valid/2"],
            "test": ["testing/0", "testing/1", "testing/2"],
        }

    def test_validation_is_carved_from_train(self, tmp_path: Path) -> None:
        names = numbered("train/images/{}.png", "train/masks/{}.png")
        names |= numbered("test/images/{}.png", "test/masks/{}.png")
        report = inspect_data(pairs(tmp_path, names))
        assert report.counts == {"train": 8, "val": 2, "test": 10}
        assert report.split == "val drawn from train with seed 0, in data/split.json"
        split = json.loads(report.split_json or "")
        assert sorted(split["train"] + split["val"]) == [f"train/{i}" for i in range(10)]
        assert split["test"] == [f"test/{i}" for i in range(10)]

    def test_every_split_has_its_share_of_every_class(self, tmp_path: Path) -> None:
        for number, name in enumerate(["cat"] * 20 + ["dog"] * 7):
            image(tmp_path / name / f"{number:02}.png", number)
        report = inspect_data(tmp_path)
        split = json.loads(report.split_json or "")
        counted = {
            s: [sum(n.startswith(c) for n in split[s]) for c in ("cat", "dog")] for s in SPLITS
        }
        assert counted == {"train": [14, 5], "val": [3, 1], "test": [3, 1]}
        assert report.task == "classification"
        assert report.labels.frequencies == [20 / 27, 7 / 27]


class TestGiven:
    def test_patterns_decide(self, tmp_path: Path) -> None:
        names = numbered("in/{}.png", "out/{}-t.png", 4)
        root = pairs(tmp_path, names)
        report = inspect_data(root, images="in/{id}.png", masks="out/{id}-t.png")
        assert (report.images, report.masks) == ("in/{id}.png", "out/{id}-t.png")
        assert sum(report.counts.values()) == 4

    def test_a_task_decides(self, tmp_path: Path) -> None:
        for number, name in enumerate(("mask", "no_mask") * 4):
            image(tmp_path / name / f"{number}.png", number)
        report = inspect_data(tmp_path, task="classification")
        assert report.images == "{class}/{id}.png"
        assert report.labels.names == ["mask", "no_mask"]

    def test_other_masks_are_mentioned(self, tmp_path: Path) -> None:
        root = pairs(tmp_path, numbered("images/{}.png", "1st_manual/{}.png", 4))
        pairs(root, {f"images/{i}.png": f"mask/{i}.png" for i in range(4)})
        report = inspect_data(root)
        assert report.masks == "1st_manual/{id}.png"
        assert report.warnings == (
            "4 image files fit no pattern and are left out, such as mask/0.png",
            "the masks could also be mask/{id}.png; --masks chooses",
        )
        chosen = inspect_data(root, masks="mask/{id}.png")
        assert (chosen.images, chosen.masks) == ("images/{id}.png", "mask/{id}.png")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                {"masks": "gt/{id}.png"},
                "ROOT: masks pattern 'gt/{id}.png' fits no file; a file there: images/0.png",
            ),
            (
                {"images": "images/*.png"},
                "ROOT: images pattern 'images/*.png' has no {id}; a file there: images/0.png",
            ),
        ],
    )
    def test_patterns_that_fit_nothing(self, tmp_path: Path, options: dict, message: str) -> None:
        root = pairs(tmp_path, numbered("images/{}.png", "masks/{}.png", 4))
        with pytest.raises(UserError) as error:
            inspect_data(root, **options)
        assert str(error.value).replace(str(root), "ROOT") == message

    def test_nothing_to_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(b"PK")
        (tmp_path / "empty").mkdir()
        image(tmp_path / "photos/a.png")
        for path, message in {
            "none": "no such folder; give the folder that holds images and masks",
            "a.zip": "not a folder; unpack it first, then give the folder",
            "empty": "no image files (png, jpg, bmp, tif, gif, webp, npy) below it",
            "photos": "1 image files, such as a.png, but no pairs found. Known: images/ beside "
            "masks/, with or without train/val/test, one folder per class, or a table of labels "
            "(CSV) beside the images. Otherwise give the patterns, such as --images "
            "'photos/{id}.jpg' --masks 'truth/{id}_t.png'",
        }.items():
            with pytest.raises(UserError) as error:
                inspect_data(tmp_path / path)
            assert str(error.value) == f"{tmp_path / path}: {message}"

    def test_hidden_files_and_resource_forks_are_not_data(self, tmp_path: Path) -> None:
        root = pairs(tmp_path, numbered("images/{}.png", "masks/{}.png", 4))
        mask(root / "__MACOSX/images/0.png")
        (root / "images/.DS_Store").write_bytes(b"x")
        (root / "images/._0.png").write_bytes(b"x")
        assert inspect_data(root).warnings == ()
