"""Implementation, data and statistics: whole sentences from configurations with known values."""

import json
from typing import Any

import pytest

from paperkit.report.compose import compose

HEAD = "% Written by `paperkit report`: edits here are lost.\n"
CONFIG = {
    "data": {
        "name": "CamVid", "root": "data", "images": "images/{id}.png", "size": [360, 480],
        "channels": 3, "class_names": ["sky", "road", "car"], "ignore_index": 255,
        "mean": [0.4, 0.41, 0.42], "std": [0.3, 0.3, 0.31], "split": "data/split.json",
        "group": "sequence", "limit": None,
    },
    "model": {"name": "unet", "backbone_weights": None, "init_from": None, "freeze": []},
    "loss": {"name": "dice_ce", "dice_weight": None, "ce_weight": None},
    "augment": {"hflip": 0.5, "vflip": 0.0, "scale": [0.8, 1.25], "rotate": 10.0,
                "brightness": 0.1, "contrast": 0.1},
    "optim": {"name": "adamw", "lr": 0.003, "weight_decay": 0.0001, "schedule": "cosine",
              "warmup": 1.0, "groups": []},
    "train": {"epochs": 60, "batch_size": 8, "accumulate": 1, "clip": None, "precision": "fp32",
              "ema": None, "early_stop": None},
    "eval": {"monitor": "iou_set", "threshold": None},
}  # fmt: skip


def configured(**sections: Any) -> dict[str, Any]:
    return {key: {**value, **sections.get(key, {})} for key, value in CONFIG.items()}


@pytest.fixture
def texts(writer: Any) -> Any:
    """Return a function: changes of CONFIG (and of single rows) -> the drafts, by their kind."""

    def made(rows: dict[str, Any] | None = None, **sections: Any) -> dict[str, str]:
        writer.ablation()
        for variant in ("baseline", "ca", "cga", "ca-cga"):
            for seed in (0, 1):
                own = (rows or {}).get(variant, {})
                merged = {key: {**sections.get(key, {}), **own.get(key, {})} for key in CONFIG}
                # JSON is YAML, and each section begins a line, as train.py writes it
                lines = [
                    f"{key}: {json.dumps(value)}" for key, value in configured(**merged).items()
                ]
                folder = f"runs/ablation/{variant}/seed{seed}"
                writer.text(f"{folder}/config.yaml", "\n".join(lines) + "\n")
        found = compose(writer.project()).texts
        return {
            name.partition("_")[0]: text.removeprefix(HEAD).rstrip("\n")
            for name, text in found.items()
            if name.endswith("_ablation.tex") and text.startswith(HEAD)
        }

    return made


def test_the_implementation_in_full(texts: Any) -> None:
    assert texts()["implementation"] == (
        "All variants were trained with AdamW (weight decay $10^{-4}$) for 60 epochs in batches of "
        "eight images in single precision. The learning rate rises linearly to $3\\times10^{-3}$ "
        "in the first epoch and then follows half a cosine to zero. The loss is the sum of Dice "
        "loss and cross-entropy. Training images are "
        "flipped horizontally (probability 0.5), scaled by a factor of 0.8 to 1.25, rotated by up "
        "to 10$^\\circ$, brightened or darkened by up to 0.1 standard deviations of the data and "
        "changed in contrast by a factor of 0.9 to 1.1, drawn anew in each epoch. All weights "
        "start at random values. Each variant was trained with two seeds (0 and 1). The epoch with "
        "the best validation mIoU was evaluated on the test set, once. The experiments ran in "
        "PyTorch 2.9 on a CPU."
    )


