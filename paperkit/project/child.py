"""Answer paperkit's questions from inside a project: ``python child.py REQUEST ANSWER``.

Runs by path in the project's own Python with the project as working folder; standard library and
the project's package only, so it must never import paperkit. Requests and answers (JSON):

    {"do": "describe", "package": P, "items": [{"config": PATH, "overrides": ["a.b=1"]}]}
        -> {"items": [{"config", "config_sha256", "code_sha256", "data_sha256", "params", "gmacs",
                       "input": [C, H, W], "plugs": [...], "error": null}]}
    {"do": "trace", "package": P, "config": PATH, "overrides": [...], "plugs": [...],
     "tracer": FILE}
        -> {"graph": {...}}, or {"graph": null, "error": {...}}

An error is {"type", "message", "trace"}; trace is there only when the student's own code raised
it, and holds the student's frames only.
"""

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
EXPLAINED = {"ConfigError", "SlotError", "UnknownModule", "DataError"}


def main(argv: Sequence[str]) -> None:
    """Read the request, write the answer; anything that escapes ends the process with its trace."""
    request = json.loads(Path(argv[0]).read_text(encoding="utf-8"))
    sys.path[0] = str(Path.cwd())
    answer = {"describe": describe, "trace": trace}[request["do"]](request)
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
    shape = [int(size) for size in example.shape[1:]]
    return {
        "params": int(params),
        "gmacs": float(gmacs),
        "input": shape,
        "plugs": slots.records(model),
    }


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
    tracer = _by_path(request["tracer"])
    try:
        return {"graph": tracer.trace(model, example), "error": None}
    except Exception as error:
        return {"graph": None, "error": _error(error)}


def _by_path(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("paperkit_tracer", path)
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
