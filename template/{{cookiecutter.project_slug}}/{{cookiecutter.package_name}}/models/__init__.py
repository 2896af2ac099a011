"""From `model:` and `plugs:` to a network. Add yours: a file here, its class in MODELS.

All models return logits: [B, classes, H, W] for segmentation, [B, classes] for classification.
"""

import difflib
import fnmatch
import re
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from .. import modules, slots
from ..config import ROOT, Config, ConfigError
from . import baselines, external, weights
from .classic import MLP, LeNet, NiN, SoftmaxRegression
from .resnet import ResNet, from_torchvision
from .unet import UNet
from .unet_variants import AttentionUNet, ResUNet

MODELS = {
    "segmentation": {"unet": UNet, "attention_unet": AttentionUNet, "resunet": ResUNet},
    "classification": {f"resnet{depth}": partial(ResNet, depth) for depth in (18, 34, 50)},
}
PLAIN = {"lenet": LeNet, "nin": NiN}  # of one width
FLAT = {"softmax_regression": SoftmaxRegression, "mlp": MLP}  # for images of one size
WAY_OUT = {
    "segmentation": "use smp:Unet/resnet34 (a ResNet as the encoder of a U-Net) or unet",
    "classification": "use resnet18, resnet34, resnet50, timm:NAME or torchvision:NAME",
}
MOVES = "Upsample|Slice|View|.*Reshape|Squeeze|Unsqueeze|Permute|Transpose|Alias|Clone|.*Copy"
LAYERS = ("AddmmBackward0", "MmBackward0", "ConvolutionBackward0")
PROBE = 128  # pixels: enough for any encoder, cheap on a laptop


def build(config: Config) -> nn.Module:
    """The network with its plugs, on the CPU. The seed decides its weights; global streams stay.

    Raises ConfigError for a name, a size or weights that do not fit, SlotError for a plug.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(config.seed)
        model = _base(config)
        _load_backbone(model, config)
        example = torch.zeros(1, config.data.channels, *config.data.size)
        plugs = [plug.model_dump() for plug in config.plugs]
        # behind trained weights, what fresh modules change is measured, on noise
        noise = torch.randn(2, *example.shape[1:]) if _is_trained(model, config) else None
        slots.apply(model, plugs, example, find=modules.find, seed=config.seed, trained=noise)
    check_logits(model, config)
    if config.model.init_from:
        _initialise(model, config)
    _freeze(model, config)
    return model


def check_logits(model: nn.Module, config: Config) -> None:
    """Refuse outputs of another shape, and probabilities. Raises ConfigError."""
    last = list(model.modules())[-1]
    if isinstance(last, nn.Softmax | nn.Softmax2d | nn.LogSoftmax | nn.Sigmoid):
        raise _error(config, "name", _probabilities(f"ends in {type(last).__name__}"))
    fixed = ":" in config.model.name and not config.model.name.startswith(("smp:", "nnunet:"))
    size = [n if fixed else min(n, PROBE) for n in config.data.size]
    noise = torch.randn(2, config.data.channels, *size, generator=torch.Generator().manual_seed(0))
    # a second, huge input: logits grow with it, probabilities cannot
    scale = torch.tensor([1.0, 1e4])[:, None, None, None]
    output = model.eval()(noise.requires_grad_() * scale)
    model.train()
    wanted = (2, config.data.classes, *(size if config.task == "segmentation" else ()))
    if not isinstance(output, Tensor) or tuple(output.shape) != wanted:
        got = list(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise _error(config, "name", f"returns {got} for {[*noise.shape]}, but needs {[*wanted]}")
    sums = torch.allclose(output.sum(1), torch.ones(()), atol=1e-4)
    # a fresh sigmoid gives about a half; what a layer gives may by chance be small and positive
    squashed = output.max() > 0.3 and _last_operation(output) not in LAYERS
    if output.min() >= 0 and output.max() <= 1 and (sums or squashed):
        found = "sum to one (a softmax)" if sums else "are all between 0 and 1 (a sigmoid)"
        raise _error(config, "name", _probabilities(f"returns values that {found}"))


def _last_operation(output: Tensor) -> str:
    """What computed the values in autograd's words; resizing and cropping only move them."""
    node = output.grad_fn
    while node is not None and re.match(MOVES, node.name()):
        node = node.next_functions[0][0]
    return node.name() if node is not None else ""


def describe(model: nn.Module, title: str = "", size: tuple = (1, 3, 224, 224)) -> str:
    """Shapes of input and output and after each slot, parameters and multiplications, as text."""
    example = torch.zeros(size)
    with torch.no_grad():
        output = model.eval()(example)
    params, gmacs = slots.cost(model, example)
    shapes = f"{list(example.shape)} -> {list(output.shape)}"
    head = f"{title or type(model).__name__}: {shapes}, {params:,} parameters, {gmacs:.2f} GMACs"
    rows = [row for row in slots.table(model, example) if ".block." not in row["slot"]]
    flow = [f"  {row['slot']:<12} {row['channels']:>5} channels  {row['size']}" for row in rows]
    return "\n".join([head, *flow])


