"""Metrics of a generated project against smp, monai, scikit-learn's definitions and hand counts."""

import math
from pathlib import Path

import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
from monai.metrics import DiceMetric, MeanIoU
from sandbox import config as make
from sandbox import module

metrics = module("metrics")
NAMES = ["road", "car", "sky", "person"]


def config(tmp_path: Path, names: list[str] = NAMES, **given: object) -> object:
    task = str(given.pop("task", "segmentation"))
    section = {"name": "x", "root": "x", "images": "{id}.png", "class_names": names}
    return make(tmp_path, task=task, data={**section, **given})


def as_logits(prediction: np.ndarray, classes: int) -> torch.Tensor:
    """Logits [B,K,H,W] whose largest is the prediction [B,H,W]."""
    return torch.nn.functional.one_hot(torch.from_numpy(prediction), classes).movedim(-1, 1) * 5.0


def metered(given: object, truth: np.ndarray, prediction: np.ndarray, batch: int = 3) -> object:
    meter = metrics.Meter(given, "test")
    for start in range(0, len(truth), batch):
        part = slice(start, start + batch)
        cases = [f"case{i}" for i in range(len(truth))[part]]
        logits = as_logits(prediction[part], len(given.data.class_names))
        meter.update(logits, {"mask": torch.from_numpy(truth[part]), "case": cases})
    return meter


