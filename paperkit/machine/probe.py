"""Print as JSON what torch and torchvision are here. Run in a child: a broken torch may not return.

Standard library, torch and torchvision only; the project's own Python runs it, too.
"""

import json
import sys
from importlib import metadata


def probe() -> dict[str, object]:
    """Return versions, device, the CUDA that torch was built for, and what failed."""
    found: dict[str, object] = {"python": sys.version.split()[0]}
    for name in ("torch", "torchvision"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    try:
        import torch

        found |= {"cuda_built": torch.version.cuda, "device": _device(torch)}
    except Exception as error:  # whatever a broken installation raises is the finding
        return found | {"torch_error": f"{type(error).__name__}: {error}"}
    try:
        import torchvision.ops  # noqa: F401 - its C++ operators fail first
    except Exception as error:
        found["torchvision_error"] = f"{type(error).__name__}: {error}"
    return found


def _device(torch: object) -> str:
    cuda, backends = torch.cuda, torch.backends  # type: ignore[attr-defined]
    if cuda.is_available():
        return f"cuda: {cuda.get_device_name(0)}"
    if backends.mps.is_available():
        return "mps"
    return "cpu"


if __name__ == "__main__":
    print(json.dumps(probe()))
