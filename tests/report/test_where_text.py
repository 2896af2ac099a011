"""The paragraphs on where it helps and where it fails: whole sentences, numbers by hand."""

import math
from typing import Any

from test_tables import generated
from test_where import (
    BASE,
    OURS,
    ablation,
    around,
    by_size,
    classified,
    comparison,
    only_small,
    segmented,
)

from paperkit.latex import number
from paperkit.report import build


def paragraphs(writer: Any, name: str = "ablation") -> tuple[list[str], list[str]]:
    """The sentences for the motivation, and those for the discussion."""
    text = generated(writer, f"where_{name}.tex")
    first, second = text.split("% For the discussion:\n")
    return first.split("% For the motivation:\n")[1].splitlines()[:-1], second.splitlines()


def interval(rho: float, n: int) -> str:
    """95 % of a rank correlation: tanh(atanh rho +- 1.96 sqrt((1 + rho^2 / 2) / (n - 3)))."""
    half = 1.96 * math.sqrt((1 + rho**2 / 2) / (n - 3))
    low, high = (math.tanh(math.atanh(rho) + sign * half) for sign in (-1, 1))
    return f"{number(low)} to {number(high)}"


def test_better_on_small_objects_only(writer: Any) -> None:
    only_small(writer)
    motivation, discussion = paragraphs(writer)
    assert motivation == [
        "The IoU of U-Net, averaged over 3 runs, stays below 50\\,\\% on 5 of 15 test images.",
        "Their objects cover a median of 1.0\\,\\% of the image; on the other 10 images it is "
        "25.0\\,\\%.",
        "The lowest are s0 (30.00), s1 (30.00), s2 (30.00), s3 (30.00) and s4 (30.00).",
        "Averaged over images, the IoU of U-Net stays below 50\\,\\% for objects up to 1.0\\,\\% "
        "of the image (30.00).",
    ]
    # ranks of U-Net's other seeds 3, 8 and 13, of the gain 13, 5.5 and 5.5: -187.5 over
    # the root of 250 times 187.5
    rho = -187.5 / math.sqrt(250 * 187.5)
    assert discussion == [
        "On all 15 images Ours reaches an IoU of 73.33\\,\\%, U-Net 63.33\\,\\% (+10.00 points; "
        "inside seed noise; 100 seeds would not settle it).",
        "Shown for the method (adjusted by Holm over 4 tests): gains on objects up to 1.0\\,\\% of "
        "the image (+30.00); no loss.",
        "Inside seed noise: objects of 1.0 to 10.0\\,\\% (+0.00) and objects above 10.0\\,\\% "
        "(+0.00).",
        "Against U-Net, Ours gains more than 1 point on 5 images, loses more than that on 0 and "
        "differs by less on 10.",
        "The largest gains are on s0 (+30.00), s1 (+30.00) and s2 (+30.00).",
        "Both stay below 50\\,\\% on 0 images, U-Net alone on 5 and Ours alone on 0.",
        "Between the gain over U-Net and the IoU of U-Net with its other seeds, Spearman's "
        f"$\\rho$ over the images is {number(rho)} (95\\,\\% interval {interval(rho, 15)}, of "
        "these checkpoints): the gain is larger on harder images.",
    ]


def test_numbers_have_keys(writer: Any) -> None:
    only_small(writer)
    macros = generated(writer, "macros.tex")
    for key, shown in {
        "images": "15", "failed": "5", "below/others": "5", "gained": "5", "lost": "0",
        "tied": "10", "hard/size": "1.0", "rest/size": "25.0", "rho": "$-$0.87",
        "small/n": "5", "small/ours": "60.00", "small/other": "30.00", "small/delta": "+30.00",
    }.items():  # fmt: skip
        assert f"\\pk@put{{ablation/where/{key}}}{{{shown}}}\n" in macros


def test_where_no_image_fails_the_lowest_tenth_is_told(writer: Any) -> None:
    ablation(writer, seeds=[0])
    segmented(
        writer, "ablation/baseline/seed0", by_size({"s": 55, "m": 70, "l": 90}), ["g", "lesion"]
    )
    segmented(writer, "ablation/ca/seed0", by_size(OURS), ["g", "lesion"])
    motivation, discussion = paragraphs(writer)
    assert motivation[:3] == [
        "The IoU of U-Net stays below 50\\,\\% on none of 15 test images; on the 2 lowest (a "
        "tenth) it is 55.00\\,\\% at most.",
        "Their objects cover a median of 1.0\\,\\% of the image; on the other 13 images it is "
        "10.0\\,\\%.",
        "The lowest are s0 (55.00) and s1 (55.00).",
    ]
    assert discussion[1] == (
        "No gain and no loss on a size is shown for the method (adjusted by Holm over 4 tests)."
    )
    assert discussion[2].startswith("Not shown: objects up to 1.0\\,\\% of the image (+5.00), ")
    assert not [sentence for sentence in discussion if "Spearman" in sentence]  # one seed


