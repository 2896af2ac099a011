"""Launch a plan: train what is missing, stale or unfinished; leave alone what is done."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from paperkit.errors import UserError
from paperkit.runs import keep_index, load_runs
from paperkit.sweep import lock
from paperkit.sweep.local import Local
from paperkit.sweep.machine import pack
from paperkit.sweep.outcome import Event, Outcome
from paperkit.sweep.plan import Plan
from paperkit.sweep.planfile import refuse_other_spec, write_plan

__all__ = ["launch"]


def launch(
    plan: Plan,
    *,
    workers: int | None = None,
    threads: int | None = None,
    force: bool = False,
    on_event: Callable[[Event], None] | None = None,
) -> Outcome:
    """Train every run of a plan that is not done, each in its own process.

    A failing run does not stop the others. The first SIGINT or SIGTERM stops launching and lets
    the running ones write a checkpoint; launching again continues them.

    Args:
        plan: A checked plan.
        workers: Runs at once; None: one per GPU, else one per two cores, but at least two.
        threads: Threads of each run; None: the cores divided by the workers.
        force: Train again what is done; the old results move to superseded/.
        on_event: Is told what happens, in this thread.

    Raises:
        LockedError: Another process launches this experiment.
        UserError: The experiment's name belongs to another spec.
    """
    if not plan.checked:
        raise ValueError("only a checked plan can be launched")
    experiment = plan.project.root / "runs" / plan.spec.experiment
    with lock.held(lock.sweep_lock(experiment), f"runs/{plan.spec.experiment}"):
        refuse_other_spec(plan)
        write_plan(plan)
        packing = pack(len(plan.runs), workers=workers, threads=threads)
        outcome = Local(plan, packing, force=force, on_event=on_event or _silent).run()
        _index(experiment)
        return outcome


def _index(experiment: Path) -> None:
    """So that the first report after a large sweep need not open every run."""
    with contextlib.suppress(UserError):  # the report says what is wrong with the folders
        keep_index(load_runs(experiment.parent, experiment.name))


def _silent(_: Event) -> None:
    """Nobody listens."""
