"""docs/reference/catalogue.md, from the INFO of every module.

``python -m paperkit.zoo.facts.page`` writes it in a checkout; a test holds it equal to this.
"""

from itertools import groupby
from pathlib import Path

from paperkit.zoo.facts.entry import Entry, catalogue

__all__ = ["page"]

PAGE = Path(__file__).parents[3] / "docs/reference/catalogue.md"
KINDS = {
    "channel": "Channel attention: which channels matter",
    "spatial": "Spatial attention: where, or where and which",
    "attention": "Attention over all positions, and others that keep the shape",
    "context": "Context: several distances at once",
    "conv": "In place of a convolution",
    "block": "Whole blocks",
    "fusion": "Fusion of a decoder feature and a skip",
    "up": "Up-sampling",
    "down": "Down-sampling",
    "loss": "Losses",
}
HEAD = """# The catalogue

{count} modules, one paper and one file each. `paperkit modules show NAME` prints the same with
BibTeX and options; `paperkit add NAME` copies the file and its test into a project. Parameters are
exact, for C channels in and out and the paper's defaults; `//` rounds down. Each module is held to
`paperkit modules check` and to a second source: a library, NumPy written from the equation, or the
paper's invariants. How to write your own: [modules](../how-to/modules.md).

This page is generated: `python -m paperkit.zoo.facts.page`.
"""


def page() -> str:
    """Return the page: modules by kind, then by year."""
    order = list(KINDS)
    entries = sorted(catalogue(), key=lambda e: (order.index(e.kind), e.year or 0, e.name))
    parts = [HEAD.format(count=len(entries)), _contents(entries)]
    for kind, group in groupby(entries, key=lambda entry: entry.kind):
        parts += [f"## {KINDS[kind]}\n", *map(_section, group)]
    return "\n".join(parts)


def _contents(entries: list[Entry]) -> str:
    rows = [
        f"| [{e.name}](#{e.name}) | {e.kind} | {e.year} | {_count(e)} | {_plain(e.title)} |"
        for e in sorted(entries, key=lambda entry: entry.name)
    ]
    head = "| module | kind | year | parameters, C = 64 | paper |\n|---|---|---|---|---|"
    return "\n".join([head, *rows]) + "\n"


def _count(entry: Entry) -> str:
    return "" if entry.kind == "loss" else f"{entry.params(64):,}"


def _section(entry: Entry) -> str:
    info = entry.info
    symbols = "; ".join(f"${sign}$ {text}" for sign, text in info["symbols"].items())
    lines = [
        f"### {entry.name}\n",
        f"{', '.join(info['authors'])}: *{_plain(entry.title)}*, {info['venue']}, {entry.year}. "
        f"`{info['key']}`\n",
        f"$$\n{info['equation'].strip()}\n$$\n",
        f"{symbols}.\n" if symbols else "",
        "" if entry.kind == "loss" else f"Parameters: `{info['params']}`.{_needs(entry)}\n",
        *(f"- variant `{name}`: {text}\n" for name, text in info["variants"].items()),
        _trained(entry) if entry.kind == "loss" else _plugged(entry),
    ]
    return "\n".join(filter(None, lines))


def _plugged(entry: Entry) -> str:
    return "Try: " + ", ".join(f'`--plug "{plug}"`' for plug in entry.plugs()) + "\n"


def _trained(entry: Entry) -> str:
    noun, tasks = entry.info["noun"], " and ".join(entry.info["tasks"])
    return f"In a sentence: {noun}. For {tasks}. Try: `loss.name={entry.name}`\n"


def _needs(entry: Entry) -> str:
    words = {
        "min_hw": "maps of {0}x{0} or more",
        "min_channels": "{0} channels or more",
        "divisible": "channels divisible by {0}",
        "min_train_batch": "training batches of {0} or more",
    }
    said = [words[key].format(value) for key, value in entry.info["needs"].items()]
    libraries = [f"the package {name}" for name in entry.libraries]
    listed = ", ".join([*said, *libraries])
    return f" Needs {listed}." if listed else ""


def _plain(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
