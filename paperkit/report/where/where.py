"""Where ours helps and where it fails: a table, two paragraphs of facts, and all cases as CSV.

where_cases reads, where_read pairs ours with the others, where_parts and where_facts compute,
where_table, where_caption and where_text say it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from paperkit.report.collect import Experiment
from paperkit.report.files.table import Table
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity
from paperkit.report.where.facts import facts
from paperkit.report.where.parts import parts
from paperkit.report.where.read import compared
from paperkit.report.where.text import where_text
from paperkit.report.where.where_table import cases_csv, where_table
from paperkit.report.where.words import Found

__all__ = ["Where", "where"]


@dataclass(frozen=True)
class Where:
    """What the report has on one experiment (and data set).

    Attributes:
        table: tab_where_EXPERIMENT[_DATASET].
        texts: where_EXPERIMENT[_DATASET].tex and .csv by file name.
        numbers: By key, EXPERIMENT/where[/DATASET]/NAME.
    """

    table: Table
    texts: dict[str, str]
    numbers: dict[str, Quantity]


def where(experiment: Experiment, names: Names) -> Iterator[Where]:
    """Yield one for each data set on which both ours and another method have cases.

    Raises:
        UserError: A cases.csv cannot be understood.
    """
    for pair in compared(experiment):
        found = Found(pair, parts(pair), facts(pair), names)
        if not found.parts:  # no image has a class that counts
            continue
        texts = {
            f"where_{found.stem}.tex": where_text(found),
            f"where_{found.stem}.csv": cases_csv(found),
        }
        numbers = {quantity.key: quantity for quantity in found.numbers.values()}
        yield Where(where_table(found), texts, numbers)
