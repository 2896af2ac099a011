"""The loss in words: its noun, its parameters, the sum with further losses."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from paperkit.latex import Tex, escape, is_tex_key, slug, tex, tex_key
from paperkit.latex.maths import maths_tex
from paperkit.report.cited.citations import UNCITED, Citations
from paperkit.report.collect import Experiment, Result
from paperkit.report.text.method import explained
from paperkit.report.text.settings import Settings
from paperkit.report.text.sources import Sources
from paperkit.report.text.words import listed, plain_number, todo

__all__ = ["Objective"]

Section = Mapping[str, Any]

_GREEK = {
    "gamma": Tex(r"\gamma"),
    "alpha": Tex(r"\alpha"),
    "beta": Tex(r"\beta"),
    "delta": Tex(r"\delta"),
    "epsilon": Tex(r"\epsilon"),
    "sigma": Tex(r"\sigma"),
    "tau": Tex(r"\tau"),
    "theta": Tex(r"\theta"),
}
# not of one loss of the sum, or told apart from its parameters
_OTHER = ("name", "plus", "class_weights", "label_smoothing", "dice_weight", "ce_weight", "smooth")
# those of losses.py; the others where the project, made by an earlier version, has no file of them
_NOUNS = {
    "ce": "cross-entropy",
    "dice_ce": "Dice loss",
    "dice": "Dice loss",
    "focal": "focal loss",
    "jaccard": "Jaccard loss",
    "lovasz": "Lovász-softmax loss",
    "tversky": "Tversky loss",
}
# what runs of earlier versions say: another noun, and no parameter that was not given
_EARLIER = {"Lovász-softmax loss": "Lovasz-softmax loss"}
_USUAL: dict[str, Section] = {"focal": {"gamma": 2.0}, "tversky": {"alpha": 0.5, "beta": 0.5}}


@dataclass(frozen=True)
class Objective:
    """The losses of an experiment's rows.

    Attributes:
        settings: The configurations.
        sources: The project's modules/, which say what its losses are called.
        cite: Gives the citation, empty where there is none, of what runs cite something for.
    """

    settings: Settings
    sources: Sources
    cite: Callable[[str], Tex]

    @classmethod
    def of(cls, experiment: Experiment, citations: Citations, sources: Sources) -> "Objective":
        """Return the losses of all rows."""

        def cite(what: str) -> Tex:
            mark = citations.mark(experiment.runs, what)
            mark = mark or (UNCITED if what in citations.missing else Tex(""))
            return tex("~#1", mark) if mark else Tex("")

        return cls(Settings.of(experiment), sources, cite)

    def clauses(self) -> Iterator[Tex]:
        """Yield the clauses on the usual loss."""
        usual = self._usual()
        if isinstance(usual.get("name"), str):
            yield tex("The loss is #1", self._shown(usual, [*_smoothing(usual)]))
            if weights := _weights(usual):
                yield tex("Its classes are weighted by #1", weights)

    def others(self) -> Iterator[tuple[Result, Tex]]:
        """Yield (row, its loss) of the rows whose loss is not the usual one."""
        usual = self._usual()
        for result, section in self._sections():
            if section != usual and isinstance(section.get("name"), str):
                weights = _weights(section)
                more = [tex("classes weighted by #1", weights)] if weights else []
                yield result, self._shown(section, [*_smoothing(section), *more])

    def equations(self, experiment: str) -> Tex:
        """Return the equation of every loss that is a file and has one, with its symbols.

        Letters are as in INFO, and explained beside each: parameters are told by them.
        """
        paragraphs: list[Tex] = []
        every = (name for _, section in self._sections() for name in _names(section))
        for name in dict.fromkeys(every):
            written, named = self.sources.alone(name), self._named(name)
            if written is not None and named:
                label = f"eq:{experiment}-{name}"
                symbols = listed(tex("#1 (#2)", *pair) for pair in explained(written))
                equation = tex(
                    "\\begin{equation}\\label{#1}\n\\pkfit{#2}\n\\end{equation}",
                    tex_key(label if is_tex_key(label) else slug(label)),
                    maths_tex(written.equation),
                )
                more = tex("\nwith #1.", symbols) if symbols else Tex("")
                paragraphs.append(tex("The #1 is\n#2#3", named, equation, more))
        return Tex("\n\n").join(paragraphs)

    def _sections(self) -> list[tuple[Result, Section]]:
        """What each row says of its loss, as far as it says anything."""
        return [
            (
                result,
                {
                    key.removeprefix("loss."): value
                    for key, value in values.items()
                    if key.startswith("loss.") and value not in (None, {})
                },
            )
            for result, values in self.settings.rows
        ]

    def _usual(self) -> Section:
        """The loss of most rows, of the first where no loss has more than another."""
        every = [section for _, section in self._sections()]
        counts = Counter(repr(sorted(section.items())) for section in every)
        most = counts.most_common(1)[0][0] if counts else ""
        return next((s for s in every if repr(sorted(s.items())) == most), {})

    def _shown(self, section: Section, entropy: list[Tex]) -> Tex:
        """The loss, or the sum; `entropy` is what is said of a cross-entropy in it."""
        name, plus = str(section["name"]), section.get("plus")
        further = [*plus.items()] if isinstance(plus, Mapping) else []
        own = [*_parameters(name, section)]
        if name == "dice_ce" and not further:
            return tex("#1#2", self._dice_ce(section), _bracketed([*entropy, *own]))
        terms = [(section.get("dice_weight") if name == "dice_ce" else 1, name, own)]
        if name == "dice_ce":
            terms.append((section.get("ce_weight"), "ce", []))
        terms += [(weight, str(key), []) for key, weight in further]
        parts = [self._term(w, key, entropy if key == "ce" else said) for w, key, said in terms]
        return tex("the sum of #1", listed(parts)) if len(parts) > 1 else parts[0]

    def _term(self, weight: Any, name: str, said: list[Tex]) -> Tex:
        term = tex("#1#2", self._noun(name), _bracketed(said))
        if not _is_number(weight) or weight == 1:
            return term
        return tex("#1 times #2", plain_number(weight), term)

    def _dice_ce(self, section: Section) -> Tex:
        dice, entropy = (section.get(f"{key}_weight") or 1.0 for key in ("dice", "ce"))
        mark = self.cite("Dice loss")
        if dice == entropy == 1:
            return tex("the sum of Dice loss#1 and cross-entropy", mark)
        first = tex("#1 times the Dice loss#2", plain_number(dice), mark)
        return tex("#1 plus #2 times the cross-entropy", first, plain_number(entropy))

    def _noun(self, name: str) -> Tex:
        """What a sentence calls it; a question behind it where no file says that."""
        if named := self._named(name):
            return tex("the #1", named)
        return tex("#1~#2", name, todo(f"cite:{name}", "name and cite the loss"))

    def _named(self, name: str) -> Tex:
        """Its noun and citation; empty where no file says what it is."""
        noun = self.sources.about(name).text("noun") or _NOUNS.get(name, "")
        mark = self.cite(noun) or self.cite(_EARLIER.get(noun, noun))
        return tex("#1#2", noun, mark) if noun else Tex("")


def _names(section: Section) -> Iterator[str]:
    """The losses of a sum that can be files."""
    plus = section.get("plus")
    for name in (section.get("name"), *(plus if isinstance(plus, Mapping) else ())):
        if isinstance(name, str) and name not in ("ce", "dice_ce"):
            yield name


def _bracketed(said: list[Tex]) -> Tex:
    return tex(" (#1)", listed(said)) if said else Tex("")


def _smoothing(section: Section) -> Iterator[Tex]:
    if _is_number(smoothing := section.get("label_smoothing")) and smoothing:
        yield tex("label smoothing #1", plain_number(smoothing))


def _weights(section: Section) -> Tex:
    weights = section.get("class_weights")
    every = weights if isinstance(weights, list) else []
    return listed(plain_number(weight) for weight in every if _is_number(weight))


def _parameters(name: str, section: Section) -> Iterator[Tex]:
    given = {**_USUAL.get(name, {}), **section}
    for key, letter in _GREEK.items():
        if _is_number(given.get(key)):
            yield tex("$#1 = #2$", letter, f"{given[key]:g}")
    for key in sorted(given.keys() - {*_GREEK, *_OTHER}):
        yield from _words(str(key), given[key])
    if _is_number(smooth := given.get("smooth")) and smooth:
        yield tex("smoothing constant #1", plain_number(smooth))


def _words(key: str, value: Any) -> Iterator[Tex]:
    """A parameter that has no letter; nothing where it is off, or as in the paper."""
    words = escape(key.replace("_", " "))
    if value is True:
        yield words
    elif value and _is_number(value):
        yield tex("#1 #2", words, plain_number(value))
    elif value and isinstance(value, list):
        yield tex("#1 #2", words, listed(plain_number(v) for v in value if _is_number(v)))
    elif value and isinstance(value, str) and (key, value) != ("variant", "paper"):
        yield tex(r"#1 \texttt{#2}", words, value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
