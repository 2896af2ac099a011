"""Read the console blocks of a Markdown page: commands after `$ `, and what they must print."""

import re
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One documented command; `...` in an expected line stands for anything."""

    page: str
    command: str
    expected: tuple[str, ...]


def steps(page: Path) -> list[Step]:
    found = []
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.replace("\\\n", " ").partition("\n")
            lines = tuple(line.rstrip() for line in output.splitlines() if line.strip())
            found.append(Step(page.name, command.strip(), lines))
    return found


def first_missing(expected: tuple[str, ...], output: str) -> str | None:
    """The first expected line that does not come, in this order, in the output; None if all do."""
    lines = iter(line.rstrip() for line in output.splitlines())
    for line in expected:
        if line.strip() == "...":
            continue
        pattern = re.compile(r".*?".join(re.escape(piece) for piece in line.split("...")))
        if not any(pattern.fullmatch(seen) for seen in lines):
            return line
    return None
