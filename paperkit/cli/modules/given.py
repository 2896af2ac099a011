"""Read --set key=value: whole numbers, numbers, true, false, texts."""

from typing import Any

from paperkit.errors import UserError

__all__ = ["values"]

WORDS: dict[str, Any] = {"true": True, "false": False, "none": None}


def values(texts: list[str] | None) -> dict[str, Any]:
    """Return {key: value} of all --set options. Raises UserError for one without "="."""
    found: dict[str, Any] = {}
    for text in texts or []:
        key, sign, value = text.partition("=")
        if not sign or not key.isidentifier():
            raise UserError(f"--set {text}: write an argument of the constructor, NAME=VALUE")
        found[key] = _value(value)
    return found


def _value(text: str) -> Any:
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text
