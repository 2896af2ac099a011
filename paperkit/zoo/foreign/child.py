"""Run a file that is not ours, and say what was found: ``python child.py REQUEST ANSWER``.

Runs by path in the Python that the file is written for. Requests (JSON) have

    do        "check" | "inspect" | "compare"
    file      the file, absolute
    cls       the class in it; "" is the one called like the file
    path      folders for its imports, before all others
    module    its dotted name where it is part of a project's package, else ""
    given     values for arguments of its constructor

and for "compare" the catalogue's ``name``. Answers hold {"error": {type, message, trace}} where
the file cannot be used, else what the functions below return.
"""

import importlib
import importlib.util
import json
import sys
import traceback
from pathlib import Path
from typing import Any

__all__ = ["main"]


def main(asked: str, answer: str) -> None:
    """Read the request, write the answer; anything that escapes ends the process."""
    request = json.loads(Path(asked).read_text(encoding="utf-8"))
    sys.path[:1] = request["path"]
    # last, so that it lends the file nothing that its own Python has
    sys.path.append(str(Path(__file__).parents[3]))
    try:
        said = {"check": check, "inspect": inspect, "compare": compare}[request["do"]](request)
    except Exception as error:
        said = {"error": _error(error, request["file"])}
    Path(answer).write_text(json.dumps(said, allow_nan=False), encoding="utf-8")


def check(request: dict[str, Any]) -> dict[str, Any]:
    """Return {cls, findings: [[check, ok, message]]}."""
    from paperkit.zoo import read_info
    from paperkit.zoo.conform import check as conform

    file = Path(request["file"])
    cls = _class(request)
    # a copied class lies beside its wrapper
    beside = file.with_name(f"_{file.name}")
    texts = [part.read_text(encoding="utf-8") for part in (file, beside) if part.is_file()]
    found = conform(cls, read_info(file), text="\n".join(texts), name=file.stem)
    return {"cls": cls.__name__, "findings": [[f.check, f.ok, f.message] for f in found]}


def inspect(request: dict[str, Any]) -> dict[str, Any]:
    """Return what foreign.fitting, or of a loss foreign.loss_fit, finds by trials."""
    from paperkit.zoo.foreign import fitting, loss_fit

    cls = _class(request)
    if loss_fit.is_loss(cls):
        return loss_fit.fit(cls, request["given"]).as_json()
    return fitting.fit(cls, request["given"]).as_json()


def compare(request: dict[str, Any]) -> dict[str, Any]:
    """Return what foreign.comparing, or loss_compare, says of the class and the catalogue's."""
    from paperkit.zoo import info
    from paperkit.zoo.foreign.comparing import compare as compare_modules
    from paperkit.zoo.foreign.loss_compare import compare_losses

    is_loss = info(request["name"])["kind"] == "loss"
    compared = compare_losses if is_loss else compare_modules
    return compared(_class(request), request["name"], request["given"])


def _class(request: dict[str, Any]) -> type:
    from paperkit.errors import UserError
    from paperkit.zoo.load import class_in

    file = Path(request["file"])
    module = _imported(request["module"], file)
    if not request["cls"]:
        return class_in(module, file.stem, file=file.name)
    found = getattr(module, request["cls"], None)
    if not isinstance(found, type):
        classes = ", ".join(k for k, v in vars(module).items() if isinstance(v, type))
        raise UserError(f"{file.name} has no class {request['cls']}; it has: {classes or 'none'}")
    return found


def _imported(name: str, file: Path) -> Any:
    if name:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _error(error: Exception, file: str) -> dict[str, Any]:
    """The error, with the frames of the student's files; ours say nothing to a student."""
    ours = str(Path(__file__).parents[2])
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((ours, "<frozen"))
        and "site-packages" not in frame.filename
    ]
    frames = [] if type(error).__module__ == "paperkit.errors" else frames
    return {
        "type": type(error).__name__,
        "message": str(error),
        "trace": "".join(traceback.format_list(frames)).rstrip(),
        "file": file,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
