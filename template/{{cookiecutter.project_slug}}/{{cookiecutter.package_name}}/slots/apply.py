"""Put plugs into a model, and keep the record of what went where."""

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from .drift import features, warning
from .errors import SlotError
from .grammar import as_plug
from .plan import Piece, Planner
from .plug import Plug
from .probe import Seen, probe, unreached
from .sites import replace_module, slot_at
from .trial import failure, own_frames

RECORDS = "plug_records"  # attribute of the model; plain values, so it survives deepcopy and save


def apply(
    model: nn.Module,
    plugs: Sequence[Plug | str | Mapping[str, Any]],
    example: Tensor,
    *,
    find: Callable[[str], type],
    seed: int = 0,
    trained: Tensor | None = None,
) -> None:
    """Plug modules into a model, in place. Nothing is changed unless every plug fits.

    The base weights, the base state_dict keys and the global random streams stay as they are:
    each plug is initialised from its own stream, which (seed, slot, expression) decide.

    Args:
        model: A model with slots, or any other with path: selectors.
        plugs: In the order in which they chain, where several are at one slot.
        example: One input [1, C, H, W]; only its shape and type matter.
        find: From a module's name to its class.
        seed: The run's seed.
        trained: A batch [B, C, H, W], where the base has trained weights: what fresh plugs change
            of its features is measured on it, noted in the records, and warned of.

    Raises:
        SlotError: With one message: the slot, the shapes, the module's wish and what would fit.
    """
    wanted = [as_plug(plug) for plug in plugs]
    if not wanted:
        return
    planner = planned(model, example, find=find, seed=seed)
    pieces = [piece for plug in wanted for piece in planner.pieces(plug)]
    before = None if trained is None else features(model, trained)
    put(model, pieces, planner, example)
    if trained is not None and before is not None:
        _warn(model, warning(before, features(model, trained)))


def planned(
    model: nn.Module, example: Tensor, *, find: Callable[[str], type], seed: int = 0
) -> Planner:
    """Run the model once on the meta device; return what plans its plugs. Raises SlotError."""
    before = _seen(model, example, "the model fails before anything is plugged in")
    return Planner(model, before, find, seed)


def put(model: nn.Module, pieces: Sequence[Piece], planner: Planner, example: Tensor) -> None:
    """Put planned pieces into the model, or into its copy, and verify the whole.

    Raises SlotError, after which the model is not to be used.
    """
    replaced = [piece for piece in pieces if _replaces(piece)]
    _no_overlap(replaced, pieces)
    records = {id(piece): _replace(model, piece) for piece in replaced}
    # insertions come second: they hook what is there when all replacements are done
    records |= {id(p): _insert(model, p) for p in pieces if not _replaces(p)}
    kept: list[dict[str, Any]] = getattr(model, RECORDS, [])
    setattr(model, RECORDS, kept + [records[id(piece)] for piece in pieces])
    _verify(model, example, planner.seen[""].outputs, pieces)


def records(model: nn.Module) -> list[dict[str, Any]]:
    """Return one record for each plug at each place, the content of plugs.json.

    Keys: slot, expression, path (of the plug in the model), how, init, modules (borrowed, to be
    cited), own (the student's own), channels_in, channels_out, size [H, W], params (its own),
    params_added and macs_added (less what it replaced), cites (keys), licence, note.
    """
    full = copy.deepcopy(getattr(model, RECORDS, []))
    return [record | {"cites": [c["key"] for c in record["cites"]]} for record in full]


def cites(model: nn.Module) -> list[dict[str, str]]:
    """Return {key, bibtex, for} of the papers behind the plugs, each once, sorted by key."""
    every = [cite for record in getattr(model, RECORDS, []) for cite in record["cites"]]
    return [dict(cite) for _, cite in sorted({cite["key"]: cite for cite in every}.items())]


def _warn(model: nn.Module, said: str) -> None:
    if not said:
        return
    kept: list[dict[str, Any]] = getattr(model, RECORDS)
    fresh = [record for record in kept if record["init"] == "native"]
    for record in fresh:
        record["note"] = "; ".join(filter(None, [record["note"], said]))
    names = list(dict.fromkeys(record["expression"] for record in fresh))
    warnings.warn(f"{', '.join(names)}: {said}", stacklevel=3)


