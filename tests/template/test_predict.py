"""evaluate.py and predict.py, as a user runs them: on a trained run, in folders with any name."""

import csv
import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image
from sandbox import module, project

Run = Callable[..., "Done"]
BASE = ["data.limit=12", "train.epochs=2", "train.batch_size=4", "optim.lr=0.01"]


class Done(NamedTuple):
    code: int
    out: str
    err: str


def process(*command: object) -> Done:
    """Run a script of the project as a user does."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=project(),
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """The same in this process: torch is imported once, not for every test."""
    monkeypatch.syspath_prepend(str(project()))

    def start(script: str, *arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
        code = importlib.import_module(script.removesuffix(".py")).main()
        return Done(code, *capsys.readouterr())

    yield start
    torch.use_deterministic_algorithms(False)


def trained(name: str, *overrides: str) -> Path:
    out = project() / "runs" / "single" / name / "seed0"
    if not out.exists():
        done = process("train.py", "--out", out, *BASE, *overrides)
        assert done.code == 0, done.err
    return out


@pytest.fixture(scope="module")
def segmentation() -> Path:
    return trained("分割 seg")


@pytest.fixture(scope="module")
def classification() -> Path:
    names = "data.class_names=[disk, square, triangle]"
    return trained("cls", "task=classification", "model.name=resnet18", "model.width=8", names)


def photos(folder: Path) -> None:
    """Images of several kinds and sizes, in folders with spaces and Chinese names."""
    rng = np.random.default_rng(0)
    (folder / "病人 1").mkdir(parents=True)
    pixels = rng.integers(0, 256, (50, 70, 3), np.uint8)
    Image.fromarray(pixels).save(folder / "病人 1" / "图 a.jpg")
    Image.fromarray(pixels).convert("L").save(folder / "gray.PNG")
    Image.fromarray(pixels[:33, :21]).save(folder / "twin.png")
    Image.fromarray(pixels[:20, :40]).save(folder / "twin.bmp")
    (folder / "notes.txt").write_text("not an image", "utf-8")


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


class TestEvaluate:
    def test_it_writes_what_training_wrote(self, run: Run, segmentation: Path) -> None:
        before = {
            name: (segmentation / name).read_bytes() for name in ("cases.csv", "summary.json")
        }
        for name in before:
            (segmentation / name).unlink()
        done = run("evaluate.py", "--run", segmentation)
        assert done.code == 0, done.err
        assert {name: (segmentation / name).read_bytes() for name in before} == before
        lines = done.out.splitlines()
        assert lines[0] == f"{segmentation}: 12 cases of test"
        metrics = json.loads(before["summary.json"])["metrics"]
        assert lines[1].split() == list(metrics)
        assert lines[-1].split() == ["all", *(f"{value:.4f}" for value in metrics.values())]

    def test_the_metrics_follow_from_the_rows(self, segmentation: Path) -> None:
        with (segmentation / "cases.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        iou = []
        for name in ("background", "disk", "square", "triangle"):
            tp, fp, fn = (
                sum(int(r[k]) for r in rows if r["class"] == name) for k in ("tp", "fp", "fn")
            )
            iou.append(tp / (tp + fp + fn))
        metrics = json.loads((segmentation / "summary.json").read_text("utf-8"))["metrics"]
        assert metrics["iou_set"] == pytest.approx(np.mean(iou))

    def test_another_split_has_its_own_files(self, run: Run, segmentation: Path) -> None:
        test = (segmentation / "summary.json").read_bytes()
        done = run("evaluate.py", "--run", segmentation, "--split", "val")
        assert done.code == 0, done.err
        summary = json.loads((segmentation / "summary-val.json").read_text("utf-8"))
        assert summary["split"] == "val"
        # training validated the same checkpoint
        log = (segmentation / "metrics.jsonl").read_text("utf-8").splitlines()
        rows = [row for row in map(json.loads, log) if row["split"] == "val"]
        best = next(row for row in rows if row["epoch"] == summary["checkpoint"]["epoch"])
        assert summary["metrics"] == {name: best[name] for name in summary["metrics"]}
        assert (segmentation / "summary.json").read_bytes() == test

    def test_a_folder_that_is_no_run(self, run: Run, tmp_path: Path) -> None:
        done = run("evaluate.py", "--run", tmp_path)
        message = f"{tmp_path}: no run folder (there is no config.yaml); give what --out was"
        assert (done.code, done.err) == (2, f"evaluate.py: {message}\n")

    def test_changed_data_is_refused(self, run: Run, segmentation: Path, tmp_path: Path) -> None:
        copied = tmp_path / "seed0"
        shutil.copytree(segmentation, copied)
        facts = json.loads((copied / "run.json").read_text("utf-8"))
        now = facts["data_sha256"]
        facts["data_sha256"] = "0" * 64
        (copied / "run.json").write_text(json.dumps(facts), "utf-8")
        done = run("evaluate.py", "--run", copied)
        message = (
            f"{copied}: the data has changed since this run (000000000000, now {now[:12]}); train "
            "again, or restore the data"
        )
        assert (done.code, done.err) == (2, f"evaluate.py: {message}\n")

    def test_classification(self, run: Run, classification: Path) -> None:
        before = (classification / "cases.csv").read_bytes()
        done = run("evaluate.py", "--run", classification)
        assert done.code == 0, done.err
        assert (classification / "cases.csv").read_bytes() == before
        assert not (classification / "samples").exists()


class TestPredict:
    def test_masks_and_overlays_at_the_size_of_the_image(
        self, run: Run, segmentation: Path, tmp_path: Path
    ) -> None:
        photos(tmp_path / "照片 in")
        done = run("predict.py", "--run", segmentation, "--input", tmp_path / "照片 in",
                   "--output", tmp_path / "out")  # fmt: skip
        assert (done.code, done.err) == (0, "")
        assert done.out == f"4 of 4 images predicted, in {tmp_path / 'out'}\n"
        sizes = {
            "病人 1/图 a.png": (70, 50),
            "gray.png": (70, 50),
            "twin.png.png": (21, 33),
            "twin.bmp.png": (40, 20),
        }
        for kind in ("masks", "overlays"):
            folder = tmp_path / "out" / kind
            found = {
                path.relative_to(folder).as_posix(): pixels(path).shape[1::-1]
                for path in folder.rglob("*.png")
            }
            assert found == sizes
        mask = pixels(tmp_path / "out/masks/gray.png")
        assert mask.ndim == 2 and mask.max() < 4

    def test_a_test_image_gets_the_mask_that_training_saved(
        self, run: Run, segmentation: Path, tmp_path: Path
    ) -> None:
        facts = json.loads((segmentation / "run.json").read_text("utf-8"))
        shared = project() / "runs" / "data" / facts["data_sha256"][:12]
        done = run("predict.py", "--run", segmentation, "--input", shared / "images",
                   "--output", tmp_path)  # fmt: skip
        assert done.code == 0, done.err
        saved = sorted((segmentation / "samples").glob("*.png"))
        assert len(saved) == 12
        for path in saved:
            assert np.array_equal(pixels(tmp_path / "masks" / path.name), pixels(path))

    def test_the_overlay_leaves_class_0_as_it_is(self, segmentation: Path) -> None:
        sys.path.insert(0, str(project()))
        try:
            import predict
        finally:
            sys.path.remove(str(project()))
        config = module("config").load(segmentation / "config.yaml")
        raw = np.full((6, 6, 3), 100, np.uint8)
        mask = np.zeros((6, 6), int)
        mask[2:, 2:] = 1
        shown = np.asarray(predict.overlay(raw, mask, config))
        orange = np.array([0xE6, 0x9F, 0x00])  # Okabe and Ito
        assert (shown[:2, :2] == 100).all()
        assert np.abs(shown[4, 4] - (100 * 0.6 + orange * 0.4)).max() <= 1
        assert (shown[2, 3] == orange).all()

    def test_unreadable_images_are_listed_and_the_others_done(
        self, run: Run, segmentation: Path, tmp_path: Path
    ) -> None:
        photos(tmp_path / "in")
        (tmp_path / "in" / "bad.png").write_bytes(b"")
        done = run("predict.py", "--run", segmentation, "--input", tmp_path / "in",
                   "--output", tmp_path / "out")  # fmt: skip
        assert done.code == 1
        assert done.out == f"4 of 5 images predicted, in {tmp_path / 'out'}\n"
        place = tmp_path / "in" / "bad.png"
        assert done.err.startswith(f"predict.py: {place}: cannot be read as an image (")

    @pytest.mark.parametrize(("exists", "message"), [
        (True, "no images in it (png, jpg, bmp, tif, gif, webp, npy)"),
        (False, "no such file or folder"),
    ])  # fmt: skip
    def test_nothing_to_predict(
        self, run: Run, segmentation: Path, tmp_path: Path, exists: bool, message: str
    ) -> None:
        folder = tmp_path / "in"
        if exists:
            folder.mkdir()
        done = run("predict.py", "--run", segmentation, "--input", folder, "--output", tmp_path)
        assert (done.code, done.err) == (2, f"predict.py: --input {folder}: {message}\n")

    def test_it_runs_as_a_script(self, segmentation: Path, tmp_path: Path) -> None:
        photos(tmp_path / "in")
        done = process("predict.py", "--run", segmentation, "--input", tmp_path / "in" / "gray.PNG",
                       "--output", tmp_path / "结果")  # fmt: skip
        assert done == (0, f"1 of 1 images predicted, in {tmp_path / '结果'}\n", "")
        assert (tmp_path / "结果" / "masks" / "gray.png").is_file()

    def test_classes_go_into_a_table(self, run: Run, classification: Path, tmp_path: Path) -> None:
        photos(tmp_path / "in")
        done = run("predict.py", "--run", classification, "--input", tmp_path / "in",
                   "--output", tmp_path / "out")  # fmt: skip
        assert (done.code, done.err) == (0, "")
        with (tmp_path / "out/predictions.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        names = ["disk", "square", "triangle"]
        assert list(rows[0]) == ["image", "prediction", *names]
        assert [row["image"] for row in rows] == ["gray", "twin.bmp", "twin.png", "病人 1/图 a"]
        for row in rows:
            shares = [float(row[name]) for name in names]
            assert sum(shares) == pytest.approx(1, abs=1e-5)
            assert row["prediction"] == names[int(np.argmax(shares))]


class TestSharedPictures:
    def test_images_and_truth_once_beside_the_runs(self, segmentation: Path) -> None:
        facts = json.loads((segmentation / "run.json").read_text("utf-8"))
        shared = project() / "runs" / "data" / facts["data_sha256"][:12]
        meta = json.loads((shared / "meta.json").read_text("utf-8"))
        assert meta == {
            "name": "synthetic",
            "class_names": ["background", "disk", "square", "triangle"],
            "ignore_index": None,
            "palette": [[0, 0, 0], [230, 159, 0], [86, 180, 233], [0, 158, 115]],
            "n": 12,
        }
        image, mask = module("synthetic").segmentation(2_000_003, (32, 32))
        assert np.array_equal(pixels(shared / "truth/test-0003.png"), mask)
        assert np.array_equal(pixels(shared / "images/test-0003.png"), image)
        assert not list(shared.rglob("*.tmp")) and len(list((shared / "images").iterdir())) == 12
