"""What the table on where it helps owes its reader."""

from collections.abc import Iterator

from paperkit.latex import Tex, escape, number, tex
from paperkit.report.judged import ALPHA
from paperkit.report.where.parts import FEW
from paperkit.report.where.words import Found
from paperkit.stats import MIN_SEEDS

__all__ = ["where_caption"]


def where_caption(found: Found) -> Tex:
    """Return the sentences; only what occurs in the table is explained."""
    kinds = {part.kind for part in found.parts}
    sentences = [_score(found), *_kinds(found, kinds), *_classes(found)]
    return Tex(" ").join([*sentences, _difference(found), *_verdicts(found)])


def _score(found: Found) -> Tex:
    runs = sorted({len(method.result.runs) for method in found.compared.methods})
    over = tex("means over the runs ($n=#1$), then over the images", ", ".join(map(str, runs)))
    over = Tex("means over the images") if runs[-1] == 1 else over
    if not found.compared.truth.dense:
        return tex("Share of images that are right, in percent: #1.", over)
    name = "Dice coefficient" if found.compared.dice else "intersection over union"
    return tex(
        "#1: #2 per image whose truth has the class, in percent; #3.", found.score, name, over
    )


def _kinds(found: Found, kinds: set[str]) -> Iterator[Tex]:
    if "class" in kinds and found.compared.truth.dense:
        yield Tex("The first row averages the classes of each image.")
    if "size" in kinds:
        left = Tex(", background left out")
        several = len(found.compared.truth.classes) > len(found.compared.truth.objects)
        yield tex(
            "Size: share of the image that a class covers in the truth#1, cut at the terciles of "
            "the test set.",
            left if several else Tex(""),
        )  # fmt: skip
    if "pair" in kinds:
        yield Tex(
            r"$a\to b$: share of the images of $a$ that are taken for $b$, of the pairs that all "
            "methods together confuse most."
        )
    left_out = found.compared.left_out
    yield tex("$n$: images#1.", tex(" (#1 that a method lacks are left out)", left_out)
              if left_out else Tex(""))  # fmt: skip


def _classes(found: Found) -> Iterator[Tex]:
    every, shown = (sum(p.kind == "class" for p in of) for of in (found.parts, found.printed))
    if every > shown:
        yield tex("Of #1 classes, the #2 with the largest gains and losses.", every, shown)


def _difference(found: Found) -> Tex:
    other = escape(found.methods[0])
    if len(found.compared.others) > 1:
        other = Tex("the best other method of the row")
    return tex(r"$\Delta$: #1 minus #2, in points. Best in bold.", found.methods[-1], other)


def _verdicts(found: Found) -> Iterator[Tex]:
    judged = [part.verdict for part in found.parts if part.verdict]
    kinds = {verdict.kind for verdict in judged}
    tests = []
    if any(verdict.n_seeds >= MIN_SEEDS for verdict in judged):
        tests.append(tex("of the method by a crossed $t$ test over runs and #1", found.units))
    if "checkpoints only" in kinds or (judged and not tests):
        tests.append(tex("of these images by Wilcoxon's signed-rank test over #1", found.units))
    if tests:
        yield tex(
            r"Verdict: #1, adjusted by Holm over #2 tests ($\alpha=#3$).",
            Tex(", ").join(tests), found.parts[0].tests, number(ALPHA, 2),
        )  # fmt: skip
    if tests and found.several:
        yield Tex("Losses are adjusted over the other methods, too.")
    if "inside seed noise" in kinds:
        yield Tex("Seed noise: not shown (and how many seeds would settle it).")
    if found.compared.folds:
        yield Tex("Folds share training images and are not tested.")
    elif len(judged) < len(found.parts):
        yield tex("Rows with fewer than #1 #2 are not tested.", FEW, found.units)
