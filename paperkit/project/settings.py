"""paperkit.yaml: the venue, the display names, and which tables and figures the paper has."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from paperkit.project.checked import checked
from paperkit.project.yamlfile import read_yaml

__all__ = ["Settings", "read_settings"]


class Settings(BaseModel):
    """What paperkit.yaml may say; a key left out is None or empty.

    Attributes:
        venue: Name of the venue, such as "ieee-journal"; None: the project's answer.
        names: Display names (plain text) of variants, components, methods, data sets, classes
            and metrics.
        tables: Tables of the paper; None: everything that the runs allow.
        figures: Figures of the paper; None: everything that the runs allow.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: str | None = None
    names: dict[str, str] = Field(default_factory=dict)
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
