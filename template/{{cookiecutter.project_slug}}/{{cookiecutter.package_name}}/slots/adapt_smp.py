"""segmentation_models_pytorch: all architectures, with any encoder whose stages are modules.

The names are the U-Net's. N is the resolution: encoder.0 and decoder.0 at half of the image's
size. A decoder's last block at full size, which meets no skip, is decoder.full. Offered is only
what is true: skip.N where the decoder reads that feature, fuse.N where it concatenates.
"""

from collections.abc import Iterator
from dataclasses import replace

from torch import nn

from .adapt_blocks import stage
from .flow import Flow, follow
from .site import Site, hooked

LIBRARY = "segmentation_models_pytorch.decoders."
BLOCKS: dict[str, tuple[str, ...]] = {  # decoder's class -> what its decoder.N are
    "FPNDecoder": ("p5", "p4", "p3", "p2"),
    "PANDecoder": ("gau3", "gau2", "gau1"),
    "PSPDecoder": ("conv",),
    "DeepLabV3Decoder": ("relu",),
    "DeepLabV3PlusDecoder": ("block2",),
    "UPerNetDecoder": ("fpn_conv_blocks",),
    "SegformerDecoder": ("mlp_stage",),
    "DPTDecoder": ("fusion_blocks",),
}
CONTEXT = {  # decoder's class -> what stands between the deepest feature and the first block
    "UnetDecoder": "center",
    "MAnetDecoder": "center",
    "PANDecoder": "fpa",
    "PSPDecoder": "psp",
    "DeepLabV3Decoder": "aspp",
    "DeepLabV3PlusDecoder": "aspp",
    "UPerNetDecoder": "psp",
}
JOINT = {"UnetDecoder": "attention1", "UnetPlusPlusDecoder": "attention1", "MAnetDecoder": "conv1"}


def is_smp(model: nn.Module) -> bool:
    """Tell whether a model is one of the library, or of a class made from one."""
    return any(cls.__module__.startswith(LIBRARY) for cls in type(model).__mro__)


def smp(model: nn.Module) -> Iterator[Site]:
    """Yield the sites of a model of the library."""
    flow = follow(model, "decoder")
    yield from _encoder(flow)
    yield from _features(model, flow)
    yield from _decoder(model, flow)
    yield hooked("head", "segmentation_head")


def _numbered(flow: Flow) -> dict[int, int]:
    """Return {place in the list of features: N}. ViTs give no feature that is the image itself."""
    first = flow.features[0]
    shift = -1 if flow.level(first.shape) < 0 else 1
    return {place: place + shift for place in range(max(0, -shift), len(flow.features))}


def _encoder(flow: Flow) -> Iterator[Site]:
    before = None
    for number, n in _numbered(flow).items():
        feature = flow.features[number]
        if feature.path is None:
            continue
        parts = flow.calls.between(before, feature.path)
        parts = [feature.path] if feature.whole else parts
        before = feature.path
        found = [*stage(flow.calls, f"stage.{n - 1}" if n else "stem", feature.path, parts)]
        yield from [replace(site, name=f"encoder.{n}") for site in found[:1]]
        yield from found if n else found[:1]


def _features(model: nn.Module, flow: Flow) -> Iterator[Site]:
    """Yield skip.N, and the bottleneck: the deepest feature, after a context module if any."""
    numbered = _numbered(flow)
    deepest = max(numbered)
    for place, n in numbered.items():
        if flow.features[place].used and place != deepest:
            yield Site(f"skip.{n}", "decoder", None, mechanism="item", number=place)
    context = CONTEXT.get(type(model.decoder).__name__)
    if context:
        yield hooked("bottleneck", f"decoder.{context}")
    else:
        yield Site("bottleneck", "decoder", None, mechanism="item", number=deepest)


def _decoder(model: nn.Module, flow: Flow) -> Iterator[Site]:
    decoder = model.get_submodule("decoder")
    kind, named = type(decoder).__name__, set()
    for path in _blocks(decoder, kind):
        shape = flow.outputs[path]
        level = flow.level(shape)
        name = f"decoder.{level if level >= 0 else 'full'}"
        if name in named:
            continue
        named.add(name)
        yield hooked(name, path)
        joint = f"{path}.{JOINT[kind]}" if kind in JOINT else path
        skip = _skip_width(flow, kind, path)
        if skip and joint in flow.inputs:
            yield Site(f"fuse.{level}", joint, None, 2, "join", skip)


def _skip_width(flow: Flow, kind: str, path: str) -> int:
    """Return the channels of s where a block concatenates [x, s], else 0."""
    if kind == "DeepLabV3PlusDecoder":
        return flow.outputs["decoder.block1"][1]
    given = flow.inputs[path]
    return given[1][1] if kind in JOINT and len(given) > 1 else 0


def _blocks(decoder: nn.Module, kind: str) -> Iterator[str]:
    """Yield the paths of the modules whose outputs are decoder.N, the coarsest first."""
    for name in BLOCKS.get(kind, ("blocks",)):
        module = getattr(decoder, name, None)
        if isinstance(module, nn.ModuleDict):  # U-Net++: the outermost row of the grid
            yield from (f"decoder.{name}.{key}" for key in module if key.startswith("x_0_"))
        elif isinstance(module, nn.ModuleList):
            yield from (f"decoder.{name}.{number}" for number in range(len(module)))
        elif module is not None:
            yield f"decoder.{name}"
