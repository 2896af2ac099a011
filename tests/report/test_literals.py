r"""Numbers typed by hand: what is found, what is left alone, and how often it is wrong."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from paperkit.report.checks.literals import typed
from paperkit.report.checks.manuscript import manuscript
from paperkit.report.quantity import Quantity

RESULTS = {
    quantity.key: quantity
    for quantity in [
        Quantity("ablation/baseline/iou_set", 0.71, "%", 2, n=2),
        Quantity("ablation/ca/iou_set", 0.735, "%", 2, n=2),
        Quantity("ablation/ca/iou_set/std", 0.0212, "%", 2, n=2, ddof=1),
        Quantity("ablation/ca/iou_set/delta", 0.025, "%", 2, n=2, signed=True),
        Quantity("ablation/ca/iou_set/n", 2.0, "", 0, n=2),
        Quantity("ablation/cga/iou_set", 0.73464, "%", 2, n=2),
        Quantity("ablation/ca/params", 1.95, "M", 2, source="plan"),
        Quantity("ablation/ca/gmacs", 0.5, "G", 2, source="plan"),
        Quantity("ablation/where/all/delta", 0.033, "%", 2, n=4, signed=True),
        Quantity("ablation/ca/iou_set/p", 0.0384, "", 3, n=4),
        Quantity("ablation/ca/hd95", 9.1, "mm", 1, n=2),
    ]
}
Found = Callable[[str], list[str]]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    def run(text: str) -> list[str]:
        (tmp_path / "main.tex").write_text(text, encoding="utf-8")
        return [f"{one.place}: {one}" for one in typed(manuscript(tmp_path), RESULTS)]

    return run


def test_a_typed_result_names_its_place_and_the_macro(found: Found) -> None:
    text = "The baseline is weak.\nWith coordinate attention we reach\n71.00\\,\\% mIoU."
    assert found(text) == [
        "paper/main.tex:3: 71.00 is typed by hand and equals ablation/baseline/iou_set: "
        "write \\pk{ablation/baseline/iou_set}"
    ]


@pytest.mark.parametrize(
    ("text", "digits", "first"),
    [
        ("We reach 73.50 on the test set.", "73.50", "ablation/ca/iou_set"),
        ("We reach 73.5\\% on the test set.", "73.5", "ablation/ca/iou_set"),
        ("We reach a mean IoU of 0.735 here.", "0.735", "ablation/ca/iou_set"),
        ("We reach $73.50\\pm2.12$.", "73.50", "ablation/ca/iou_set"),
        ("A gain of 2.5 percentage points.", "2.5", "ablation/ca/iou_set/delta"),
        ("A gain of $+2.50$~points.", "2.50", "ablation/ca/iou_set/delta"),
        ("It has 1.95M parameters.", "1.95", "ablation/ca/params"),
        ("It has 1.95~million parameters.", "1.95", "ablation/ca/params"),
        ("It needs 0.50 GMACs.", "0.50", "ablation/ca/gmacs"),
        ("The IoU is 71\\,\\% here.", "71", "ablation/baseline/iou_set"),
        ("It is \\SI{71}{\\percent}, $71\\%$.", "71", "ablation/baseline/iou_set"),
        ("The IoU ($= 73.5$) is higher.", "73.5", "ablation/ca/iou_set"),
        ("Ours & \\textbf{73.50} & 12.0 \\\\", "73.50", "ablation/ca/iou_set"),
        ("It is \\SI{73.50}{\\percent}.", "73.50", "ablation/ca/iou_set"),
        ("See~\\cite{hou} (73.50).", "73.50", "ablation/ca/iou_set"),
        ("\\pkif{a/b}{We reach 73.50.}{}", "73.50", "ablation/ca/iou_set"),
        ("\\newcommand{\\ours}{73.50\\,\\%}\n\\begin{document}x", "73.50", "ablation/ca/iou_set"),
        ("\\caption[Short]{Results: 73.50 in Table 2.}", "73.50", "ablation/ca/iou_set"),
        ("\\textcolor{red}{73.50} in review.", "73.50", "ablation/ca/iou_set"),
        ("The boundaries are 9.1~mm apart.", "9.1", "ablation/ca/hd95"),
        ("It is better ($p=0.038$).", "0.038", "ablation/ca/iou_set/p"),
        ("It is better ($p = 0.04$, Wilcoxon).", "0.04", "ablation/ca/iou_set/p"),
        ("It is better, with a p value of 0.038.", "0.038", "ablation/ca/iou_set/p"),
        ("It is better, with a $p$-value of $0.038$.", "0.038", "ablation/ca/iou_set/p"),
        ("It is better (\\emph{p} = 0.038).", "0.038", "ablation/ca/iou_set/p"),
    ],
)
def test_every_way_to_type_a_result(found: Found, text: str, digits: str, first: str) -> None:
    (*_, line) = [line for line in found(text) if f": {digits} is" in line]
    assert f": {digits} is typed by hand and equals {first}" in line


def test_results_that_print_alike_are_all_named(found: Found) -> None:
    # 0.73464 is 73.46 as printed, and 73.5 with one decimal less
    assert found("A mean IoU of 73.5\\,\\%.") == [
        "paper/main.tex:1: 73.5 is typed by hand and equals ablation/ca/iou_set "
        "(also ablation/cga/iou_set): write \\pk{ablation/ca/iou_set}"
    ]
    assert found("It is 73.5 somehow.")[0].count("also") == 0  # only rounded: needs its unit


@pytest.mark.parametrize(
    "text",
    [
        "% we had 73.50 once",
        "We had 73.50 once.  % paperkit: ok",
        "\\pk{ablation/73.50/iou_set} and \\label{tab:73.50} \\cite{x73.50}",
        "\\includegraphics[width=0.735\\linewidth,trim=73.50 0 0 0]{fig73.50}",
        "\\vspace{73.50pt} \\hspace*{-1.95em} a gap of 73.50pt",
        "\\setlength{\\tabcolsep}{2.50pt}\\renewcommand{\\arraystretch}{1.95}",
        "\\definecolor{ours}{rgb}{0.735,0.710,0.025}",
        "\\begin{tikzpicture}\\draw (73.50,1.95) -- (2.50,0.735);\\end{tikzpicture}",
        "\\begin{equation}x = 73.50\\end{equation} \\[y = 73.50\\]",
        "\\begin{lstlisting}\nx = 73.50\n\\end{lstlisting} \\verb|73.50|",
        "\\begin{document}Text.\\end{document} 73.50",
        "\\usepackage[margin=1.95cm]{geometry}\n\\begin{document}Text.",
        "PyTorch 1.95, CUDA~2.50 and version 73.50",
        "release 1.95.3 and 10.73.50",
        "Table 2.50, Fig.~1.95 and Section 73.50",
        "It takes 73.50 ms, 2.50\\,GB and 1.95 s at 73.50~W.",
        "a rate of $10^{-2.50}$ or $1.95\\times10^{-3}$, and 2.50e-4",
        "with $\\lambda = 73.50$ and $\\alpha \\in 2.50$",
        "a dropout of 0.50 and a margin of 2.5",
        "since 2020, in 2021 and on 21.11.2026",
        "in 2 runs with 71 and 73 cases",
        "7,173.50 images and a ResNet-73.50",
        "An IoU of 73.51 and 74.50.",
        "An IoU of 73\\,\\% and 74\\,\\%, about 71 images, 71M parameters and $71\\pm2$.",
        "71,000 images, 1,071\\% and 71,5\\%",
        "all of the 3.3 others",
        "slices of 9.1\\,cm and a score of 9.1",
        "with $q = 0.038$, a step = 0.038 and a dropout of 0.04",
        "They found $p = 0.038$ \\cite{others}; we take $p < 0.05$ and $p = 0.03$.",
    ],
)
def test_what_is_no_result_is_left_alone(found: Found, text: str) -> None:
    assert found(text) == []


# as such papers are written; no number in it is a result of ours
OTHERS = r"""
\section{Implementation}
All models are trained with AdamW~\cite{loshchilov2019} ($\beta_1 = 0.9$, $\beta_2 = 0.999$,
weight decay 0.01) for 300 epochs with a batch size of 16. The learning rate is $6\times10^{-5}$
with a polynomial decay of power 0.9, after a linear warm-up of 1.5k iterations. Images are scaled
by a factor between 0.5 and 2.0, cropped to $512\times512$, flipped with probability 0.5 and
normalised to zero mean. We use PyTorch 2.15 with CUDA 12.4 on one GPU with 24\,GB; an epoch takes
2.35 minutes and a run 11.75 hours. The loss is $\mathcal{L} = \mathcal{L}_{ce} +
0.5\,\mathcal{L}_{dice}$.

