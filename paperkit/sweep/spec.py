"""The experiment spec (experiments/*.yaml) as typed data; docs/reference/experiment-spec.md."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from paperkit.errors import UserError
from paperkit.project.checked import checked
from paperkit.project.nearest import nearest
from paperkit.project.yamlfile import Document, read_yaml
from paperkit.sweep.speccheck import faults

__all__ = ["Ablation", "Comparison", "Method", "Plug", "RowSpec", "Spec", "load_spec"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class Plug(_Strict):
    """A module at a slot, as in a configuration's `plugs`."""

    at: str
    use: str
    how: Literal["insert", "replace"] = "insert"
    init: Literal["native", "identity", "small", "zero_last"] = "native"
    match: int | None = None

    def given(self) -> dict[str, Any]:
        """Return only what the user wrote, so that defaults stay the project's."""
        return self.model_dump(exclude_unset=True)


Plugs = Annotated[list[Plug], BeforeValidator(_listed)]


class DataSet(_Strict):
    """What changes in the configuration for one data set."""

    set: dict[str, Any] = Field(default_factory=dict)


class RowSpec(_Strict):
    """A row given by hand."""

    id: str | None = None
    on: list[str] = Field(default_factory=list)
    set: dict[str, Any] = Field(default_factory=dict)


class Method(_Strict):
    """A row of a comparison: a model on the baseline's configuration, or a configuration."""

    model: str | None = None
    config: str | None = None
    set: dict[str, Any] = Field(default_factory=dict)
    plugs: Plugs = Field(default_factory=list)


class _Common(_Strict):
    experiment: str
    baseline: str = "configs/baseline.yaml"
    set: dict[str, Any] = Field(default_factory=dict)
    grid: dict[str, list[Any]] = Field(default_factory=dict)
    datasets: dict[str, DataSet] = Field(default_factory=dict)
    seeds: list[int] = Field(default_factory=lambda: [0])
    folds: Literal["none"] = "none"
    metrics: list[str] | None = None
    literature: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @field_validator("seeds", mode="before")
    @classmethod
    def _seeds(cls, value: Any) -> Any:
        if isinstance(value, int):
            raise ValueError(f"seeds is a list: write [{', '.join(map(str, range(value)))}]")
        return value


class Ablation(_Common):
    """Rows differ by the components that are plugged into one baseline."""

    kind: Literal["ablation"]
    components: dict[str, Plugs] = Field(default_factory=dict)
    design: Literal["add_one", "leave_one_out", "cumulative", "factorial"] | None = None
    rows: list[RowSpec] = Field(default_factory=list)


class Comparison(_Common):
    """Rows are methods."""

    kind: Literal["comparison"]
    methods: dict[str, Method]


Spec = Ablation | Comparison
KINDS: dict[str, type[Ablation] | type[Comparison]] = {
    "ablation": Ablation,
    "comparison": Comparison,
}


def load_spec(path: Path, *, name: str | None = None) -> Spec:
    """Read and check an experiment spec.

    Args:
        path: The YAML file.
        name: How messages call it; the path if left out.

    Raises:
        UserError: One line per mistake, each with file:line, the value and the way out.
    """
    document = read_yaml(path, name=name)
    spec = checked(document, _kind(document))
    messages = faults(document, spec)
    if messages:
        raise UserError("\n".join(messages))
    return spec


def _kind(document: Document) -> type[Ablation] | type[Comparison]:
    kind = document.data.get("kind") if isinstance(document.data, dict) else None
    if kind in KINDS:
        return KINDS[kind]
    if kind is None:
        raise UserError(f"{document.name}:1: 'kind' is missing; write kind: {' or '.join(KINDS)}")
    raise UserError(f"{document.place(('kind',))}: unknown kind '{kind}'{nearest(kind, KINDS)}")