@pytest.mark.parametrize(
    ("section", "change", "said"),
    [
        ("optim", {"name": "sgd", "momentum": 0.9, "schedule": "poly", "warmup": 0.0, "lr": 0.01},
         "with stochastic gradient descent with momentum 0.9 (weight decay $10^{-4}$)"),
        ("optim", {"schedule": "poly", "warmup": 0.0, "lr": 0.01}, "The learning rate is 0.01 and "
         "falls to zero with the power 0.9 of the remaining steps."),
        ("optim", {"schedule": "constant", "warmup": 2.5},
         "rises linearly to $3\\times10^{-3}$ in the first 2.5 epochs and then stays constant."),
        ("optim", {"groups": [{"match": "encoder.*", "lr_scale": 0.1}]},
         "Parameters named \\texttt{encoder.{*}} learn at 0.1 times this rate."),
        ("train", {"accumulate": 4, "clip": 1.0, "precision": "bf16"},
         "in batches of eight images, accumulated over four batches to 32 in mixed precision "
         "(bfloat16). Gradients are clipped to a norm of 1."),
        ("train", {"ema": 0.999, "early_stop": 10}, "What is evaluated is a moving average of the "
         "weights with decay 0.999. Training ends early after ten epochs without a better "
         "validation mIoU."),
        ("loss", {"name": "tversky", "alpha": 0.3, "beta": 0.7},
         "The loss is the Tversky loss ($\\alpha = 0.3$ and $\\beta = 0.7$)."),
        ("loss", {"name": "focal"}, "The loss is the focal loss ($\\gamma = 2$)."),
        ("loss", {"dice_weight": 0.5, "class_weights": [1, 1, 2.5]}, "The loss is 0.5 times the "
         "Dice loss plus 1 times the cross-entropy. Its classes are weighted by 1, 1 and 2.5."),
        ("loss", {"name": "lovasz"}, "The loss is the Lov\\'{a}sz-softmax loss."),
        ("loss", {"name": "dice", "smooth": 0.0, "squared": True, "plus": {"focal": 0.01, "ce": 1}},
         "The loss is the sum of the Dice loss (squared), 0.01 times the focal loss and the "
         "cross-entropy."),
        ("loss", {"ce_weight": 0.5, "smooth": 1, "plus": {"lovasz": 2}}, "The loss is the sum of "
         "the Dice loss (smoothing constant 1), 0.5 times the cross-entropy and 2 times the "
         "Lov\\'{a}sz-softmax loss."),
        ("loss", {"name": "ce", "label_smoothing": 0.1},
         "The loss is the cross-entropy (label smoothing 0.1)."),
        ("loss", {"name": "focal", "plus": {"ce": 0.5}, "label_smoothing": 0.1}, "The loss is the "
         "sum of the focal loss ($\\gamma = 2$) and 0.5 times the cross-entropy (label smoothing "
         "0.1)."),
        ("augment", {"hflip": 0, "scale": [1, 1], "rotate": 0, "brightness": 0, "contrast": 0},
         "Training images are not augmented."),
        ("model", {"backbone_weights": "imagenet", "freeze": ["stem.*"]}, "The encoder starts from "
         "weights trained on ImageNet. Parameters named \\texttt{stem.{*}} are not trained."),
        ("model", {"init_from": "/home/me/big & old.pt"},
         "The network starts from the weights in \\texttt{big \\& old.pt}."),
    ],
)  # fmt: skip
def test_a_setting_in_words(texts: Any, section: str, change: dict[str, Any], said: str) -> None:
    assert said in texts(**{section: change})["implementation"]


def test_rows_that_were_trained_in_another_way_are_named(texts: Any) -> None:
    rows = {"cga": {"optim": {"lr": 0.0001}, "train": {"epochs": 30}}}
    assert texts(rows)["implementation"].endswith(
        "Different for CGA: learning rate $10^{-4}$ and epochs 30."
    )


OURS = """INFO = {
    "kind": "loss", "noun": "edge & corner loss", "equation": "x",
}
"""


def test_a_loss_is_called_what_its_file_says(writer: Any, texts: Any) -> None:
    """Its file wins over what earlier versions had; a loss without a file is asked for."""
    writer.text(f"{writer.project().package}/modules/ours.py", OURS)
    writer.text(f"{writer.project().package}/modules/dice.py", OURS.replace("edge", "other"))
    given = {"delta": 0.6, "gamma": 0, "max_distance": 5, "way": "sum", "sizes": [3, 5], "old": 0}
    shown = texts(loss={"name": "ours", **given})["implementation"]
    assert (
        "The loss is the edge \\& corner loss ($\\gamma = 0$, $\\delta = 0.6$, max distance 5, "
        "sizes 3 and 5 and way \\texttt{sum})."
    ) in shown
    assert (
        "The loss is the other \\& corner loss." in texts(loss={"name": "dice"})["implementation"]
    )
    shown = texts(loss={"name": "my_loss", "plus": {"focal": 0.5}})["implementation"]
    assert (
        "The loss is the sum of my\\_loss~\\pktodo[cite:my_loss]{name and cite the loss} and 0.5 "
        "times the focal loss."
    ) in shown


