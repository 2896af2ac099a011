"""Sentences for the discussion: where ours gains and loses, and what of it is shown."""

from collections.abc import Iterable, Iterator

from paperkit.latex import Tex, escape, number, tex
from paperkit.report.verdict import verdict_words
from paperkit.report.where.facts import NAMED, TIE
from paperkit.report.where.parts import FEW, Part
from paperkit.report.where.words import DECIMALS, Found, listed

__all__ = ["discussion"]

_TIE = number(TIE, 0, percent=True)
_KINDS = {  # verdicts that are no claim about the method
    "checkpoints only": Tex("Shown for these checkpoints only"),
    "inside seed noise": Tex("Inside seed noise"),
    "too few": Tex("Not shown"),
}


def discussion(found: Found) -> Iterator[Tex]:
    """Yield sentences about where ours gains and loses."""
    yield from _overall(found)
    yield from _shown(found)
    yield from _not_shown(found)
    yield from _pairs(found)
    if found.facts.scored:
        yield from _gains(found)
        yield from _below(found)
    yield from _ranks(found)
    yield from _related(found)


def _overall(found: Found) -> Iterator[Tex]:
    for part in found.parts:
        if part.kind == "all":
            other = escape(found.methods[part.best])
            other = tex("the best other method, #1,", other) if found.several else other
            yield tex(
                r"On #1 #2 reaches #3 #4 of #5\,\%, #6 #7\,\% (#8).",
                found.part(part), found.methods[-1], _article(found), found.score,
                found["all/ours"], other,
                found["all/other"], _difference(found, part),
            )  # fmt: skip


def _article(found: Found) -> Tex:
    return Tex("a") if found.score == "Dice" else Tex("an")


def _difference(found: Found, part: Part) -> Tex:
    """The difference and what it shows."""
    shown = number(part.difference, DECIMALS, percent=True, sign=True)
    words = verdict_words(part.verdict) if part.verdict else _reason(found)
    return tex("#1 points; #2", shown, words)


def _reason(found: Found) -> str:
    """Why a part has no verdict."""
    if found.compared.folds:
        return "no verdict, since folds share training images"
    return f"no verdict on fewer than {FEW} {found.units}"


def _shown(found: Found) -> Iterator[Tex]:
    """What is shown for the method, of classes, sizes and groups."""
    parts = [part for part in found.parts if part.verdict and part.kind not in ("all", "pair")]
    if not parts:
        return
    tests = tex("adjusted by Holm over #1 tests", parts[0].tests)
    gains, losses = ([p for p in parts if _kind(p) == kind] for kind in ("better", "worse"))
    if not gains and not losses:
        kinds = list(dict.fromkeys(part.kind for part in parts))
        what = " or ".join(filter(None, [", ".join(kinds[:-1]), kinds[-1]]))
        yield tex("No gain and no loss on a #1 is shown for the method (#2).", what, tests)
        return
    up = tex("gains on #1", _parts(found, gains)) if gains else Tex("no gain")
    down = tex("losses on #1", _parts(found, losses)) if losses else Tex("no loss")
    yield tex("Shown for the method (#1): #2; #3.", tests, up, down)


def _kind(part: Part) -> str:
    return part.verdict.kind if part.verdict else ""


def _not_shown(found: Found) -> Iterator[Tex]:
    """The other parts that the table prints, by what their differences are worth."""
    parts = [part for part in found.printed if part.kind not in ("all", "pair")]
    for kind, words in _KINDS.items():
        of = [part for part in parts if _kind(part) == kind]
        if of:
            yield tex("#1: #2.", words, _parts(found, of))
    untested = [part for part in parts if not part.verdict]
    if untested:
        yield tex("There is #1: #2.", _reason(found), _parts(found, untested))


def _parts(found: Found, parts: Iterable[Part]) -> Tex:
    """Parts with their differences in points."""
    deltas = [(p, number(p.difference, DECIMALS, percent=True, sign=True)) for p in parts]
    return listed([tex("#1 (#2)", found.part(part), delta) for part, delta in deltas])


def _pairs(found: Found) -> Iterator[Tex]:
    for part in found.parts:
        if part.kind == "pair":
            ours, best = (number(part.means[n], DECIMALS, percent=True) for n in (-1, part.best))
            true, taken = (found.names.given.get(x, x) for x in (part.name, part.taken))
            yield tex(
                r"Images of #1 are taken for #2 in #3\,\% by #4 and in #5\,\% by #6 (#7).",
                true, taken, best, found.methods[part.best], ours, found.methods[-1],
                _difference(found, part),
            )  # fmt: skip


def _gains(found: Found) -> Iterator[Tex]:
    facts = found.facts
    best = Tex(" (the best other method over all images)") if found.several else Tex("")
    yield tex(
        "Against #1#2, #3 gains more than #4 point on #5, loses more than that on #6 and differs "
        "by less on #7.",
        found.methods[facts.rival], best, found.methods[-1], _TIE, _images(found["gained"]),
        found["lost"], found["tied"],
    )  # fmt: skip
    for word, cases in (("gains", facts.gained), ("losses", facts.lost)):
        if cases and found.compared.truth.dense:
            named = found.cases(cases[:NAMED], facts.gain.tolist(), sign=True)
            yield tex("The largest #1 are on #2.", word, named)


def _images(count: Tex) -> Tex:
    return tex("#1 image", count) if count == "1" else tex("#1 images", count)


def _below(found: Found) -> Iterator[Tex]:
    if not any(found.facts.below):
        return
    ours = found.methods[-1]
    every = Tex("All methods") if found.several else Tex("Both")
    alone = tex("all but #1", ours) if found.several else tex("#1 alone", found.methods[0])
    yield tex(
        "#1 #2 on #3, #4 on #5 and #6 alone on #7.",
        every, found.fail(plural=True), _images(found["below/all"]), alone, found["below/others"],
        ours, found["below/ours"],
    )  # fmt: skip


def _ranks(found: Found) -> Iterator[Tex]:
    ranks = zip(found.methods, found.facts.ranks, strict=False)
    shown = [tex("#1 with #2", number(rank, 1), name) for name, rank in ranks]
    if shown:
        yield tex("Where all of them fail, the median rank of the true class is #1.", listed(shown))


def _related(found: Found) -> Iterator[Tex]:
    relation = found.facts.relation
    if relation is None:
        return
    rival = found.methods[found.facts.rival]
    easy = tex("the #1 of #2 with its other seeds", found.score, rival)
    if relation.source == "others":
        easy = tex("the mean #1 of the remaining methods", found.score)
    shown = Tex("no relation of gain and difficulty is shown")
    if relation.high < 0:
        shown = Tex("the gain is larger on harder images")
    elif relation.low > 0:
        shown = Tex("the gain is smaller on harder images")
    yield tex(
        r"Between the gain over #1 and #2, Spearman's $\rho$ over the images is #3 (95\,\% "
        "interval #4, of these checkpoints): #5.",
        rival, easy, found["rho"], found["rho/ci"], shown,
    )  # fmt: skip
