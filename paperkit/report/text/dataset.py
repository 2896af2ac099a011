r"""The paragraph on the data, as far as configurations, split files and results know them.

How many images there are stands in run.json or in the split file; where neither says it, \pktodo
asks the author.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from paperkit.latex import Tex, escape, tex
from paperkit.report.cited.borrowed import data_set
from paperkit.report.cited.citations import Citations
from paperkit.report.collect import Experiment, Result
from paperkit.report.names import Names
from paperkit.report.tables.data_facts import counts, split_file
from paperkit.report.text.settings import Settings
from paperkit.report.text.words import count, integer, listed, plain_number, sentence, todo

__all__ = ["data"]

_SPLITS = {"train": "training", "val": "validation", "test": "test"}
_LIBRARY = "torchvision:"
_MOST_CLASSES = 20


def data(root: Path, experiment: Experiment, names: Names, citations: Citations) -> Tex | None:
    """Return the paragraph, one part for each data set; None where no run left a configuration."""
    by_set: dict[str | None, list[Result]] = {}
    for result in experiment.results:
        by_set.setdefault(result.row.dataset, []).append(result)
    parts: list[Tex] = []
    for dataset, results in by_set.items():
        settings = Settings(results)
        if any(key.startswith("data.") for _, values in settings.rows for key in values):
            name = settings.get("data.name", str) or dataset or ""
            found = _Found(root, name, settings, results)
            parts.append(_part(found, names, citations))
    return Tex("\n\n").join(parts) if parts else None


class _Found:
    """What is known of one data set."""

    def __init__(
        self, root: Path, name: str, settings: Settings, results: Sequence[Result]
    ) -> None:
        self.root, self.name, self.settings, self.results = root, name, settings, results
        source = settings.get("data.images", str) or ""
        self.library = source.removeprefix(_LIBRARY) if source.startswith(_LIBRARY) else ""
        self.known = data_set(self.library) or data_set(name)
        self.synthetic = name == "synthetic" and not settings.get("data.root", str)
        self.file = settings.get("data.split", str)
        self.split = split_file(self.file, root)

    def sizes(self) -> dict[str, int]:
        """Number of images by split, as far as known."""
        runs = [run for result in self.results for run in result.runs]
        return counts(runs, self.root) if runs else {}


def _part(found: _Found, names: Names, citations: Citations) -> Tex:
    key = found.name or "data"
    about = [
        *_name(found, names, citations),
        *_sizes(found, key),
        *_classes(found, names),
        *_preparation(found),
    ]
    wish = tex("where #1 comes from, what was excluded, licence and consent", _title(found, names))
    asked = [] if found.synthetic else [todo(f"data:{key}", wish)]
    return Tex("\n").join([sentence(about), *asked])


def _title(found: _Found, names: Names) -> Tex:
    if found.known and found.name not in names.given:
        return escape(found.known[0])
    return names.tex(found.name)


def _name(found: _Found, names: Names, citations: Citations) -> Iterator[Tex]:
    title = _title(found, names)
    if found.synthetic:
        yield Tex(
            "The data are synthetic: shapes on a textured, noisy and unevenly lit ground, each "
            "image drawn by the project's code from its number"
        )
        return
    mark = citations.borrow(found.known[1]) if found.known else Tex("")
    cited = mark or todo(f"cite:{found.name}", "cite the data set")
    yield tex("The data set is #1~#2", title, cited)


def _sizes(found: _Found, key: str) -> Iterator[Tex]:
    sizes = found.sizes()
    if sizes:
        shown = listed(tex("#1 #2", integer(n), _SPLITS[name]) for name, n in sizes.items())
        yield tex("There are #1 images", shown)
    missing = [word for name, word in _SPLITS.items() if name not in sizes]
    if missing:
        yield todo(f"sizes:{key}", tex("the number of #1 images", listed(missing)))
    if found.synthetic:
        return
    if found.library:
        yield tex(
            "It was read by torchvision in its own split; a tenth of each class of the training "
            "part is held out for validation where it has no such part"
        )
    elif found.file and "seed" in found.split:
        yield tex(
            "The split was drawn at random, once for all runs (seed #1)", str(found.split["seed"])
        )
    elif found.file:
        yield tex(
            r"The split is fixed in \texttt{#1}", found.file.replace("\\", "/").rpartition("/")[2]
        )
    else:
        yield Tex("The split is that of the data set's folders")
    if group := found.settings.get("data.group", str):
        yield tex(r"Images of one group (\texttt{#1}) are in one part", group)


def _classes(found: _Found, names: Names) -> Iterator[Tex]:
    classes = found.settings.get("data.class_names", list) or []
    if classes and len(classes) <= _MOST_CLASSES:
        shown = listed(names.tex(str(name)) for name in classes)
        yield tex("The #1 are #2", count(len(classes), "class", "classes"), shown)
    elif classes:
        yield tex("It has #1", count(len(classes), "class", "classes"))
    ignored = found.settings.get("data.ignore_index", int)
    if ignored is not None:
        yield tex("Pixels with the label #1 are ignored in training and evaluation", ignored)


def _preparation(found: _Found) -> Iterator[Tex]:
    settings = found.settings
    size = settings.get("data.size", list)
    if size and all(isinstance(n, int) for n in size):
        pixels = Tex(r"\times").join([tex("#1", n) for n in size])
        what = Tex("have") if found.synthetic else Tex("are resized to")
        yield tex("Images #1 $#2$~pixels", what, pixels)
    mean, std = (settings.get(f"data.{key}", list) for key in ("mean", "std"))
    given = [*(mean or []), *(std or [])]
    if mean and std and all(isinstance(n, int | float) for n in given):
        shown = [listed(plain_number(n) for n in values) for values in (mean, std)]
        yield tex(
            "Channels are normalised with the means #1 and the standard deviations #2", *shown
        )
    elif "data.channels" in settings.rows[0][1] and not given:
        yield Tex(
            "Values in 0 to 1 are normalised with the mean 0.5 and the standard deviation 0.25"
        )
    limit = settings.get("data.limit", int)
    if limit and not found.synthetic:
        yield tex("Of each part, at most #1 are used, spread over the whole", count(limit, "image"))