EQUATION = r"""INFO = {
    "kind": "loss", "noun": "NAME loss",
    "equation": r"\mathcal{L} = \gamma \frac{1}{N} \sum_i p_i, \text{ where } p_i < 1",
    "symbols": {"p_i": "probability at pixel i", r"\gamma": "NAME & co"},
    "params": "0",
}
"""


def test_the_equation_of_each_loss_is_a_draft_of_its_own(writer: Any, texts: Any) -> None:
    """Once for all rows; two losses may have one letter, since each is explained beside it."""
    package = writer.project().package
    for name in ("near", "far", "bad"):
        text = EQUATION.replace("NAME", name).replace(
            "1}{N", "1}{N" if name != "bad" else r"\input{N"
        )
        writer.text(f"{package}/modules/{name}.py", text)
    loss = {"name": "near", "plus": {"bad": 0.5}}
    found = texts({"ca": {"loss": {"name": "far", "plus": {"near": 1, "ce": 1}}}}, loss=loss)
    paragraphs = [
        f"The {name} loss is\n"
        f"\\begin{{equation}}\\label{{eq:ablation-{name}}}\n"
        "\\pkfit{\\mathcal{L}=\\gamma \\frac{1}{N}\\sum_{i}p_{i},\\text{ where }p_{i}<1}\n"
        "\\end{equation}\n"
        f"with $p_{{i}}$ (probability at pixel $i$) and $\\gamma$ ({name} \\& co)."
        for name in ("near", "far")
    ]
    assert found["loss"] == "\n\n".join(paragraphs)
    assert "loss" not in texts(loss={"name": "dice_ce"})
    texts(loss={"name": "bad"})
    assert any(
        "bad.py: the equation in INFO has the command" in w
        for w in compose(writer.project()).warnings
    )


def test_rows_with_another_loss_are_named_with_it(writer: Any, texts: Any) -> None:
    """Each row's loss as a whole: no parameter of one loss is said of another."""
    rows = {
        "ca": {"loss": {"name": "focal", "gamma": 1.0}},
        "cga": {"loss": {"name": "tversky", "alpha": 0.3, "beta": 0.7, "gamma": None}},
        "ca-cga": {"loss": {"class_weights": [1, 2, 3]}, "train": {"epochs": 30}},
    }
    assert texts(rows, loss={"name": "dice_ce"})["implementation"].endswith(
        "Different for CA: the focal loss ($\\gamma = 1$). Different for CGA: the Tversky loss "
        "($\\alpha = 0.3$ and $\\beta = 0.7$). Different for Ours: the sum of Dice loss and "
        "cross-entropy (classes weighted by 1, 2 and 3) and epochs 30."
    )


def entry(key: str) -> str:
    return f"@misc{{{key}, title={{About {key}}}, year=2020}}"


def test_every_loss_of_a_sum_is_cited(writer: Any, texts: Any) -> None:
    """Also by runs of an earlier version, which have another noun for Lovasz's."""
    texts(loss={"name": "dice", "plus": {"lovasz": 0.01, "focal": 1}})
    nouns = {"a2016": "Dice loss", "b2018": "Lovasz-softmax loss"}
    cites = [{"key": key, "bibtex": entry(key), "for": noun} for key, noun in nouns.items()]
    cites.append({"key": "", "bibtex": "", "for": "focal loss"})
    for seed in (0, 1):
        writer.run(f"ablation/baseline/seed{seed}", {"iou_set": 0.7}, cites=cites)
    made = compose(writer.project())
    assert (
        "the sum of the Dice loss~\\cite{a2016}, 0.01 times the Lov\\'{a}sz-softmax "
        "loss~\\cite{b2018} and the focal loss~\\textbf{[cite?]}."
    ) in made.texts["implementation_ablation.tex"]
    assert "@misc{b2018," in made.texts["references.bib"]


def test_cited_are_optimiser_and_loss_that_the_runs_cite(writer: Any, texts: Any) -> None:
    texts()
    entry = "@misc{loshchilov2019adamw, title={Decoupled Weight Decay Regularization}, year=2019}"
    cites = [{"key": "loshchilov2019adamw", "bibtex": entry, "for": "AdamW"}]
    for seed in (0, 1):
        writer.run(f"ablation/baseline/seed{seed}", {"iou_set": 0.7}, cites=cites)
    text = compose(writer.project()).texts["implementation_ablation.tex"]
    assert "trained with AdamW~\\cite{loshchilov2019adamw} (weight" in text


