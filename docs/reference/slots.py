"""Write slots.md beside this file from the models themselves: python docs/reference/slots.py."""

import importlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

PAGE = Path(__file__).with_suffix(".md")
SIZE = 224
MODELS = {
    "The generated models": ("unet", "resnet18"),
    "segmentation_models_pytorch": (
        "smp:Unet/resnet34",
        "smp:FPN/resnet18",
        "smp:DeepLabV3Plus/resnet34",
        "smp:Unet/mit_b0",
    ),
    "nnU-Net": ("nnunet:plain",),
    "Classifiers": (
        "torchvision:resnet50",
        "torchvision:vgg16",
        "timm:convnext_tiny",
        "timm:vit_small_patch16_224",
        "timm:swin_tiny_patch4_window7_224",
    ),
}
HEAD = """\
# Slots

Where modules go in a model, written by `python docs/reference/slots.py` from the models themselves
(images of 3x{size}x{size}, two classes). For any other model: `paperkit check MODEL --slots`.

- **channels**: of the map that goes on; `64 + 64` where a decoder's feature meets a skip.
- **stride**: by how much the map is smaller than the image.
- **layout**: how the model keeps it: NCHW, NHWC, or tokens NLC. A plugged module always gets
  [B, C, H, W], with the true H and W; tokens before the image's (class tokens) go around it.
- **replaces**: the module that `SLOT:=EXPR` takes the place of.
- **legal**: `one input` modules and `fusion`s (of x and a skip) are inserted, `SLOT=EXPR`; `conv`
  modules replace convolutions inside, `SLOT/conv[k=3]:=EXPR`; `block`, `up` and `down` modules
  replace the whole, `SLOT:=EXPR`.

`N` counts from the finest resolution, and means the same resolution in `encoder`, `skip`, `fuse`,
`up` and `decoder`. Globs and sets name several: `encoder.*`, `fuse.{{0,1}}`. Any other module has
its path: `path:layer3.1.bn2`.
"""
COLUMNS = ("slot", "channels", "size", "stride", "layout", "replaces", "legal")


def section(name: str) -> str:
    """Return the part of the page about one model."""
    import paperkit.slots as engine

    model, engine_of_model = _built(name)
    rows = (engine_of_model or engine).table(model, torch.zeros(1, 3, SIZE, SIZE))
    lines = [f"### {name}", "", _line(COLUMNS), _line(["---"] * len(COLUMNS))]
    lines += [_line(_cells(row)) for row in rows if ".block." not in row["slot"]]
    blocks = [row["slot"] for row in rows if ".block." in row["slot"]]
    return "\n".join([*lines, *_inside(blocks), ""])


def page() -> str:
    """Return the whole page."""
    parts = [HEAD.format(size=SIZE)]
    for title, names in MODELS.items():
        parts += [f"## {title}\n", *map(section, names)]
    return "\n".join(parts)


def _built(name: str) -> tuple[nn.Module, Any]:
    """Return a model, and the slot engine whose slots it has where that is a project's."""
    from paperkit.models.libraries import build

    if ":" in name:
        return build(name, channels=3, classes=2, size=(SIZE, SIZE)), None
    models = importlib.import_module(f"{_package()}.models")
    make = {key: made for task in models.MODELS.values() for key, made in task.items()}[name]
    return make(3, 2), importlib.import_module(f"{_package()}.slots")


def _package() -> str:
    """Return the name of a generated project's package, which is made once and can be imported."""
    name = "slots_reference_project"
    if not any(module.startswith(f"{name}.") for module in sys.modules):
        from paperkit import scaffold

        home = Path(tempfile.mkdtemp())
        answers = scaffold.make_answers({"project_name": name})
        sys.path.insert(0, str(scaffold.create(answers, home / name)))
    return name


def _cells(row: dict[str, Any]) -> Iterator[str]:
    several = len(row["inputs"]) > 1
    yield f"`{row['slot']}`"
    yield " + ".join(map(str, row["inputs"])) if several else str(row["channels"])
    yield "x".join(map(str, row["size"])) or "-"
    yield str(row["stride"] or "-")
    yield row["layout"]
    yield f"`{row['component']}`" if row["component"] else "-"
    yield ", ".join(row["legal"]) or "-"


def _inside(blocks: Sequence[str]) -> list[str]:
    """Say in one line which slots are inside the stages: their names are regular."""
    if not blocks:
        return []
    counts: dict[str, set[str]] = {}
    for name in blocks:
        stage, _, rest = name.partition(".block.")
        counts.setdefault(stage, set()).add(rest.partition(".")[0])
    ends = sorted({name.split(".block.")[1].partition(".")[2] for name in blocks} - {""})
    parts = [f"`{stage}.block.0{_last(numbers)}`" for stage, numbers in counts.items()]
    more = f"; in each {' and '.join(f'`.{end}`' for end in ends)}" if ends else ""
    return ["", f"Inside: {', '.join(parts)}{more}."]


def _last(numbers: set[str]) -> str:
    return f"-{len(numbers) - 1}" if len(numbers) > 1 else ""


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
