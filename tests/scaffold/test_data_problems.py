"""Bad data: every problem is one line, and all of them come at once."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pictures import SIZE, image, mask, numbered, pairs, save
from PIL import Image

from paperkit.errors import UserError
from paperkit.scaffold import inspect_data
from paperkit.scaffold.data.classes import read_classes

Change = Callable[[Path], object]


def healthy(root: Path) -> Path:
    return pairs(root, numbered("images/{}.png", "masks/{}.png"))


def refused(root: Path, **options: object) -> list[str]:
    """The lines of the refusal; the folder is called ROOT in them."""
    with pytest.raises(UserError) as error:
        inspect_data(root, **options)
    return str(error.value).replace(root.as_posix(), "ROOT").splitlines()


def photo(root: Path) -> None:
    """A photograph where a mask should be."""
    image(root / "masks/3.png", 99)


def noisy_jpeg(root: Path) -> None:
    (root / "masks/3.png").unlink()
    pixels = np.zeros(SIZE, np.uint8)
    pixels[:, 20:] = 255
    save(root / "masks/3.jpg", pixels)


def broken(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])


def values_on(path: Path, *values: int) -> None:
    mask(path, values)


CORPUS: dict[str, tuple[Change, str]] = {
    "missing mask": (
        lambda root: (root / "masks/3.png").unlink(),
        "images/3.png: no mask; expected masks/3.png",
    ),
    "size mismatch": (
        lambda root: mask(root / "masks/3.png", size=(20, 30)),
        "masks/3.png: 30x20 pixels, but images/3.png has 48x32",
    ),
    "turned by EXIF": (
        lambda root: _turned(root / "images/3.png"),
        "masks/3.png: 48x32 pixels, but images/3.png has 32x48",
    ),
    "empty file": (
        lambda root: (root / "images/3.png").write_bytes(b""),
        "images/3.png: empty file (0 bytes); copy it again or remove it",
    ),
    "truncated image": (
        lambda root: broken(root / "images/3.png", 900),
        "images/3.png: cannot be read as an image; copy it again or remove it",
    ),
    "truncated mask": (
        lambda root: broken(root / "masks/3.png", 60),
        "masks/3.png: cannot be read as an image; copy it again or remove it",
    ),
    "text called png": (
        lambda root: (root / "images/3.png").write_text("hello", "utf-8"),
        "images/3.png: cannot be read as an image; copy it again or remove it",
    ),
    "a folder called png": (
        lambda root: _link_to_nowhere(root / "images/3.png"),
        "images/3.png: No such file or directory",
    ),
    "floats": (
        lambda root: save(root / "images/3.png", np.zeros(SIZE, np.float32), format="TIFF"),
        "images/3.png: 32-bit floats; save it as 8 or 16 bits",
    ),
    "beyond 16 bits": (
        lambda root: save(root / "images/3.png", np.full(SIZE, 70000, np.int32), format="TIFF"),
        "images/3.png: pixel values beyond 16 bits (0..65535); save it as 8 or 16 bits",
    ),
    "same id twice": (
        lambda root: image(root / "images/3.PNG", 50),
        "images/3.PNG and images/3.png: the same id '3'; rename or remove one",
    ),
    "JPEG mask": (
        lambda root: noisy_jpeg(root),
        "masks/3.jpg: a JPEG mask, its compression has changed the values; export it as PNG",
    ),
    "photograph as mask": (
        photo,
        "masks/3.png: more than 64 different colours: a photograph, saved lossy, or resized "
        "smoothly? Export masks without loss, or give the palette",
    ),
    "nothing but background": (
        lambda root: [mask(root / f"masks/{i}.png", [0]) for i in range(10)],
        "all masks hold only the value 0: nothing to learn",
    ),
}


def _turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(path) as source:
        pixels = np.array(source)
    save(path, pixels, exif=exif)


def _link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("gone"))


@pytest.mark.parametrize("name", CORPUS)
def test_one_problem_is_one_line(name: str, tmp_path: Path) -> None:
    change, line = CORPUS[name]
    root = healthy(tmp_path)
    inspect_data(root)  # it was healthy
    change(root)
    lines = refused(root)
    assert lines[:2] == ["ROOT: 1 problem in the data", f"  {line}"]
    assert all(extra.startswith("  warning: ") for extra in lines[2:])


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    root = healthy(tmp_path)
    for name in ("missing mask", "size mismatch"):
        CORPUS[name][0](root)
    (root / "masks/4.png").unlink()
    mask(root / "masks/5.png", size=(20, 30))
    (root / "images/6.png").write_bytes(b"")
    (root / "images/7.png").unlink()
    mask(root / "masks/8.png", [0, 7])
    (root / "classes.txt").write_text("0 ground\n1 vessel\n", "utf-8")
    mask(root / "masks/3.png", size=(20, 30))
    assert refused(root) == [
        "ROOT: 5 problems in the data",
        "  images/4.png: no mask; expected masks/4.png",
        "  images/6.png: empty file (0 bytes); copy it again or remove it",
        "  masks/3.png: 30x20 pixels, but images/3.png has 48x32",
        "  masks/5.png: 30x20 pixels, but images/5.png has 48x32",
        "  masks/8.png: value 7 (768 pixels); known are 0..1",
        "  warning: masks/7.png: no image; expected images/7.png; left out",
    ]


def test_many_of_one_kind_are_counted(tmp_path: Path) -> None:
    root = pairs(tmp_path, numbered("images/{:02}.png", "masks/{:02}.png", 30))
    for number in range(25):
        (root / f"masks/{number:02}.png").unlink()
    lines = refused(root)
    assert lines[0] == "ROOT: 25 problems in the data"
    assert lines[20:] == [
        "  images/19.png: no mask; expected masks/19.png",
        "  ... and 5 more: images without a mask",
    ]


class TestSplits:
    def names(self) -> dict[str, str]:
        folders = ("train", "val", "test")
        return {f"{s}/images/{i}.png": f"{s}/masks/{i}.png" for s in folders for i in (1, 2)}

    def test_an_empty_folder_is_no_split(self, tmp_path: Path) -> None:
        root = pairs(tmp_path, self.names())
        for kind in ("images", "masks"):
            for number in (1, 2):
                (root / f"val/{kind}/{number}.png").unlink()
        assert refused(root) == [
            "ROOT: 1 problem in the data",
            "  val: no image fits {split}/images/{id}.png; fill or remove it",
        ]

    def test_too_few_samples(self, tmp_path: Path) -> None:
        root = pairs(tmp_path, numbered("images/{}.png", "masks/{}.png", 2))
        assert refused(root) == [
            "ROOT: 1 problem in the data",
            "  test: an empty split; 2 samples cannot fill train, val and test",
        ]

    def test_no_training_folder(self, tmp_path: Path) -> None:
        names = {k: v for k, v in self.names().items() if not k.startswith("train")}
        assert refused(pairs(tmp_path, names)) == [
            "ROOT: 1 problem in the data",
            "  train: an empty split; 4 samples cannot fill train, val and test",
        ]

    def test_warnings_of_splits(self, tmp_path: Path) -> None:
        root = pairs(tmp_path, self.names())
        image(root / "extra/images/1.png", 77)
        mask(root / "extra/masks/1.png")
        image(root / "test/images/1.png", 0)  # the bytes of train/images/1.png
        for number in (1, 2):
            mask(root / f"val/masks/{number}.png", [0])
        assert inspect_data(root).warnings == (
            "extra: not a split (train, val, test); left out",
            "train/images/1.png (train) and test/images/1.png (test) are the same image",
            "val: never holds foreground",
        )


class TestValues:
    def test_a_value_outside_the_class_list(self, tmp_path: Path) -> None:
        root = healthy(tmp_path)
        (root / "classes.txt").write_text("0 sky\n1 road\n2 car\n11 void ignore\n", "utf-8")
        mask(root / "masks/3.png", [0, 1, 11])
        assert inspect_data(root).labels.ignore_index == 11
        mask(root / "masks/3.png", [0, 1, 7, 9])
        assert refused(root) == [
            "ROOT: 1 problem in the data",
            "  masks/3.png: value 7 (384 pixels) and 1 other; known are 0, 1, 2, 11",
            "  warning: train: never holds car",
            "  warning: val: never holds car",
            "  warning: test: never holds car",
        ]

    def test_a_value_outside_a_palette(self, tmp_path: Path) -> None:
        root = healthy(tmp_path)
        line = "  masks/{}.png: value 1 (768 pixels); known are 0, 255"
        found = refused(root, palette=[0, 255])
        assert found[:2] == ["ROOT: 10 problems in the data", line.format(0)]

    def test_a_colour_outside_a_palette(self, tmp_path: Path) -> None:
        black, red, odd = (0, 0, 0), (255, 0, 0), (250, 3, 1)
        root = pairs(tmp_path, numbered("images/{}.png", "masks/{}.png"), [black, red])
        mask(root / "masks/3.png", [black, red, odd])
        assert refused(root, palette=[black, red]) == [
            "ROOT: 1 problem in the data",
            "  masks/3.png: value [250, 3, 1] (512 pixels); known are [0, 0, 0], [255, 0, 0]",
        ]

    def test_colours_where_indices_are_expected(self, tmp_path: Path) -> None:
        root = healthy(tmp_path)
        (root / "classes.txt").write_text("sky\nroad\n", "utf-8")
        mask(root / "masks/3.png", [(0, 0, 0), (255, 0, 0)])
        assert refused(root) == [
            "ROOT: 1 problem in the data",
            "  masks/3.png: colours, but classes.txt has gray values",
        ]

    @pytest.mark.parametrize(
        "palette", [[0], [0, [1, 2, 3]], [[0, 0], [1, 1]]], ids=["one", "mixed", "short"]
    )
    def test_a_palette_that_is_none(self, tmp_path: Path, palette: list) -> None:
        assert refused(healthy(tmp_path), palette=palette) == [
            f"palette {palette}: give one int, or one [r, g, b], for each class; at least two"
        ]

    def test_a_palette_that_lacks_classes(self, tmp_path: Path) -> None:
        root = healthy(tmp_path)
        (root / "classes.txt").write_text("sky\nroad\ncar\n", "utf-8")
        assert refused(root, palette=[0, 1]) == [
            "palette has 2 entries, but classes.txt names 3 classes; give one value per class, "
            "the ignored one last"
        ]


class TestChannels:
    def test_images_that_cannot_be_one_set(self, tmp_path: Path) -> None:
        root = pairs(tmp_path, {f"images/{i}.npy": f"masks/{i}.png" for i in ()})
        for number in range(6):
            (root / "images").mkdir(exist_ok=True)
            np.save(root / f"images/{number}.npy", np.zeros((*SIZE, 5 + number % 2), np.uint8))
            mask(root / f"masks/{number}.png")
        assert refused(root)[:2] == [
            "ROOT: 1 problem in the data",
            "  images of different channels cannot be one data set: 3 with 5, 3 with 6",
        ]

    def test_gray_among_colour_is_said(self, tmp_path: Path) -> None:
        root = healthy(tmp_path)
        save(root / "images/3.png", np.random.default_rng(0).integers(0, 256, SIZE, np.uint8))
        report = inspect_data(root)
        assert report.pixels.channels == 3
        assert report.warnings == (
            "images of different channels, all read as 3: 1 with 1, 9 with 3",
        )

    def test_what_a_file_loses_is_said(self, tmp_path: Path) -> None:
        root = healthy(tmp_path)
        _turned(root / "images/3.png")
        mask(root / "masks/3.png", size=SIZE[::-1])
        _deep_colours(root / "images/5.png")
        assert inspect_data(root).warnings == (
            "16-bit colour, read with 8 bits per channel: 1 images, such as images/5.png",
            "EXIF rotation: 1 images, such as images/3.png",
        )


def _deep_colours(path: Path) -> None:
    """A 16-bit RGB PNG, which pillow cannot write: the chunks by hand."""
    import struct
    import zlib

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checked)

    height, width = SIZE
    pixels = np.random.default_rng(0).integers(0, 65536, (height, width * 3)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


class TestClassList:
    @pytest.mark.parametrize(
        ("text", "names", "values", "ignored"),
        [
            ("0 sky\n1 road\n11 void ignore\n", ["sky", "road"], [0, 1, 11], True),
            ("# all\n1 road  # main\n\n0 sky\n", ["sky", "road"], [0, 1], False),
            ("cat\ndog\nwild boar\n", ["cat", "dog", "wild boar"], [0, 1, 2], False),
            ("背景\n血管\n", ["背景", "血管"], [0, 1], False),
            ("void, 0, 0, 0, ignore\nroad 128 64 128\ncar 0 0 142\n", ["road", "car"],
             [(128, 64, 128), (0, 0, 142), (0, 0, 0)], True),
            ("\ufeff0: sky\r\n1: road\r\n", ["sky", "road"], [0, 1], False),
        ],
    )  # fmt: skip
    def test_what_it_may_look_like(
        self, tmp_path: Path, text: str, names: list, values: list, ignored: bool
    ) -> None:
        (tmp_path / "classes.txt").write_text(text, "utf-8", newline="")
        found = read_classes(tmp_path)
        assert found is not None
        assert (found.names, found.values, found.ignored) == (names, values, ignored)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "0 sky\n1 road\n1 car\n",
                "classes.txt:3: '1 car' repeats a class; give each one line",
            ),
            ("sky\nsky\n", "classes.txt:2: 'sky' repeats a class; give each one line"),
            ("0 sky\n300 road\n", "classes.txt:2: index 300 is outside 0..255"),
            ("a 0 0 0\nb 0 0 256\n", "classes.txt:2: colour [0, 0, 256] is outside 0..255"),
            ("\n\n", "classes.txt: no class in it; write one name per line, or delete it"),
            (
                "0 a\n1 b ignore\n2 c ignore\n",
                "classes.txt: 1 classes and 2 ignored; at least two classes and at most one "
                "ignored value are possible",
            ),
        ],
    )
    def test_what_is_wrong_in_it(self, tmp_path: Path, text: str, message: str) -> None:
        (tmp_path / "classes.txt").write_text(text, "utf-8")
        with pytest.raises(UserError) as error:
            read_classes(tmp_path)
        assert str(error.value) == f"{tmp_path}/{message}"

    def test_another_encoding(self, tmp_path: Path) -> None:
        (tmp_path / "classes.txt").write_bytes("背景\n血管\n".encode("gbk"))
        with pytest.raises(UserError) as error:
            read_classes(tmp_path)
        assert str(error.value) == f"{tmp_path / 'classes.txt'}: not UTF-8 text; save it as UTF-8"
