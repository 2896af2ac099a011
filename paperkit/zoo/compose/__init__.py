"""An expression such as parallel(coord_att, scconv23, merge=gate), written out as a module."""

from paperkit.zoo.compose.source import composite, part_names

__all__ = ["composite", "part_names"]
