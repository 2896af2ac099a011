"""What healthy data are said to be: kinds of masks, numbers against numpy, the configuration."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from pictures import SIZE, image, mask, numbered, pairs, save
from PIL import Image

from paperkit.errors import UserError
from paperkit.scaffold import inspect_data

BLACK, RED, GREEN = (0, 0, 0), (255, 0, 0), (0, 255, 0)


def data_set(root: Path, *values: object) -> Path:
    return pairs(root, numbered("images/{}.png", "masks/{}.png", 6), values)


KINDS = {
    "0 and 1": ((0, 1), ["background", "foreground"], None, None, "0 and 1: binary"),
    "0 and 255": ((0, 255), ["background", "foreground"], [0, 255], None, "0 and 255: binary"),
    "indices": (
        (0, 1, 2, 3),
        ["class_0", "class_1", "class_2", "class_3"],
        None,
        None,
        "class indices",
    ),
    "indices, 1 missing": (
        (0, 2, 3),
        ["class_0", "class_1", "class_2", "class_3"],
        None,
        None,
        "class indices",
    ),
    "indices and 255": (
        (0, 1, 2, 255),
        ["class_0", "class_1", "class_2"],
        None,
        255,
        "indices, 255 is ignored",
    ),
    "gray levels": (
        (0, 85, 170, 255),
        ["class_0", "class_1", "class_2", "class_3"],
        [0, 85, 170, 255],
        None,
        "gray levels, palette detected",
    ),
    "colours": (
        (BLACK, GREEN, RED),
        ["class_0", "class_1", "class_2"],
        [BLACK, GREEN, RED],
        None,
        "colours, palette detected",
    ),
    "gray as colours": (
        ((0, 0, 0), (255, 255, 255)),
        ["background", "foreground"],
        [0, 255],
        None,
        "0 and 255: binary",
    ),
    "16 bits": ((0, 300), ["background", "foreground"], [0, 300], None, "0 and 300: binary"),
}


@pytest.mark.parametrize("name", KINDS)
def test_mask_values_are_understood(name: str, tmp_path: Path) -> None:
    values, names, palette, ignore, note = KINDS[name]
    labels = inspect_data(data_set(tmp_path, *values)).labels
    assert labels.names == names
    assert (labels.palette, labels.ignore_index, labels.note) == (palette, ignore, note)


def test_palette_images_as_masks_are_indices_or_by_wish_colours(tmp_path: Path) -> None:
    root = data_set(tmp_path, 0, 1)
    for number in range(6):
        path = root / f"masks/{number}.png"
        with Image.open(path) as source:
            shown = source.copy()
        shown.putpalette([*BLACK, *RED])
        shown.save(path)
    assert inspect_data(root).labels.note == "0 and 1: binary"
    given = inspect_data(root, palette=[RED, BLACK]).labels
    assert (given.note, given.palette) == ("palette as given", [RED, BLACK])
    assert given.frequencies == [0.5, 0.5]


def test_class_list_with_colours_and_an_ignored_one(tmp_path: Path) -> None:
    root = data_set(tmp_path, BLACK, RED, GREEN, GREEN)
    (root / "classes.txt").write_text("red 255 0 0\ngreen 0 255 0\nvoid 0 0 0 ignore\n", "utf-8")
    report = inspect_data(root)
    assert report.labels.names == ["red", "green"]
    assert report.labels.palette == [RED, GREEN, BLACK]
    assert report.labels.ignore_index == 2
    assert report.labels.frequencies == pytest.approx([1 / 3, 2 / 3])
    assert "classes  2, share of pixels (25.00% of all are ignored, index 2)" in report.lines()


def test_an_ignored_index_before_the_classes_makes_a_palette(tmp_path: Path) -> None:
    root = data_set(tmp_path, 0, 1, 2, 2)
    (root / "classes.txt").write_text("0 void ignore\n1 road\n2 car\n", "utf-8")
    labels = inspect_data(root).labels
    assert (labels.names, labels.palette, labels.ignore_index) == (["road", "car"], [1, 2, 0], 2)


def test_sixty_five_classes_are_indices_but_sixty_five_grays_are_none(tmp_path: Path) -> None:
    root = data_set(tmp_path, *range(16))
    stripes = np.arange(SIZE[0] * SIZE[1]).reshape(SIZE) % 65
    for number in range(6):
        save(root / f"masks/{number}.png", stripes.astype(np.uint8))
    assert len(inspect_data(root).labels.names) == 65
    for number in range(6):
        save(root / f"masks/{number}.png", (stripes * 3).astype(np.uint8))
    with pytest.raises(UserError) as error:
        inspect_data(root)
    line = "masks/{}.png: more than 64 different values: a photograph, saved lossy, or resized "
    line += "smoothly? Export masks without loss, or give the palette"
    lines = [f"{root}: 6 problems in the data", *(f"  {line.format(i)}" for i in range(6))]
    assert str(error.value).splitlines() == lines


class TestNumbers:
    def test_mean_and_std_are_those_of_the_training_pixels(self, tmp_path: Path) -> None:
        places = [f"{split}/{{}}/{i}.png" for split in ("train", "val", "test") for i in (1, 2)]
        names = {place.format("images"): place.format("masks") for place in places}
        root = pairs(tmp_path, names)
        image(root / "train/images/2.png", 50, (16, 16))
        mask(root / "train/masks/2.png", size=(16, 16))
        pixels = []
        for number in (1, 2):
            with Image.open(root / f"train/images/{number}.png") as source:
                pixels.append(np.asarray(source).reshape(-1, 3) / 255)
        every = np.concatenate(pixels)
        found = inspect_data(root).pixels
        assert found.mean == pytest.approx(every.mean(0), abs=5e-5)
        assert found.std == pytest.approx(every.std(0), abs=5e-5)
        assert found.sizes == {(32, 48): 5, (16, 16): 1}

    def test_frequencies_are_shares_of_the_counted_pixels(self, tmp_path: Path) -> None:
        root = data_set(tmp_path, 0, 0, 0, 1, 2, 255)
        found = inspect_data(root).labels
        assert found.frequencies == pytest.approx([3 / 5, 1 / 5, 1 / 5])
        assert found.ignored == 6 * SIZE[0] * SIZE[1] / 6

    def test_sixteen_bit_gray(self, tmp_path: Path) -> None:
        root = data_set(tmp_path, 0, 1)
        for number in range(6):
            save(root / f"images/{number}.png", np.full(SIZE, 6553 + number, np.uint16))
        found = inspect_data(root).pixels
        assert (found.bits, found.channels) == ((16,), 1)
        assert found.mean == pytest.approx([0.1], abs=1e-4)

    @pytest.mark.parametrize(("alpha", "channels"), [(255, 3), (128, 4)])
    def test_alpha_counts_only_if_it_says_something(
        self, tmp_path: Path, alpha: int, channels: int
    ) -> None:
        root = data_set(tmp_path, 0, 1)
        for number in range(6):
            pixels = np.full((*SIZE, 4), number, np.uint8)
            pixels[..., 3] = alpha
            save(root / f"images/{number}.png", pixels)
        assert inspect_data(root).pixels.channels == channels

    @pytest.mark.parametrize(
        ("size", "proposed"),
        [((360, 480), (256, 336)), ((48, 80), (48, 80)), ((50, 70), (48, 64)), ((7, 9), (16, 16))],
    )
    def test_the_proposed_size(self, tmp_path: Path, size: tuple, proposed: tuple) -> None:
        for number in range(3):
            image(tmp_path / f"images/{number}.png", number, size)
            mask(tmp_path / f"masks/{number}.png", size=size)
        assert inspect_data(tmp_path).pixels.size == proposed
        assert inspect_data(tmp_path, size=(64, 96)).pixels.size == (64, 96)

    def test_progress_counts_to_the_end(self, tmp_path: Path) -> None:
        seen: list[tuple[int, int]] = []
        inspect_data(data_set(tmp_path, 0, 1), progress=lambda *step: seen.append(step))
        assert seen == [(done, 12) for done in range(1, 13)]


class TestOutput:
    def test_the_lines(self, tmp_path: Path) -> None:
        root = data_set(tmp_path, 0, 255, 255)
        for number in range(6):
            # 102 is 0.4; two pixels more or less by 0.2: std 0.2 * sqrt(2 / 1536)
            pixels = np.full((*SIZE, 3), 102, np.uint8)
            pixels[number, :2] = [[51], [153]]
            save(root / f"images/{number}.png", pixels)
        (root / "masks/9.png").write_bytes((root / "masks/1.png").read_bytes())
        assert [line.replace(str(root), "ROOT") for line in inspect_data(root).lines()] == [
            "data     ROOT: 6 samples, segmentation",
            "images   images/{id}.png",
            "masks    masks/{id}.png (0 and 255: binary)",
            "split    train 4, val 1, test 1 (drawn 70/15/15 with seed 0, in data/split.json)",
            "sizes    32x48 (6) (H x W), training at 32x48",
            "pixels   3 channels, 8 bits",
            "mean     0.4000 0.4000 0.4000, std 0.0072 0.0072 0.0072 (train, 0..1)",
            "classes  2, share of pixels",
            "     0  background   33.33%",
            "     1  foreground   66.67%",
            "warning: masks/9.png: no image; expected images/9.png; left out",
        ]

    def test_the_configuration(self, tmp_path: Path) -> None:
        root = data_set(tmp_path, BLACK, RED)
        (root / "classes.txt").write_text("背景 0 0 0\nno 255 0 0\n", "utf-8")
        block = inspect_data(root).yaml_block("../data")
        assert all(line.startswith("  ") for line in block.splitlines())
        read = yaml.safe_load(f"data:\n  name: mine\n{block}\n")["data"]
        mean, std = read.pop("mean"), read.pop("std")
        assert len(mean) == len(std) == 3
        assert read == {
            "name": "mine",
            "root": "../data",
            "images": "images/{id}.png",
            "masks": "masks/{id}.png",
            "size": [32, 48],
            "channels": 3,
            "class_names": ["背景", "no"],
            "palette": [[0, 0, 0], [255, 0, 0]],
            "split": "data/split.json",
        }

    def test_the_folder_may_be_anywhere(self, tmp_path: Path) -> None:
        root = data_set(tmp_path / "我的 data", 0, 1)
        report = inspect_data(str(root))
        assert report.name == "我的 data"
        assert f"  root: {root.as_posix()}" in report.yaml_block()