\section{Related Work}
FCN~\cite{long2015} reached 62.2\,\% mIoU on VOC 2012 and was improved by 7.5\,\% relative to
that. DeepLabv3+~\cite{chen2018} reports 89.0\,\% with a stride of 16, and SegFormer-B5 84.0\,\%
with 84.7M parameters and 1447.6 GMACs. Attention costs between 0.02\,M and 1.2\,M parameters.
Kappa values above 0.81 are called almost perfect~\cite{landis1977}. The learning rates of 0.001
and 0.0005 are common. A Dice loss was weighted with 0.75, focal loss with $\gamma = 2.0$ and
$\alpha = 0.25$.

\section{Data}
The set has 2,594 images, of which 80\,\% are used for training and 10\,\% each for validation and
test. Lesions cover 21.4\,\% of the area on average (range 0.3 to 95.6\,\%), at 0.65\,mm per
pixel; 4.5\,\% of the images have hair. The median age was 57.5 years. Cohen's $\kappa$ between
raters was 0.82. Resolution was $1.5\times1.5\times3.0$\,mm at 1.5\,T. Fig.~2.1 and Section 3.12
give more.
"""


def test_a_realistic_text_raises_no_alarm(found: Found) -> None:
    assert found(OTHERS) == []


def test_chance_alarms_are_rare(tmp_path: Path) -> None:
    """As docs/how-to/numbers.md says: 0.05 for each text beside 100 random results."""
    (tmp_path / "main.tex").write_text(OTHERS, encoding="utf-8")
    paper, rng, alarms = manuscript(tmp_path), random.Random(0), 0
    for _ in range(20):
        results = [one for i in range(20) for one in by_chance(f"e/v{i}", rng)]
        alarms += len([*typed(paper, {one.key: one for one in results})])
    assert alarms <= 3


def by_chance(row: str, rng: random.Random) -> list[Quantity]:
    return [
        Quantity(f"{row}/iou_set", rng.uniform(0.4, 0.95), "%", 2),
        Quantity(f"{row}/iou_set/std", rng.uniform(0, 0.03), "%", 2),
        Quantity(f"{row}/iou_set/delta", rng.uniform(-0.05, 0.05), "%", 2, signed=True),
        Quantity(f"{row}/params", rng.uniform(0.5, 60), "M", 2),
        Quantity(f"{row}/gmacs", rng.uniform(0.5, 60), "G", 2),
    ]