@pytest.fixture
def maps() -> tuple[np.ndarray, np.ndarray]:
    """Truth and prediction [7,9,11] of four classes, 255 ignored, class 3 absent from some."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, (7, 9, 11))
    truth[:3][truth[:3] == 3] = 0
    guess = np.where(rng.random(truth.shape) < 0.7, truth, rng.integers(0, 4, truth.shape))
    guess[0][guess[0] == 3] = 1  # neither truth nor prediction holds class 3 in image 0
    truth[rng.random(truth.shape) < 0.1] = 255
    return truth, guess


class TestAgainstOthers:
    def test_counts_are_those_of_smp(self, tmp_path: Path, maps: tuple) -> None:
        truth, guess = maps
        meter = metered(config(tmp_path, ignore_index=255), truth, guess)
        stats = smp.metrics.get_stats(
            torch.from_numpy(np.where(truth == 255, -1, guess)),
            torch.from_numpy(np.where(truth == 255, -1, truth)),
            mode="multiclass",
            num_classes=4,
            ignore_index=-1,
        )
        rows = meter.rows()
        for key, expected in zip(("tp", "fp", "fn", "tn"), stats, strict=True):
            ours = np.array([row[key] for row in rows]).reshape(7, 4)
            assert np.array_equal(ours, expected), key
        values, _ = meter.summary()
        pooled = [count.sum(0, keepdim=True) for count in stats]
        iou = smp.metrics.iou_score(*pooled, reduction="macro")
        dice = smp.metrics.f1_score(*pooled, reduction="macro")
        assert values["iou_set"] == pytest.approx(float(iou), abs=1e-6)
        assert values["dice_set"] == pytest.approx(float(dice), abs=1e-6)

    def test_image_means_are_those_of_numpy_and_monai(self, tmp_path: Path, maps: tuple) -> None:
        truth, guess = maps[0] % 255, maps[1]  # nothing ignored: monai cannot
        values, per_class = metered(config(tmp_path), truth, guess).summary()
        for name, metric in (("iou_img", MeanIoU), ("dice_img", DiceMetric)):
            theirs = metric(include_background=True, reduction="none", ignore_empty=True)
            theirs(_one_hot(guess), _one_hot(truth))
            scores = theirs.aggregate().numpy()
            # monai skips an image without the class; a false alarm counts 0 here
            alarm = np.isnan(scores) & np.array([[(g == k).any() for k in range(4)] for g in guess])
            scores = np.where(alarm, 0.0, scores)
            expected = np.nanmean(scores, axis=0)
            assert alarm.any() and np.isnan(scores).any()
            assert values[name] == pytest.approx(expected.mean(), abs=1e-6)
            assert [per_class[k][name] for k in NAMES] == pytest.approx(expected, abs=1e-6)

    def test_the_batch_size_does_not_matter(self, tmp_path: Path, maps: tuple) -> None:
        given = config(tmp_path, ignore_index=255)
        one, other = metered(given, *maps, batch=1), metered(given, *maps, batch=7)
        assert one.rows() == other.rows()
        assert one.summary() == other.summary()

    def test_macro_f1_and_top5_of_scikit_learns_definition(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(1)
        names = [f"c{i}" for i in range(8)]
        target, logits = rng.integers(0, 7, 60), rng.normal(size=(60, 8)).astype(np.float32)
        logits[np.arange(60), target] += 1
        meter = metrics.Meter(config(tmp_path, names, task="classification"), "test")
        batch = {"target": torch.from_numpy(target), "case": [str(i) for i in range(60)]}
        meter.update(torch.from_numpy(logits), batch)
        values, per_class = meter.summary()
        guess = logits.argmax(1)
        f1 = {}
        for k in set(target) | set(guess):
            precision = ((guess == k) & (target == k)).sum() / max((guess == k).sum(), 1)
            recall = ((guess == k) & (target == k)).sum() / max((target == k).sum(), 1)
            f1[k] = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        top5 = np.mean([target[i] in np.argsort(-logits[i])[:5] for i in range(60)])
        assert values["acc_set"] == pytest.approx((guess == target).mean())
        assert values["top5_set"] == pytest.approx(top5)
        assert values["f1_set"] == pytest.approx(np.mean(list(f1.values())))
        assert per_class["c0"]["f1_set"] == pytest.approx(f1[0])

    def test_macro_f1_of_two_classes_is_over_both(self, tmp_path: Path) -> None:
        given = config(tmp_path, ["cat", "dog"], task="classification")
        meter = metrics.Meter(given, "test")
        # cat: 2 right, 1 taken for a dog; dog: 1 right, 0 taken for a cat
        logits = torch.tensor([[3.0, 0], [3, 0], [0, 3], [0, 3]])
        meter.update(logits, {"target": torch.tensor([0, 0, 0, 1]), "case": list("abcd")})
        values, per_class = meter.summary()
        assert [per_class[k]["f1_set"] for k in ("cat", "dog")] == pytest.approx([4 / 5, 2 / 3])
        assert values["f1_set"] == pytest.approx((4 / 5 + 2 / 3) / 2)


def _one_hot(indices: np.ndarray) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.from_numpy(indices), 4).movedim(-1, 1)


class TestByHand:
    # eight images of 10 pixels: four large objects, two tiny ones, two empty (one false alarm)
    COUNTS = (
        (6, 1, 1),
        (5, 0, 2),
        (7, 1, 0),
        (6, 2, 0),
        (1, 1, 0),
        (0, 0, 1),
        (0, 0, 0),
        (0, 2, 0),
    )

    def maps(self) -> tuple[np.ndarray, np.ndarray]:
        truth, guess = np.zeros((2, 8, 1, 10), int)
        for i, (tp, fp, fn) in enumerate(self.COUNTS):
            truth[i, 0, : tp + fn] = 1
            guess[i, 0, fn : tp + fn + fp] = 1
        return truth, guess

    def test_eight_masks_two_of_them_empty(self, tmp_path: Path) -> None:
        meter = metered(config(tmp_path, ["background", "lesion"]), *self.maps())
        lesion = [row for row in meter.rows() if row["class"] == "lesion"]
        assert [(row["tp"], row["fp"], row["fn"]) for row in lesion] == list(self.COUNTS)
        values, _ = meter.summary()
        # pooled: tp 25, fp 7, fn 4
        assert values["iou_set"] == pytest.approx(25 / 36)
        assert values["dice_set"] == pytest.approx(50 / 61)
        # per image; the empty one without a prediction is left out, the false alarm counts 0
        assert values["iou_img"] == pytest.approx(
            (6 / 8 + 5 / 7 + 7 / 8 + 6 / 8 + 1 / 2 + 0 + 0) / 7
        )
        dice = 12 / 14 + 10 / 12 + 14 / 15 + 12 / 14 + 2 / 3 + 0 + 0
        assert values["dice_img"] == pytest.approx(dice / 7)
        assert values["acc_set"] == pytest.approx((80 - 11) / 80)

    def test_all_classes_count_where_there_are_more_than_two(self, tmp_path: Path) -> None:
        truth, guess = np.array([[[0, 0, 1, 1]]]), np.array([[[0, 1, 1, 1]]])
        values, per_class = metered(config(tmp_path), truth, guess).summary()
        # two of four classes are absent from truth and prediction
        assert values["iou_set"] == pytest.approx((1 / 2 + 2 / 3) / 2)
        assert math.isnan(per_class["sky"]["iou_set"])
        binary, _ = metered(config(tmp_path, ["a", "b"]), truth, guess).summary()
        assert binary["iou_set"] == pytest.approx(2 / 3)

    @pytest.mark.parametrize("ignore", [255, 4, 0])
    def test_ignored_pixels_count_nowhere(self, tmp_path: Path, ignore: int) -> None:
        truth = np.array([[[1, 1, 2, ignore, ignore]]])
        guess = np.array([[[1, 2, 2, 3, 1]]])
        meter = metered(config(tmp_path, ignore_index=ignore), truth, guess)
        total = [row["tp"] + row["fp"] + row["fn"] + row["tn"] for row in meter.rows()]
        assert total == [3, 3, 3, 3]
        assert meter.summary()[0]["acc_set"] == pytest.approx(2 / 3)
        assert meter.summary()[0]["iou_set"] == pytest.approx((1 / 2 + 1 / 2) / 2)

    def test_nothing_but_ignored_is_undefined_and_warns_nobody(self, tmp_path: Path) -> None:
        truth, guess = np.full((2, 2, 2), 255), np.zeros((2, 2, 2), int)
        values, _ = metered(config(tmp_path, ignore_index=255), truth, guess).summary()
        assert all(math.isnan(value) for value in values.values())

    def test_rows_have_the_columns_of_cases_csv(self, tmp_path: Path) -> None:
        meter = metered(config(tmp_path), np.zeros((1, 2, 2), int), np.zeros((1, 2, 2), int))
        assert list(meter.rows()[0]) == metrics.COLUMNS["segmentation"]
        assert meter.rows()[0] == {
            "split": "test", "case": "case0", "group": "", "class": "road",
            "tp": 4, "fp": 0, "fn": 0, "tn": 0, "hd95": "", "assd": "", "nsd": "",
        }  # fmt: skip

    def test_a_class_row(self, tmp_path: Path) -> None:
        meter = metrics.Meter(config(tmp_path, task="classification"), "test")
        logits = torch.tensor([[0.0, 2.0, 1.0, 0.0]]).log_softmax(1)
        meter.update(logits, {"target": torch.tensor([2]), "case": ["a/b"]})
        share = math.exp(1) / (1 + math.exp(2) + math.exp(1) + 1)
        assert meter.rows() == [
            {
                "split": "test", "case": "a/b", "group": "", "target": "sky", "prediction": "car",
                "p_target": round(share, 6), "rank": 2,
            }
        ]  # fmt: skip
        assert list(meter.rows()[0]) == metrics.COLUMNS["classification"]

    def test_ties_have_one_rank_each(self, tmp_path: Path) -> None:
        meter = metrics.Meter(config(tmp_path, task="classification"), "test")
        batch = {"target": torch.arange(4), "case": list("abcd")}
        meter.update(torch.zeros(4, 4), batch)
        assert [row["rank"] for row in meter.rows()] == [1, 2, 3, 4]
        assert {row["prediction"] for row in meter.rows()} == {"road"}

    def test_the_threshold_moves_the_foreground(self) -> None:
        logits = torch.tensor([[0.3, 0.7], [0.6, 0.4], [0.2, 0.8]]).log()
        assert metrics.decide(logits).tolist() == [1, 0, 1]
        assert metrics.decide(logits, 0.75).tolist() == [0, 0, 1]
        assert metrics.decide(logits, 0.35).tolist() == [1, 1, 1]

    def test_names_are_what_the_summary_gives(self, tmp_path: Path) -> None:
        for task, names in metrics.NAMES.items():
            meter = metrics.Meter(config(tmp_path, task=task), "test")
            assert tuple(meter.summary()[0]) == names
