"""Ask a project for its model as one plain file, and put it where it is wanted."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paperkit
from paperkit.errors import Findings, MachineError, UserError
from paperkit.project import ask
from paperkit.project.root import Project

__all__ = ["Written", "write_ejected"]

WRITER = Path(__file__).parent / "writer" / "__init__.py"


@dataclass(frozen=True)
class Written:
    """The files, the network's class and parameters, and whether it takes one size only."""

    files: list[Path]
    top: str
    params: int
    fixed: bool


def write_ejected(
    project: Project,
    out: Path,
    *,
    config: str,
    overrides: Sequence[str] = (),
    plugs: Sequence[str] = (),
    name: str = "",
    weights: Path | None = None,
) -> Written:
    """Write the model of a configuration to ``out``, and its weights beside it.

    Args:
        project: Whose model it is.
        out: The Python file; with weights, the same name with .pt as well.
        config: From the project's root.
        overrides: key=value.
        plugs: "SLOT=EXPR", added to the configuration's.
        name: Of the network's class; "": as the model's own.
        weights: A checkpoint of this model.

    Raises:
        Findings: The model cannot be written as plain code, or the file would not be equal.
        UserError: The model cannot be built, or a name or a path is wrong.
        MachineError: A file cannot be written.
    """
    _refuse(out, name, weights)
    part = out.with_suffix(".pt.part").absolute()
    request = {
        "do": "eject",
        "room": str(WRITER),
        "config": config,
        "overrides": list(overrides),
        "plugs": list(plugs),
        "name": name,
        "source": " ".join([config, *overrides, *(f'--plug "{plug}"' for plug in plugs)]),
        "version": paperkit.__version__,
        "weights": str(weights.resolve()) if weights else None,
        "out": str(part),
    }
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        made = _made(ask.ask(project, request), config)
        files = _put(out, made, part)
    except OSError as error:
        raise MachineError(f"{out}: {error.strerror}; choose another --out") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return Written(files, made["top"], made["params"], made["fixed"])


def _refuse(out: Path, name: str, weights: Path | None) -> None:
    if out.suffix != ".py":
        raise UserError(f"--out {out}: the model becomes a Python file; give it the ending .py")
    if name and not name.isidentifier():
        raise UserError(f"--class {name}: not a name of a Python class; for example OurNet")
    if weights and not weights.is_file():
        raise UserError(
            f"--weights {weights}: no such file; a run has checkpoints/best.pt in its folder"
        )


def _made(answer: dict[str, Any], config: str) -> dict[str, Any]:
    error = answer.get("error")
    if error is None:
        made: dict[str, Any] = answer["ejected"]
        return made
    message = error["message"] or error["type"]
    if error["type"] == "EjectError":
        raise Findings(message)
    frames = f"\n{error['trace']}" if error.get("trace") else ""
    where = "" if Path(config).name in message else f"{config}: "
    raise UserError(f"{where}{message}{frames}")


def _put(out: Path, made: dict[str, Any], part: Path) -> list[Path]:
    """Both files appear whole, or not at all."""
    draft = out.with_suffix(".py.part")
    draft.write_text(made["text"], encoding="utf-8", newline="\n")
    files = [out]
    if made["weights"]:
        files.append(out.with_suffix(".pt"))
        part.replace(files[1])
    draft.replace(out)
    return files
