"""Plug into every slot of many foreign models, and see that each plug does what its name says.

    python benchmarks/slots_everywhere.py [--encoders resnet18,mit_b0] [--out FILE.json]

For each segmentation_models_pytorch architecture and encoder, one model is built with random
weights. At every named slot a bias is plugged in alone: it must be accepted, leave the base keys
as they are, and reach the output. One line per model; the JSON holds what failed and why.
"""

import argparse
import copy
import json
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from paperkit.slots import SlotError, apply
from paperkit.slots.sites import regions, sites

ARCHITECTURES = (
    *("Unet", "UnetPlusPlus", "MAnet", "Linknet", "FPN", "PAN", "PSPNet"),
    *("DeepLabV3", "DeepLabV3Plus", "UPerNet", "Segformer"),
)
ENCODERS = (
    *("resnet18", "resnet50", "efficientnet-b0", "mobilenet_v2", "vgg11_bn", "densenet121"),
    *("se_resnet50", "mit_b0", "tu-convnext_atto", "tu-regnety_002"),
)


class Bias(nn.Module):
    """x + b: the plainest plug; large enough to be seen behind normalisations."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.linspace(-5, 5, channels).view(-1, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x + b."""
        return x + self.bias


def judge(model: nn.Module, slot: str, example: torch.Tensor) -> str:
    """Return what is wrong with a plug at a slot, or ""."""
    plugged = copy.deepcopy(model)
    try:
        apply(plugged, [f"{slot}=bias"], example, find=lambda _: Bias)
    except SlotError as error:
        return str(error)
    missing, unexpected = plugged.load_state_dict(model.state_dict(), strict=False)
    if unexpected or any(not key.startswith("plugged.") for key in missing):
        return "the base keys have changed"
    x = torch.linspace(0, 1, example.numel()).reshape(example.shape)
    with torch.no_grad():
        same = torch.equal(plugged(x), model(x))
    return "the output is as it was" if same else ""


def row(library: Any, name: str, encoder: str, *, size: int) -> dict[str, Any]:
    """Judge all slots of one model but those inside blocks."""
    torch.manual_seed(0)
    try:
        model = getattr(library, name)(encoder, encoder_weights=None).eval()
    except Exception as error:  # the library's own refusal, which is not ours to judge
        return {"model": f"{name}/{encoder}", "refused": str(error), "slots": [], "wrong": {}}
    named = list(sites(model))
    asked = [slot for slot in named if slot != "head" and ".block." not in slot]
    said = {slot: judge(model, slot, torch.zeros(1, 3, size, size)) for slot in asked}
    wrong = {slot: text for slot, text in said.items() if text}
    return {"model": f"{name}/{encoder}", "slots": regions(named), "wrong": wrong}


def main() -> None:
    """Judge all models and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--architectures", default=",".join(ARCHITECTURES))
    parser.add_argument("--encoders", default=",".join(ENCODERS))
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    import segmentation_models_pytorch as library

    rows = []
    for name in given.architectures.split(","):
        for encoder in given.encoders.split(","):
            rows.append(row(library, name, encoder, size=given.size))
            found = rows[-1].get("refused") or rows[-1]["wrong"] or "all slots work"
            print(rows[-1]["model"], *rows[-1]["slots"], "|", found, flush=True)
    if given.out:
        given.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
