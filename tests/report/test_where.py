"""Where it helps and where it fails: parts, verdicts and hard images, counted by hand."""

import csv
import io
import math
import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from test_tables import generated, rows

from paperkit.report import build, check
from paperkit.report.collect import Experiment, Result, collect
from paperkit.report.where.facts import facts
from paperkit.report.where.parts import parts
from paperkit.report.where.read import Compared, Method, Truth, compared
from paperkit.runs import Plan, Row, Run

HEAD = "split,case,group,class,tp,fp,fn,tn,hd95,assd,nsd\n"
CLASSIFIED = "split,case,group,target,prediction,p_target,rank\n"
PIXELS = 10_000  # of an image
Objects = Mapping[str, tuple[int, int]]  # class: (pixels, pixels that are found)


def segmented(
    writer: Any, run: str, images: Mapping[str, Objects], classes: Sequence[str], **more: Any
) -> None:
    """Write cases.csv; `false` are pixels that are marked where the truth has none."""
    groups, false = more.get("groups", {}), more.get("false", {})
    lines = [HEAD]
    for case, objects in images.items():
        for name in classes:
            size, hit = objects.get(name, (0, 0))
            extra = false.get(case, 0) if name == classes[-1] else 0
            counts = f"{hit},{extra},{size - hit},{PIXELS - size - extra}"
            lines.append(f"test,{case},{groups.get(case, '')},{name},{counts},,,\n")
    writer.text(f"runs/{run}/cases.csv", "".join(lines))


def ablation(writer: Any, seeds: Sequence[int] = (0, 1, 2), metric: str = "iou_set") -> None:
    planned = [writer.row("ablation", name, None, list(seeds)) for name in ("baseline", "ca")]
    writer.plan("ablation", "ablation", planned, [metric])
    for row in planned:
        for run in row["runs"]:
            writer.run(run["id"], {metric: 0.5})


# five images each with objects of 1, 10 and 40 % of the image, found with these shares
SIZES = {"s": 100, "m": 1000, "l": 4000}
BASE = {"s": 30, "m": 70, "l": 90}
OURS = {"s": 60, "m": 70, "l": 90}


