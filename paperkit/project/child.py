"""Answer paperkit's questions from inside a project: ``python child.py REQUEST ANSWER``.

Runs by path in the project's own Python with the project as working folder; standard library and
the project's package only, so it must never import paperkit. Outside of projects the package is
paperkit itself, which has the same `slots` and `models.libraries`. Requests and answers (JSON):

    {"do": "describe", "package": P, "items": [{"config": PATH, "overrides": ["a.b=1"]}]}
        -> {"items": [{"config", "config_sha256", "code_sha256", "data_sha256", "params", "gmacs",
                       "input": [C, H, W], "plugs": [...], "error": null}]}
    {"do": "check", "package": P, "slots": bool, "catalogue": {NAME: FILE}, "refused": {NAME: WHY},
     "items": [{"id", "config", "overrides", "plugs"}
               or {"id", "model", "channels", "classes", "size", "plugs"}]}
        -> {"items": [{"id", "model", "params", "gmacs", "input", "plugs", "slots", "problems":
                       [{"at", "expression", "kind", "message"}], "notes", "error"}]}
    {"do": "trace", "package": P, "config": PATH, "overrides": [...], "plugs": [...],
     "tracer": FILE}
        -> {"graph": {...}}, or {"graph": null, "error": {...}}
    {"do": "eject", "package": P, "config": PATH, "overrides": [...], "plugs": [...],
     "room": FILE of paperkit/eject, and what its answer() reads}
        -> {"ejected": {...}}, or {"ejected": null, "error": {...}}

An error is {"type", "message", "trace"}; trace is there only when the student's own code raised
it, and holds the student's frames only.
"""

import difflib
import importlib
import importlib.util
import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["main"]

# raised on purpose by the project (these classes or theirs), with a message that needs no frames
EXPLAINED = {"ConfigError", "DataError", "EjectError", "NotFound", "SlotError"}
# what a model is made of; rows that differ in nothing of it share one model
MODEL = ("task", "data", "model")


def main(argv: Sequence[str]) -> None:
    """Read the request, write the answer; anything that escapes ends the process with its trace."""
    request = json.loads(Path(argv[0]).read_text(encoding="utf-8"))
    sys.path[0] = str(Path.cwd())
    do = {"describe": describe, "check": check, "trace": trace, "eject": eject}
    answer = do[request["do"]](request)
    text = json.dumps(answer, allow_nan=False)
    Path(argv[1]).write_text(text, encoding="utf-8")


def describe(request: dict[str, Any]) -> dict[str, Any]:
    """Resolve, build and identify every item; one that fails does not stop the others."""
    built: dict[str, dict[str, Any]] = {}
    return {"items": [_described(request["package"], item, built) for item in request["items"]]}


