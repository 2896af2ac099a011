"""The modules that can be plugged in, and the losses: one file each, found by its name.

To add one, put NAME.py here with a literal ``INFO = {...}`` and one class, as the files beside
this one do; then ``--plug "encoder.*=NAME"`` finds it, or ``loss.name=NAME`` where INFO has kind
loss. There is no list to keep; a file is imported when it is used, and torch only then.
"""

import ast
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

HERE = Path(__file__).parent
DIGITS = "0123456789"  # a year that keeps two papers' names apart is not in the class's name
# one word, several papers
SEVERAL = {
    "scconv": "scconv20 (self-calibrated, CVPR 2020), scconv23 (reconstruction, CVPR 2023)",
    "gct": "gct_gated (gated channel transformation, CVPR 2020), gct_gauss (Gaussian, CVPR 2021)",
    "psa": "psa_polar (polarized, 2021), psa_pyramid (EPSANet, 2021)",
    "ema": "ema_attn (efficient multi-scale attention, ICASSP 2023); averaged weights: train.ema",
    "pconv": "pconv (FasterNet, CVPR 2023); not the partial convolution for inpainting, ECCV 2018",
    "dsconv": "dwsep (depthwise separable, CVPR 2017); not the snake convolution, ICCV 2023",
    "cafm": "modules of several papers; copy the one that you mean: paperkit modules import",
}


def names() -> list[str]:
    """Return the names of the modules in this folder, sorted."""
    return sorted(file.stem for file in HERE.glob("*.py") if not file.stem.startswith("_"))


def info(name: str) -> dict[str, Any]:
    """Return a module's INFO, read without importing it; {} where none can be read."""
    file = _file(name)
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        given = [node for node in tree.body if isinstance(node, ast.Assign)]
        found = [node for node in given if ast.unparse(node.targets[0]) == "INFO"]
        return dict(ast.literal_eval(found[0].value)) if found else {}
    except (SyntaxError, ValueError):
        return {}


def find(name: str) -> "type[nn.Module]":
    """Import modules/NAME.py alone and return its class.

    Of several public classes it is the one that is called like the file (coord_att: CoordAtt,
    scconv23: SCConv).

    Raises:
        UnknownModule: There is no such file, or it has no class to choose.
    """
    from torch import nn

    from ..slots import UnknownModule

    file = _file(name)
    module = importlib.import_module(f"{__name__}.{name}")
    found = {
        key: cls
        for key, cls in vars(module).items()
        if isinstance(cls, type) and issubclass(cls, nn.Module) and cls.__module__ == module.__name__
    }
    plain = name.replace("_", "").lower()
    alike = [cls for key, cls in found.items() if key.lower() in (plain, plain.rstrip(DIGITS))]
    public = [cls for key, cls in found.items() if not key.startswith("_")]
    chosen = alike or public
    if len(chosen) != 1:
        classes = ", ".join(cls.__name__ for cls in chosen) or "none"
        raise UnknownModule(
            f"modules/{file.name} should have one class of torch.nn.Module, or one that is called "
            f"like the file; it has: {classes}"
        )
    return chosen[0]


def _file(name: str) -> Path:
    if name in names():
        return HERE / f"{name}.py"
    from ..slots.errors import UnknownModule, nearest

    several = SEVERAL.get(name.lower().replace("_", ""))
    if several and not several.startswith(f"{name} "):
        raise UnknownModule(f"{name!r} is the name of several things: {several}")
    known = [each for each in names() if info(each).get("kind") != "loss"]
    raise UnknownModule(
        f"there is no modules/{name}.py; {nearest(name, known)} (paperkit modules are copied "
        f"here by: paperkit add {name})"
    )
