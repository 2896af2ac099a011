"""Weights of a hub, a file or an earlier run: what is taken, what stays fresh, what is said."""

import json
import subprocess
import sys
import urllib.error
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import segmentation_models_pytorch as smp
import timm
import torch
import torchvision
from sandbox import config, module, project
from torch import Tensor, nn

State = dict[str, Tensor]
HEAD = ("fc.weight", "fc.bias")
TENSORS = 20 * 5 + 2  # of ResNet-18: 20 convolutions with a BatchNorm of 4 each, and the head


def build(folder: Path, *overrides: str, **sections: Any) -> nn.Module:
    model: nn.Module = module("models").build(config(folder, *overrides, **sections))
    return model


def refused(folder: Path, *overrides: str, **sections: Any) -> str:
    with pytest.raises(module("config").ConfigError) as caught:
        build(folder, *overrides, **sections)
    return str(caught.value).replace(str(folder), "HERE")


def said(model: nn.Module) -> list[str]:
    return [str(loaded) for loaded in module("models.weights").noted(model)]


def same(state: State, other: State, names: Callable[[str], str] = str) -> bool:
    return all(torch.equal(other[names(key)], value) for key, value in state.items())


@pytest.fixture(scope="module")
def resnet() -> State:
    """What torchvision gives for ImageNet, with numbers of our own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        state: State = torchvision.models.resnet18().state_dict()
    return state


@pytest.fixture
def save(tmp_path: Path) -> Callable[[Any], str]:
    def saved(state: Any) -> str:
        torch.save(state, tmp_path / "weights.pth")
        return f"model.backbone_weights={tmp_path / 'weights.pth'}"

    return saved


WRAPPED: dict[str, Callable[[State], Any]] = {  # by whom a file was written -> what is in it
    "": lambda state: state,
    "module.": lambda state: {f"module.{key}": value for key, value in state.items()},
    "model.": lambda state: {
        "state_dict": {f"model.{key}": value for key, value in state.items()},
        "epoch": 3,
        "optimizer_states": [],
    },
    "module._orig_mod.": lambda state: {
        "model": {f"module._orig_mod.{key}": value for key, value in state.items()}
    },
}


@pytest.mark.parametrize("prefix", WRAPPED)
@pytest.mark.parametrize("name", ["resnet18", "torchvision:resnet18", "timm:resnet18"])
def test_a_wrappers_prefix_is_taken_off(
    name: str, prefix: str, resnet: State, save: Callable[[Any], str], tmp_path: Path
) -> None:
    given = save(WRAPPED[prefix](resnet))
    model = build(tmp_path, f"model.name={name}", given, task="classification")
    head = ("head.weight", "head.bias") if name == "resnet18" else HEAD
    off = f"; without the prefix '{prefix}'" if prefix else ""
    assert said(model) == [
        f"weights weights.pth: {TENSORS - 2} of {TENSORS} matched; fresh: {', '.join(head)}; "
        f"not used: {', '.join(head)}{off}"
    ]
    layer = model.stages[3].blocks[1].bn2 if name == "resnet18" else model.layer4[1].bn2
    assert torch.equal(layer.running_mean, resnet["layer4.1.bn2.running_mean"])
    assert torch.equal(layer.weight, resnet["layer4.1.bn2.weight"])


@pytest.mark.parametrize("encoder", ["resnet18", "tu-resnet18"])
def test_a_lightning_checkpoint_of_a_whole_model_gives_its_encoder(
    encoder: str, save: Callable[[Any], str], tmp_path: Path
) -> None:
    theirs = smp.FPN(encoder, encoder_weights=None, classes=7).state_dict()
    given = save({"state_dict": {f"model.{key}": value for key, value in theirs.items()}})
    model = build(tmp_path, f"model.name=smp:FPN/{encoder}", given)
    part = "encoder."
    assert same({k: v for k, v in theirs.items() if k.startswith(part)}, model.state_dict())
    (loaded,) = module("models.weights").noted(model)
    assert (loaded.matched, loaded.fresh) == (TENSORS - 2, ())
    assert (
        loaded.stripped == {"resnet18": "model.encoder.", "tu-resnet18": "model.encoder."}[encoder]
    )
    # what is left are the decoder's and the head's
    others = [k for k in theirs if not k.startswith(part)]
    assert len(loaded.unused) == len(others) and "decoder.p5.weight" in loaded.unused[0]


def test_an_encoder_for_itself(resnet: State, save: Callable[[Any], str], tmp_path: Path) -> None:
    model = build(tmp_path, "model.name=smp:Unet/resnet18", save(resnet))
    body = {k: v for k, v in resnet.items() if k not in HEAD}
    assert same(body, model.get_submodule("encoder").state_dict())
    assert said(model) == [
        f"weights weights.pth: {TENSORS - 2} of {TENSORS - 2} matched; not used: fc.weight, fc.bias"
    ]


def test_a_vision_transformer_gets_positions_of_another_size(
    save: Callable[[Any], str], tmp_path: Path
) -> None:
    theirs = timm.create_model("vit_tiny_patch16_224", num_classes=5).state_dict()
    name, size = "model.name=timm:vit_tiny_patch16_224", "data.size=[64, 64]"
    model = build(tmp_path, name, size, save(theirs), task="classification")
    assert model.pos_embed.shape[1] == 1 + 4 * 4 < theirs["pos_embed"].shape[1]
    (line,) = said(model)
    assert line.endswith("fresh: head.weight, head.bias; not used: head.weight, head.bias")


MISFITS = {
    "resnet18": (
        "command line: model.backbone_weights='HERE/weights.pth': nothing of weights.pth fits "
        "resnet18: the file has a.weight, b.weight; the model has stem.0.weight, stem.1.weight, "
        "stem.1.bias and 99 more; name the model that the weights are of"
    ),
    "smp:FPN/resnet18": (
        "command line: model.backbone_weights='HERE/weights.pth': nothing of weights.pth fits "
        "resnet18: the file has a.weight, b.weight; the model has conv1.weight, bn1.weight, "
        "bn1.bias and 97 more; name the model that the weights are of"
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_file_that_matches_nothing(name: str, save: Callable[[Any], str], tmp_path: Path) -> None:
    given = save({"a.weight": torch.zeros(3), "b.weight": torch.zeros(3)})
    task = "segmentation" if ":" in name else "classification"
    assert refused(tmp_path, f"model.name={name}", given, task=task) == MISFITS[name]


@pytest.mark.parametrize("name", ["resnet18", "torchvision:resnet18"])
def test_no_network(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(torchvision.models.ResNet18_Weights, "get_state_dict", fail)
    given = f"model.name={name}", "model.backbone_weights=imagenet"
    assert refused(tmp_path, *given, task="classification") == (
        "command line: model.backbone_weights='imagenet': the ImageNet weights of resnet18 cannot "
        "be fetched (URLError: <urlopen error no network>); fetch them where there is a network, "
        "and name the file: model.backbone_weights=FILE"
    )


def test_a_network_without_weights(tmp_path: Path) -> None:
    pytest.importorskip("dynamic_network_architectures")
    given = "model.name=nnunet_plain", "model.backbone_weights=imagenet"
    assert refused(tmp_path, *given) == (
        "command line: model.backbone_weights='imagenet': there are no weights for nnunet; leave "
        "them out"
    )


def test_the_hubs_weights(resnet: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        torchvision.models.ResNet18_Weights, "get_state_dict", lambda *_, **__: dict(resnet)
    )
    for name, head in {"resnet18": "head", "torchvision:resnet18": "fc"}.items():
        given = f"model.name={name}", "model.backbone_weights=imagenet"
        model = build(tmp_path, *given, task="classification")
        keys = f"{head}.weight, {head}.bias"
        assert said(model) == [
            f"weights imagenet: {TENSORS - 2} of {TENSORS} matched; fresh: {keys}; not used: {keys}"
        ]


def run_of(folder: Path, name: str = "old.pt", **sections: Any) -> tuple[str, State]:
    """A checkpoint as train.py writes it."""
    state = build(folder, "seed=9", **sections).state_dict()
    torch.save({"model": state, "ema": None, "epoch": 3, "threads": 1}, folder / name)
    return f"model.init_from={folder / name}", state


def test_another_number_of_classes_keeps_the_fresh_head(tmp_path: Path) -> None:
    small = {"model": {"width": 4}}
    given, state = run_of(tmp_path, **small, data={"class_names": ["a", "b"]})
    model, plain = build(tmp_path, given, **small), build(tmp_path, **small)
    body = {key: value for key, value in state.items() if not key.startswith("head.")}
    assert same(body, model.state_dict())
    assert torch.equal(model.head.weight, plain.head.weight)
    assert said(model) == [
        "weights old.pt: 132 of 134 matched; fresh: head.weight, head.bias; not used: head.weight, "
        "head.bias"
    ]


def test_plugs_on_either_side(tmp_path: Path) -> None:
    small, plug = {"model": {"width": 4}}, [{"at": "skip.0", "use": "coord_att"}]
    given, state = run_of(tmp_path, **small)
    with pytest.warns(UserWarning, match="^coord_att: fresh behind trained weights"):
        new = build(tmp_path, given, **small, plugs=plug)
    assert same(state, new.state_dict())
    added = [k for k in new.state_dict() if k not in state and "num_batches" not in k]
    (loaded,) = module("models.weights").noted(new)
    assert (loaded.matched, list(loaded.fresh), loaded.unused) == (134, added, ())
    given, state = run_of(tmp_path, **small, plugs=plug)
    (loaded,) = module("models.weights").noted(build(tmp_path, given, **small))
    assert (loaded.matched, loaded.fresh, list(loaded.unused)) == (134, (), added)


def test_what_comes_fresh_behind_an_earlier_run_is_warned_of(tmp_path: Path) -> None:
    base, _ = run_of(tmp_path, "base.pt")
    plugs = [{"at": "encoder.*", "use": "coord_att"}]
    with pytest.warns(UserWarning, match="^coord_att: fresh behind trained weights: the features"):
        model = build(tmp_path, base, plugs=plugs)
    assert "fresh behind trained" in module("slots").records(model)[0]["note"]
    whole, _ = run_of(tmp_path, "whole.pt", plugs=plugs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(tmp_path, whole, plugs=plugs)  # the plugs are trained, too


def test_the_moving_average_is_what_the_run_was_tested_with(tmp_path: Path) -> None:
    given, state = run_of(tmp_path, model={"width": 4})
    average = {key: value + 1 for key, value in state.items()}
    torch.save({"model": state, "ema": average}, tmp_path / "old.pt")
    assert same(average, build(tmp_path, given, model={"width": 4}).state_dict())


def test_backbone_and_whole_model_one_after_the_other(
    resnet: State, save: Callable[[Any], str], tmp_path: Path
) -> None:
    small = {"task": "classification", "model": {"name": "resnet18"}}
    given, state = run_of(tmp_path, **small)
    model = build(tmp_path, save(resnet), given, **small)
    assert same(state, model.state_dict())
    assert [line.split(":")[0] for line in said(model)] == ["weights weights.pth", "weights old.pt"]


def step(model: nn.Module) -> None:
    """What train.py does in a step."""
    module("models").training(model)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=0.1)
    model(torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))).sum().backward()
    optimizer.step()


def test_frozen_parts_stay_as_they_are_statistics_included(tmp_path: Path) -> None:
    model = build(tmp_path, model={"width": 4, "freeze": ["encoder.*", "bottleneck.*"]})
    before = {key: value.clone() for key, value in model.state_dict().items()}
    step(model)
    changed = {key for key, value in model.state_dict().items() if not before[key].equal(value)}
    assert not {key for key in changed if key.startswith(("encoder.", "bottleneck."))}
    assert {"decoder.0.1.running_mean", "up.3.2.running_var", "head.weight"} <= changed
    # a norm with one trained parameter is in training
    assert not model.encoder[0][1].training and model.decoder[0][1].training
    model.encoder[0][1].bias.requires_grad_(True)
    step(model)
    assert model.encoder[0][1].training
    assert not torch.equal(model.encoder[0][1].running_mean, before["encoder.0.1.running_mean"])


def test_without_freezing_all_of_it_is_in_training_mode(tmp_path: Path) -> None:
    model = build(tmp_path, model={"width": 4}).eval()
    module("models").training(model)
    assert all(part.training for part in model.modules())


def test_something_must_be_left_to_train(tmp_path: Path) -> None:
    assert refused(tmp_path, model={"width": 4, "freeze": ["*"]}) == (
        "HERE/config.yaml:10: model.freeze=['*']: nothing is left to train; let the head go, or "
        "what is new"
    )


def test_a_run_says_what_its_weights_did(resnet: State, tmp_path: Path) -> None:
    torch.save(resnet, tmp_path / "body.pth")
    size = ["data.size=32", "data.limit=8", "train.epochs=1", "train.batch_size=4"]
    names = "data.class_names=[disk, square, triangle]"
    told = [
        "task=classification",
        "model.name=resnet18",
        "model.width=64",
        names,
        "model.freeze=[stem.*]",
    ]
    told += [f"model.backbone_weights={tmp_path / 'body.pth'}", *size]
    done = subprocess.run(
        [sys.executable, "train.py", *told, "--out", str(tmp_path / "run")],
        cwd=project(),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    line = (
        f"weights body.pth: {TENSORS - 2} of {TENSORS} matched; fresh: head.weight, head.bias; "
        "not used: head.weight, head.bias"
    )
    assert line in done.stdout.splitlines()
    assert line in (tmp_path / "run/log.txt").read_text(encoding="utf-8").splitlines()
    head = ["head.weight", "head.bias"]
    assert json.loads((tmp_path / "run/run.json").read_text(encoding="utf-8"))["weights"] == [
        {
            "source": "body.pth",
            "matched": TENSORS - 2,
            "fresh": head,
            "unused": head,
            "stripped": "",
        }
    ]
    trained = torch.load(tmp_path / "run/checkpoints/last.pt", weights_only=True)["model"]
    assert torch.equal(trained["stem.1.running_mean"], resnet["bn1.running_mean"])
    assert not torch.equal(
        trained["stages.0.blocks.0.bn1.running_mean"], resnet["layer1.0.bn1.running_mean"]
    )
