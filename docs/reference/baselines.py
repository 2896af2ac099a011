"""Write baselines.md beside this file from the models: python docs/reference/baselines.py."""

import importlib
import re
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import torch

from paperkit.models import baselines
from paperkit.models.baselines import BASELINES, LIBRARY
from paperkit.report.cited.bibtex import Entry, read_entry
from paperkit.slots import cost

PAGE = Path(__file__).with_suffix(".md")
SIZE = 224
CLASSES = {"classification": 1000, "segmentation": 2}
PACKAGE = "baselines_reference_project"
HEAD = f"""\
# Baselines

A name of this page may be used wherever a model is named: `paperkit new NAME --baseline
deeplabv3plus`, `model.name` in a configuration, `{{model: deeplabv3plus}}` in a comparison,
`paperkit check deeplabv3plus --slots`. So may any other model of the libraries:
`smp:ARCH/ENCODER`, `timm:NAME`, `torchvision:NAME`, `nnunet:plain|residual`; another encoder is
`smp:DeepLabV3Plus/resnet101`.

Parameters and GMACs (1 GMAC = 2 GFLOPs) are those of images of 3x{SIZE}x{SIZE}; they are held
against the published or the library's own figures by `tests/models/test_baselines.py`. Softmax
regression and the MLP grow with the image. A baseline that is the project's own is code for you to
change; `model.width` makes `unet`, `attention_unet`, `resunet` and `resnet18|34|50` narrower.

The papers go into the bibliography of every report that used them, and the library's entry with
them. This page is written by `python docs/reference/baselines.py`; for weights see
[How to start from trained weights](../how-to/weights.md).
"""
COLUMNS = ("name", "title", "model", "parameters", "GMACs", "papers")
RIGHT = ("---", "---", "---", "---:", "---:", "---")


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for task, classes in CLASSES.items():
        parts += [f"## {task.capitalize()}, {classes} classes\n", _line(COLUMNS), _line(RIGHT)]
        parts += [row(name) for name, known in BASELINES.items() if known.task == task]
        parts.append("")
    return "\n".join(parts)


def row(name: str) -> str:
    """Return the line about one baseline; its model is built without numbers."""
    known = BASELINES[name]
    params, gmacs = cost(_model(name), torch.zeros(1, 3, SIZE, SIZE, device="meta"))
    model = f"`{known.model}`" if ":" in known.model else "the project's own"
    papers = "; ".join(_cited(key) for key in known.papers if key not in LIBRARY.values())
    return _line((f"`{name}`", known.title, model, f"{params:,}", f"{gmacs:#.3g}", papers))


def _model(name: str) -> Any:
    models, config = (
        importlib.import_module(f"{_project()}.{part}") for part in ("models", "config")
    )
    classes = ", ".join(f"c{n}" for n in range(CLASSES[BASELINES[name].task]))
    told = [f"task={BASELINES[name].task}", f"model.name={name}", f"data.size={SIZE}"]
    given = config.load(
        "configs/smoke.yaml", [*told, "model.width=64", f"data.class_names=[{classes}]"]
    )
    # SegFormer's encoder asks a tensor for its value while it is built
    with torch.device("cpu" if name == "segformer" else "meta"):
        return models._base(given).to("meta")


@cache
def _project() -> str:
    """Make a project once; return the name of its package, which can be imported."""
    from paperkit import scaffold

    home = Path(tempfile.mkdtemp())
    answers = scaffold.make_answers({"project_name": PACKAGE})
    sys.path.insert(0, str(scaffold.create(answers, home / PACKAGE)))
    return PACKAGE


def _cited(key: str) -> str:
    """A paper as a text cites it, with its place: He et al., CVPR 2016."""
    fields = _entries()[key].fields
    authors = [name.partition(",")[0].strip("{} ") for name in fields["author"].split(" and ")]
    names = f"{authors[0]} et al." if len(authors) > 2 else " and ".join(authors)
    place = fields.get("journal") or fields.get("booktitle") or fields.get("howpublished", "")
    short = re.search(r"\(([\w ]+)\)", place)
    return f"{names}, {short[1] if short else place} {fields['year']}"


@cache
def _entries() -> dict[str, Entry]:
    text = Path(baselines.__file__).with_name("references.bib").read_text(encoding="utf-8")
    found = [read_entry(entry) for entry in re.findall(r"(?ms)^@\w+\{.*?^\}", text)]
    return {entry.key: entry for entry in found}


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
