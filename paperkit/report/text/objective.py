"""The loss in words."""

from collections.abc import Callable, Iterator

from paperkit.latex import Tex, escape, tex
from paperkit.report.text.settings import Settings
from paperkit.report.text.words import listed, plain_number

__all__ = ["loss"]


def loss(settings: Settings, cite: Callable[[str], Tex]) -> Iterator[Tex]:
    """Yield the clauses on the loss; `cite` gives the citation of what the run calls it."""
    name = settings.get("loss.name", str)
    if name is None:
        return
    shown = {
        "ce": Tex("the cross-entropy"),
        "dice": tex("the Dice loss#1", cite("Dice loss")),
        "dice_ce": _sum(settings, cite("Dice loss")),
        "jaccard": tex("the Jaccard loss#1", cite("Jaccard loss")),
        "tversky": tex("the Tversky loss#1", cite("Tversky loss")),
        "lovasz": tex(r"the Lov\'asz-softmax loss#1", cite("Lovasz-softmax loss")),
        "focal": tex("the focal loss#1", cite("focal loss")),
    }.get(name, escape(name))
    given = [*_parameters(settings, name)]
    more = tex(" (#1)", listed(given)) if given else Tex("")
    yield tex("The loss is #1#2", shown, more)
    if weights := settings.get("loss.class_weights", list):
        shown = listed(plain_number(w) for w in weights if isinstance(w, int | float))
        yield tex("Its classes are weighted by #1", shown)


def _sum(settings: Settings, cite: Tex) -> Tex:
    dice, entropy = (settings.number(f"loss.{key}_weight") or 1.0 for key in ("dice", "ce"))
    if dice == entropy == 1:
        return tex("the sum of Dice loss#1 and cross-entropy", cite)
    shown = (plain_number(dice), plain_number(entropy))
    return tex("#1 times the Dice loss#2 plus #3 times the cross-entropy", shown[0], cite, shown[1])


def _parameters(settings: Settings, name: str) -> Iterator[Tex]:
    for key in ("gamma", "alpha", "beta"):
        value = settings.number(f"loss.{key}")
        if value is None:  # what the project's losses.py takes where nothing is given
            value = {
                ("focal", "gamma"): 2.0,
                ("tversky", "alpha"): 0.5,
                ("tversky", "beta"): 0.5,
            }.get((name, key))
        if value is not None:
            greek = {"gamma": Tex(r"\gamma"), "alpha": Tex(r"\alpha"), "beta": Tex(r"\beta")}[key]
            yield tex("$#1 = #2$", greek, f"{value:g}")
    if smoothing := settings.number("loss.label_smoothing"):
        yield tex("label smoothing #1", plain_number(smoothing))
    if smooth := settings.number("loss.smooth"):
        yield tex("smoothing constant #1", plain_number(smooth))
