"""A student's own module: a first file to edit, or a composite of others; and its test."""

import keyword
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from paperkit.errors import UserError
from paperkit.scaffold.manifest import record
from paperkit.scaffold.modules import add_modules

if TYPE_CHECKING:
    from paperkit.zoo.facts import Entry

__all__ = ["check_name", "new_composite", "new_module", "write_module"]

WORDS = ("residual", "gate", "concat", "chain", "parallel", "true", "false", "none")

UNARY = '''"""TODO: the idea in one sentence."""

import torch
from torch import Tensor, nn

INFO = {{
    "name": "{name}",
    "own": True,  # your own work: the paper cites nobody for it
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"\\mathbf{{y}} = \\mathbf{{x}} \\odot \\sigma(W \\mathbf{{x}})",
    "symbols": {{"W": "1x1 convolution", r"\\sigma": "sigmoid"}},
    "params": "C**2 + C",
    "needs": {{}},
    "components": {{}},
    "recommended": ["encoder.*"],
}}


class {cls}(nn.Module):
    """Gate each value by what all channels of its pixel say.

    Args:
        channels: C of the input and of the output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        return x * torch.sigmoid(self.weigh(x))
'''
FUSION = '''"""TODO: the idea in one sentence."""

import torch
from torch import Tensor, nn

INFO = {{
    "name": "{name}",
    "own": True,  # your own work: the paper cites nobody for it
    "kind": "fusion",
    "arity": 2,
    "returns": "fused",
    "layout": "NCHW",
    "equation": r"y = W_x x + s \\odot \\sigma(W_s s)",
    "symbols": {{r"W_x, W_s": "1x1 convolutions", "s": "skip", r"\\sigma": "sigmoid"}},
    "params": "2*C**2 + 2*C",
    "needs": {{}},
    "components": {{}},
    "recommended": ["fuse.*"],
}}


class {cls}(nn.Module):
    """Add a decoder feature and a gated skip.

    Args:
        channels: Channels of the decoder feature x.
        skip_channels: C, the channels of the skip and of the output.
    """

    def __init__(self, channels: int, skip_channels: int) -> None:
        super().__init__()
        self.align = nn.Conv2d(channels, skip_channels, kernel_size=1)
        self.weigh = nn.Conv2d(skip_channels, skip_channels, kernel_size=1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return [B, C, H, W] from x [B, C', H, W] and skip [B, C, H, W]."""
        gated = skip * torch.sigmoid(self.weigh(skip))
        y: Tensor = self.align(x) + gated
        return y
'''


def new_module(root: Path, package: str, name: str, *, fusion: bool = False) -> "Entry":
    """Write modules/NAME.py, a working module to edit, and its test.

    Raises:
        UserError: The name is taken or cannot be one.
    """
    from paperkit.zoo.compose.source import camel

    check_name(root, package, name)
    text = (FUSION if fusion else UNARY).format(name=name, cls=camel(name))
    return write_module(root, package, name, {f"{name}.py": text})


def new_composite(root: Path, package: str, name: str, expression: str) -> "Entry":
    """Write modules/NAME.py from an expression; parts that the project lacks are copied first.

    Raises:
        UserError: As new_module; or the expression cannot be read, or a part cannot be used.
    """
    from paperkit.slots import SlotError
    from paperkit.slots.grammar import parse_expr
    from paperkit.zoo import facts
    from paperkit.zoo.compose import composite, part_names

    check_name(root, package, name)
    folder = root / package / "modules"

    def find(part: str) -> "Entry":
        return facts.of_file(facts.target(part, folder).file)

    try:
        expr = parse_expr(expression)
    except SlotError as error:
        raise UserError(str(error)) from None
    parts = part_names(expr, find)
    text = composite(name, expr, find)
    lacking = [part for part in parts if not (folder / f"{part}.py").is_file()]
    if lacking:
        add_modules(root, lacking)
    return write_module(root, package, name, {f"{name}.py": text})


def check_name(root: Path, package: str, name: str) -> None:
    """Raise UserError unless a new module may have this name."""
    from paperkit import zoo
    from paperkit.zoo.catalogue import AMBIGUOUS

    if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower():
        raise UserError(f"{name!r} cannot name a module: small letters, digits and _, as in my_att")
    if name.startswith("_") or name in WORDS:
        raise UserError(f"{name!r} has a meaning in plugs already; choose another name")
    if name in zoo.names():
        raise UserError(
            f"the catalogue has a module {name}; copy it (paperkit add {name}), or choose another "
            "name"
        )
    if name in AMBIGUOUS:
        raise UserError(f"{name!r} is the name of several papers' modules; choose a fuller one")
    for file in (f"{package}/modules/{name}.py", f"tests/test_{name}.py"):
        if (root / file).exists():
            raise UserError(f"{file} is there already; choose another name, or edit that file")


def write_module(root: Path, package: str, name: str, files: Mapping[str, str | bytes]) -> "Entry":
    """Write files into the folder of the project's modules, and the test of `name`."""
    from paperkit.scaffold.module_test import module_test
    from paperkit.zoo import facts

    folder = root / package / "modules"
    for file, text in files.items():
        (folder / file).write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    entry = facts.of_file(folder / f"{name}.py", "own")
    test = root / "tests" / f"test_{name}.py"
    test.parent.mkdir(exist_ok=True)
    text = module_test(entry, package).replace("is_the_papers", "is_infos")
    test.write_text(text, encoding="utf-8", newline="\n")
    written = [*(f"{package}/modules/{file}" for file in files), f"tests/{test.name}"]
    record(root, sorted(written), package)
    return entry
