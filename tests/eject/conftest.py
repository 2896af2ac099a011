"""Plugged models, their files, and one process without paperkit that compares all of them."""

import importlib
import json
import shutil
import subprocess
import sys
import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from paperkit.eject.writer import Ejected, eject, recording

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template/{{cookiecutter.project_slug}}/{{cookiecutter.package_name}}"
CLASSES = {
    "se": "SE",
    "cbam": "CBAM",
    "coord_att": "CoordAtt",
    "cga_fusion": "CGAFusion",
    "scconv23": "SCConv",
    "attn_gate": "AttnGate",
    "aspp": "ASPP",
}


def find(name: str) -> Any:
    return getattr(importlib.import_module(f"paperkit.zoo.{name}"), CLASSES[name])


@dataclass
class Case:
    """A model, what is plugged into it, and the sizes at which it is compared."""

    module: str
    name: str
    given: tuple[Any, ...] = ()
    plugs: tuple[Any, ...] = ()
    size: tuple[int, int] = (32, 48)
    options: dict[str, Any] = field(default_factory=dict)

    def model(self) -> torch.nn.Module:
        torch.manual_seed(0)
        with warnings.catch_warnings(), recording():
            warnings.simplefilter("ignore")  # what libraries deprecate
            kind = getattr(importlib.import_module(self.module), self.name)
            model = kind(*self.given, **self.options)
            package = "student" if self.module.startswith("student.") else "paperkit"
            apply = importlib.import_module(f"{package}.slots").apply
            apply(model, list(self.plugs), self.example(), find=find)
        return model

    def example(self) -> torch.Tensor:
        return torch.zeros(1, 3, *self.size)

    def ejected(self) -> Ejected:
        return eject(self.model(), self.example(), about="A test.")


def smp(arch: str, encoder: str, *plugs: Any) -> Case:
    options = {"encoder_weights": None, "classes": 2}
    return Case("segmentation_models_pytorch", arch, (encoder,), plugs, (64, 64), options=options)


tiny = partial(Case, "small_models", "TinyUNet", ())
CASES = {
    "insert": tiny(("encoder.*=coord_att", "skip.0=se", "bottleneck=aspp")),
    "several": tiny(("encoder.1=se", "encoder.1=cbam", "encoder.1=se(reduction=2)")),
    "nest": tiny(("decoder.*=cbam(channel=se, kernel_size=3)",)),
    "chain": tiny(("bottleneck=chain(se, coord_att)", "up.0=gate(se)")),
    "combine": tiny(
        ("encoder.0=residual(se)", "encoder.1=concat(cbam)", "skip.*=parallel(se, cbam, merge=max)")
    ),
    "merge": tiny(("decoder.0=parallel(se, coord_att, merge=gate)", "decoder.1=parallel(se, se)")),
    "replace": tiny(("encoder.1/conv[k=3]:=scconv23", "bottleneck:=aspp")),
    "fuse": tiny(("fuse.0=cga_fusion", "fuse.1=attn_gate")),
    "identity": tiny(
        (
            {"at": "encoder.*", "use": "coord_att", "init": "identity"},
            {"at": "fuse.*", "use": "cga_fusion", "init": "small"},
            {"at": "skip.0", "use": "residual(aspp)", "init": "zero_last"},
        )
    ),
    "branch": Case("small_models", "TinyResNet", (), ("stage.0.block.0.branch=cbam",)),
    "unet": Case(
        "student.models.unet", "UNet", (3, 2), ("encoder.*=coord_att", "fuse.*=cga_fusion"),
        (64, 64), {"width": 8},
    ),
    "resnet": Case(
        "student.models.resnet", "ResNet", (18, 3, 5),
        ("stage.*.block.*.branch=coord_att", "stage.1.block.1/conv[k=3]:=scconv23"),
        (64, 64), {"width": 8},
    ),
    "smp-unet": smp(
        "Unet", "resnet18", "encoder.1=coord_att", "skip.1=se", "fuse.*=cga_fusion",
        "stage.1.block.*.branch=se",
    ),
    "smp-fpn": smp("FPN", "mobilenet_v2", "encoder.*=coord_att", "bottleneck=residual(se)"),
    "smp-deeplab": smp("DeepLabV3Plus", "resnet18", "fuse.*=attn_gate", "encoder.4=chain(se, se)"),
}  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def _student(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The template's models as a student has them: a package with slots and models."""
    home = tmp_path_factory.mktemp("project")
    (home / "student/models").mkdir(parents=True)
    shutil.copytree(TEMPLATE / "slots", home / "student/slots")
    for name in ("unet", "resnet"):
        shutil.copy(TEMPLATE / f"models/{name}.py", home / "student/models")
    for folder in ("student", "student/models"):
        (home / folder / "__init__.py").write_text("", encoding="utf-8")
    sys.path.insert(0, str(home))
    yield
    sys.path.remove(str(home))


@dataclass
class Comparison:
    """The texts of all cases, and what a process without paperkit says of each."""

    texts: dict[str, str]
    params: dict[str, int]  # of the models
    found: dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("ejected")
    texts, params = {}, {}
    for name, case in CASES.items():
        model = case.model()
        texts[name] = eject(model, case.example(), about="A test.").text
        Path(folder, f"case_{name.replace('-', '_')}.py").write_text(texts[name], encoding="utf-8")
        params[name] = sum(parameter.numel() for parameter in model.parameters())
        expected = [_expected(model, size) for size in (case.size, (96, 64))]
        torch.save({"model": model.state_dict(), "runs": expected}, folder / f"{name}.pt")
    script = Path(__file__).with_name("compare.py")
    ended = subprocess.run(
        [sys.executable, "-P", str(script), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return Comparison(texts, params, json.loads(ended.stdout))


def _expected(model: torch.nn.Module, size: tuple[int, int]) -> dict[str, Any]:
    """The model's own output and gradients, in evaluation: no file of ours takes part."""
    x = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(1)).requires_grad_()
    model.zero_grad()
    y = model.eval()(x)
    y.square().mean().backward()
    grads = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    return {"x": x.detach(), "y": y.detach(), "dx": x.grad, "grads": grads}
