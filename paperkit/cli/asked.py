"""What `paperkit check` asks, and whom: configurations, rows of specs, models by name."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.models.baselines import BASELINES
from paperkit.project import Project, root

__all__ = ["Image", "Question", "question"]

MODELS = "smp:ARCH/ENCODER, timm:NAME, torchvision:NAME, nnunet:plain, nnunet:residual"


@dataclass(frozen=True)
class Image:
    """What a model by name is built for; None where the command line says nothing."""

    size: tuple[int, int] | None = None
    channels: int | None = None
    classes: int | None = None

    def given(self) -> bool:
        """Whether the command line says anything."""
        return self != Image()


@dataclass(frozen=True)
class Question:
    """Items for the child (paperkit.project.child), and whether there is one on purpose."""

    project: Project
    items: list[dict[str, Any]]
    single: bool = True


def question(
    target: str | None, *, overrides: Sequence[str], plugs: Sequence[str], image: Image
) -> Question:
    """Return what to ask for one argument of the command line; None is the whole project.

    Raises:
        UserError: It is no file and no model, the spec is wrong, or an option does not apply.
    """
    if target is None:
        return _everything(root.find(Path.cwd()), overrides, plugs, image)
    project = _project(Path.cwd())
    path = _file(target, project)
    if path is None:
        return _model(target, project, overrides, plugs, image)
    if image.given():
        raise UserError(
            f"{target}: --size, --channels and --classes are for a MODEL; "
            "of a configuration set data.size=224"
        )
    project = root.find(path.parent)
    if not _is_spec(path):
        return Question(project, [_configuration(project, path, overrides, plugs)])
    if plugs:
        raise UserError(f"{target}: --plug is for a CONFIG or MODEL; a spec has components")
    return Question(project, _rows(project, path, overrides), single=False)


def _project(here: Path) -> Project | None:
    try:
        return root.find(here)
    except UserError:
        return None


def _file(target: str, project: Project | None) -> Path | None:
    folders = [Path.cwd(), *([project.root] if project else [])]
    for folder in folders:
        if (folder / target).is_file():
            return (folder / target).resolve()
    if not target.endswith((".yaml", ".yml")):
        return None
    there = [_name(project, path) for path in _files(project)] if project else []
    known = f"there is {', '.join(there)}" if there else "change into a project, or name a model"
    raise UserError(f"{target}: no such configuration or spec; {known}")


def _files(project: Project) -> list[Path]:
    folders = (project.root / "configs", project.root / "experiments")
    return [path for folder in folders for path in sorted(folder.glob("*.y*ml"))]


def _name(project: Project, path: Path) -> str:
    inside = path.is_relative_to(project.root)
    return (path.relative_to(project.root) if inside else path).as_posix()


def _is_spec(path: Path) -> bool:
    from paperkit.project.yamlfile import read_yaml

    data = read_yaml(path).data
    return isinstance(data, dict) and ("kind" in data or "experiment" in data)


def _everything(
    project: Project, overrides: Sequence[str], plugs: Sequence[str], image: Image
) -> Question:
    if plugs or image.given():
        raise UserError("--plug, --size, --channels and --classes need a CONFIG or MODEL")
    items: list[dict[str, Any]] = []
    for path in _files(project):
        if _is_spec(path):
            rows = _rows(project, path, overrides)
            items += [{**row, "id": f"{path.stem}/{row['id']}"} for row in rows]
        else:
            items.append(_configuration(project, path, overrides, ()))
    return Question(project, items, single=False)


def _configuration(
    project: Project, path: Path, overrides: Sequence[str], plugs: Sequence[str]
) -> dict[str, Any]:
    name = _name(project, path)
    return {"id": name, "config": name, "overrides": [*overrides], "plugs": [*plugs]}


def _rows(project: Project, path: Path, overrides: Sequence[str]) -> list[dict[str, Any]]:
    from paperkit.sweep import make_plan

    plan = make_plan(project, path, overrides=overrides, check=False)
    return [
        {"id": row.label, "config": row.config, "overrides": [*row.overrides], "plugs": []}
        for row in plan.rows
    ]


def _model(
    name: str,
    project: Project | None,
    overrides: Sequence[str],
    plugs: Sequence[str],
    image: Image,
) -> Question:
    own = project is not None and name.partition(".")[0] == project.package
    if project and (own or ":" not in name):
        told = [*overrides, f"model.name={name}", *_data(image)]
        config = {"id": name, "config": "configs/baseline.yaml", "overrides": told}
        return Question(project, [{**config, "plugs": [*plugs]}])
    row = BASELINES.get(name)
    model = row.model if row else name
    if ":" not in model:
        raise UserError(
            f"{name}: no such file here and no model of a library; models by name are {MODELS} "
            "(unet and resnet18 are written into a project: paperkit new NAME)"
        )
    if overrides:
        raise UserError(f"{overrides[0]}: a model by name has no configuration to change")
    size, channels, classes = image.size or (224, 224), image.channels or 3, image.classes or 2
    item: dict[str, Any] = {
        "id": name,
        "model": model,
        "size": size,
        "channels": channels,
        "classes": classes,
    }
    return Question(_answers(project), [{**item, "plugs": [*plugs]}])


def _data(image: Image) -> list[str]:
    """Say the same as settings of a configuration."""
    told = [f"data.size={[*image.size]}"] if image.size else []
    told += [f"data.channels={image.channels}"] if image.channels else []
    names = [f"class{n}" for n in range(image.classes or 0)]
    return told + ([f"data.class_names=[{', '.join(names)}]"] if names else [])


def _answers(project: Project | None) -> Project:
    """Return who builds a library's model: the project, or outside of one paperkit itself."""
    if project and (project.root / project.package / "models" / "libraries.py").is_file():
        return project
    import paperkit

    home = Path(paperkit.__file__).resolve().parents[1]
    return Project(home, "paperkit", {}, Path(sys.executable))
