"""Collect everything that is wrong, so that the user hears all of it at once."""

from dataclasses import dataclass, field

from paperkit.errors import UserError

SHOWN = 20  # of one kind


@dataclass
class Problems:
    """Problems make the data unusable; warnings are printed with the report."""

    found: dict[str, list[str]] = field(default_factory=dict)
    warned: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, line: str) -> None:
        """One line that must be repaired."""
        self.found.setdefault(kind, []).append(line)

    def warn(self, kind: str, line: str) -> None:
        """One line that is worth knowing."""
        lines = self.warned.setdefault(kind, [])
        if line not in lines:
            lines.append(line)

    def warnings(self) -> list[str]:
        """All warnings, of each kind the first ones."""
        return _lines(self.warned)

    def raise_if_any(self, root: object) -> None:
        """Raise one UserError that lists all problems, then all warnings."""
        count = sum(map(len, self.found.values()))
        if count:
            head = f"{root}: {count} problem{'s' if count > 1 else ''} in the data"
            lines = [*_lines(self.found), *(f"warning: {line}" for line in self.warnings())]
            raise UserError("\n  ".join([head, *lines]))


def _lines(kinds: dict[str, list[str]]) -> list[str]:
    lines: list[str] = []
    for kind, members in kinds.items():
        lines += members[:SHOWN]
        if len(members) > SHOWN:
            lines.append(f"... and {len(members) - SHOWN} more: {kind}")
    return lines
