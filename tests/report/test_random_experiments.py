"""Any experiment, however torn: every number of its report is recomputed here from what was drawn.

Runs are done, failed, running, stale or not there; metrics are undefined; names are odd.
"""

import json
import random
import re
import statistics
import subprocess
from typing import Any

import pytest

from paperkit.report import build, check
from paperkit.report.metrics import find_metric

METRICS = ["iou_set", "dice_set", "iou_img", "acc_set", "hd95"]
STATES = [*["done"] * 8, "failed", "diverged", "running", "queued"]
WORDS = [
    "Gated",
    "U-Net",
    "DeepLabV3+",
    "(ours)",
    "w/o",
    "ResNet-50",
    "Müller's",
    "100%",
    "a_b",
    "$x$",
    "#1",
    "A&B",
    "\\input{x}",
]
HEAD = "split,case,group,class,tp,fp,fn,tn,hd95,assd,nsd\n"
PAGE = r"""\documentclass[journal]{IEEEtran}\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}
\usepackage{amsmath,amssymb,booktabs,cite,color,graphicx,pifont,url}
\input{generated/macros.tex}\begin{document}"""
Drawn = dict[tuple[str, str | None], list[dict[str, float | None]]]  # values of the runs that count


class Experiment:
    """A drawn experiment, written with `writer`."""

    def __init__(self, writer: Any, seed: int) -> None:
        self.draw, self.writer = random.Random(seed), writer
        self.kind = self.draw.choice(["comparison", "ablation"])
        self.metrics = self.draw.sample(METRICS, self.draw.randint(1, 3))
        methods = [f"m{n}" for n in range(self.draw.randint(1, 6))] + ["ours"]
        self.variants = ["baseline", "ca", "cga", "ca-cga"] if self.kind == "ablation" else methods
        several = [f"set{n}" for n in range(self.draw.choice([1, 2, 6]))]
        one = self.kind == "ablation" or self.draw.random() < 0.5
        self.sets: list[str | None] = [None] if one else [*several]
        self.cases = self.draw.choice([0, 0, 3, 12])
        self.counted: Drawn = {}

    def write(self) -> None:
        seeds = list(range(self.draw.choice([1, 2, 3, 5])))
        rows = [self.writer.row(self.kind, v, s, seeds) for v in self.variants for s in self.sets]
        self.writer.plan(self.kind, self.kind, rows, self.metrics)
        names = {name: self._name() for name in self.variants if self.draw.random() < 0.6}
        self.writer.text("paperkit.yaml", f"names: {json.dumps(names)}\nfigures: []\n")
        for row in rows:
            level = self.draw.random()
            found = [self._run(planned["id"], level) for planned in row["runs"]]
            of = row["variant"], row["dataset"]
            self.counted[of] = [values for values in found if values is not None]

    def _name(self) -> str:
        return " ".join(self.draw.choice(WORDS) for _ in range(self.draw.randint(1, 6)))

    def _run(self, name: str, level: float) -> dict[str, float | None] | None:
        """Write a run; return its values where it counts."""
        state, stale = self.draw.choice(STATES), self.draw.random() < 0.06
        values = {metric: self._value(metric, level) for metric in self.metrics}
        if self.draw.random() < 0.05:
            return None  # never started
        change = {"code_sha256": "another"} if stale else {}
        self.writer.run(name, values, status=state, **change)
        if self.cases:
            self.writer.text(f"runs/{name}/cases.csv", HEAD + "".join(self._cases()))
        return values if state == "done" and not stale else None

    def _value(self, metric: str, level: float) -> float | None:
        value = self.draw.choice([level, level + self.draw.gauss(0, 0.03)])
        if self.draw.random() < 0.05:
            return None
        return abs(50 * value) if metric == "hd95" else min(max(value, 0.0), 1.0)

    def _cases(self) -> list[str]:
        pixels = ([self.draw.choice([0, self.draw.randint(0, 50)]) for _ in range(3)]
                  for _ in range(2 * self.cases))  # fmt: skip
        places = [(case, name) for case in range(self.cases) for name in ("background", "disk_1")]
        return [
            f"test,c{case},,{name},{tp},{fp},{fn},9,,,\n"
            for (case, name), (tp, fp, fn) in zip(places, pixels, strict=True)
        ]

    def values(self, variant: str, dataset: str | None, metric: str) -> list[float]:
        found = [values[metric] for values in self.counted[variant, dataset]]
        return [value for value in found if value is not None]


@pytest.fixture(params=range(16))
def drawn(request: pytest.FixtureRequest, writer: Any) -> Experiment:
    made = Experiment(writer, request.param)
    made.write()
    build(writer.project())
    return made


def test_every_number_is_that_of_the_runs_that_count(drawn: Experiment) -> None:
    folder = drawn.writer.folder / "paper/generated"
    numbers = json.loads((folder / "provenance.json").read_text("utf-8"))["numbers"]
    for variant, dataset in drawn.counted:
        for metric in drawn.metrics:
            key = "/".join(filter(None, [drawn.kind, variant, dataset, metric]))
            values = drawn.values(variant, dataset, metric)
            mean, std, n = (numbers[key + end]["value"] for end in ("", "/std", "/n"))
            assert float(n) == len(values)
            assert (mean is None) == (not values) and (std is None) == (len(values) < 2)
            if values:
                assert float(mean) == pytest.approx(statistics.fmean(values), rel=1e-13)
            if len(values) > 1:
                assert float(std) == pytest.approx(statistics.stdev(values), abs=1e-13)
    assert [str(found) for found in check(drawn.writer.project())] == []


def test_the_best_and_no_other_is_bold(drawn: Experiment) -> None:
    if len(drawn.sets) > 1:  # Markdown has one line of heads
        return
    text = (drawn.writer.folder / f"paper/generated/tab_{drawn.kind}.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    heads = [index for index, head in enumerate(rows[0].split(" | ")) if re.search("[↑↓]", head)]
    for metric, column in zip(drawn.metrics, heads, strict=True):
        means = [
            statistics.fmean(values) if (values := drawn.values(v, drawn.sets[0], metric)) else None
            for v in drawn.variants
        ]
        best = (max if find_metric(metric).higher else min)(
            (mean for mean in means if mean is not None), default=None
        )
        bold = ["**" in row.split(" | ")[column] for row in rows[2:]]
        several = sum(mean is not None for mean in means) > 1
        assert bold == [several and mean is not None and mean == best for mean in means]


@pytest.mark.latex
def test_its_tables_and_drafts_compile(drawn: Experiment) -> None:
    folder = drawn.writer.folder / "paper"
    floats = [
        rf"\begin{{table*}}\caption{{\pkcaption{{{path.stem}}}}}\input{{generated/{path.stem}}}"
        r"\end{table*}"
        for path in sorted(folder.glob("generated/tab_*.tex"))
    ]
    drafts = [
        rf"\input{{generated/{path.stem}}}\par "
        for path in sorted(folder.glob("generated/*.tex"))
        if not path.stem.startswith(("tab_", "macros"))
    ]
    assert floats
    text = "\n".join([PAGE, *floats, r"\clearpage", *drafts, r"\end{document}"])
    drawn.writer.text("paper/all.tex", text)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")[-1500:]
