"""torch: its version, its device, and whether it fits torchvision and the machine's GPU."""

import json
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from paperkit.machine.check import Check

__all__ = ["check_torch", "gpu_there", "probe"]

PROBE = Path(__file__).with_name("probe.py")
SECONDS = 180  # a first import from a network disk takes a minute
DRIVER = Path("/proc/driver/nvidia/version")
PIP = "-m pip install --upgrade"


def check_torch(python: Path) -> list[Check]:
    """Look at the torch of an interpreter, in a child process."""
    found = probe(python)
    return [_torch(found, python), _torchvision(found, python)]


def probe(python: Path) -> dict[str, Any]:
    """Return what probe.py printed; {"torch_error"} when it could not."""
    try:
        done = subprocess.run(
            [str(python), "-P", str(PROBE)],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
        )
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"torch_error": f"importing it took more than {SECONDS} s"}
    except (OSError, ValueError, IndexError) as error:
        return {"torch_error": f"{type(error).__name__}: {error}"}
    return answer


def gpu_there() -> str | None:
    """Return the NVIDIA GPU or driver that the system shows, without asking torch."""
    smi = shutil.which("nvidia-smi")
    if smi:
        listed = subprocess.run(
            [smi, "-L"], capture_output=True, encoding="utf-8", errors="replace", timeout=60
        ).stdout
        gpu = re.search(r"GPU \d+: (.+?)(?: \(UUID|$)", listed, re.MULTILINE)
        return gpu[1] if gpu else None
    return "an NVIDIA GPU" if DRIVER.is_file() else None


def _torch(found: dict[str, Any], python: Path) -> Check:
    install = f"{python} {PIP} torch torchvision"
    if not found.get("torch"):
        why = found.get("torch_error", "not installed")
        return Check("torch", "missing", f"{python} has none ({why})", install)
    version = found["torch"]
    if "torch_error" in found:
        return Check("torch", "missing", f"{version}, fails: {found['torch_error']}", install)
    gpu = gpu_there() if found["device"] == "cpu" else None
    if gpu is None:
        return Check("torch", "ok", f"{version} on {found['device']}")
    if found.get("cuda_built") is None:
        return Check(
            "torch",
            "warning",
            f"{version} is built for the CPU only, but there is {gpu}",
            f"{python} -m pip install --force-reinstall torch torchvision{_index()}",
        )
    return Check(
        "torch",
        "warning",
        f"{version} cannot use {gpu}: the driver is older than CUDA {found['cuda_built']}",
        "update the NVIDIA driver, or take an older CUDA build: https://pytorch.org/get-started",
    )


def _index() -> str:
    # the default wheels carry CUDA on Linux, but not on Windows
    windows = platform.system() == "Windows"
    return " --index-url https://download.pytorch.org/whl/cu128" if windows else ""


def _torchvision(found: dict[str, Any], python: Path) -> Check:
    install = f"{python} {PIP} torch torchvision"
    version = found.get("torchvision")
    if not version:
        return Check("torchvision", "missing", "not installed", install)
    if "torchvision_error" in found:
        why = str(found["torchvision_error"]).splitlines()[0]
        return Check(
            "torchvision",
            "missing",
            f"{version} does not work with torch {found.get('torch')} ({why})",
            f"{install}  (the two are built for each other; install them in one command)",
        )
    return Check("torchvision", "ok", f"{version}, fits torch {found.get('torch')}")
