"""nnU-Net's networks (dynamic_network_architectures): PlainConvUNet, ResidualEncoderUNet, 2-d.

The names are the U-Net's. N is the resolution: encoder.0 at full size where the first stride is
1. stage.N is the encoder's stage N, the bottleneck its last. skip.N is what the decoder takes of
encoder.N, and fuse.N where it meets what up.N gives. With deep supervision the head is the one
at full size.
"""

from collections.abc import Iterator

from torch import nn

from .errors import SlotError
from .site import Site, hooked

LIBRARY = "dynamic_network_architectures.architectures.unet"
BRANCH = ("squeeze_excitation", "drop_path", "conv3", "conv2")  # its end is the first there is


def is_nnunet(model: nn.Module) -> bool:
    """Tell whether a model is one of the library's U-Nets, or of a class made from one."""
    return any(cls.__module__ == LIBRARY for cls in type(model).__mro__)


def nnunet(model: nn.Module) -> Iterator[Site]:
    """Yield the sites of a 2-d network. Raises SlotError for a 3-d one."""
    other = next((m for m in model.modules() if isinstance(m, nn.Conv1d | nn.Conv3d)), None)
    if other is not None:
        raise SlotError(
            f"this {type(model).__name__} is made of {type(other).__name__}, but a plug takes maps "
            "[B, C, H, W]; slots are in 2-d networks only (nnU-Net's configuration 2d)"
        )
    depth = len(list(model.get_submodule("encoder.stages").children()))
    if getattr(model.get_submodule("encoder"), "stem", None) is not None:
        yield hooked("stem", "encoder.stem")
    for n in range(depth):
        path = f"encoder.stages.{n}"
        yield hooked(f"encoder.{n}" if n < depth - 1 else "bottleneck", path)
        yield hooked(f"stage.{n}", path)
        yield from _blocks(model, path, f"stage.{n}")
    yield from _decoder(model, depth)


def _blocks(model: nn.Module, path: str, name: str) -> Iterator[Site]:
    """Yield residual blocks with their branches, or the convolutions of a plain stage."""
    stage = model.get_submodule(path)
    names = (name for name, _ in stage.named_modules())
    home = next(name for name in names if name.rpartition(".")[2] in ("blocks", "convs"))
    for number, (key, block) in enumerate(stage.get_submodule(home).named_children()):
        at = f"{path}.{home}.{key}"
        yield hooked(f"{name}.block.{number}", at)
        last = next((k for k in BRANCH if isinstance(getattr(block, k, None), nn.Module)), "")
        if last:
            yield hooked(f"{name}.block.{number}.conv2", f"{at}.conv2.conv")
            yield Site(f"{name}.block.{number}.branch", f"{at}.{last}", None, mechanism="hook")


def _decoder(model: nn.Module, depth: int) -> Iterator[Site]:
    widths = list(model.get_submodule("encoder").output_channels)  # type: ignore[arg-type]
    for n in range(depth - 1):
        yield Site(f"skip.{n}", "decoder", None, mechanism="item", number=n)
    for n in reversed(range(depth - 1)):
        at = depth - 2 - n  # the library's decoder counts from the coarsest
        yield hooked(f"up.{n}", f"decoder.transpconvs.{at}")
        yield Site(f"fuse.{n}", f"decoder.stages.{at}", None, 2, "join", widths[n])
        yield hooked(f"decoder.{n}", f"decoder.stages.{at}")
    yield hooked("head", f"decoder.seg_layers.{depth - 2}")