def test_of_many_classes_that_fail_the_lowest_are_named(writer: Any) -> None:
    """Nine of eleven classes are found to 10, 14, ..., 42 %, two to 60 %; one image shows all."""
    ablation(writer, seeds=[0])
    classes = ["ground", *(f"c{n}" for n in range(11))]
    shares = [10, 14, 18, 22, 26, 30, 34, 38, 42, 60, 60]
    for variant, more in (("baseline", 0), ("ca", 5)):
        objects = {f"c{n}": (100, share + more) for n, share in enumerate(shares)}
        images = {f"image{n}": objects for n in range(5)}
        segmented(writer, f"ablation/{variant}/seed0", images, classes)
    motivation, _ = paragraphs(writer)
    assert motivation[-1] == (
        "Averaged over images, the IoU of U-Net stays below 50\\,\\% for 9 of 11 classes; the "
        "lowest are c0 (10.00), c1 (14.00), c2 (18.00), c3 (22.00) and c4 (26.00)."
    )


def test_false_alarms_on_images_without_objects(writer: Any) -> None:
    """Four images without a lesion: the baseline marks 3 and 2 of them, ours 1 and 0."""
    ablation(writer, seeds=[0, 1])
    for variant, counts in (("baseline", (3, 2)), ("ca", (1, 0))):
        for seed, marked in enumerate(counts):
            images = by_size(BASE) | {f"empty{n}": {} for n in range(4)}
            false = {f"empty{n}": 50 for n in range(marked)}
            run = f"ablation/{variant}/seed{seed}"
            segmented(writer, run, images, ["ground", "lesion"], false=false)
    motivation, discussion = paragraphs(writer)
    assert motivation[-1] == (
        "The truth of 4 images has no object; one is marked on 2.5 by U-Net and on 0.5 by Ours "
        "(means over runs)."
    )
    assert motivation[0].endswith("on 5 of 15 test images.")  # they have no score
    assert discussion[0].startswith("On all 15 images ")


def test_what_was_not_shown_is_said(writer: Any) -> None:
    """Classes with too few images, classes that only the checkpoints differ in, groups."""
    ablation(writer, seeds=[0, 1])
    for variant, gain in (("baseline", 0), ("ca", 100)):
        for seed in (0, 1):
            images: Any = {f"a{n}": {"car": (400, 200 + gain + n)} for n in range(8)}
            images |= {f"b{n}": {"pole_1": (100, 20)} for n in range(4)}
            run = f"ablation/{variant}/seed{seed}"
            segmented(writer, run, images, ["background", "car", "pole_1"])
    motivation, discussion = paragraphs(writer)
    assert motivation[0] == (
        "The IoU of U-Net, averaged over 2 runs, stays below 50\\,\\% on 4 of 12 test images."
    )
    assert motivation[-1] == (
        "Averaged over images, the IoU of U-Net stays below 50\\,\\% for pole\\_1 (20.00) and "
        "objects up to 1.0\\,\\% of the image (20.00)."
    )
    assert discussion[2:4] == [
        "Shown for these checkpoints only: car (+25.00) and objects of 1.0 to 4.0\\,\\% (+25.00).",
        "There is no verdict on fewer than 5 images: pole\\_1 (+0.00) and objects up to 1.0\\,\\% "
        "of the image (+0.00).",
    ]


def test_groups_are_counted_among_the_hard_images(writer: Any) -> None:
    only_small(writer)
    for variant, percent in (("baseline", BASE), ("ca", OURS)):
        for seed in range(3):
            images = by_size(percent)
            groups = {case: "night & fog" if case in ("s0", "m1") else "day" for case in images}
            run = f"ablation/{variant}/seed{seed}"
            segmented(writer, run, images, ["ground", "lesion"], groups=groups)
    motivation, discussion = paragraphs(writer)
    assert motivation[2] == "By group these are 4 of 13 of day and 1 of 2 of night \\& fog."
    assert discussion[1].startswith("There is no verdict on fewer than 5 groups of images: ")


def test_several_methods(writer: Any) -> None:
    comparison(
        writer, {"fcn": around(45, 40, 80), "unet": around(20, 60, 80), "ours": around(48, 75, 80)}
    )
    motivation, discussion = paragraphs(writer, "comparison")
    assert motivation[0] == (
        "The IoU of every other method (fcn and U-Net), averaged over 3 runs, stays below 50\\,\\% "
        "on 5 of 15 test images."
    )
    assert discussion[0].startswith(
        "On all 15 images Ours reaches an IoU of 67.67\\,\\%, the best other method, fcn, "
        "55.00\\,\\% (+12.67 points; "
    )
    assert (
        "Against fcn (the best other method over all images), Ours gains more than 1 point on 10 "
        "images, loses more than that on 0 and differs by less on 5."
    ) in discussion
    assert (
        "All methods stay below 50\\,\\% on 5 images, all but Ours on 0 and Ours alone on 0."
    ) in discussion
    # the gain over FCN: 3, 35 and 0; U-Net finds 20, 60 and 80: ranks 8, 13, 3 against 3, 8, 13
    assert discussion[-1].startswith(
        "Between the gain over fcn and the mean IoU of the remaining methods, Spearman's $\\rho$ "
        "over the images is $-$0.50 (95\\,\\% interval "
    )


