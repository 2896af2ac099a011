"""Each table as a Word and an Excel file, by python-docx and XlsxWriter.

The same table gives the same bytes on every machine: no clock, no author, no version of a
compressor.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from paperkit.report.figures.drawings import Drawing
from paperkit.report.files.table import Table
from paperkit.report.files.table_docx import table_docx
from paperkit.report.files.table_xlsx import table_xlsx
from paperkit.report.provenance import code_digest, digest

__all__ = ["documents", "package"]

START = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip knows
_FORMATS: dict[str, Callable[[Table], bytes]] = {"docx": table_docx, "xlsx": table_xlsx}


def documents(tables: list[Table]) -> Iterator[Drawing]:
    """Yield NAME.docx and NAME.xlsx of each table; like figures, they are made where it changed."""
    for table in tables:
        # what is for the CSV file and provenance.json alone changes neither
        columns = tuple(replace(c, data=(), runs=()) for c in table.printed)
        shown = replace(table, columns=columns, owners=())
        content = digest([repr(replace(shown, rules=frozenset())), sorted(table.rules)])
        for suffix, write in _FORMATS.items():
            inputs = digest([suffix, code_digest("report/files"), content])
            yield Drawing(f"{table.name}.{suffix}", inputs, _file(write, table), is_figure=False)


def package(content: bytes) -> bytes:
    """Return a zip again, uncompressed, because compressed bytes depend on zlib; without times."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, START)
            member.create_system, member.external_attr = 3, 0o600 << 16
            new.writestr(member, old.read(name))
    return target.getvalue()


def _file(write: Callable[[Table], bytes], table: Table) -> Callable[[Path], list[Path]]:
    def draw(path: Path) -> list[Path]:
        path.write_bytes(package(write(table)))
        return [path]

    return draw
