"""Each table as a Word and an Excel file, which are zips of XML.

They are written here, not by a library: a report has ten of them, and the same table must give the
same bytes on every machine (no clock, no author, no version of a compressor). Tests read them with
python-docx and openpyxl.
"""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from paperkit.report.drawings import Drawing
from paperkit.report.provenance import digest
from paperkit.report.table import Table
from paperkit.report.table_docx import table_docx
from paperkit.report.table_xlsx import table_xlsx

__all__ = ["documents", "package"]

VERSION = 1  # of how the files look; a new one makes them again
START = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip knows
_FORMATS: dict[str, Callable[[Table], Mapping[str, str]]] = {
    "docx": table_docx,
    "xlsx": table_xlsx,
}


def documents(tables: list[Table]) -> Iterator[Drawing]:
    """Yield NAME.docx and NAME.xlsx of each table; like figures, they are made where it changed."""
    for table in tables:
        # what is for the CSV file alone changes neither
        shown = replace(table, columns=tuple(replace(c, data=()) for c in table.printed))
        content = digest([repr(replace(shown, rules=frozenset())), sorted(table.rules)])
        for suffix, members in _FORMATS.items():
            inputs = digest([suffix, VERSION, content])
            yield Drawing(f"{table.name}.{suffix}", inputs, _file(members, table), is_figure=False)


def package(members: Mapping[str, str]) -> bytes:
    """Return a zip of texts by name: uncompressed, because compressed bytes depend on zlib."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as new:
        for name, text in members.items():
            member = zipfile.ZipInfo(name, START)
            member.create_system, member.external_attr = 3, 0o600 << 16
            new.writestr(member, text.encode())
    return target.getvalue()


def _file(
    members: Callable[[Table], Mapping[str, str]], table: Table
) -> Callable[[Path], list[Path]]:
    def draw(path: Path) -> list[Path]:
        path.write_bytes(package(members(table)))
        return [path]

    return draw