def by_size(percent: Mapping[str, int], off: int = 0) -> dict[str, Objects]:
    return {
        f"{kind}{n}": {"lesion": (size, size * (percent[kind] + off) // 100)}
        for kind, size in SIZES.items()
        for n in range(5)
    }


def only_small(writer: Any, seeds: Sequence[int] = (0, 1, 2)) -> None:
    """Ours is better on small objects only; seeds differ by a point, in the other order."""
    ablation(writer, seeds)
    for seed, off in zip(seeds, (-1, 0, 1), strict=False):
        for variant, percent, sign in (("baseline", BASE, 1), ("ca", OURS, -1)):
            images = by_size(percent, sign * off)
            segmented(writer, f"ablation/{variant}/seed{seed}", images, ["ground", "lesion"])


def table(writer: Any, name: str = "tab_where_ablation.csv") -> dict[str, dict[str, str]]:
    """The CSV file of the parts, by name."""
    return {row["name"]: row for row in csv.DictReader(io.StringIO(generated(writer, name)))}


def test_better_on_small_objects_only(writer: Any) -> None:
    """Over all images ours is not: on other images, fewer objects could be small."""
    only_small(writer)
    noise = "seed noise (\\textgreater{} 100 seeds)"
    assert rows(generated(writer, "tab_where_ablation.tex")) == [
        ["all", "15", "63.33", "\\pkbest{73.33}", "+10.00", noise],
        ["small, $\\leq$1.0\\,\\%", "5", "30.00", "\\pkbest{60.00}", "+30.00", "better (method)"],
        ["medium, $\\leq$10.0\\,\\%", "5", "70.00", "70.00", "+0.00", "equal"],
        ["large, $>$10.0\\,\\%", "5", "90.00", "90.00", "+0.00", "equal"],
    ]


def test_p_is_students_over_the_seeds_adjusted_by_holm(writer: Any) -> None:
    """The images of a part differ by nothing but the seed, so the crossed t is Student's."""
    only_small(writer)
    p = scipy.stats.ttest_ind([0.59, 0.60, 0.61], [0.29, 0.30, 0.31]).pvalue
    assert float(table(writer)["small"]["p"]) == pytest.approx(4 * p, rel=1e-6)


def test_the_csv_file_has_exact_values(writer: Any) -> None:
    only_small(writer)
    small = table(writer)["small"]
    assert small["part"] == "size" and small["n"] == "5" and small["best_other"] == "baseline"
    assert float(small["size_up_to"]) == 0.01
    assert [float(small[name]) for name in ("baseline", "ca", "delta")] == pytest.approx(
        [0.3, 0.6, 0.3], abs=1e-12
    )
    assert small["verdict"] == "better; p < 0.001 over 3 seeds and 5 cases"


def test_all_images_from_the_largest_gain_to_the_largest_loss(writer: Any) -> None:
    only_small(writer)
    text = generated(writer, "where_ablation.csv")
    found = list(csv.DictReader(io.StringIO(text)))
    assert list(found[0]) == ["case", "group", "size", "baseline", "ca", "gain"]
    expected = [f"{kind}{n}" for kind in "s" for n in range(5)]
    expected += sorted(f"{kind}{n}" for kind in "ml" for n in range(5))
    assert [row["case"] for row in found] == expected
    assert float(found[0]["size"]) == 0.01
    assert [float(found[0][name]) for name in ("baseline", "ca", "gain")] == pytest.approx(
        [0.3, 0.6, 0.3], abs=1e-9
    )


def test_a_gain_within_seed_noise_is_none(writer: Any) -> None:
    """Three points more on small objects, but the seeds of ours spread by twenty."""
    ablation(writer)
    for seed, off in enumerate((-20, 0, 29)):
        segmented(writer, f"ablation/baseline/seed{seed}", by_size(BASE), ["ground", "lesion"])
        images = by_size(BASE | {"s": 30 + off}, 0)
        segmented(writer, f"ablation/ca/seed{seed}", images, ["ground", "lesion"])
    small = table(writer)["small"]
    assert float(small["delta"]) == pytest.approx(0.03)
    assert small["verdict"].startswith("inside seed noise; ")


def test_one_seed_says_nothing_of_the_method(writer: Any) -> None:
    only_small(writer, seeds=[0])
    assert [row[-1] for row in rows(generated(writer, "tab_where_ablation.tex"))] == [
        "better (these images)", "1 seed: too few", "1 seed: too few", "1 seed: too few",
    ]  # fmt: skip


def test_few_images_are_listed_without_a_verdict(writer: Any) -> None:
    ablation(writer)
    for variant in ("baseline", "ca"):
        for seed in range(3):
            images = {f"a{n}": {"car": (400, 200 + seed)} for n in range(6)}
            images |= {f"b{n}": {"pole_1": (100, 10)} for n in range(4)}
            segmented(
                writer, f"ablation/{variant}/seed{seed}", images, ["background", "car", "pole_1"]
            )
    found = table(writer)
    assert (found["car"]["n"], found["car"]["verdict"]) == (
        "6",
        "inside seed noise; there is no difference to settle",
    )
    assert (found["pole_1"]["n"], found["pole_1"]["verdict"]) == ("4", "fewer than 5")
    assert found["pole_1"]["p"] == ""


def test_a_class_is_measured_where_the_truth_has_it(writer: Any) -> None:
    """A pole that is marked where there is none lowers the image, not the row of the poles."""
    ablation(writer, seeds=[0])
    images = {"a": {"car": (400, 200), "pole": (100, 50)}, "b": {"car": (400, 400)}}
    classes = ["background", "car", "pole"]
    segmented(writer, "ablation/baseline/seed0", images, classes, false={"b": 30})
    segmented(writer, "ablation/ca/seed0", images, classes)
    found = table(writer)
    assert [found["pole"][name] for name in ("n", "baseline", "ca")] == ["1", "0.5", "0.5"]
    assert [found["car"][name] for name in ("n", "baseline", "ca")] == ["2", "0.75", "0.75"]
    # image a is (0.5 + 0.5) / 2; b is (1 + 0) / 2 with the false pole, 1 without
    both = [float(found["all"][name]) for name in ("baseline", "ca")]
    assert both == [(0.5 + 0.5) / 2, (0.5 + 1) / 2]


def test_images_of_a_group_are_no_independent_evidence(writer: Any) -> None:
    """Fifteen images of three patients are three cases: too few for a verdict."""
    ablation(writer)
    for seed, off in enumerate((-1, 0, 1)):
        for variant, percent in (("baseline", BASE), ("ca", OURS)):
            images = by_size(percent, off)
            groups = {case: f"p{n % 3}" for n, case in enumerate(images)}
            run = f"ablation/{variant}/seed{seed}"
            segmented(writer, run, images, ["ground", "lesion"], groups=groups)
    found = table(writer)
    assert {row["verdict"] for row in found.values()} == {"fewer than 5"}
    assert [name for name, row in found.items() if row["part"] == "group"] == ["p0", "p1", "p2"]
    assert [found[name]["n"] for name in ("p0", "p1", "p2")] == ["5", "5", "5"]


def test_six_groups_are_six_cases_with_the_mean_of_the_images(writer: Any) -> None:
    ablation(writer)
    sizes = [1, 1, 2, 3, 4, 4]  # images of each group
    images = {f"g{g}-{n}": g for g, count in enumerate(sizes) for n in range(count)}
    for seed in range(3):
        for variant, gain in (("baseline", 0), ("ca", 10)):
            told = {
                c: {"lesion": (1000, 400 + g + gain * (10 + g) + 7 * seed)}
                for c, g in images.items()
            }
            groups = {case: f"p{g}" for case, g in images.items()}
            run = f"ablation/{variant}/seed{seed}"
            segmented(writer, run, told, ["ground", "lesion"], groups=groups)
    every = table(writer)["all"]
    gains = [10 * (10 + g) / 1000 for g in images.values()]
    assert float(every["delta"]) == pytest.approx(sum(gains) / 15)
    assert every["verdict"].endswith(" 6 cases")


CLASSES = ["cat", "dog", "owl"]


def classified(writer: Any, run: str, guesses: Mapping[str, Sequence[str]]) -> None:
    """Write cases.csv; guesses by true class, ranks 1 where right, else 3."""
    lines = [CLASSIFIED]
    for name, found in guesses.items():
        for n, guess in enumerate(found):
            rank = 1 if guess == name else 3
            lines.append(f"test,{name}{n},,{name},{guess},0.5,{rank}\n")
    writer.text(f"runs/{run}/cases.csv", "".join(lines))


def test_many_classes_take_no_more_memory_than_their_cases(writer: Any) -> None:
    """A thousand classes of fifty thousand images took 8 GB when each class had all of them."""
    classes, images = 300, 10
    ablation(writer, seeds=[0], metric="acc_set")
    guesses = {f"c{n}": [f"c{n}"] * images for n in range(classes)}
    for variant in ("baseline", "ca"):
        classified(writer, f"ablation/{variant}/seed0", guesses)
    (experiment,) = collect(writer.folder / "runs")
    (pair,) = compared(experiment)
    tracemalloc.start()
    found = parts(pair)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    scores = sum(method.scores.nbytes for method in pair.methods)
    assert len(found) > classes
    assert peak < classes * scores / 2


def test_classes_and_confused_pairs(writer: Any) -> None:
    ablation(writer, seeds=[0], metric="acc_set")
    base = {"cat": ["dog"] * 4 + ["cat"] * 4, "dog": ["dog"] * 8, "owl": ["cat", *["owl"] * 7]}
    ours = {"cat": ["dog"] * 2 + ["cat"] * 6, "dog": ["cat", *["dog"] * 7], "owl": ["owl"] * 8}
    classified(writer, "ablation/baseline/seed0", base)
    classified(writer, "ablation/ca/seed0", ours)
    assert [row[:5] for row in rows(generated(writer, "tab_where_ablation.tex"))] == [
        ["all", "24", "79.17", "\\pkbest{87.50}", "+8.33"],
        ["cat", "8", "50.00", "\\pkbest{75.00}", "+25.00"],
        ["dog", "8", "\\pkbest{100.00}", "87.50", "$-$12.50"],
        ["owl", "8", "87.50", "\\pkbest{100.00}", "+12.50"],
        ["cat $\\to$ dog $\\downarrow$", "8", "50.00", "\\pkbest{25.00}", "$-$25.00"],
        ["dog $\\to$ cat $\\downarrow$", "8", "\\pkbest{0.00}", "12.50", "+12.50"],
        ["owl $\\to$ cat $\\downarrow$", "8", "12.50", "\\pkbest{0.00}", "$-$12.50"],
    ]


def comparison(writer: Any, found: Mapping[str, Sequence[Mapping[str, int]]]) -> None:
    """Methods with a list of shares by size, one for each seed."""
    seeds = list(range(len(next(iter(found.values())))))
    planned = [writer.row("comparison", name, None, seeds) for name in found]
    writer.plan("comparison", "comparison", planned, ["iou_set"])
    for row in planned:
        for run, percent in zip(row["runs"], found[row["variant"]], strict=True):
            writer.run(run["id"], {"iou_set": 0.5})
            segmented(writer, run["id"], by_size(percent), ["ground", "lesion"])


def around(small: int, medium: int, large: int) -> list[dict[str, int]]:
    return [{"s": small + d, "m": medium + d, "l": large + d} for d in (-1, 0, 1)]


def test_ours_is_held_against_the_best_method_of_each_part(writer: Any) -> None:
    comparison(
        writer, {"fcn": around(50, 40, 80), "unet": around(20, 60, 80), "ours": around(40, 75, 80)}
    )
    found = table(writer, "tab_where_comparison.csv")
    assert {name: row["best_other"] for name, row in found.items()} == {
        "all": "fcn", "small": "fcn", "medium": "unet", "large": "fcn",
    }  # fmt: skip
    assert [float(found[name]["delta"]) for name in ("small", "medium", "large")] == pytest.approx(
        [-0.1, 0.15, 0], abs=1e-12
    )
    p = scipy.stats.ttest_ind([0.39, 0.40, 0.41], [0.49, 0.50, 0.51]).pvalue
    gain = scipy.stats.ttest_ind([0.74, 0.75, 0.76], [0.59, 0.60, 0.61]).pvalue
    # a gain over the best is one over all: 4 parts. The method that ours loses to was chosen among
    # two: 8 pairs, and four have a smaller p (the rest of small and medium, and all against unet)
    assert float(found["medium"]["p"]) == pytest.approx(4 * gain, rel=1e-6)
    assert float(found["small"]["p"]) == pytest.approx((8 - 4) * p, rel=1e-6)
    assert found["small"]["verdict"] == f"worse; p = {4 * p:.3f} over 3 seeds and 5 cases"


def test_a_comparison_without_an_own_method_has_none(writer: Any) -> None:
    comparison(writer, {"fcn": around(50, 40, 80), "unet": around(20, 60, 80)})
    assert not [path for path in build(writer.project()).files if "where" in path.name]


def test_many_methods_become_the_best_of_them(writer: Any) -> None:
    names = [f"a method with a long name {n}" for n in range(6)]
    methods = {name.replace(" ", "_"): around(10, 20, 20 + n) for n, name in enumerate(names)}
    comparison(writer, methods | {"ours": around(50, 50, 50)})
    tex = generated(writer, "tab_where_comparison.tex")
    head = "Images & \\multicolumn{1}{c}{$n$} & \\multicolumn{1}{c}{best other} & "
    assert head in tex and f"10.00 ({names[0]})" in tex  # the first of equals
    assert f"25.00 ({names[-1]})" in tex
    assert set(methods) < set(table(writer, "tab_where_comparison.csv")["all"])


def test_folds_get_no_verdict(writer: Any) -> None:
    """Each fold has its own images; together they are the test set."""
    planned = [writer.row("ablation", name, None, [0, 1]) for name in ("baseline", "ca")]
    writer.plan("ablation", "ablation", planned, ["iou_set"])
    for row in planned:
        for fold, run in enumerate(row["runs"]):
            writer.run(run["id"], {"iou_set": 0.5}, fold=fold)
            images = {f"{fold}-{case}": found for case, found in by_size(BASE).items()}
            segmented(writer, run["id"], images, ["ground", "lesion"])
    found = table(writer)
    assert found["all"]["n"] == "30"
    assert {row["verdict"] for row in found.values()} == {"folds"}


def test_nothing_to_compare_is_no_table(writer: Any) -> None:
    ablation(writer, seeds=[0])
    assert not [path for path in build(writer.project()).files if "where" in path.name]
    segmented(writer, "ablation/ca/seed0", by_size(OURS), ["ground", "lesion"])
    assert not [path for path in build(writer.project()).files if "where" in path.name]


def test_images_without_any_class_that_counts_have_no_table(writer: Any) -> None:
    ablation(writer, seeds=[0])
    for variant in ("baseline", "ca"):
        images: dict[str, Objects] = {"a": {}, "b": {}}
        segmented(writer, f"ablation/{variant}/seed0", images, ["ground", "lesion"])
    assert not [path for path in build(writer.project()).files if "where" in path.name]


def test_sizes_have_decimals_that_tell_them_apart(writer: Any) -> None:
    """Objects of 1, 2 and 3 of 10,000 pixels: 0.01 and 0.02 percent."""
    ablation(writer, seeds=[0])
    for variant in ("baseline", "ca"):
        images = {f"{n}": {"lesion": (1 + n // 2, 1)} for n in range(6)}
        segmented(writer, f"ablation/{variant}/seed0", images, ["ground", "lesion"])
    assert [row[0] for row in rows(generated(writer, "tab_where_ablation.tex"))][1:] == [
        "small, $\\leq$0.01\\,\\%", "medium, $\\leq$0.02\\,\\%", "large, $>$0.02\\,\\%",
    ]  # fmt: skip


def caption(writer: Any, name: str) -> str:
    macros = generated(writer, "macros.tex")
    (line,) = [line for line in macros.splitlines() if f"caption:tab_where_{name}}}" in line]
    return line.split("}{", 1)[1].removesuffix("}")


def test_the_caption_says_what_was_measured_and_tested(writer: Any) -> None:
    only_small(writer)
    assert caption(writer, "ablation") == (
        "IoU: intersection over union per image whose truth has the class, in percent; means over "
        "the runs ($n=3$), then over the images. Size: share of the image that a class covers in "
        "the truth, cut at the terciles of the test set. $n$: images. $\\Delta$: Ours minus U-Net, "
        "in points. Best in bold. Verdict: of the method by a crossed $t$ test over runs and "
        "images, adjusted by Holm over 4 tests ($\\alpha=0.05$). Seed noise: not shown (and how "
        "many seeds would settle it)."
    )


def test_images_that_a_method_lacks_are_left_out_and_counted(writer: Any) -> None:
    only_small(writer)
    for seed in range(3):
        images = {case: found for case, found in by_size(BASE).items() if case != "s0"}
        segmented(writer, f"ablation/baseline/seed{seed}", images, ["ground", "lesion"])
    assert " $n$: images (1 that a method lacks are left out). " in caption(writer, "ablation")
    assert table(writer)["all"]["n"] == "14"


def test_the_caption_of_one_seed_claims_no_test_of_the_method(writer: Any) -> None:
    only_small(writer, seeds=[0])
    assert caption(writer, "ablation").endswith(
        "Best in bold. Verdict: of these images by Wilcoxon's signed-rank test over images, "
        "adjusted by Holm over 4 tests ($\\alpha=0.05$)."
    )


def test_it_may_be_left_out(writer: Any) -> None:
    only_small(writer)
    writer.text("paperkit.yaml", "tables: [ablation]\nfigures: []\n")
    assert not [path for path in build(writer.project()).files if "where" in path.name]
    writer.text("paperkit.yaml", "tables: [where_ablation]\nfigures: []\n")
    files = {path.name for path in build(writer.project()).files}
    assert {"where_ablation.tex", "where_ablation.csv"} <= files
    assert {"tab_where_ablation.tex", "tab_where_ablation.csv"} <= files
    assert "tab_ablation.tex" not in files


def test_a_changed_case_makes_the_text_stale(writer: Any) -> None:
    only_small(writer)
    build(writer.project())
    assert check(writer.project()) == []
    segmented(writer, "ablation/ca/seed0", by_size(BASE), ["ground", "lesion"])
    found = {str(finding) for finding in check(writer.project())}
    assert "paper/generated/where_ablation.tex: out of date" in found
    assert "ablation/where/small/delta: +30.00 -> +19.67" in found


def equal(rng: np.random.Generator, *, seeds: int, cases: int, others: int = 1) -> Compared:
    """Methods that are equal: the same level of each image, other noise of seeds and of images."""
    level = rng.uniform(0.3, 0.9, cases)

    def method(variant: str) -> Method:
        noise = rng.normal(0, 0.03, (seeds, 1)) + rng.normal(0, 0.15, (seeds, cases))
        row = Row(variant, (), None, None, "c", (), {}, None, None, None, (), ())
        runs = [
            Run(Path(), f"{variant}{seed}", "e", variant, "done", seed=seed)
            for seed in range(seeds)
        ]
        scores, nothing = level + noise, np.full_like(noise, np.nan)
        result = Result(row, tuple(runs), ())
        return Method(result, scores, scores[..., None], nothing, nothing, nothing)

    plan = Plan("ablation", "e", None, {}, (), ("iou_set",), (), ())
    names = tuple(f"{n:03d}" for n in range(cases))
    sizes = rng.uniform(0.01, 0.6, (cases, 1))
    truth = Truth(names, ("",) * cases, ("lesion",), (0,), sizes, np.empty(0, int))
    rest = tuple(method(f"other{n}") for n in range(others))
    return Compared(Experiment("e", Path(), plan, ()), None, False, truth, method("ours"), rest)


def test_equal_methods_gain_nowhere() -> None:
    """Of 120 tables with three seeds, at most a tenth call any part better or worse."""
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(120):
        found = parts(equal(rng, seeds=3, cases=60))
        assert [part.kind for part in found] == ["all", "size", "size", "size"]
        wrong += any(p.verdict and p.verdict.kind in ("better", "worse") for p in found)
    assert wrong <= 12


@pytest.mark.parametrize(("seeds", "others"), [(3, 1), (1, 3)])
def test_difficulty_is_not_taken_from_the_numbers_of_the_gain(seeds: int, others: int) -> None:
    """Equal methods have no gain that goes with difficulty; the plain correlation says they do."""
    rng = np.random.default_rng(1)
    made = [equal(rng, seeds=seeds, cases=100, others=others) for _ in range(60)]
    plain = [
        scipy.stats.spearmanr(of.others[0].mean, of.ours.mean - of.others[0].mean).statistic
        for of in made
    ]
    assert np.mean(plain) < -0.25
    found = [facts(of).relation for of in made]
    assert abs(np.mean([relation.rho for relation in found if relation])) < 0.03
    shown = [relation for relation in found if relation and relation.low * relation.high > 0]
    assert len(shown) <= 6


def test_terciles_are_sizes_that_occur_and_background_is_no_object() -> None:
    nan = np.nan
    sizes = np.array([[0.9, 0.1, nan], [0.7, 0.2, 0.1], [0.6, nan, 0.4], [0.5, 0.5, nan]])
    names = ("background", "car", "pole")
    truth = Truth(tuple("abcd"), ("",) * 4, names, (1, 2), sizes, np.empty(0, int))
    assert truth.bounds == (0.1, 0.4)  # of 0.1, 0.1, 0.2, 0.4 and 0.5


def test_the_sample_runs_agree_with_the_counts(writer: Any) -> None:
    """Class means from the counts of tests/data/runs, each read with csv only."""
    root = Path(__file__).parents[1] / "data/runs"
    (pair,) = compared(next(iter(collect(root))))
    found = {part.name: part for part in parts(pair)}
    for column, variant in enumerate(("baseline", "ca-cga")):
        of_class: dict[str, dict[str, list[float]]] = {}
        for seed in (0, 1):
            path = root / f"ablation/{variant}/seed{seed}/cases.csv"
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    tp, fp, fn = (int(row[name]) for name in ("tp", "fp", "fn"))
                    if tp + fn:
                        of_class.setdefault(row["class"], {}).setdefault(row["case"], []).append(
                            tp / (tp + fp + fn)
                        )
        for name, by_case in of_class.items():
            mean = math.fsum(map(np.mean, by_case.values())) / len(by_case)
            assert found[name].n == len(by_case)
            assert found[name].means[column] == pytest.approx(mean, abs=1e-12)
