"""What `--baseline` may be, and what the first configurations plug into it."""

import difflib
import re

from paperkit.models import baselines

__all__ = ["FORMS", "known", "task_of", "values", "wrong"]

FORMS = "smp:ARCH/ENCODER, timm:NAME, torchvision:NAME, nnunet:plain|residual"
LIBRARIES = {  # what a name of a library looks like -> its task
    r"smp:\w+/[\w.\-]+": "segmentation",
    r"nnunet:(plain|residual)": "segmentation",
    r"timm:[\w.\-]+": "classification",
    r"torchvision:\w+": "classification",
}
RESIDUAL = r"resnet(18|34|50)"  # our own, with slots inside the blocks
VIT = r"(torchvision|timm):(vit|deit)"  # one stage, and nothing after its last block counts
JOINED = (  # decoders that concatenate, so that they have fuse.N
    *("unet", "attention_unet", "resunet", "nnunet:plain", "nnunet:residual"),
    *("smp:Unet", "smp:UnetPlusPlus", "smp:MAnet", "smp:DeepLabV3Plus"),
)
FLAT = ("softmax_regression", "mlp")  # models without maps have no slots


def known(task: str | None = None) -> list[str]:
    """Return the names of the baselines of a task, or of both."""
    return [name for name, row in baselines.BASELINES.items() if task in (None, row.task)]


def task_of(name: str) -> str | None:
    """Return the task of a baseline or of a library's model; None for what is neither."""
    row = baselines.BASELINES.get(name)
    if row:
        return row.task
    return next((task for form, task in LIBRARIES.items() if re.fullmatch(form, name)), None)


def wrong(name: str) -> str:
    """Say what could have been meant by an unknown name."""
    near = difflib.get_close_matches(name.lower(), known(), n=3, cutoff=0.5)
    hint = f"nearest: {', '.join(near)}; " if near else ""
    return f"no such baseline; {hint}known: {', '.join(known())}, {FORMS}"


def values(name: str) -> dict[str, str]:
    """Return the template's keys that follow from the baseline: title, id, places for plugs."""
    row = baselines.find(name)
    model = row.model if row else name
    classifies = task_of(name) == "classification"
    ca_at = "stage.*" if classifies else "encoder.*"
    if re.fullmatch(RESIDUAL, name):
        ca_at = "stage.*.block.*.branch"
    if re.match(VIT, model):
        ca_at = "stage.0.block.{2,5,8}"
    return {
        "__baseline_title": row.title if row else name.partition(":")[2],
        "__baseline_id": re.sub(r"\W+", "_", name),
        "__ca_at": "" if name in FLAT else ca_at,
        "__fuse_at": "fuse.*" if model.partition("/")[0] in JOINED else "",
    }
