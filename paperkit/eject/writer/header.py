"""The beginning of the file: what it is, and whose work is in it."""

import sys
import textwrap
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from torch import nn

from .layout import WIDTH
from .structure import Structure

__all__ = ["cite", "docstring"]


def docstring(structure: Structure, model: nn.Module, about: str, converts: bool) -> str:
    """Return the file's docstring: which network, whose modules, after whose code."""
    top = structure.top.head.name
    count = sum(parameter.numel() for parameter in model.parameters())
    first, _, rest = about.partition("\n")
    parts = [
        f"The network as it was trained, in plain PyTorch: same outputs, same gradients, "
        f"{count:,} parameters."
    ]
    cited = list(_citations(model))
    if cited:
        parts.append("\n".join(["Modules:", *cited]))
    sources = _sources(structure)
    if sources:
        parts.append(f"Written after the code of {', '.join(sources)}.")
    state = 'saved.get("ema") or saved["model"]'
    parts.append(
        f"    model = {top}()\n"
        '    saved = torch.load("best.pt", weights_only=True)  # of the training code\n'
        f"    model.load_state_dict({f'convert({state})' if converts else state})"
    )
    filled = [part if "\n" in part or part.startswith(" ") else _fill(part) for part in parts]
    body = "\n\n".join(filter(None, [rest.strip(), *filled]))
    return f'"""{first}\n\n{body}\n"""\n'


def _fill(text: str) -> str:
    return textwrap.fill(text, WIDTH)


def _citations(model: nn.Module) -> Iterator[str]:
    """Yield one entry for each module of which its file says where it comes from."""
    seen: set[str] = set()
    for module in model.modules():
        home = sys.modules.get(type(module).__module__)
        info: Any = getattr(home, "INFO", None)
        if isinstance(info, dict) and info.get("title") and info["name"] not in seen:
            seen.add(info["name"])
            text = f"{info['name']}: {cite(info)}"
            yield textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


def cite(info: dict[str, Any]) -> str:
    """Return the paper of a module in one line, with the licence of its code."""
    authors = list(info.get("authors", ()))
    who = f"{authors[0]} et al.: " if len(authors) > 2 else f"{' and '.join(authors)}: "
    parts = [info["title"], info.get("venue", ""), str(info.get("year", ""))]
    licence = f" Licence of the code: {info['licence']}." if info.get("licence") else ""
    return f"{who if authors else ''}{', '.join(filter(None, parts))}.{licence}"


def _sources(structure: Structure) -> list[str]:
    """Return the libraries after whose code classes were written, with their licences."""
    found = []
    for top in sorted({one.origin.__module__.partition(".")[0] for one in structure.classes}):
        try:
            about = metadata.metadata(top.replace("_", "-"))
        except metadata.PackageNotFoundError:
            continue
        if top not in ("torch", "paperkit"):
            found.append(f"{top} {about['Version']} ({_licence(about)})")
    return found


def _licence(about: Any) -> str:
    said = str(about.get("License-Expression") or about.get("License") or "")
    if said and "\n" not in said:
        return said
    marks = [c for c in about.get_all("Classifier") or () if c.startswith("License ::")]
    return str(marks[0]).rpartition(":: ")[2] if marks else "licence unknown"