def _described(
    package: str, item: dict[str, Any], built: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    answer: dict[str, Any] = dict.fromkeys(
        ("config", "config_sha256", "code_sha256", "data_sha256", "params", "gmacs", "input")
    )
    answer.update(plugs=[], error=None)
    try:
        config = _part(package, "config").load(item["config"], item["overrides"])
        answer["config"] = _plain(config)
        # seeds of one row share the model: it is built once
        same = json.dumps({**answer["config"], "seed": None}, sort_keys=True)
        if same not in built:
            built[same] = _model_facts(package, config)
        answer.update(built[same])
        answer.update(_part(package, "identity").of(config))
    except Exception as error:
        answer["error"] = _error(error)
    return answer


def _model_facts(package: str, config: Any) -> dict[str, Any]:
    slots = _part(package, "slots")
    model = _part(package, "models").build(config)
    example = _part(package, "data").example(config)
    params, gmacs = slots.cost(model, example)
    if hasattr(getattr(config, "loss", None), "parts"):
        _part(package, "losses").Loss(config)  # what its class refuses is said before training
    shape = [int(size) for size in example.shape[1:]]
    return {
        "params": int(params),
        "gmacs": float(gmacs),
        "input": shape,
        "plugs": slots.records(model),
    }


def check(request: dict[str, Any]) -> dict[str, Any]:
    """Build each base once, and try the plugs of every item on it; nothing is trained."""
    bases: dict[str, Any] = {}
    return {"items": [_checked(request, item, bases) for item in request["items"]]}


def _checked(request: dict[str, Any], item: dict[str, Any], bases: dict[str, Any]) -> Any:
    answer: dict[str, Any] = {"id": item["id"], "model": item.get("model"), "error": None}
    answer.update(params=None, gmacs=None, input=None, plugs=[], slots=[], problems=[], notes=[])
    try:
        named = "model" in item
        config, plugs = (None, item["plugs"]) if named else _configured(request, item)
        base = _base(request["package"], config, item, bases)
        answer.update(model=base["name"], input=base["input"])
        if request["slots"]:
            answer["slots"] = _slot_table(request["package"], base)
        find = _finder(request) if named else _part(request["package"], "modules").find
        _tried(request["package"], base, plugs, find, answer)
        if config is not None and not answer["problems"]:
            _whole(request["package"], config, answer)
    except Exception as error:
        answer["error"] = _error(error)
    return answer


def _configured(request: dict[str, Any], item: dict[str, Any]) -> tuple[Any, list[Any]]:
    load = _part(request["package"], "config").load
    config = load(item["config"], item["overrides"], item["plugs"])
    return config, [plug.model_dump() for plug in config.plugs]


def _base(package: str, config: Any, item: dict[str, Any], bases: dict[str, Any]) -> Any:
    """Return the model without plugs, its example and cost, made once per MODEL part."""
    told = item if config is None else _plain(config)
    same = ("model", "channels", "classes", "size") if config is None else MODEL
    key = json.dumps({name: told[name] for name in same}, sort_keys=True)
    if key not in bases:
        if config is None:
            model, example = _library(package, item)
        else:
            start = config.model.model_copy(update={"init_from": None, "freeze": []})
            bare = config.model_copy(update={"plugs": [], "model": start})
            model = _part(package, "models").build(bare)
            example = _part(package, "data").example(config)
        bases[key] = {
            "name": item.get("model") or config.model.name,
            "model": model,
            "example": example,
            "input": [int(size) for size in example.shape[1:]],
            "cost": _part(package, "slots").cost(model, example),
        }
    return bases[key]


def _library(package: str, item: dict[str, Any]) -> tuple[Any, Any]:
    given = {key: item[key] for key in ("channels", "classes", "size")}
    model = _part(package, "models.libraries").build(item["model"], **given)
    return model, importlib.import_module("torch").zeros(1, item["channels"], *item["size"])


def _slot_table(package: str, base: dict[str, Any]) -> Any:
    if "slots" not in base:
        base["slots"] = _part(package, "slots").table(base["model"], base["example"])
    return base["slots"]


def _tried(package: str, base: dict[str, Any], plugs: Any, find: Any, answer: Any) -> None:
    slots = _part(package, "slots")
    report = slots.check(base["model"], plugs, base["example"], find=find, base_cost=base["cost"])
    answer["problems"] = _once(report.problems)
    answer.update(params=int(report.params), gmacs=float(report.gmacs))
    answer.update(plugs=report.plugs, notes=report.notes)


def _once(problems: Sequence[Any]) -> list[dict[str, str]]:
    """Say what is the same at all of a plug's places once, with the plug's own selector."""
    found: dict[tuple[str, str, str], list[Any]] = {}
    for problem in problems:
        place, _, rest = problem.message.partition(": ")
        said = problem.message if " " in place else rest
        found.setdefault((problem.at, problem.expression, said), []).append(problem)
    told = []
    for (at, expression, said), same in found.items():
        named = same[0].kind == "UnknownModule" or len(same) > 1
        message = f"{at}: {said}" if named else same[0].message
        told.append({"at": at, "expression": expression, "kind": same[0].kind, "message": message})
    return told


def _whole(package: str, config: Any, answer: dict[str, Any]) -> None:
    """Weights and frozen names are of the plugged model: build that, if there are any."""
    model = config.model
    if model.backbone_weights or model.init_from or model.freeze:
        slots, built = _part(package, "slots"), _part(package, "models").build(config)
        answer["plugs"] = slots.records(built)
        answer["notes"] = list(dict.fromkeys(r["note"] for r in answer["plugs"] if r["note"]))


def _finder(request: dict[str, Any]) -> Any:
    """Look modules up in the project, then in the catalogue, whose files need nothing else."""
    unknown = _part(request["package"], "slots").UnknownModule
    spec = importlib.util.find_spec(f"{request['package']}.modules")
    own = _part(request["package"], "modules") if spec else None

    def find(name: str) -> Any:
        if own and name in own.names():
            return own.find(name)
        if name in request["catalogue"]:
            return _only_class(_by_path(request["catalogue"][name], f"catalogue_{name}"), name)
        known = difflib.get_close_matches(name, request["catalogue"], n=3, cutoff=0.5)
        near = f"; nearest: {', '.join(known)}" if known else ""
        why = request["refused"].get(name, f"the catalogue has no module {name!r}{near}")
        raise unknown(why)

    return find


def _only_class(module: Any, name: str) -> Any:
    """Return the class that is called like the file, or the only one that has no underscore."""
    own = {k: v for k, v in vars(module).items() if getattr(v, "__module__", "") == module.__name__}
    plain = name.replace("_", "").lower()
    alike = [v for k, v in own.items() if k.lower() in (plain, plain.rstrip("0123456789"))]
    return (alike or [v for k, v in own.items() if isinstance(v, type) and k[0] != "_"])[0]


def trace(request: dict[str, Any]) -> dict[str, Any]:
    """Load the tracer by path and let it look at the model that the configuration builds."""
    package = request["package"]
    try:
        config = _part(package, "config").load(
            request["config"], request["overrides"], request.get("plugs", ())
        )
        model = _part(package, "models").build(config)
        example = _part(package, "data").example(config)
    except Exception as error:
        return {"graph": None, "error": _error(error)}
    tracer = _by_path(request["tracer"], "paperkit_tracer")
    try:
        return {"graph": tracer.trace(model, example), "error": None}
    except Exception as error:
        return {"graph": None, "error": _error(error)}


def eject(request: dict[str, Any]) -> dict[str, Any]:
    """Build while constructors' arguments are recorded; paperkit/eject writes the plain file."""
    package, room = request["package"], _by_path(request["room"], "paperkit_eject")
    try:
        with room.recording():
            config = _part(package, "config").load(
                request["config"], request["overrides"], request["plugs"]
            )
            model = _part(package, "models").build(config)
        example = _part(package, "data").example(config)
        return {"ejected": room.answer(model, example, request), "error": None}
    except Exception as error:
        return {"ejected": None, "error": _error(error)}


def _by_path(path: str, name: str) -> Any:
    """Import a file, or the package whose __init__.py it is."""
    folder = [str(Path(path).parent)] if Path(path).name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folder)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _part(package: str, name: str) -> Any:
    return importlib.import_module(f"{package}.{name}")


def _plain(config: Any) -> dict[str, Any]:
    dump = getattr(config, "model_dump", None)
    return dump(mode="json") if dump else dict(config)


def _error(error: Exception) -> dict[str, Any]:
    record = {"type": type(error).__name__, "message": str(error)}
    explained = EXPLAINED & {kind.__name__ for kind in type(error).__mro__}
    frames = [] if explained else _student_frames(error)
    if frames:
        record["trace"] = "".join(traceback.format_list(frames)).rstrip()
    return record


def _student_frames(error: Exception) -> list[traceback.FrameSummary]:
    """Frames inside the project, without the managed slot engine and installed packages."""
    root = Path.cwd().resolve()
    frames = []
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename).resolve()
        parts = path.relative_to(root).parts if path.is_relative_to(root) else ()
        if parts and not {"slots", "site-packages", ".venv"} & set(parts):
            frames.append(frame)
    return frames


if __name__ == "__main__":
    main(sys.argv[1:])
