"""Named places in a model, and modules that are plugged into them; plain PyTorch.

    apply(model, ["encoder.*=coord_att", "fuse.*=cga_fusion"], example, find=modules.find)

Read slot.py (the place), plug.py (the words), grammar.py and selector.py (reading them),
probe.py (shapes), sites.py (places), build.py (modules from words), plan.py and apply.py.
"""

from .apply import apply, cites, records
from .check import Problem, Report, check
from .cost import cost, table
from .errors import GrammarError, Misfit, SlotError, UnknownModule
from .grammar import parse, parse_expr, plug_from
from .plug import Call, Combine, Expr, Plug
from .slot import Slot

__all__ = [
    "Call",
    "Combine",
    "Expr",
    "GrammarError",
    "Misfit",
    "Plug",
    "Problem",
    "Report",
    "Slot",
    "SlotError",
    "UnknownModule",
    "apply",
    "check",
    "cites",
    "cost",
    "parse",
    "parse_expr",
    "plug_from",
    "records",
    "table",
]
