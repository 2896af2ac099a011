r"""The draft of the method: one paragraph and one equation for each plugged module.

Facts only: what it is, whose it is, where it is plugged, in which way, what it costs. Why it is
there is the author's: \pktodo asks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from paperkit.latex import Tex, escape, is_tex_key, rounded, slug, tex, tex_key
from paperkit.latex.maths import maths_tex
from paperkit.report.cited.citations import UNCITED, Citations
from paperkit.report.collect import Experiment, Result
from paperkit.report.names import Names
from paperkit.report.text.expression import COMBINATIONS, Call, calls
from paperkit.report.text.info import About
from paperkit.report.text.meaning import meaning_tex, prose
from paperkit.report.text.notation import Written
from paperkit.report.text.places import place_words
from paperkit.report.text.plugged import Plugged, full_result, plugged
from paperkit.report.text.sources import Sources
from paperkit.report.text.words import integer, listed, plain_number, sentence, todo

__all__ = ["Method", "explained", "method"]

_MERGES = {
    "add": "added",
    "mean": "averaged",
    "mul": "multiplied",
    "max": "merged by their largest value",
    "concat": r"concatenated and reduced by a 1x1 convolution",
    "gate": "weighed by learnt gates and added",
}
_INITS = {
    "identity": "It starts as the identity: a learnt factor, zero at first, blends it in",
    "small": "A learnt factor, 0.001 at first, blends it in",
    "zero_last": "Its last layer starts at zero",
}


@dataclass(frozen=True)
class Method:
    """The draft of an experiment's method.

    Attributes:
        text: The paragraphs.
        modules: What the table of symbols is made of.
    """

    text: Tex
    modules: tuple[Written, ...]


@dataclass
class _Draft:
    """What the paragraphs of one experiment are made from."""

    experiment: Experiment
    result: Result
    names: Names
    citations: Citations
    sources: Sources
    done: set[str] = field(default_factory=set)


def method(
    experiment: Experiment, names: Names, citations: Citations, sources: Sources
) -> Method | None:
    """Return the draft for the full method; None where nothing is plugged in."""
    result = full_result(experiment)
    if result is None:
        return None
    draft = _Draft(experiment, result, names, citations, sources)
    groups = plugged(result)
    sources.set_apart |= {call.name for group in groups for call in _set(sources, group)}
    paragraphs = [_opening(draft, groups)]
    for group in groups:
        for name in group.names:
            if name not in draft.done:
                draft.done.add(name)
                paragraphs.append(_paragraph(draft, groups, name))
    return Method(Tex("\n\n").join(paragraphs), tuple(sources.written))


def _set(sources: Sources, group: Plugged) -> Iterator[Call]:
    """Modules with options that are not the published ones."""
    for call in calls(group.expression):
        usual = sources.about(call.name).defaults
        if any(usual.get(key) != value for key, value in call.options):
            yield call


def _opening(draft: _Draft, groups: Sequence[Plugged]) -> Tex:
    models = dict.fromkeys(run.model.name for run in draft.result.runs if run.model.name)
    base = listed([_cited(draft, str(model)) for model in models]) if models else Tex("")
    parts = [tex("The network is based on #1", base)] if base else []
    if not any(group.replaces for group in groups):
        parts.append(
            Tex(
                "Modules are inserted between its layers, none of which changes its shape, so that "
                "it starts from the same weights with and without them"
            )
        )
    return sentence(parts)


def _paragraph(draft: _Draft, groups: Sequence[Plugged], name: str) -> Tex:
    about = draft.sources.about(name)
    here = [group for group in groups if name in group.names]
    parts = [part for group in here for part in _placed(draft, group, name)]
    why = tex("why #1 at this place", draft.sources.title(name))
    lines = [sentence(parts), todo(f"why:{name}", why), *_equation(draft, about)]
    return Tex("\n").join([line for line in lines if line])


def _placed(draft: _Draft, group: Plugged, name: str) -> Iterator[Tex]:
    about = draft.sources.about(name)
    where = place_words(group.slots, group.selectors, replace=group.replaces)
    call = next(call for call in calls(group.expression) if call.name == name)
    verb = "replaces" if group.replaces else "is inserted"
    title = _cited(draft, name, begins=True)
    if group.names[0] != name and group.names[0] in draft.done:
        first = draft.sources.title(group.names[0])
        yield tex("#1 is part of the combination with #2", title, first)
    else:
        yield tex("#1 #2 #3#4", title, verb, where, _way(draft, group))
    if made := about.info.get("parts"):
        yield tex("It is made of #1", listed([_cited(draft, str(part)) for part in made]))
    yield from _options(draft, about, call)
    if group.names[0] == name:
        if about.text("kind") == "fusion" and about.text("returns") != "skip":
            yield Tex(
                r"It takes the place of the concatenation; a $1\times1$ convolution restores the "
                "width that the next layer expects"
            )
        if group.init in _INITS:
            yield escape(_INITS[group.init])
        yield from _cost(draft, group)


def _way(draft: _Draft, group: Plugged) -> Tex:
    """How an expression of several parts is put together; nothing for a module alone."""
    if group.expression.name not in COMBINATIONS:
        return Tex("")
    return tex(", combined as #1", _combination(draft, group.expression))


def _combination(draft: _Draft, call: Call) -> Tex:
    if call.name not in COMBINATIONS:
        return draft.sources.title(call.name)
    parts = [_combination(draft, part) for part in call.parts]
    if call.name == "residual":
        return tex(r"#1 with its input added, $\mathbf{x} + E(\mathbf{x})$", listed(parts))
    if call.name == "gate":
        gate = Tex(r"as a gate of its input, $\mathbf{x} \odot \mathrm{sigmoid}(E(\mathbf{x}))$")
        return tex("#1 #2", listed(parts), gate)
    if call.name == "concat":
        return tex(r"#1 and its input, joined by a $1\times1$ convolution", listed(parts))
    if call.name == "chain":
        return Tex(", then ").join(parts)
    merge = dict(call.options).get("merge", "add")
    merged = _MERGES.get(merge.name if isinstance(merge, Call) else str(merge), "merged")
    return tex("#1 side by side, #2", listed(parts), merged)


def _options(draft: _Draft, about: About, call: Call) -> Iterator[Tex]:
    for key, value in call.options:
        usual = about.defaults.get(key)
        if isinstance(value, Call):
            if (value.parts or value.options or key in about.texts("components")) and value.name:
                simple = value.name not in COMBINATIONS
                what = _cited(draft, value.name) if simple else _combination(draft, value)
                yield tex(r"Its \texttt{#1} is #2", key, what)
                continue
            value = value.name
        if value == usual and type(value) is type(usual):
            continue
        told = about.texts("variants").get(str(value)) if key == "variant" else None
        if told:
            yield tex(r"Its variant \texttt{#1} is used: #2", str(value), prose(told))
        elif usual is None:
            yield tex(r"Its \texttt{#1} is #2", key, _shown(value))
        else:
            yield tex(r"Its \texttt{#1} is #2 instead of #3", key, _shown(value), _shown(usual))


def _cost(draft: _Draft, group: Plugged) -> Iterator[Tex]:
    if group.params is None:
        return
    what = "It" if len(group.names) == 1 else "The combination"
    verb = "adds" if group.params >= 0 else "saves"
    if group.params == 0:
        cost = Tex("no parameters")
    else:
        of = _baseline(draft)
        share = tex(r" (#1\,\% of the baseline's)", _share(group.params, of)) if of else ""
        cost = tex("#1 parameters#2", integer(abs(group.params)), share)
    if group.macs and group.macs > 0 and group.params >= 0:
        size = _input(draft.result)
        cost = tex("#1 and #2 multiply-accumulate operations#3", cost, _macs(group.macs), size)
    yield tex("#1 #2 #3", what, verb, cost)


def _baseline(draft: _Draft) -> int | None:
    """Parameters of the row without modules; a comparison's first method is another model."""
    base = draft.experiment.reference(draft.result.row)
    if draft.experiment.plan.kind != "ablation" or base is None or base is draft.result:
        return None
    return base.row.params


