"""Run by a test in a process of its own: compare files with what their models gave.

Imports of everything but torch and the standard library are refused. Prints JSON: {case:
{"loads", "output", "input_gradient", "gradients", "params"}}.
"""

import importlib
import json
import sys
from pathlib import Path

REFUSED = {"paperkit", "segmentation_models_pytorch", "timm", "student", "small_models"}


class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise ImportError(f"{name} is not there")


sys.meta_path.insert(0, Refuse())

import torch  # noqa: E402
from torch import nn  # noqa: E402


def compare(folder, name):
    file = importlib.import_module(f"case_{name.replace('-', '_')}")
    top = [v for v in vars(file).values() if isinstance(v, type) and issubclass(v, nn.Module)][-1]
    saved = torch.load(folder / f"{name}.pt", weights_only=True)
    convert = getattr(file, "convert", lambda state: state)
    model = top().eval()
    model.load_state_dict(convert(saved["model"]), strict=True)
    return {
        "runs": [run(model, convert, expected) for expected in saved["runs"]],
        "params": sum(p.numel() for p in model.parameters()),
    }


def run(model, convert, expected):
    x = expected["x"].clone().requires_grad_()
    model.zero_grad()
    y = model(x)
    y.square().mean().backward()
    own = {key: p.grad for key, p in model.named_parameters() if p.grad is not None}
    grads = convert(expected["grads"])
    return {
        "output": torch.equal(y, expected["y"]),
        "input_gradient": torch.allclose(x.grad, expected["dx"], rtol=1e-6, atol=1e-9),
        "gradients": own.keys() == grads.keys()
        and all(torch.allclose(own[k], grads[k], rtol=1e-5, atol=1e-8) for k in own),
    }


def main():
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    sys.path.insert(0, str(folder))
    names = [file.stem for file in sorted(folder.glob("*.pt"))]
    print(json.dumps({name: compare(folder, name) for name in names}))


main()
