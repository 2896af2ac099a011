"""Verdicts from run folders to tables, macros and CSV, against scipy and the equation."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats

from paperkit.report import build
from paperkit.stats import holm

CASES = 20
WHOLE = 1000  # pixels of the object in every image: tp / WHOLE is its IoU
rng = np.random.default_rng(5)
HARD = rng.integers(500, 700, CASES)


def pixels(*offsets: int, gain: int = 0, rest: int = 12) -> np.ndarray:
    """True positives [seed, case]: by case, seed and chance; nothing else is predicted."""
    chance = rng.integers(-rest, rest + 1, (len(offsets), CASES))
    return HARD + gain + np.array(offsets)[:, None] + chance


TRUE = {
    "baseline": pixels(-3, 0, 3),
    "ca": pixels(-40, 5, 75),  # one seed is lucky on every image
    "cga": pixels(-4, 3, 2, rest=60),
    "ca-cga": pixels(-4, 1, 4, gain=60),
}


def run(writer: Any, identity: str, tp: np.ndarray, **more: Any) -> None:
    """A done run of one seed with its cases.csv; dice_set is pooled, so that it has no cases."""
    groups = more.pop("groups", [""] * len(tp))
    values = {
        "iou_img": float(np.mean(tp / WHOLE)),
        "dice_set": float(2 * tp.sum() / (tp + WHOLE).sum()),
    }
    folder = writer.run(identity, values | more.pop("values", {}), **more)
    lines = ["split,case,group,class,tp,fp,fn,tn,hd95,assd,nsd"]
    for case, (hit, group) in enumerate(zip(tp, groups, strict=True)):
        lines.append(f"test,c{case:02},{group},background,9,0,0,9,,,")
        lines.append(f"test,c{case:02},{group},lesion,{hit},0,{WHOLE - hit},9,,,")
    (folder / "cases.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def ablation(writer: Any, seeds: int = 3, metrics: tuple[str, ...] = ("iou_img",)) -> None:
    rows = [writer.row("ablation", variant, None, list(range(seeds))) for variant in TRUE]
    writer.plan("ablation", "ablation", rows, list(metrics))
    for variant, tp in TRUE.items():
        for seed in range(seeds):
            run(writer, f"ablation/{variant}/seed{seed}", tp[seed])


def comparison(writer: Any, of: dict[str, str], metric: str = "iou_img", **more: Any) -> None:
    """Methods, in order, with the runs of variants of TRUE."""
    rows = [writer.row("comparison", method, None, [0, 1, 2]) for method in of]
    writer.plan("comparison", "comparison", rows, [metric], **more)
    for method, variant in of.items():
        for seed in range(3):
            run(writer, f"comparison/{method}/seed{seed}", TRUE[variant][seed])


def generated(writer: Any) -> Path:
    build(writer.project())
    return Path(writer.folder / "paper/generated")


def table(folder: Path, name: str) -> dict[str, dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {next(iter(row.values())): row for row in rows}


def numbers(folder: Path) -> dict[str, Any]:
    text = (folder / "provenance.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["numbers"]
    return found


def caption(folder: Path, name: str) -> str:
    found: list[str] = re.findall(rf"caption:{name}}}\{{(.*)\}}\n", macros(folder))
    return found[0]


def macros(folder: Path) -> str:
    return (folder / "macros.tex").read_text(encoding="utf-8")


def cell(folder: Path, row: int, column: int, name: str = "tab_ablation") -> str:
    text = (folder / f"{name}.tex").read_text(encoding="utf-8")
    body = text.split("\\midrule\n", 1)[1].split("\\bottomrule")[0]
    lines = [line for line in body.splitlines() if line != "\\midrule"]
    return lines[row].removesuffix("\\\\").split("&")[column].strip()


def crossed_t(a: np.ndarray, b: np.ndarray) -> tuple[float, tuple[float, float]]:
    """p and 95 % interval by docs/explanation/statistics.md, for [seed, case] of equal shape."""
    seeds, cases = a.shape
    difference = a.mean() - b.mean()
    by_seed = sum(y.mean(1).var(ddof=1) for y in (a, b)) / seeds
    spread = (a.mean(0) - b.mean(0)).var(ddof=1) / cases
    left = []
    for y in (a, b):
        rest = y - y.mean(0) - y.mean(1)[:, None] + y.mean()
        left.append((rest**2).sum() / ((seeds - 1) * (cases - 1)) / (seeds * cases))
    by_case = max(0.0, spread - sum(left))
    dof = by_seed**2 / (2 * (seeds - 1))
    if by_case:
        dof += spread**2 / (cases - 1) + sum(e**2 for e in left) / ((seeds - 1) * (cases - 1))
    dof = (by_seed + by_case) ** 2 / dof
    error = np.sqrt(by_seed + by_case)
    half = scipy.stats.t.ppf(0.975, dof) * error
    p = 2 * scipy.stats.t.sf(abs(difference) / error, dof)
    return float(p), (float(difference - half), float(difference + half))


def test_each_sign_says_which_claim_is_shown(writer: Any) -> None:
    ablation(writer)
    made = generated(writer)
    signs = [re.findall(r"\\pksign\{(.*?\{\})?\}", cell(made, row, 3)) for row in range(4)]
    assert signs == [[], ["\\pkcheckpoints{}"], ["\\pknoise{}"], ["\\pkmethod{}"]]
    words = {name: row["iou_img/verdict"] for name, row in table(made, "tab_ablation").items()}
    assert words["baseline"] == ""
    assert words["ca"] == "better on these test images; not shown for the method"
    assert re.fullmatch(r"inside seed noise; \w+ \d+ seeds would settle it|inside seed noise; 100 "
                        "seeds would not settle it", words["cga"])  # fmt: skip
    assert words["ca-cga"] == "better; p < 0.001 over 3 seeds and 20 cases"


def test_p_and_interval_are_those_of_the_claim(writer: Any) -> None:
    ablation(writer)
    rows = table(generated(writer), "tab_ablation")
    score = {name: tp / WHOLE for name, tp in TRUE.items()}
    rivals = ["ca", "cga", "ca-cga"]
    tests = {name: crossed_t(score[name], score["baseline"]) for name in rivals}
    of_method = dict(zip(rivals, holm([tests[name][0] for name in rivals]), strict=True))
    by_case = {name: score[name].mean(0) - score["baseline"].mean(0) for name in rivals}
    wilcoxon = [scipy.stats.wilcoxon(by_case[name], zero_method="pratt").pvalue for name in rivals]
    of_images = dict(zip(rivals, holm(wilcoxon), strict=True))
    for name in ("cga", "ca-cga"):
        assert rows[name]["iou_img/claim"] == "this method"
        assert float(rows[name]["iou_img/p"]) == pytest.approx(of_method[name], rel=1e-6)
        ends = [float(rows[name][f"iou_img/delta/ci/{end}"]) for end in ("low", "high")]
        assert ends == pytest.approx(list(tests[name][1]), rel=1e-6)
    assert of_method["ca"] > 0.05  # although no image doubts these files of weights
    assert rows["ca"]["iou_img/claim"] == "these checkpoints"
    assert float(rows["ca"]["iou_img/p"]) == pytest.approx(of_images["ca"], rel=1e-6)
    ci = scipy.stats.ttest_1samp(by_case["ca"], 0).confidence_interval(0.95)
    ends = [float(rows["ca"][f"iou_img/delta/ci/{end}"]) for end in ("low", "high")]
    assert ends == pytest.approx([ci.low, ci.high], rel=1e-6)


def test_every_number_has_a_key(writer: Any) -> None:
    ablation(writer)
    made = generated(writer)
    found, defined = numbers(made), macros(made)
    seeds = (TRUE["ca-cga"] / WHOLE).mean(1)
    ci = scipy.stats.ttest_1samp(seeds, 0).confidence_interval(0.95)
    interval = found["ablation/full/iou_img/ci"]
    assert float(interval["value"]) == pytest.approx(ci.low)
    assert float(interval["high"]) == pytest.approx(ci.high)
    every = ("", "/std", "/ci", "/delta", "/delta/ci", "/p", "/n", "/verdict")
    shown = {rest: found[f"ablation/full/iou_img{rest}"]["display"] for rest in every}
    low, high = crossed_t(TRUE["ca-cga"] / WHOLE, TRUE["baseline"] / WHOLE)[1]
    gain = seeds.mean() - (TRUE["baseline"] / WHOLE).mean()
    assert shown == {
        "": f"{100 * seeds.mean():.2f}",
        "/std": f"{100 * seeds.std(ddof=1):.2f}",
        "/ci": f"{100 * ci.low:.2f} to {100 * ci.high:.2f}",
        "/delta": f"+{100 * gain:.2f}",
        "/delta/ci": f"+{100 * low:.2f} to +{100 * high:.2f}",
        "/p": "$<$0.001",
        "/n": "3",
        "/verdict": r"better; p \textless{} 0.001 over 3 seeds and 20 cases",
    }
    for rest, display in shown.items():
        assert f"\\pk@put{{ablation/full/iou_img{rest}}}{{{display}}}\n" in defined
    assert "{ablation/baseline/iou_img/p}" not in defined
    assert found["ablation/cga/iou_img/p"]["display"] == (
        f"{float(found['ablation/cga/iou_img/p']['value']):.3f}"
    )


def test_in_a_comparison_the_difference_is_ours_minus_the_rival(writer: Any) -> None:
    of = {"unet": "baseline", "pan": "ca-cga", "ours": "ca-cga"}
    copied = {"segnet": {"camvid": {"iou_img": 99.9}, "cite": "nobody2020"}}
    comparison(writer, of, literature=copied)
    made = generated(writer)
    found = numbers(made)
    gain = (TRUE["ca-cga"].mean() - TRUE["baseline"].mean()) / WHOLE
    assert float(found["comparison/unet/iou_img/delta"]["value"]) == pytest.approx(gain)
    assert found["comparison/unet/iou_img/verdict"]["display"].startswith("better; p ")
    assert found["comparison/pan/iou_img/verdict"]["display"] == (
        "inside seed noise; there is no difference to settle"
    )
    assert not [key for key in found if re.match(r"comparison/(ours|segnet)/.*/(delta|p)", key)]
    name = "tab_comparison"
    assert cell(made, 1, 1, name).endswith("\\pksign{\\pkmethod{}}")
    assert cell(made, 2, 1, name).endswith("\\pksign{\\pknoise{}}")
    assert cell(made, 3, 1, name).endswith("\\pksign{}")  # ours: the room, no sign
    p = crossed_t(TRUE["ca-cga"] / WHOLE, TRUE["baseline"] / WHOLE)[0]
    assert float(table(made, name)["unet"]["iou_img/p"]) == pytest.approx(2 * p, rel=1e-6)


def test_the_last_method_with_plugs_is_ours_and_without_one_nothing_is_tested(writer: Any) -> None:
    comparison(writer, {"ca": "ca", "ca-cga": "ca-cga", "unet": "baseline"})
    found = {key for key in numbers(generated(writer)) if key.endswith("iou_img/delta")}
    assert found == {"comparison/ca/iou_img/delta", "comparison/unet/iou_img/delta"}
    comparison(writer, {"unet": "baseline", "pan": "ca"})
    made = generated(writer)
    assert not [key for key in numbers(made) if re.search("iou_img/(delta|p|verdict)", key)]
    assert not (made / "tab_statistics_comparison.tex").exists()


def test_where_less_is_better(writer: Any) -> None:
    loss = {"unet": [0.400, 0.401, 0.403], "ours": [0.300, 0.301, 0.303]}
    rows = [writer.row("comparison", method, None, [0, 1, 2]) for method in loss]
    writer.plan("comparison", "comparison", rows, ["loss"])
    for method, values in loss.items():
        for seed, value in enumerate(values):
            writer.run(f"comparison/{method}/seed{seed}", {"loss": value})
    found = numbers(generated(writer))
    assert found["comparison/unet/loss/delta"]["display"] == "$-$0.100"
    assert found["comparison/unet/loss/verdict"]["display"] == (
        r"better; p \textless{} 0.001 over 3 seeds"
    )
    p = scipy.stats.ttest_ind(loss["ours"], loss["unet"]).pvalue
    assert float(found["comparison/unet/loss/p"]["value"]) == pytest.approx(p)


def test_two_seeds_speak_of_images_only(writer: Any) -> None:
    ablation(writer, seeds=2, metrics=("iou_img", "dice_set"))
    made = generated(writer)
    row = table(made, "tab_ablation")["ca-cga"]
    assert row["iou_img/verdict"] == "better on these test images; not shown for the method"
    assert row["dice_set/verdict"] == "2 seeds: nothing can be said of the method below 3"
    assert (row["dice_set/p"], row["dice_set/claim"]) == ("", "")
    assert "\\pkmethod" not in cell(made, 3, 3) and "\\pksign" not in cell(made, 3, 5)
    text = caption(made, "tab_ablation")
    assert "With 2 seeds nothing is said of the method." in text
    assert "\\pkmethod" not in text and "$t$ test" not in text
    assert r"not shown for the method; without a sign: not shown. $p \leq 0.05$" in text
    assert "These test images: Wilcoxon's signed-rank test over 20 test images." in text


def test_one_seed_has_no_spread_and_no_claim_of_the_method(writer: Any) -> None:
    ablation(writer, seeds=1)
    made = generated(writer)
    assert numbers(made)["ablation/full/iou_img/ci"]["display"] == "--"
    assert "{ablation/full/iou_img/ci}" not in macros(made)
    text = caption(made, "tab_ablation")
    assert "One run per row: the spread over seeds is not known." in text
    assert "With 1 seed nothing is said of the method." in text


def test_seeds_that_all_gave_the_same(writer: Any) -> None:
    ablation(writer)
    for variant in ("baseline", "ca-cga"):
        for seed in range(3):
            run(writer, f"ablation/{variant}/seed{seed}", TRUE[variant][0])
    row = table(generated(writer), "tab_ablation")["ca-cga"]
    assert row["iou_img/claim"] == "these checkpoints"
    for seed in range(3):
        run(writer, f"ablation/ca-cga/seed{seed}", TRUE["baseline"][0])
    row = table(generated(writer), "tab_ablation")["ca-cga"]
    assert row["iou_img/verdict"] == "all 3 seeds gave the same; check that the seed is used"


def test_a_missing_seed_is_missing_on_both_sides(writer: Any) -> None:
    ablation(writer)
    run(writer, "ablation/ca-cga/seed1", TRUE["ca-cga"][1], status="failed")
    row = table(generated(writer), "tab_ablation")["ca-cga"]
    gain = TRUE["ca-cga"][[0, 2]].mean() - TRUE["baseline"][[0, 2]].mean()
    assert float(row["iou_img/delta"]) == pytest.approx(gain / WHOLE)
    assert row["iou_img/verdict"] == "better on these test images; not shown for the method"


def test_images_of_one_patient_count_once(writer: Any) -> None:
    ablation(writer)
    groups = [f"p{case // 4}" for case in range(CASES)]  # 5 patients
    for variant in ("baseline", "ca-cga"):
        for seed in range(3):
            run(writer, f"ablation/{variant}/seed{seed}", TRUE[variant][seed], groups=groups)
    patients = {name: (TRUE[name] / WHOLE).reshape(3, 5, 4).mean(2) for name in TRUE}
    row = table(generated(writer), "tab_statistics_ablation")["ca-cga"]
    assert (row["seeds"], row["cases"]) == ("3", "5")
    low, high = crossed_t(patients["ca-cga"], patients["baseline"])[1]
    assert float(row["delta/ci/low"]) == pytest.approx(low)
    assert float(row["delta/ci/high"]) == pytest.approx(high)


def test_a_metric_that_the_cases_do_not_give_rests_on_its_seeds(writer: Any) -> None:
    ablation(writer)
    for seed in range(3):  # logged by another definition
        run(writer, f"ablation/ca-cga/seed{seed}", TRUE["ca-cga"][seed],
            values={"iou_img": 0.7 + 0.001 * seed})  # fmt: skip
    row = table(generated(writer), "tab_statistics_ablation")["ca-cga"]
    assert (row["cases"], row["effect"], row["wins"]) == ("0", "", "")
    theirs = [float((tp / WHOLE).mean()) for tp in TRUE["baseline"]]
    interval = scipy.stats.ttest_ind([0.700, 0.701, 0.702], theirs).confidence_interval(0.95)
    assert float(row["delta/ci/low"]) == pytest.approx(interval.low)


def test_the_caption_explains_the_signs_that_occur(writer: Any) -> None:
    ablation(writer, metrics=("iou_img", "dice_set"))
    text = caption(generated(writer), "tab_ablation")
    assert (
        r"\pkmethod{}\,shown for the method; \pkcheckpoints{}\,only on these test images, not "
        r"shown for the method; \pknoise{}\,inside seed noise. $p \leq 0.05$ after Holm's "
        "correction over 3 comparisons for each metric. The method: two-sided $t$ test with seeds "
        "and test images as crossed random factors for IoU (img), and over seeds, with the test "
        "images as given for Dice (set), which has no value per image ($n = 3$ seeds, 20 test "
        "images). These test images: Wilcoxon's signed-rank test over 20 test images."
    ) in text
    comparison(writer, {"unet": "baseline", "ours": "ca-cga"})
    text = caption(generated(writer), "tab_comparison")
    assert (
        r"Difference of Ours to a method: \pkmethod{}\,shown for the method. $p \leq 0.05$ after "
        "Holm's correction over 1 comparison. "
    ) in text
    assert "\\pknoise" not in text and "\\pkcheckpoints" not in text


def test_the_interval_of_a_share_stays_a_share(writer: Any) -> None:
    """0.70 and 0.72 with t(1) = 12.706: 58.29 to 83.71; 0.3 and 0.9 would give -321 to 441."""
    writer.ablation()
    writer.run("ablation/ca/seed0", {"iou_set": 0.3})
    writer.run("ablation/ca/seed1", {"iou_set": 0.9})
    found = numbers(generated(writer))
    assert found["ablation/baseline/iou_set/ci"]["display"] == "58.29 to 83.71"
    assert found["ablation/ca/iou_set/ci"]["display"] == "0.00 to 100.00"
