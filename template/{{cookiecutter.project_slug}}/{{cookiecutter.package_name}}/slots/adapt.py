"""Which models of libraries are known, and the adapter of each: from a model to its sites."""

from collections.abc import Callable, Iterator

from torch import nn

from .adapt_classifier import classifier, is_classifier
from .adapt_nnunet import is_nnunet, nnunet
from .adapt_smp import is_smp, smp
from .errors import SlotError
from .site import Site

Adapter = Callable[[nn.Module], Iterator[Site]]
ADAPTERS: list[tuple[Callable[[nn.Module], bool], Adapter]] = [
    (is_smp, smp),
    (is_nnunet, nnunet),
    (is_classifier, classifier),
]


def adapted(adapter: Adapter, model: nn.Module) -> list[Site]:
    """A forward that fails at all sizes tried leaves path:, and apply to say why on the example."""
    try:
        return list(adapter(model))
    except SlotError:
        raise
    except Exception:
        return []


def libraries(model: nn.Module) -> dict[str, Adapter]:
    """Return {path: adapter} of the libraries' models that a model is or contains."""
    found: dict[str, Adapter] = {}
    for path, module in model.named_modules():
        if not any(root == "" or path.startswith(f"{root}.") for root in found):
            adapter = next((made for knows, made in ADAPTERS if knows(module)), None)
            found |= {path: adapter} if adapter else {}
    return found
