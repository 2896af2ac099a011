"""The catalogue: which modules there are, and what each says about itself. Never imports them."""

import ast
import difflib
from pathlib import Path
from typing import Any

from paperkit.errors import UserError

_HERE = Path(__file__).parent
_OURS = {"__init__", "catalogue", "formula", "load"}  # files of this folder that are no modules

# One word, several papers: what each is called here. None: not in the catalogue.
AMBIGUOUS: dict[str, dict[str, str | None]] = {
    "scconv": {
        "self-calibrated convolution, CVPR 2020": "scconv20",
        "spatial and channel reconstruction convolution, CVPR 2023": "scconv23",
    },
    "gct": {
        "gated channel transformation, CVPR 2020": "gct_gated",
        "Gaussian context transformer, CVPR 2021": "gct_gauss",
    },
    "psa": {
        "polarized self-attention, 2021": "psa_polar",
        "pyramid squeeze attention of EPSANet, 2021": "psa_pyramid",
        "partial self-attention of YOLOv10, 2024": None,
    },
    "ema": {
        "efficient multi-scale attention, ICASSP 2023": "ema_attn",
        "expectation-maximization attention of EMANet, ICCV 2019": None,
        "averaged weights, a setting of the training: train.ema=0.999": None,
    },
    "pconv": {
        "partial convolution of FasterNet, CVPR 2023": "pconv",
        "partial convolution for inpainting, ECCV 2018": None,
    },
    "dsconv": {
        "depthwise separable convolution, CVPR 2017": "dwsep",
        "dynamic snake convolution, ICCV 2023": None,
    },
    "cafm": {
        "convolution and attention fusion module of HCANet, 2024": None,
        "channel attention fusion module of several papers": None,
    },
}


def names() -> list[str]:
    """Return the names of all modules, sorted."""
    return sorted(file.stem for file in _HERE.glob("*.py") if file.stem not in _OURS)


def path(name: str) -> Path:
    """Return the file of a module. Raises UserError with the nearest names, or several papers'."""
    if name not in names():
        if _plain(name) in AMBIGUOUS:
            raise UserError(ambiguous(name))
        near = difflib.get_close_matches(name, names(), n=3, cutoff=0.5)
        hint = f"nearest: {', '.join(near)}" if near else f"there are {', '.join(names())}"
        raise UserError(f"the catalogue has no module {name!r}; {hint}")
    return _HERE / f"{name}.py"


def ambiguous(name: str) -> str:
    """Return the sentence that says which modules share this name."""
    found = AMBIGUOUS[_plain(name)]
    known = set(names())
    here = [f"{key} ({title}, {info(key)['key']})" for title, key in found.items() if key in known]
    other = [title for title, key in found.items() if key not in known]
    parts = [f"choose {' or '.join(here)}"] if here else []
    parts += [f"not in the catalogue: {'; '.join(other)}"] if other else []
    return f"{name!r} is the name of several things; {'; '.join(parts)}"


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def info(name: str) -> dict[str, Any]:
    """Return the INFO of a module, read from its text: torch is not imported."""
    return read_info(path(name))


def read_info(file: Path) -> dict[str, Any]:
    """Return the literal INFO dictionary of a module's file. Raises UserError where it is none."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    except SyntaxError as error:
        raise UserError(f"{file}:{error.lineno}: {error.msg}") from None
    for node in tree.body:
        named = isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "INFO" for target in node.targets
        )
        if isinstance(node, ast.Assign) and named:
            return _literal(node.value, file)
    raise UserError(f"{file}: there is no INFO = {{...}}, so nothing is known about this module")


def _literal(node: ast.expr, file: Path) -> dict[str, Any]:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        raise UserError(
            f"{file}:{node.lineno}: INFO must be literal (texts, numbers, lists, dictionaries), "
            "because it is read without running the file"
        ) from None
    if not isinstance(value, dict):
        raise UserError(f"{file}:{node.lineno}: INFO is a {type(value).__name__}, not a dictionary")
    return value
