"""pytest imports test files by their base name: two of one name end the whole run."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

TESTS = Path(__file__).parents[1]


def twins(paths: Iterable[Path]) -> list[str]:
    """Return the names that several test files share."""
    counts = Counter(path.name for path in paths)
    return sorted(name for name, count in counts.items() if count > 1)


def test_no_two_test_files_share_a_name() -> None:
    assert twins(TESTS.rglob("test_*.py")) == []


def test_a_shared_name_is_found() -> None:
    assert twins([Path("a/test_x.py"), Path("b/test_x.py"), Path("b/test_y.py")]) == ["test_x.py"]
