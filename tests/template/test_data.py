"""Samples of a generated project: read as what they are, the same on every replay."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sandbox import config as make
from sandbox import module

data = module("data")
cases = module("cases")
images = module("images")
augment = module("augment")
synthetic = module("synthetic")

RGB = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [10, 20, 30]]], np.uint8)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def write(path: Path, array: np.ndarray, mode: str | None = None, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def palette_image(indices: np.ndarray, colours: list[tuple[int, int, int]]) -> Image.Image:
    image = Image.fromarray(indices.astype(np.uint8))
    image.putpalette([value for colour in colours for value in colour])
    assert image.mode == "P"
    return image


class TestImages:
    def test_colour_gray_and_alpha_give_the_channels_that_are_asked_for(
        self, tmp_path: Path
    ) -> None:
        alpha = np.dstack([RGB, np.full((2, 2), 128, np.uint8)])
        path = write(tmp_path / "a.png", alpha)
        assert (images.read_image(path, 3) == RGB).all()
        assert (images.read_image(path, 4) == alpha).all()
        gray = write(tmp_path / "g.png", np.array([[0, 7]], np.uint8))
        assert images.read_image(gray, 1).tolist() == [[[0], [7]]]
        assert images.read_image(gray, 3).tolist() == [[[0, 0, 0], [7, 7, 7]]]
        # ITU-R 601 luma, as pillow documents it: L = R * 299/1000 + G * 587/1000 + B * 114/1000
        luma = images.read_image(write(tmp_path / "c.png", RGB), 1)[..., 0]
        assert luma.tolist() == [[76, 150], [29, 18]]

    def test_a_palette_image_is_its_colours(self, tmp_path: Path) -> None:
        palette_image(np.array([[0, 1], [2, 1]]), [RED, GREEN, BLUE]).save(tmp_path / "p.png")
        expected = [[list(RED), list(GREEN)], [list(BLUE), list(GREEN)]]
        assert images.read_image(tmp_path / "p.png", 3).tolist() == expected

    def test_one_bit_is_black_and_white(self, tmp_path: Path) -> None:
        path = write(tmp_path / "b.png", np.array([[0, 255]], np.uint8), "1")
        assert images.read_image(path, 1).tolist() == [[[0], [255]]]

    def test_sixteen_bits_keep_their_depth(self, tmp_path: Path) -> None:
        deep = np.array([[0, 1], [256, 65535]], np.uint16)
        raw = images.read_image(write(tmp_path / "d.png", deep), 1)
        assert raw.dtype == np.uint16
        expected = np.array([[[0, 1 / 65535], [256 / 65535, 1]]], np.float32)
        assert np.array_equal(images.unit(raw), expected)
        assert np.array_equal(images.read_image(write(tmp_path / "d.tif", deep), 1), raw)

    def test_npy_holds_any_number_of_channels(self, tmp_path: Path) -> None:
        array = np.arange(2 * 3 * 7, dtype=np.uint16).reshape(2, 3, 7)
        np.save(tmp_path / "a.npy", array)
        assert np.array_equal(images.read_image(tmp_path / "a.npy", 7), array)
        with pytest.raises(images.DataError) as error:
            images.read_image(tmp_path / "a.npy", 3)
        assert str(error.value) == (
            f"{tmp_path / 'a.npy'}: uint16 [2, 3, 7], but data.channels=3 needs uint8 or uint16 "
            "[H,W,3]"
        )

    def test_exif_rotation_is_applied(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6  # "rotate 90 clockwise to show"
        Image.fromarray(RGB).save(tmp_path / "e.png", exif=exif)
        assert np.array_equal(images.read_image(tmp_path / "e.png", 3), np.rot90(RGB, -1))

    def test_floats_are_refused(self, tmp_path: Path) -> None:
        path = write(tmp_path / "f.tif", np.zeros((2, 2), np.float32))
        with pytest.raises(images.DataError) as error:
            images.read_image(path, 1)
        assert str(error.value) == (
            f"{path}: mode F cannot be read as 1 channel(s); save it as an 8- or 16-bit image, or "
            "as .npy (uint8 or uint16, [H,W,C])"
        )

    @pytest.mark.parametrize("content", [b"", b"not an image"])
    def test_a_damaged_file_is_named(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "x.png"
        path.write_bytes(content)
        with pytest.raises(images.DataError) as error:
            images.read_image(path, 3)
        assert str(error.value).startswith(f"{path}: cannot be read as an image (")

    def test_resize_is_pillows_bilinear_for_8_and_16_bits(self) -> None:
        rng = np.random.default_rng(0)
        array = rng.integers(0, 256, (9, 12, 3), np.uint8)
        pillow = np.asarray(Image.fromarray(array).resize((5, 4), Image.Resampling.BILINEAR))
        assert np.array_equal(images.resize(array, (4, 5)), pillow)
        deep = images.resize(array.astype(np.uint16) * 257, (4, 5))
        assert np.abs(deep / 257 - pillow).max() <= 1


class TestMasks:
    def test_a_palette_mask_is_its_indices(self, tmp_path: Path) -> None:
        indices = np.array([[0, 1], [2, 1]])
        palette_image(indices, [RED, GREEN, BLUE]).save(tmp_path / "p.png")
        assert images.read_mask(tmp_path / "p.png", classes=3).tolist() == indices.tolist()

    def test_a_palette_of_colours_reads_colours_even_of_a_palette_mask(
        self, tmp_path: Path
    ) -> None:
        palette_image(np.array([[0, 1], [2, 1]]), [RED, GREEN, BLUE]).save(tmp_path / "p.png")
        palette = [list(BLUE), list(GREEN), list(RED)]
        mask = images.read_mask(tmp_path / "p.png", classes=3, palette=palette)
        assert mask.tolist() == [[2, 1], [0, 1]]

    def test_0_and_255_and_the_same_saved_as_colours(self, tmp_path: Path) -> None:
        gray = np.array([[0, 255], [255, 0]], np.uint8)
        for mode in ("L", "RGB", "RGBA", "LA", "1"):
            path = write(tmp_path / f"{mode}.png", gray, mode)
            # a 1-bit image holds 0 and 1
            palette = [0, 1] if mode == "1" else [0, 255]
            mask = images.read_mask(path, classes=2, palette=palette)
            assert mask.tolist() == [[0, 1], [1, 0]], mode

    def test_the_ignored_value_stays(self, tmp_path: Path) -> None:
        path = write(tmp_path / "m.png", np.array([[0, 1, 255]], np.uint8))
        assert images.read_mask(path, classes=2, ignore=255).tolist() == [[0, 1, 255]]

    @pytest.mark.parametrize(
        ("array", "options", "message"),
        [
            (
                [[0, 7]],
                {"classes": 3, "ignore": 255},
                "mask value 7 is neither a class of data.class_names nor data.ignore_index "
                "(known: 0, 1, 2, 255)",
            ),
            (
                [[0, 7]],
                {"classes": 2, "palette": [0, 255]},
                "mask value 7 is not in data.palette [0, 255]",
            ),
            (
                [[[1, 2, 3], [0, 0, 0]]],
                {"classes": 2},
                "a mask of colours; list them in data.palette, one [r, g, b] per class",
            ),
            (
                [[[1, 2, 3], [0, 0, 0]]],
                {"classes": 2, "palette": [[0, 0, 0], [9, 9, 9]]},
                "colour [1, 2, 3] is not in data.palette; add it, or correct the mask",
            ),
        ],
    )
    def test_what_a_mask_must_not_hold_is_named(
        self, tmp_path: Path, array: list, options: dict, message: str
    ) -> None:
        path = write(tmp_path / "m.png", np.array(array, np.uint8))
        with pytest.raises(images.DataError) as error:
            images.read_mask(path, **options)
        assert str(error.value) == f"{path}: {message}"


def dataset(folder: Path, names: dict[str, str], size: int = 8) -> None:
    """Write image and mask files; the image is gray with its number, the mask holds 0 and 1."""
    for number, (image, mask) in enumerate(names.items()):
        write(folder / image, np.full((size, size, 3), number, np.uint8), quality=95)
        if mask:
            write(folder / mask, np.tri(size, dtype=np.uint8))


def files(tmp_path: Path, *overrides: str, **given: object) -> object:
    section = {"name": "mine", "root": str(tmp_path), "size": 8, "class_names": ["a", "b"]}
    return make(tmp_path, *overrides, data={**section, **given}, train={"batch_size": 2})


class TestCases:
    def test_split_folders_nested_ids_and_any_case_of_the_extension(self, tmp_path: Path) -> None:
        names = {}
        for split in ("train", "val", "test"):
            names[f"{split}/images/p1/a.JPG"] = f"{split}/masks/p1/a_mask.png"
            names[f"{split}/images/p2/b.jpg"] = f"{split}/masks/p2/b_mask.PNG"
        dataset(tmp_path, names)
        patterns = {"images": "{split}/images/{id}.jpg", "masks": "{split}/masks/{id}_mask.png"}
        found = cases.cases(files(tmp_path, **patterns), "val")
        assert [case.name for case in found] == ["p1/a", "p2/b"]
        assert found[1].mask == tmp_path / "val/masks/p2/b_mask.PNG"

    def test_a_split_file_and_masks_beside_the_images(self, tmp_path: Path) -> None:
        dataset(tmp_path, {f"{i}.png": f"{i}_mask.png" for i in range(4)})
        split = {"train": ["2", "0"], "val": ["1"], "test": ["3"], "seed": 0}
        (tmp_path / "split.json").write_text(json.dumps(split), "utf-8")
        given = {
            "images": "{id}.png",
            "masks": "{id}_mask.png",
            "split": str(tmp_path / "split.json"),
        }
        config = files(tmp_path, **given)
        assert [case.name for case in cases.cases(config, "train")] == ["0", "2"]
        sample = data.build(config, "test")[0]
        assert sample["case"] == "3"
        assert sample["mask"].dtype == torch.int64
        assert sample["mask"].tolist() == np.tri(8, dtype=int).tolist()

    def test_class_folders(self, tmp_path: Path) -> None:
        for split in ("train", "val", "test"):
            dataset(
                tmp_path, {f"{split}/{name}/{i}.png": "" for name in ("dog", "cat") for i in (1, 2)}
            )
        section = {"name": "pets", "root": str(tmp_path), "images": "{split}/{class}/{id}.png"}
        section |= {"size": 8, "class_names": ["dog", "cat"]}
        config = make(tmp_path, task="classification", data=section)
        loaded = data.build(config, "test")
        samples = [loaded[i] for i in range(len(loaded))]
        assert [(s["case"], s["target"]) for s in samples] == [
            ("cat/1", 1), ("cat/2", 1), ("dog/1", 0), ("dog/2", 0),
        ]  # fmt: skip

    def test_a_limit_keeps_samples_of_the_whole_range(self, tmp_path: Path) -> None:
        dataset(tmp_path, {f"train/{i}.png": f"train/{i}_m.png" for i in range(8)})
        given = {"images": "{split}/{id}.png", "masks": "{split}/{id}_m.png", "limit": 4}
        found = cases.cases(files(tmp_path, **given), "train")
        assert [case.name for case in found] == ["0", "2", "4", "6"]

    def test_links_in_a_circle_end(self, tmp_path: Path) -> None:
        dataset(tmp_path, {"train/images/a.png": "train/masks/a.png"})
        again = tmp_path / "train/images/again"
        again.symlink_to(tmp_path / "train", target_is_directory=True)
        given = {"images": "{split}/images/{id}.png", "masks": "{split}/masks/{id}.png"}
        assert [case.name for case in cases.cases(files(tmp_path, **given), "train")] == ["a"]

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            (
                {"images": "{split}/pics/{id}.png"},
                "the split 'train' is empty: {split}/pics/{id}.png below ROOT has no sample for it",
            ),
            (
                {"masks": "{split}/masks/{id}_x.png"},
                "ROOT/train/images/a.png: no mask; expected {split}/masks/{id}_x.png for 'a'",
            ),
            (
                {"images": "train/images/{id}.png"},
                "data.images (train/images/{id}.png) has no {split}, so data.split must name a "
                'JSON file {"train": [...], "val": [...], "test": [...]}',
            ),
            (
                {"split": "no.json"},
                "data.split: no.json does not exist; paths are from the project's root",
            ),
        ],
    )
    def test_what_does_not_fit_is_said(self, tmp_path: Path, changed: dict, message: str) -> None:
        dataset(tmp_path, {"train/images/a.png": "train/masks/a.png"})
        given = {"images": "{split}/images/{id}.png", "masks": "{split}/masks/{id}.png"} | changed
        with pytest.raises(images.DataError) as error:
            cases.cases(files(tmp_path, **given), "train")
        assert str(error.value).replace(str(tmp_path), "ROOT") == message

    def test_a_mask_of_another_size_is_refused(self, tmp_path: Path) -> None:
        dataset(tmp_path, {"train/images/a.png": "train/masks/a.png"})
        write(tmp_path / "train/masks/a.png", np.zeros((4, 6), np.uint8))
        given = {"images": "{split}/images/{id}.png", "masks": "{split}/masks/{id}.png"}
        with pytest.raises(images.DataError) as error:
            data.build(files(tmp_path, **given), "train")[0]
        assert str(error.value).replace(str(tmp_path), "ROOT") == (
            "ROOT/train/masks/a.png: 6x4 pixels, but the image ROOT/train/images/a.png has 8x8"
        )


class TestSamples:
    def test_normalisation(self, tmp_path: Path) -> None:
        dataset(tmp_path, {"val/images/a.png": "val/masks/a.png"})
        write(tmp_path / "val/images/a.png", np.full((8, 8, 3), (51, 102, 255), np.uint8))
        given = {"images": "{split}/images/{id}.png", "masks": "{split}/masks/{id}.png"}
        given |= {"mean": [0.1, 0.2, 0.5], "std": [0.1, 0.4, 0.25]}
        image = data.build(files(tmp_path, **given), "val")[0]["image"]
        assert torch.allclose(image[:, 3, 3], torch.tensor([1.0, 0.5, 2.0]))

    def test_the_cache_changes_nothing(self, tmp_path: Path) -> None:
        kept, read = (data.build(make(tmp_path, f"data.cache={c}"), "val") for c in ("ram", "off"))
        for _ in range(2):
            assert torch.equal(kept[3]["image"], read[3]["image"])
        assert kept[3]["case"] == read[3]["case"] == "val-0003"

    def test_the_example_needs_no_file(self, tmp_path: Path) -> None:
        config = files(tmp_path / "..", images="{id}.png", split="no.json", channels=5, size=[8, 6])
        first, second = data.example(config), data.example(config)
        assert first.shape == (1, 5, 8, 6)
        assert torch.equal(first, second)


ALL = {"hflip": 0.5, "vflip": 0.5, "scale": [0.5, 2.0], "rotate": 30.0}
ALL |= {"brightness": 0.2, "contrast": 0.2}


def epoch(config: object, number: int, **options: object) -> list[dict]:
    return list(data.loader(config, "train", epoch=number, shuffle=True, **options))


def same(one: list[dict], other: list[dict]) -> bool:
    pairs = zip(one, other, strict=True)
    return all(
        a["case"] == b["case"] and all(torch.equal(a[key], b[key]) for key in ("image", "mask"))
        for a, b in pairs
    )


class TestLoader:
    def config(self, tmp_path: Path, *overrides: str) -> object:
        section = {"size": 16, "limit": 10}
        return make(tmp_path, *overrides, data=section, augment=ALL, train={"batch_size": 3})

    def test_an_epoch_is_a_function_of_seed_and_number(self, tmp_path: Path) -> None:
        config = self.config(tmp_path)
        first = epoch(config, 1)
        epoch(config, 2)
        assert same(first, epoch(config, 1))
        assert not same(first, epoch(config, 2))
        assert not same(first, epoch(self.config(tmp_path, "seed=1"), 1))

    def test_workers_change_nothing(self, tmp_path: Path) -> None:
        for cache in ("auto", "off"):
            config = self.config(tmp_path, "data.workers=2", f"data.cache={cache}")
            assert same(epoch(config, 1), epoch(self.config(tmp_path), 1))

    def test_a_resumed_epoch_is_the_rest_of_it(self, tmp_path: Path) -> None:
        config = self.config(tmp_path)
        assert same(epoch(config, 4, skip=1), epoch(config, 4)[1:])

    def test_the_global_generator_does_not_move(self, tmp_path: Path) -> None:
        before = torch.get_rng_state()
        epoch(self.config(tmp_path), 1)
        assert torch.equal(torch.get_rng_state(), before)

    def test_every_sample_once_and_no_small_last_batch(self, tmp_path: Path) -> None:
        batches = epoch(self.config(tmp_path), 1)
        assert [len(batch["case"]) for batch in batches] == [3, 3, 3]
        assert len({case for batch in batches for case in batch["case"]}) == 9
        small = epoch(self.config(tmp_path, "train.batch_size=64"), 1)
        assert [len(batch["case"]) for batch in small] == [10]
        rest = list(data.loader(self.config(tmp_path), "val"))
        assert [int(i) for batch in rest for i in batch["index"]] == list(range(10))


def settings(**values: object) -> object:
    return module("config").Augment(**values)


class TestAugment:
    def test_a_draw_depends_on_seed_epoch_and_index_alone(self) -> None:
        given = settings(**ALL)
        draws = {
            (seed, epoch, index): augment.draw(given, seed=seed, epoch=epoch, index=index)
            for seed in range(3) for epoch in range(3) for index in range(3)
        }  # fmt: skip
        assert len(set(draws.values())) == 27
        assert augment.draw(given, seed=2, epoch=1, index=0) == draws[2, 1, 0]

    def test_one_transform_more_leaves_the_others_as_they_were(self) -> None:
        plain, flipped = settings(rotate=30.0), settings(rotate=30.0, hflip=1.0)
        one, other = (augment.draw(s, seed=0, epoch=1, index=5) for s in (plain, flipped))
        assert one.angle == other.angle != 0
        assert (one.hflip, other.hflip) == (False, True)

    def test_draws_fill_their_ranges(self) -> None:
        draws = [augment.draw(settings(**ALL), seed=0, epoch=0, index=i) for i in range(2000)]
        assert 0.45 < np.mean([d.hflip for d in draws]) < 0.55
        scales = np.log2([d.scale for d in draws])
        # log-uniform over [1/2, 2]: mean 0 and variance (2)^2 / 12
        assert abs(scales.mean()) < 0.05
        assert abs(scales.var() - 1 / 3) < 0.02
        assert -1 <= scales.min() < -0.99 and 0.99 < scales.max() <= 1
        assert max(abs(d.angle) for d in draws) <= 30

    def test_nothing_set_is_nothing_done(self) -> None:
        image, mask = torch.randn(3, 5, 7), torch.arange(35, dtype=torch.uint8).reshape(5, 7)
        drawn = augment.draw(settings(), seed=0, epoch=3, index=1)
        moved, moved_mask = augment.apply(drawn, image, mask)
        assert torch.equal(moved, image)
        assert torch.equal(moved_mask, mask)

    def test_flips_brightness_and_contrast_are_exact(self) -> None:
        image, mask = torch.randn(3, 5, 7), torch.arange(35, dtype=torch.uint8).reshape(5, 7)
        drawn = augment.Draw(True, True, 1.0, (0.0, 0.0), 0.0, 0.5, 2.0)
        moved, moved_mask = augment.apply(drawn, image, mask)
        assert np.allclose(moved, image.numpy()[:, ::-1, ::-1] * 2 + 0.5)
        assert np.array_equal(moved_mask, mask.numpy()[::-1, ::-1])

    def test_a_quarter_turn_is_rot90(self) -> None:
        image, mask = torch.randn(2, 8, 8), torch.arange(64, dtype=torch.uint8).reshape(8, 8)
        drawn = augment.Draw(False, False, 1.0, (0.0, 0.0), 90.0, 0.0, 1.0)
        moved, moved_mask = augment.apply(drawn, image, mask)
        assert np.allclose(moved, np.rot90(image, 1, (1, 2)), atol=1e-5)
        assert np.array_equal(moved_mask, np.rot90(mask.numpy(), 1))

    @pytest.mark.parametrize(
        ("scale", "angle", "shift"), [(1.6, 20, (0.1, -0.05)), (0.7, -35, (0, 0.1))]
    )
    def test_it_is_the_affine_map_of_scipy(self, scale: float, angle: float, shift: tuple) -> None:
        from scipy import ndimage

        height, width = 24, 36
        image = torch.from_numpy(
            ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(24, 36)), 2)
        )
        drawn = augment.Draw(False, False, scale, shift, float(angle), 0.0, 1.0)
        moved, _ = augment.apply(drawn, image[None].float(), torch.zeros(height, width), ignore=255)
        # output pixel -> input pixel: turn and shrink about the centre, then shift
        turn = np.deg2rad(angle)
        matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) / scale
        centre = np.array([(height - 1) / 2, (width - 1) / 2])
        offset = centre + np.array([shift[1] * height, shift[0] * width]) - matrix @ centre
        expected = ndimage.affine_transform(image.numpy(), matrix, offset, order=1, mode="reflect")
        assert np.abs(moved[0].numpy() - expected).max() < 1e-4

    def test_image_and_mask_move_together(self) -> None:
        mask = torch.zeros(32, 32, dtype=torch.uint8)
        mask[8:20, 10:25] = 1
        for index in range(20):
            drawn = augment.draw(
                settings(hflip=0.5, scale=[0.7, 1.5], rotate=45), seed=0, epoch=0, index=index
            )
            image, moved = augment.apply(drawn, mask[None].float(), mask, ignore=9)
            inside = moved != 9
            assert ((image[0] > 0.5) == (moved == 1))[inside].float().mean() > 0.97

    def test_what_a_zoom_out_uncovers_is_ignored_or_mirrored(self) -> None:
        mask = torch.ones(16, 16, dtype=torch.uint8)
        drawn = augment.Draw(False, False, 0.5, (0.0, 0.0), 0.0, 0.0, 1.0)
        _, ignored = augment.apply(drawn, mask[None].float(), mask, ignore=11)
        assert ignored.dtype == torch.uint8
        assert int((ignored == 11).sum()) == 16 * 16 - 8 * 8
        assert bool((ignored[4:12, 4:12] == 1).all())
        _, mirrored = augment.apply(drawn, mask[None].float(), mask)
        assert bool((mirrored == 1).all())


class TestSynthetic:
    def test_a_sample_is_a_function_of_its_number(self) -> None:
        one, other = synthetic.segmentation(5, (32, 40)), synthetic.segmentation(5, (32, 40))
        assert np.array_equal(one[0], other[0]) and np.array_equal(one[1], other[1])
        assert one[0].shape == (32, 40, 3) and one[0].dtype == np.uint8
        assert not np.array_equal(one[0], synthetic.segmentation(6, (32, 40))[0])

    def test_the_classes_are_all_there_and_colour_is_only_a_hint(self) -> None:
        samples = [synthetic.segmentation(i, (64, 64)) for i in range(80)]
        pixels = np.concatenate([image.reshape(-1, 3) for image, _ in samples])
        labels = np.concatenate([mask.ravel() for _, mask in samples])
        shares = np.bincount(labels, minlength=4) / len(labels)
        assert 0.6 < shares[0] < 0.9 and min(shares[1:]) > 0.03
        # a model of colour alone (the nearest mean colour) is helped, and not done
        shapes, truth = pixels[labels > 0].astype(float), labels[labels > 0] - 1
        means = np.array([shapes[truth == k].mean(0) for k in range(3)])
        nearest = ((shapes[:, None] - means) ** 2).sum(2).argmin(1)
        assert 0.45 < (nearest == truth).mean() < 0.85

    @pytest.mark.parametrize(("target", "filled"), [(0, math.pi / 4), (1, 1.0), (2, 0.5)])
    def test_outlines_are_what_they_are_called(self, target: int, filled: float) -> None:
        # turned as they like, the smallest box around a shape is filled by pi/4, 1 and 1/2 of it
        from scipy import ndimage

        rng = np.random.default_rng(0)
        best = 0.0 if target else 1.0
        for _ in range(20):
            distance = synthetic._distance(rng, target, (200, 200), np.array([0.5, 0.5]), 0.2)
            area = (distance < 0).sum()
            assert area == pytest.approx(math.pi * (0.2 * 200) ** 2, rel=0.02)
            (box,) = ndimage.find_objects((distance < 0).astype(int))
            share = area / ((box[0].stop - box[0].start) * (box[1].stop - box[1].start))
            best = max(best, share) if target else min(best, share)
        assert best == pytest.approx(filled, abs=0.08)

    def test_splits_share_no_sample_and_a_limit_moves_none(self, tmp_path: Path) -> None:
        config = make(tmp_path, "data.limit=5")
        numbers = [{case.target for case in cases.cases(config, split)} for split in cases.SPLITS]
        assert set.union(*numbers) == {i + f for f in (0, 1_000_000, 2_000_000) for i in range(5)}
        whole = cases.cases(make(tmp_path), "val")
        assert whole[:5] == cases.cases(config, "val")

    def test_classes_of_another_number_are_refused(self, tmp_path: Path) -> None:
        config = make(tmp_path, data={"class_names": ["a", "b"]})
        with pytest.raises(images.DataError) as error:
            data.build(config, "val")[0]
        assert str(error.value) == (
            "the synthetic segmentation set has 4 classes (background, disk, square, triangle) and "
            "1 or 3 channels; data.class_names has 2 entries, data.channels is 3"
        )

    def test_classification_in_gray(self, tmp_path: Path) -> None:
        config = make(tmp_path, task="classification", data={"channels": 1})
        loaded = data.build(config, "val")
        assert loaded[4]["image"].shape == (1, 32, 32)
        assert [loaded[i]["target"] for i in range(6)] == [1, 2, 0, 1, 2, 0]


class TestManifest:
    def config(self, tmp_path: Path) -> object:
        names = {f"{s}/images/{i}.png": f"{s}/masks/{i}.png" for s in cases.SPLITS for i in (1, 2)}
        dataset(tmp_path, names)
        given = {"images": "{split}/images/{id}.png", "masks": "{split}/masks/{id}.png"}
        return files(tmp_path, **given)

    def test_it_names_every_file_and_follows_its_content(self, tmp_path: Path) -> None:
        import hashlib

        config = self.config(tmp_path)
        rows = data.manifest(config)
        file = tmp_path / "train/images/1.png"
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        assert rows[0] == ("train:train/images/1.png", file.stat().st_size, digest)
        assert len(rows) == 12
        file.touch()
        assert data.manifest(config) == rows
        write(file, np.full((8, 8, 3), 99, np.uint8))
        changed = data.manifest(config)
        assert [a[0] for a, b in zip(rows, changed, strict=True) if a != b] == [rows[0][0]]

    def test_the_second_time_no_file_is_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = self.config(tmp_path)
        rows = data.manifest(config)
        monkeypatch.setattr(cases.hashlib, "file_digest", lambda *_: pytest.fail("read again"))
        assert data.manifest(config) == rows
        # the guard can fail: a new file is read
        write(tmp_path / "val/images/3.png", np.zeros((8, 8, 3), np.uint8))
        write(tmp_path / "val/masks/3.png", np.zeros((8, 8), np.uint8))
        with pytest.raises(pytest.fail.Exception):
            data.manifest(config)

    def test_a_damaged_memory_is_forgotten(self, tmp_path: Path) -> None:
        config = self.config(tmp_path)
        rows = data.manifest(config)
        memory = cases.ROOT / ".cache" / "hashes.json"
        assert (memory.parent / ".gitignore").read_text("utf-8") == "*\n"
        for text in ("{", "[]", '{"a": 1}'):
            memory.write_text(text, "utf-8")
            assert data.manifest(config) == rows

    def test_the_synthetic_set_has_one(self, tmp_path: Path) -> None:
        rows = data.manifest(make(tmp_path))
        assert rows == data.manifest(make(tmp_path))
        assert rows != data.manifest(make(tmp_path, "data.limit=7"))