def _share(params: int, of: int) -> str:
    share = abs(params) / of
    return rounded(share, 2 if share < 0.1 else 1, percent=True) or ""


def _macs(macs: int) -> str:
    if macs >= 10**8:
        return f"{rounded(macs / 10**9, 2)} billion"
    return f"{rounded(macs / 10**6, 2)} million" if macs >= 10**5 else integer(macs)


def _input(result: Result) -> Tex:
    size = result.row.input
    if not size:
        return Tex("")
    return tex(r" for an input of $#1$", Tex(r"\times").join([escape(str(n)) for n in size]))


def _equation(draft: _Draft, about: About) -> Iterator[Tex]:
    written = draft.sources.notation(about.name)
    title = draft.sources.title(about.name)
    if written is None:
        yield todo(f"equation:{about.name}", tex("the equation of #1", title))
        return
    label = f"eq:{draft.experiment.name}-{about.name}"
    label = tex_key(label if is_tex_key(label) else slug(label))
    yield tex(
        "With input $\\mathbf{x}$#1, it computes\n"
        "\\begin{equation}\\label{#2}\n\\pkfit{#3}\n\\end{equation}",
        Tex(r" and skip $\mathbf{s}$") if written.source.fusion else "",
        label,
        maths_tex(written.equation),
    )
    shown = [tex("#1 (#2)", symbols, meaning) for symbols, meaning in explained(written)]
    if shown:
        yield tex("with #1.", listed(shown))


def explained(written: Written) -> Iterator[tuple[Tex, Tex]]:
    """Yield (symbols, what they mean) of a module in the shared notation."""
    for group, text in written.symbols:
        symbols = Tex(", ").join([tex("$#1$", maths_tex(symbol)) for symbol in group])
        yield symbols, meaning_tex(text, written.plain)
    for name, text in written.source.widths.items():
        yield tex("$#1$", maths_tex(written.plain(name))), meaning_tex(text, written.plain)


def _cited(draft: _Draft, name: str, *, begins: bool = False) -> Tex:
    own = draft.sources.about(name).info.get("own") is True
    title = draft.sources.title(name, begins=begins)
    mark = draft.citations.mark(draft.experiment.runs, name)
    return title if own and not mark else tex("#1~#2", title, mark or UNCITED)


def _shown(value: object) -> Tex:
    if isinstance(value, bool) or value is None:
        return tex(r"\texttt{#1}", str(value).lower())
    if isinstance(value, int | float):
        return plain_number(value)
    return tex(r"\texttt{#1}", str(value))