def _base(config: Config) -> nn.Module:
    name, data = config.model.name, config.data
    known_as = baselines.BASELINES.get(name)
    if known_as and known_as.task != config.task:
        raise _error(config, "name", _wrong_task(config.task))
    if ":" in (known_as.model if known_as else name):
        try:
            return external.build(config, known_as.model if known_as else name)
        except external.NotFound as error:
            key = "backbone_weights" if isinstance(error, weights.Misfit) else "name"
            raise _error(config, key, str(error)) from error.__cause__
    if name in FLAT:
        return FLAT[name](data.channels, data.classes, size=tuple(data.size))
    if name in PLAIN:
        return PLAIN[name](data.channels, data.classes)
    own = MODELS[config.task]
    if name not in own:
        named = [key for key, row in baselines.BASELINES.items() if row.task == config.task]
        known = [*named, external.FORMS, f"{external.PACKAGE}.module:factory"]
        close = difflib.get_close_matches(name, named, n=1)
        near = f"; did you mean '{close[0]}'?" if close else ""
        raise _error(config, "name", f"no such model{near}; known: {', '.join(known)}")
    return own[name](data.channels, data.classes, width=config.model.width)


def _wrong_task(task: str) -> str:
    gives = "one label per image" if task == "segmentation" else "a label per pixel"
    return f"gives {gives}, task is {task}; {WAY_OUT[task]}"


def _load_backbone(model: nn.Module, config: Config) -> None:
    source, name = config.model.backbone_weights, config.model.name
    if source is None or external.is_library(name):
        return
    if not isinstance(model, ResNet):
        raise _error(config, "backbone_weights", f"there are none for {name}; leave it null")
    try:
        if source == "imagenet":
            from torchvision.models import get_model_weights

            with weights.fetching(source, name, mirror=False):
                state = get_model_weights(name).DEFAULT.get_state_dict(check_hash=True)
            given = weights.Given(source, state)
        else:
            given = weights.read(_file(config, "backbone_weights"))
        _load(model, given, config)
    except weights.Misfit as error:
        raise _error(config, "backbone_weights", str(error)) from error.__cause__


def _is_trained(model: nn.Module, config: Config) -> bool:
    """Whether modules would come fresh behind trained weights; those of init_from are put in."""
    if not config.model.init_from:
        return config.model.backbone_weights is not None
    try:
        given = weights.read(_file(config, "init_from"))
    except weights.Misfit:
        return False  # said by _initialise
    given = given.fitted(model, from_torchvision if isinstance(model, ResNet) else dict)
    own = model.state_dict()
    fits = {k: v for k, v in given.state.items() if k in own and v.shape == own[k].shape}
    model.load_state_dict(fits, strict=False)
    return bool(fits) and not any(".plugs." in key for key in given.state)


def _initialise(model: nn.Module, config: Config) -> None:
    """Weights of an earlier run; plugs and classes that it did not have keep their own start."""
    try:
        _load(model, weights.read(_file(config, "init_from")), config, whole=False)
    except weights.Misfit as error:
        raise _error(config, "init_from", str(error)) from error.__cause__


def _load(model: nn.Module, given: weights.Given, config: Config, *, whole: bool = True) -> None:
    given = given.fitted(model, from_torchvision if isinstance(model, ResNet) else dict)
    name, classes = config.model.name, config.data.classes
    weights.note(model, weights.load(model, given, name=name, classes=classes, whole=whole))


def _freeze(model: nn.Module, config: Config) -> None:
    for pattern in config.model.freeze:
        hit = [p for name, p in model.named_parameters() if fnmatch.fnmatchcase(name, pattern)]
        if not hit:
            raise _error(config, "freeze", f"{pattern} is no parameter; try 'encoder.*'")
        for parameter in hit:
            parameter.requires_grad_(False)
    if config.model.freeze and not any(p.requires_grad for p in model.parameters()):
        raise _error(config, "freeze", "nothing is left to train; let the head go, or what is new")


def training(model: nn.Module) -> None:
    """Training mode, but frozen BatchNorms keep the statistics that their weights belong to."""
    model.train()
    for module in model.modules():
        trained = [parameter.requires_grad for parameter in module.parameters()]
        if isinstance(module, nn.modules.batchnorm._NormBase) and trained and not any(trained):
            module.eval()


def _file(config: Config, key: str) -> Path:
    path = ROOT / getattr(config.model, key)
    if not path.is_file():
        raise _error(config, key, f"no such file; paths are from {ROOT}")
    return path


def _probabilities(found: str) -> str:
    return (
        f"{found}, but the losses and metrics here take logits and apply softmax themselves; "
        "a second one flattens the gradient: remove the last activation"
    )


def _error(config: Config, key: str, message: str) -> ConfigError:
    place = config.origins.get(f"model.{key}", "model")
    return ConfigError(f"{place}: model.{key}={getattr(config.model, key)!r}: {message}")