def test_the_data_in_full(writer: Any, texts: Any) -> None:
    split = {"train": ["a"] * 1200, "val": ["b"] * 101, "test": ["c"] * 8, "seed": 0}
    writer.json("data/split.json", split)
    assert texts()["data"] == (
        "The data set is CamVid~\\cite{brostow2009camvid}. There are 1,200 training, 101 "
        "validation and 8 test images. The split was drawn at random, once for all runs (seed 0). "
        "Images of one group (\\texttt{sequence}) are in one part. The three classes are sky, road "
        "and car. "
        "Pixels with the label 255 are ignored in training and evaluation. Images are resized to "
        "$360\\times480$~pixels. Channels are normalised "
        "with the means 0.4, 0.41 and 0.42 and the standard deviations 0.3, 0.3 and 0.31.\n"
        "\\pktodo[data:CamVid]{where CamVid comes from, what was excluded, licence and "
        "consent}"
    )
    assert "brostow2009camvid" in compose(writer.project()).texts["references.bib"]


def test_what_is_not_known_of_the_data_is_asked(texts: Any) -> None:
    text = texts(data={"name": "our_scans", "split": None})["data"]
    assert text.startswith("The data set is our scans~\\pktodo[cite:our_scans]"), text
    assert "{cite the data set}. There are 8 test images. \\pktodo[sizes:" in text
    assert "{the number of training and validation images}" in text
    assert "The split is that of the data set's folders." in text


def test_a_split_file_outside_of_the_project_is_not_read(writer: Any, texts: Any) -> None:
    outside = writer.folder.parent / "split.json"
    outside.write_text(json.dumps({"train": [1, 2, 3]}), encoding="utf-8")
    assert "3 training" not in texts(data={"split": "../split.json"})["data"]


def test_hostile_values_of_a_configuration_are_printed(texts: Any) -> None:
    found = texts(
        data={"name": "\\input{x}", "class_names": ["a_b", "50%", "#1"]},
        loss={"name": "$evil"},
        optim={"name": "\\write18{ls}"},
    )
    assert "The data set is \\textbackslash{}input\\{x\\}~" in found["data"]
    assert "The three classes are a b, 50\\% and \\#1." in found["data"]
    assert "The loss is \\$evil" in found["implementation"]
    assert "trained with \\textbackslash{}write18\\{ls\\}" in found["implementation"]


def test_statistics_say_what_two_seeds_allow(texts: Any) -> None:
    assert texts()["statistics"] == (
        "Every metric~\\cite{jaccard1912} is given with its definition and aggregation, as "
        "recommended in~\\cite{maierhein2024metrics}. mIoU: intersection over union from counts "
        "pooled over the test set, averaged over the 3 classes, in percent. Results are means over "
        "two runs; $\\pm$ is their standard deviation with $n-1$ in the denominator. With fewer "
        "than 3 seeds nothing is said of a method."
    )


def test_statistics_name_the_tests_that_were_made(writer: Any) -> None:
    """Four seeds of a pooled metric: a t test over seeds, three differences, no images."""
    seeds = [0, 1, 2, 3]
    rows = [writer.row("ablation", v, None, seeds) for v in ("baseline", "ca", "cga", "ca-cga")]
    writer.plan("ablation", "ablation", rows, ["iou_set"])
    for n, row in enumerate(rows):
        for seed in seeds:
            writer.run(
                f"ablation/{row['variant']}/seed{seed}", {"iou_set": 0.5 + n / 10 + seed / 99}
            )
    text = compose(writer.project()).texts["statistics_ablation.tex"]
    assert text.endswith(
        "That a method is better or worse is tested by a two-sided $t$ test over seeds, with the "
        "test images as given. For each claim, $p$ is adjusted by Holm's method~\\cite{holm1979} "
        "over the 3 differences of a metric and data set; the level is 0.05. Intervals cover "
        "95\\,\\% of a single difference and are not adjusted. The tests were computed with "
        "SciPy~\\cite{virtanen2020scipy}.\n"
    )
    assert "wilcoxon" not in text
