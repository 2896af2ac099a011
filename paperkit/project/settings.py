"""paperkit.yaml: the venue, the display names, and which tables and figures the paper has."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from paperkit.project.checked import checked
from paperkit.project.yamlfile import read_yaml

__all__ = ["MetricSettings", "Settings", "read_settings"]


class MetricSettings(BaseModel):
    """What paperkit.yaml may say of a metric; what is left out stays as it is known.

    Attributes:
        better: Whether more or less is better.
        unit: Such as mm; "%" for a fraction that is printed in percent.
        decimals: Digits after the point, as printed.
        definition: One clause for captions and text, plain text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    better: Literal["higher", "lower"] | None = None
    unit: str | None = None
    decimals: int | None = Field(default=None, ge=0, le=6)
    definition: str | None = None


class Settings(BaseModel):
    """What paperkit.yaml may say; a key left out is None or empty.

    Attributes:
        venue: Name of the venue, such as "ieee-journal"; None: the project's answer.
        names: Display names (plain text) of variants, components, methods, data sets, classes
            and metrics.
        metrics: What is to be known of a metric, by name; for those that paperkit does not know.
        tables: Tables of the paper; None: everything that the runs allow.
        figures: Figures of the paper; None: everything that the runs allow.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: str | None = None
    names: dict[str, str] = Field(default_factory=dict)
    metrics: dict[str, MetricSettings] = Field(default_factory=dict)
    tables: list[str | dict[str, Any]] | None = None
    figures: list[str | dict[str, Any]] | None = None


def read_settings(root: Path) -> Settings:
    """Read ROOT/paperkit.yaml; a project without one has the defaults.

    Raises:
        UserError: Not YAML, an unknown key or a wrong value, with file and line.
    """
    path = root / "paperkit.yaml"
    if not path.is_file():
        return Settings()
    return checked(read_yaml(path, name="paperkit.yaml"), Settings)
