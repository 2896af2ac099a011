"""The answers that make a project: typed, validated, and refused when nobody would read them.

cookiecutter drops an unknown key without a word, so that a misspelt `--set` would make another
project than the one asked for. Here every key is known or an error.
"""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from paperkit.errors import UserError
from paperkit.scaffold import baseline, names

__all__ = ["Answers", "make_answers", "read_answers"]

LICENSES = ("MIT", "BSD-3-Clause", "Apache-2.0", "none")
# written into .paperkit/answers.json by us; no answers of the user
STAMPS = ("schema", "paperkit_version")

Palette = list[int] | list[tuple[int, int, int]]


class Answers(BaseModel):
    """What a project is made from. None means: the template's default, or what the data says.

    Attributes:
        project_name: Display name: README, title of the paper. Any text of one line.
        project_slug: Distribution name; made from project_name.
        package_name: Name of the Python package; made from project_name.
        description: One line for README and pyproject.
        author: Copyright holder and first author.
        license: One of LICENSES; "none" reserves all rights.
        task: "segmentation" or "classification".
        baseline: A name of models/baselines.py, or a library's model such as "timm:NAME".
        width: Channels of the U-Net's first level; 64 is the tutorials' U-Net.
        venue: Name of the paper's venue.
        year: Year of the licence.
        data: Folder of the user's data, or torchvision:NAME; None is the built-in synthetic set.
        data_root: Folder that holds a data set of torchvision; None is ./datasets.
        images: Pattern of the images below `data`, such as "images/{id}.jpg"; None is guessed.
        masks: Pattern of the masks; None is guessed.
        labels: Table of the classes below `data`, FILE or FILE:COLUMN; None is found out.
        palette: Mask value of each class, grey numbers or RGB triples; None is detected.
        data_name: Name of the data set in tables.
        data_yaml: The configuration's `data:` block, indented by two spaces; set from `data`.
        modules: Further modules of the catalogue to copy into the project.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    project_name: str = Field(min_length=1, max_length=200)
    project_slug: str = Field("", pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$", max_length=100)
    package_name: str = Field("", pattern=r"^([a-z][a-z0-9_]*)?$", max_length=120)
    description: str | None = None
    author: str | None = None
    license: Literal["MIT", "BSD-3-Clause", "Apache-2.0", "none"] | None = None
    task: Literal["segmentation", "classification"] | None = None
    baseline: str | None = None
    width: int | None = Field(None, ge=1, le=512)
    venue: str | None = Field(None, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    year: int | None = Field(None, ge=1900, le=9999)
    data: Path | None = None
    data_root: Path | None = None
    images: str | None = None
    masks: str | None = None
    labels: str | None = None
    palette: Palette | None = None
    data_name: str | None = Field(None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$", max_length=60)
    data_yaml: str | None = None
    modules: tuple[str, ...] = ()

    @field_validator("project_name", "description", "author")
    @classmethod
    def _one_line(cls, text: str | None) -> str | None:
        if text is not None and (not text.strip() or not text.isprintable()):
            raise ValueError("must be one line of visible text")
        return text

    @field_validator("baseline")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        if name is not None and baseline.task_of(name) is None:
            raise ValueError(baseline.wrong(name))
        return name

    @field_validator("modules", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("palette", mode="before")
    @classmethod
    def _colours(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        text = value if value.lstrip().startswith("[") else f"[{value}]"
        try:
            return json.loads(text)
        except ValueError:
            raise ValueError("expected [0, 255] or [[r, g, b], ...], one entry per class") from None

    @model_validator(mode="after")
    def _fits(self) -> "Answers":
        task = baseline.task_of(self.baseline) if self.baseline else None
        if task and self.task and task != self.task:
            raise ValueError(
                f"baseline {self.baseline!r} is for {task}, but task is {self.task!r}; "
                f"baselines for {self.task}: {', '.join(baseline.known(self.task))}"
            )
        if self.package_name and names.shadows(self.package_name):
            raise ValueError(
                f"package_name {self.package_name!r} would hide a package or folder of that name; "
                f"take {names.package_name(self.package_name)!r}"
            )
        return self

    @property
    def wanted_task(self) -> str | None:
        """The task, if it was given or the baseline has only one."""
        if self.task or not self.baseline:
            return self.task
        return baseline.task_of(self.baseline)

    def derived(self, task: str | None = None) -> "Answers":
        """Return the answers with slug, package and task filled in from the others and the data."""
        return self.model_copy(
            update={
                "project_slug": self.project_slug or names.slug(self.project_name),
                "package_name": self.package_name or names.package_name(self.project_name),
                "task": self.wanted_task or task or "segmentation",
            }
        )


def make_answers(given: Mapping[str, Any], *, place: str = "answer") -> Answers:
    """Return validated answers; `place` starts each line of the error.

    Raises:
        UserError: One line per unknown key (with the known ones, nearest first) or wrong value.
    """
    try:
        return Answers.model_validate({k: v for k, v in given.items() if k not in STAMPS})
    except ValidationError as error:
        lines = [f"{place}: {_line(dict(item))}" for item in error.errors()]
    raise UserError("\n".join(dict.fromkeys(lines)))


def _line(error: dict[str, Any]) -> str:
    key = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return f"unknown key '{key}'; known, nearest first: {', '.join(_nearest_first(key))}"
    if error["type"] == "missing":
        return f"'{key}' is missing"
    message: str = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if not key:
        return message
    return f"{key} = {error['input']!r}: {message[:1].lower() + message[1:]}"


def _nearest_first(key: str) -> list[str]:
    def distance(known: str) -> float:
        return -difflib.SequenceMatcher(None, key.lower(), known).ratio()

    return sorted(Answers.model_fields, key=distance)


def read_answers(path: Path) -> dict[str, Any]:
    """Return the answers of a JSON or YAML file, such as a project's .paperkit/answers.json.

    Raises:
        UserError: The file is missing, unreadable or not `key: value`.
    """
    import yaml

    try:
        answers = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path}: cannot be read as answers: {error}") from None
    if not isinstance(answers, dict):
        raise UserError(f"{path}: expected 'key: value' answers, found {type(answers).__name__}")
    return {str(key): value for key, value in answers.items()}