def test_a_classification(writer: Any) -> None:
    ablation(writer, seeds=[0, 1], metric="acc_set")
    base = {"cat": ["dog"] * 4 + ["cat"] * 4, "dog": ["dog"] * 8, "owl": ["cat", *["owl"] * 7]}
    ours = {"cat": ["dog"] * 2 + ["cat"] * 6, "dog": ["cat", *["dog"] * 7], "owl": ["owl"] * 8}
    for seed in (0, 1):
        classified(writer, f"ablation/baseline/seed{seed}", base)
        classified(writer, f"ablation/ca/seed{seed}", ours)
    motivation, discussion = paragraphs(writer)
    assert motivation == ["U-Net is wrong in more than half of the runs on 5 of 24 test images."]
    few = "2 seeds: nothing can be said of the method below 3"
    assert discussion == [
        "On all 24 images Ours reaches an accuracy of 87.50\\,\\%, U-Net 79.17\\,\\% (+8.33 "
        f"points; {few}).",
        "No gain and no loss on a class is shown for the method (adjusted by Holm over 7 tests).",
        "Not shown: cat (+25.00), dog ($-$12.50) and owl (+12.50).",
        "Images of cat are taken for dog in 50.00\\,\\% by U-Net and in 25.00\\,\\% by Ours "
        f"($-$25.00 points; {few}).",
        "Images of dog are taken for cat in 0.00\\,\\% by U-Net and in 12.50\\,\\% by Ours "
        f"(+12.50 points; {few}).",
        "Images of owl are taken for cat in 12.50\\,\\% by U-Net and in 0.00\\,\\% by Ours "
        f"($-$12.50 points; {few}).",
        "Against U-Net, Ours gains more than 1 point on 3 images, loses more than that on 1 and "
        "differs by less on 20.",
        "Both are wrong in more than half of the runs on 2 images, U-Net alone on 3 and Ours alone "
        "on 1.",
        "Where all of them fail, the median rank of the true class is 3.0 with U-Net and 3.0 with "
        "Ours.",
    ]


def test_folds(writer: Any) -> None:
    planned = [writer.row("ablation", name, None, [0, 1]) for name in ("baseline", "ca")]
    writer.plan("ablation", "ablation", planned, ["dice_img"])
    for row in planned:
        for fold, run in enumerate(row["runs"]):
            writer.run(run["id"], {"dice_img": 0.5}, fold=fold)
            images = {f"{fold}-{case}": found for case, found in by_size(BASE).items()}
            segmented(writer, run["id"], images, ["ground", "lesion"])
    _, discussion = paragraphs(writer)
    # Dice of IoU 0.3, 0.7 and 0.9: 2 IoU / (1 + IoU)
    mean = 100 * sum(2 * x / (1 + x) for x in (0.3, 0.7, 0.9)) / 3
    assert discussion[0] == (
        f"On all 30 images Ours reaches a Dice of {mean:.2f}\\,\\%, U-Net {mean:.2f}\\,\\% (+0.00 "
        "points; no verdict, since folds share training images)."
    )
    assert discussion[1].startswith("There is no verdict, since folds share training images: ")


def test_names_are_data(writer: Any) -> None:
    ablation(writer, seeds=[0])
    for variant in ("baseline", "ca"):
        images = {f"x_{n} & %": {"lesion_\\input{x}": (100, 20)} for n in range(6)}
        segmented(writer, f"ablation/{variant}/seed0", images, ["g", "lesion_\\input{x}"])
    motivation, _ = paragraphs(writer)
    assert motivation[1].startswith("The lowest are x\\_0 \\& \\% (20.00), ")


def test_cases_that_are_not_those_of_the_result_are_told(writer: Any) -> None:
    """Objects are found to 30, 70 and 90 %, so the IoU is 0.6333; the runs logged 0.5."""
    only_small(writer, seeds=[0])
    ablation(writer, seeds=[0], metric="iou_img")
    segmented(writer, "ablation/baseline/seed0", by_size(BASE), ["ground", "lesion"])
    writer.run("ablation/ca/seed0", {"iou_img": 11 / 15})
    segmented(writer, "ablation/ca/seed0", by_size(OURS), ["ground", "lesion"])
    assert build(writer.project()).warnings == (
        "ablation: cases.csv and summary.json disagree on iou_img in 1 run, such as "
        "ablation/baseline/seed0: 0.6333 and 0.5000; tests over the images are left out",
    )
    writer.run("ablation/baseline/seed0", {"iou_img": 19 / 30})
    assert build(writer.project()).warnings == ()
