"""Which sample is for training, validation and test, decided before any pixel is read."""

import json
from collections import defaultdict

from paperkit.scaffold.data.patterns import Found
from paperkit.scaffold.data.words import SPLIT_WORDS

SPLITS = ("train", "val", "test")
SHARES = {"val": 0.15, "test": 0.15}


def divide(samples: list[Found], *, seed: int) -> tuple[dict[str, list[Found]], list[str]]:
    """(samples by split, the splits that chance filled). What folders lack is drawn from train."""
    if any((sample.part or sample.split) is None for sample in samples):
        return _sorted(_draw(samples, list(SHARES), seed)), list(SPLITS)
    given: dict[str, list[Found]] = {name: [] for name in SPLITS}
    for sample in samples:
        given[SPLIT_WORDS[(sample.part or sample.split or "").lower()]].append(sample)
    lacking = [name for name in SHARES if not given[name]] if given["train"] else []
    drawn = _draw(given["train"], lacking, seed) if lacking else {}
    return _sorted({**given, **drawn}), lacking


def needs_file(splits: dict[str, list[Found]]) -> bool:
    """Whether folders with exactly the splits' names do not say it already."""
    return any(sample.split != name for name, samples in splits.items() for sample in samples)


def as_json(splits: dict[str, list[Found]], *, seed: int, drawn: bool) -> str:
    """The text of split.json: sample names by split; the seed if chance decided anything."""
    names = {split: [sample.name for sample in splits[split]] for split in SPLITS}
    document = {**names, **({"seed": seed} if drawn else {})}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def is_split(folder: str) -> bool:
    """Whether a folder's name means a split."""
    return folder.lower() in SPLIT_WORDS


def _draw(samples: list[Found], wanted: list[str], seed: int) -> dict[str, list[Found]]:
    """Seeded, and class by class, so that every split has its share of every class."""
    import numpy as np

    rng = np.random.default_rng(seed)
    strata: dict[str | None, list[Found]] = defaultdict(list)
    for sample in samples:
        strata[sample.target].append(sample)
    result: dict[str, list[Found]] = {name: [] for name in ("train", *wanted)}
    for _, members in sorted(strata.items(), key=lambda item: item[0] or ""):
        order = [members[i] for i in rng.permutation(len(members))]
        for name in wanted:
            # at least one, as long as train keeps one, too
            count = max(1, round(SHARES[name] * len(members))) if len(order) > 1 else 0
            result[name] += order[:count]
            order = order[count:]
        result["train"] += order
    return result


def _sorted(splits: dict[str, list[Found]]) -> dict[str, list[Found]]:
    return {name: sorted(splits[name], key=lambda sample: sample.name) for name in SPLITS}