def _replaces(piece: Piece) -> bool:
    """A fusion in the place of a concatenation is an insertion at its slot."""
    return piece.plug.how == "replace" and piece.site.inputs == 1


def _no_overlap(replaced: Sequence[Piece], pieces: Sequence[Piece]) -> None:
    for one in replaced:
        home = one.site.component
        for other in pieces:
            path = other.site.component if _replaces(other) else other.site.path
            inside = path == home or str(path).startswith(f"{home}.")
            if other is not one and inside and (_replaces(other) or path != home):
                raise SlotError(
                    f"{other.site.name}: {other.plug} lies inside {home}, which {one.plug} "
                    "replaces; keep one of the two"
                )


def _replace(model: nn.Module, piece: Piece) -> dict[str, Any]:
    path = piece.site.component
    assert path is not None
    old = model.get_submodule(path)
    replace_module(model, path, _at_home(model, piece.module))
    return _record(piece, path, removed=_count(old))


def _insert(model: nn.Module, piece: Piece) -> dict[str, Any]:
    path, slot = slot_at(model, piece.site)
    slot.add(_at_home(model, piece.module), way=piece.way, label=str(piece.plug.use))
    return _record(piece, f"{path}.plugs.{len(slot.plugs) - 1}", removed=0)


def _at_home(model: nn.Module, module: nn.Module) -> nn.Module:
    """Give a plug the device, type and mode of the model."""
    module.train(model.training)
    for parameter in model.parameters():
        return module.to(device=parameter.device, dtype=parameter.dtype)
    return module


def _record(piece: Piece, path: str, *, removed: int) -> dict[str, Any]:
    params = _count(piece.module)
    infos = [about.info for about in piece.used]
    licences = sorted({str(info["licence"]) for info in infos if info.get("licence")})
    return {
        "slot": piece.site.name,
        "expression": str(piece.plug.use),
        "path": path,
        "how": piece.plug.how,
        "init": piece.plug.init,
        "modules": list(dict.fromkeys(a.name for a in piece.used if not a.info.get("own"))),
        "own": [about.name for about in piece.used if about.info.get("own")],
        "channels_in": piece.into[1],
        "channels_out": piece.out[1],
        "size": list(piece.out[2:]),
        "params": params,
        "params_added": params - removed,
        "macs_added": piece.trial.macs,
        "cites": [
            {"key": about.info["key"], "bibtex": about.info.get("bibtex", ""), "for": about.name}
            for about in piece.used
            if about.info.get("key")
        ],
        "licence": "; ".join(licences),
        "note": "; ".join(piece.notes),
    }


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _seen(model: nn.Module, example: Tensor, trouble: str) -> dict[str, Seen]:
    try:
        return probe(model, example)
    except Exception as error:
        said = f"{trouble}, on {list(example.shape)}{failure(error)}{own_frames(error)}"
        raise SlotError(said) from error


def _verify(model: nn.Module, example: Tensor, want: object, pieces: Sequence[Piece]) -> None:
    """Run the whole once more: shapes stay, every plug takes part, gradients can be taken."""
    names = {module: name for name, module in model.named_modules()}
    after = _seen(model, example, "the plugged model fails")
    if after[""].outputs != want:
        raise SlotError(f"the model now gives {after[''].outputs}, but gave {want} before")
    for piece in pieces:
        if not after[names[piece.module]].calls:
            raise SlotError(
                f"{piece.site.name}: {piece.plug.use} is in the model but is never called; the "
                "model's forward does not go through this module"
            )
    try:
        ignored = unreached(model, example, [names[piece.module] for piece in pieces])
    except RuntimeError as error:
        raise SlotError(f"no gradient can be taken through the plugged model: {error}") from error
    for piece in pieces:
        if names[piece.module] in ignored:
            raise SlotError(
                f"{piece.site.name}: the model's output does not depend on what {piece.plug.use} "
                "gives here, so it would get no gradient and the row would equal the row without "
                "it; use another slot"
            )
