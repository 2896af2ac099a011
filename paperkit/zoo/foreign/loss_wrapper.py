"""The file that makes a copied loss one of the project: its INFO, and a class around it."""

import json
from collections.abc import Mapping
from typing import Any

from paperkit.zoo.foreign.wrapper import literal_info

__all__ = ["loss_wrapper"]

FILE = '''"""{cls} of {origin}, as a loss that a configuration can name.

The copied file is kept word for word in _{name}.py; this one says what it is and how it is called.
"""

{imports}from torch import Tensor, nn

from ._{name} import {cls} as Copied

INFO = {{
{info}}}


class {plug}(nn.Module):
    """{cls}, called with what it takes{without}.

    Args:
{args}
    """

    def __init__(
        self,
        *,
{signature}
    ) -> None:
        super().__init__()
{made}        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return a scalar from logits [B, K, H, W] and classes int64 [B, H, W]."""
        valid = target != self.ignore_index
        if not valid.any():
            return (0 * logits).sum()
{body}
    def copied_loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return what the copy gives{for_what}."""
{call}'''
DROPPED = {
    "batch": """        if not valid.all():  # one long image of the pixels that are not ignored
            logits = logits.movedim(1, -1)[valid].T[None, :, :, None]
            target = target[valid][None, :, None]
        return self.copied_loss(logits, target)
""",
    "image": """        each = [
            self.copied_loss(x[:, kept][None, :, :, None], classes[kept][None, :, None])
            for x, classes, kept in zip(logits, target, valid, strict=True)
            if kept.any()
        ]
        return sum(each[1:], each[0]) / len(each)
""",
    "": """        return self.copied_loss(logits, target)
""",
}


def loss_wrapper(
    name: str, plug: str, found: Mapping[str, Any], cited: Mapping[str, Any], origin: str
) -> str:
    """Return the text of modules/NAME.py.

    Args:
        name: The loss's name in a configuration.
        plug: The name of its class.
        found: What foreign.loss_fit found.
        cited: Title, authors, venue, year, key, bibtex and licence.
        origin: The file that was copied, as the user wrote it.
    """
    options = found["options"]
    typed = [f"{k}: {type(v).__name__} = {_literal(v)}" for k, v in options.items()]
    given = [
        *(f"{k}={_literal(v)}" for k, v in found["given"].items()),
        *(f"{k}={k}" for k in options),
    ]
    drops = found["reduction"] if found["pixelwise"] and found["reduction"] in DROPPED else ""
    args = [f"        {key}: As in the copied class." for key in options]
    hot = found["form"] == "one-hot"
    return FILE.format(
        name=name,
        cls=found["cls"],
        origin=origin,
        plug=plug,
        imports="import torch.nn.functional as F\n" if hot else "",
        info=literal_info(_info(name, cited, origin)),
        without="; pixels to be ignored are left out" if drops else "",
        args="\n".join(
            [*args, "        ignore_index: Pixels with this class in the truth count nowhere."]
        ),
        signature="\n".join(f"        {one}," for one in [*typed, "ignore_index: int = -100"]),
        made=_made(found, given),
        body=DROPPED[drops],
        for_what=" for pixels of which none is ignored" if drops else "",
        call=_call(found, bool(given)),
    )


def _literal(value: object) -> str:
    """Write a value as a formatter would, with double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _made(found: Mapping[str, Any], given: list[str]) -> str:
    """Return the statement that builds the copy; that for a number of classes is built later."""
    if not found["classes"]:
        return f"        self.copied = Copied({', '.join(given)})\n"
    return f"        self.options = dict({', '.join(given)})\n" if given else ""


def _call(found: Mapping[str, Any], options: bool) -> str:
    lines = []
    if found["inside"] == "none":
        lines.append("scores = logits.softmax(dim=1).contiguous()  # the copy takes probabilities")
    scores = "scores" if lines else "logits.contiguous()"
    truth = {"indices": "target", "one-hot": "truth", "indices with a channel": "target[:, None]"}
    if found["form"] == "one-hot":
        lines += [
            "truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1)",
            "truth = truth.to(logits.dtype).contiguous()",
        ]
    copied = "self.copied"
    if found["classes"]:
        more = ", **self.options" if options else ""
        lines.append(f"copied = Copied({found['classes']}=logits.shape[1]{more})")
        copied = "copied"
    pair = [scores, truth[found["form"]]]
    passed = ", ".join(reversed(pair) if found["swapped"] else pair)
    lines.append(f"loss: Tensor = {copied}({passed}){'[0]' if found['first'] else ''}")
    lines.append("return loss.reshape(())")
    return "".join(f"        {line}\n" for line in lines)


def _info(name: str, cited: Mapping[str, Any], origin: str) -> dict[str, Any]:
    noun = " ".join([*filter(None, name.removesuffix("loss").split("_")), "loss"])
    return {
        "name": name,
        **{key: cited[key] for key in ("title", "authors", "venue", "year", "key", "bibtex")},
        "kind": "loss",
        "noun": noun,
        "tasks": ["segmentation"],
        "arity": 2,
        "layout": "NCHW",
        "equation": "",
        "symbols": {},
        "params": "0",
        "needs": {},
        "components": {},
        "recommended": [],
        "variants": {},
        "source": f"copied from {origin}, word for word in _{name}.py",
        "licence": cited["licence"],
    }
