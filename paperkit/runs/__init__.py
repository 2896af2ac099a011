"""Run folders and plans, read into typed records. The report reads nothing else.

    runs/<experiment>/plan.json                          what the last launch resolved
    runs/<experiment>/<variant>[/<dataset>]/seed<k>[-fold<j>]/
      run.json       who, what, how it went               -> Run
      plugs.json     what was plugged in                  -> Run.plugs
      summary.json   the test result                      -> Run.summary
      metrics.jsonl  one flat object per epoch and split  -> Run.history()
      cases.csv      one row per test case and class      -> Run.cases()
    runs/<experiment>/superseded/                        old results; never read here
    runs/data/                                           images and truth; no experiment
    runs/.index/                                         what was read before; saves time only

docs/reference/run-folder.md documents every key (schema 1). What readers may count on:

* Folders may be moved: a run is known by the `id` in its run.json, and no absolute path is read.
* A torn last line of metrics.jsonl or cases.csv is ignored, every whole line counts; a torn line
  in the middle is skipped. Of two rows for one epoch and split, the later one counts (a resumed
  run repeats the epoch it was killed in).
* A file that cannot be understood is a UserError that names file and line; `load_runs` keeps such
  a run, with status "damaged" and the complaint as its error, so that one bad folder does not
  hide the others.
* A newer schema is refused with both versions.
"""

from paperkit.runs.cases import Case, CaseColumns
from paperkit.runs.collector import no_collector
from paperkit.runs.columns import Each
from paperkit.runs.find import experiments, keep_index, load_runs
from paperkit.runs.history import Entry
from paperkit.runs.plan import Component, Plan, Planned, Row, load_plan
from paperkit.runs.read import load_run
from paperkit.runs.record import DAMAGED, Cite, Model, Run, Selection, Summary
from paperkit.runs.schema import SCHEMA

__all__ = [
    "DAMAGED",
    "SCHEMA",
    "Case",
    "CaseColumns",
    "Cite",
    "Component",
    "Each",
    "Entry",
    "Model",
    "Plan",
    "Planned",
    "Row",
    "Run",
    "Selection",
    "Summary",
    "experiments",
    "keep_index",
    "load_plan",
    "load_run",
    "load_runs",
    "no_collector",
]
