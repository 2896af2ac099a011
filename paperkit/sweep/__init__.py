"""From the experiment spec to finished run folders: spec -> plan -> launch -> status.

The spec says what is compared; the plan is every run that this means, described by the project's
own code before anything trains; launching fills in what is missing. All state lives in the run
folders and in runs/EXP/plan.json, so a killed sweep is continued by launching it again.
"""

from paperkit.sweep.launch import launch
from paperkit.sweep.outcome import Event, Failure, Outcome
from paperkit.sweep.plan import Plan, PlannedRun, Row, State
from paperkit.sweep.planning import make_plan
from paperkit.sweep.spec import Ablation, Comparison, Spec, load_spec
from paperkit.sweep.status import Status, read_status

__all__ = [
    "Ablation",
    "Comparison",
    "Event",
    "Failure",
    "Outcome",
    "Plan",
    "PlannedRun",
    "Row",
    "Spec",
    "State",
    "Status",
    "launch",
    "load_spec",
    "make_plan",
    "read_status",
]
