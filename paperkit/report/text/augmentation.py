"""What was done to the training images, in words."""

from collections.abc import Iterator

from paperkit.latex import Tex, tex
from paperkit.report.text.settings import Settings
from paperkit.report.text.words import listed, plain_number

__all__ = ["augmentation"]


def augmentation(settings: Settings) -> Iterator[Tex]:
    """Yield one clause; nothing where the configuration does not say."""
    known = any(key.startswith("augment.") for _, values in settings.rows for key in values)
    if not known:
        return
    done = [*_done(settings)]
    if not done:
        yield Tex("Training images are not augmented")
        return
    yield tex("Training images are #1, drawn anew in each epoch", listed(done))


def _done(settings: Settings) -> Iterator[Tex]:
    for key, way in (("hflip", "horizontally"), ("vflip", "vertically")):
        if share := settings.number(f"augment.{key}"):
            yield tex("flipped #1 (probability #2)", way, plain_number(share))
    scale = settings.get("augment.scale", list) or []
    if len(scale) == 2 and all(isinstance(n, int | float) for n in scale) and scale != [1, 1]:
        yield tex("scaled by a factor of #1 to #2", *map(plain_number, scale))
    if angle := settings.number("augment.rotate"):
        yield tex(r"rotated by up to #1$^\circ$", plain_number(angle))
    if change := settings.number("augment.brightness"):
        deviations = Tex("standard deviations of the data")
        yield tex("brightened or darkened by up to #1 #2", plain_number(change), deviations)
    if change := settings.number("augment.contrast"):
        ends = (plain_number(1 - change), plain_number(1 + change))
        yield tex("changed in contrast by a factor of #1 to #2", *ends)
