"""Sentences for the motivation: the test images, classes and sizes on which the others fail."""

from collections.abc import Iterable, Iterator

from paperkit.latex import Tex, escape, number, tex
from paperkit.report.where.facts import LIMIT
from paperkit.report.where.parts import Part
from paperkit.report.where.words import DECIMALS, Found, listed

__all__ = ["motivation"]

_WORST = 5  # hard cases by name
MOST = 8  # other methods, and classes, by name
_LIMIT = number(LIMIT, 0, percent=True)


def motivation(found: Found) -> Iterator[Tex]:
    """Yield sentences about what the other methods fail on."""
    facts = found.facts
    if facts.scored:
        yield _failing(found)
    if "hard/size" in found.numbers and "rest/size" in found.numbers:
        yield tex(
            r"Their objects cover a median of #1\,\% of the image; on the other #2 images it is "
            r"#3\,\%.",
            found["hard/size"], len(facts.scored) - len(facts.hard), found["rest/size"],
        )  # fmt: skip
    yield from _hard_groups(found)
    if facts.scored and found.compared.truth.dense:
        yield tex("The lowest are #1.", found.cases(facts.hard[:_WORST], facts.top.tolist()))
    yield from _failing_parts(found)
    yield from _empty(found)


def _failing(found: Found) -> Tex:
    facts, counted = found.facts, (found["failed"], found["images"])
    who = Tex("Every other method") if found.several else escape(found.methods[0])
    if found.compared.truth.dense:
        averaged = tex(", averaged over #1 runs,", found.runs) if found.runs != "1" else Tex("")
        who = tex("The #1 of #2#3", found.score, _others(found, named=True), averaged)
    if facts.failed or not found.compared.truth.dense:
        return tex("#1 #2 on #3 of #4 test images.", who, found.fail(), *counted)
    most = number(facts.top[facts.hard[-1]], DECIMALS, percent=True)
    return tex(
        r"#1 #2 on none of #3 test images; on the #4 lowest (a tenth) it is #5\,\% at most.",
        who, found.fail(), found["images"], len(facts.hard), most,
    )  # fmt: skip


def _others(found: Found, *, named: bool = False) -> Tex:
    *others, _ = map(escape, found.methods)
    if len(others) == 1:
        return others[0]
    every = Tex("every other method")
    return tex("#1 (#2)", every, listed(others)) if named and len(others) <= MOST else every


def _hard_groups(found: Found) -> Iterator[Tex]:
    groups, counts = found.compared.truth.groups, []
    for name in found.groups:
        hard = sum(groups[case] == name for case in found.facts.hard)
        every = sum(groups[case] == name for case in found.facts.scored)
        counts.append(tex("#1 of #2 of #3", hard, every, found.names.given.get(name, name)))
    if counts and found.facts.scored:
        yield tex("By group these are #1.", listed(counts))


def _failing_parts(found: Found) -> Iterator[Tex]:
    low = [
        part
        for part in found.parts
        if part.kind in ("class", "size") and part.means[part.best] < LIMIT
    ]
    stays = tex(r"the #1 of #2 stays below #3\,\% for", found.score, _others(found), _LIMIT)
    classes = [part for part in low if part.kind == "class"]
    if len(classes) > MOST:
        every = sum(part.kind == "class" for part in found.parts)
        worst = sorted(classes, key=lambda part: part.means[part.best])[:_WORST]
        counts = tex("#1 of #2 classes", len(classes), every)
        yield tex(
            "Averaged over images, #1 #2; the lowest are #3.", stays, counts, _shown(found, worst)
        )
        low = [part for part in low if part.kind != "class"]
    if low:
        yield tex("Averaged over images, #1 #2.", stays, _shown(found, low))


def _shown(found: Found, parts: Iterable[Part]) -> Tex:
    """Parts by name, each with its mean."""
    means = [(part, number(part.means[part.best], DECIMALS, percent=True)) for part in parts]
    return listed([tex("#1 (#2)", found.part(part), mean) for part, mean in means])


def _empty(found: Found) -> Iterator[Tex]:
    facts = found.facts
    if facts.empty:
        several = len(found.compared.runs) > len(found.compared.methods)
        counts = [number(n, 1 if several else 0) for n in facts.marked]
        by = [tex("on #1 by #2", n, name) for n, name in zip(counts, found.methods, strict=True)]
        yield tex(
            "The truth of #1 images has no object; one is marked #2#3.",
            found["empty"], listed(by), Tex(" (means over runs)") if several else Tex(""),
        )  # fmt: skip
