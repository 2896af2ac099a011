"""Write a table's exact values as CSV, for whoever wants to go on computing."""

import csv
import io

from paperkit.report.files.table import Table

__all__ = ["table_csv"]


def table_csv(table: Table) -> str:
    """Return the file's text: unrounded values, fractions (not percent), empty where missing.

    A cell that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    pairs = [pair for column in table.columns for pair in column.data]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_field(header) for header, _ in pairs])
    writer.writerows(
        [_field(value) for value in row]
        for row in zip(*(values for _, values in pairs), strict=True)
    )
    return text.getvalue()


def _field(value: float | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in ("=", "+", "-", "@") else value
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e15 else repr(value)
