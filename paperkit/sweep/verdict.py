"""How a training ended: by its exit code and by what its run.json says."""

from pathlib import Path
from typing import Literal

from paperkit.sweep.record import last_lines, read_json

__all__ = ["Verdict", "judge"]

AGAIN = 75
Verdict = tuple[Literal["done", "failed", "again"], str]


def judge(folder: Path, code: int) -> Verdict:
    """Return (verdict, reason): done, failed, or again (it wrote a checkpoint to be continued)."""
    record = read_json(folder / "run.json") or {}
    status = record.get("status")
    if code == AGAIN:
        return "again", "stopped with a checkpoint"
    if code == 0 and status == "done":
        return "done", ""
    if status in ("failed", "diverged") and record.get("error"):
        lines = str(record["error"]).strip().splitlines()
        return "failed", lines[-1].strip() if lines else str(status)
    if code == 0:
        return "failed", f"ended without a result (run.json says {status})"
    if code < 0:
        more = " (out of memory?)" if code == -9 else ""
        return "failed", f"ended by signal {-code}{more}"
    last = "".join(last_lines(folder, 1))
    said = last and not last.startswith("start attempt=")
    return "failed", last.removeprefix("error: ") if said else f"exit code {code}"
