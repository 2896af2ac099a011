"""The checker of documented commands can itself fail."""

from pathlib import Path

from documented import first_missing, steps


def test_commands_and_their_output_are_read_from_console_blocks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "text\n```console\n$ echo one \\\n  two\none two\n\n$ true\n```\n```python\n$ no\n```\n",
        encoding="utf-8",
    )
    found = [(step.command, step.expected) for step in steps(page)]
    assert found == [("echo one    two", ("one two",)), ("true", ())]


def test_a_line_that_does_not_come_is_named() -> None:
    assert first_missing(("a ... c", "last"), "a b c\nother\nlast\n") is None
    assert first_missing(("last", "a"), "a\nlast\n") == "a"
    assert first_missing(("a ... d",), "a b c\n") == "a ... d"
