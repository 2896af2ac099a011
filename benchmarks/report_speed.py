"""How fast the report is, beside a bare loop over the same files.

    python benchmarks/report_speed.py [--quick] [--disk] [--keep FOLDER]

Two projects are made from a seed, with the files that training writes: 10,000 runs with results
only, for the table; 1,000 runs with logs of 50 epochs and 200 cases of 3 classes, for the whole
report (10 methods on 10 data sets, 10 seeds). Every line is the fastest of three processes that
import what they need before the clock starts. "bare" opens and parses the files that the line
needs, in the same way and nothing else: look at the ratio, the seconds are of this machine. With
an index no run is opened, but the state of its files is asked: that is what its ratio is to. The
files are in the system's cache unless the line says "disk".
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from report_speed_runs import make_project

from paperkit.project import root

TIMES = 3
COLD, WARM = 5.4, 5.6  # 0.5 s and 0.1 s where one summary.json takes 9.3 us, its os.stat 1.8 us
# users have the bytecode of what they import
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
JSONS = ("run.json", "summary.json", "plugs.json")
Times = dict[str, float]


@contextmanager
def clock(times: Times, name: str) -> Iterator[None]:
    """Note wall and CPU seconds of a block."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    times[name] = time.perf_counter() - wall
    times[f"{name} cpu"] = time.process_time() - cpu


def walk(top: Path, names: tuple[str, ...]) -> Iterator[str]:
    """Paths of the files with these names, found with os.walk, in no order."""
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name[0] != "."]
        yield from (f"{folder}/{name}" for name in names if name in files)


def bare(project: Path, names: tuple[str, ...]) -> Times:
    """Open and parse: JSON with json, CSV with csv."""
    times: Times = {}
    with clock(times, "bare"):
        for path in walk(project / "runs", names):
            with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123 - bare
                rows = csv.reader(file)
                _ = list(rows) if path.endswith(".csv") else json.loads(file.read())
    return times


def bare_table(project: Path) -> Times:
    return bare(project, JSONS[:2])


def bare_one(project: Path) -> Times:
    """The same with one file for each run: what the goal for a cold table is a multiple of."""
    return bare(project, JSONS[1:2])


def bare_stat(project: Path, names: tuple[str, ...] = JSONS) -> Times:
    """Ask for the state of the files of every run: what a table cannot do without."""
    paths = list(walk(project / "runs", names))
    times: Times = {}
    with clock(times, "bare"):
        for path in paths:
            os.stat(path)  # noqa: PTH116 - bare
    return times


def bare_stat_one(project: Path) -> Times:
    """Of one file for each run: what the goal for a warm table is a multiple of."""
    return bare_stat(project, JSONS[1:2])


def bare_report(project: Path) -> Times:
    return bare(project, (*JSONS, "cases.csv"))


def table(project: Path) -> Times:
    """Read the runs, compute the comparison with its tests, write it as LaTeX and CSV."""
    from paperkit.project.venue import find_venue
    from paperkit.report.cited.citations import Citations
    from paperkit.report.collect import collect
    from paperkit.report.files.table_csv import table_csv
    from paperkit.report.files.table_tex import table_tex
    from paperkit.report.names import Names
    from paperkit.report.quantity import quantities
    from paperkit.report.tables.comparison import comparison_table
    from paperkit.runs import keep_index, no_collector

    warm_up()
    found, times = root.find(project), {}
    with clock(times, "table"), no_collector():  # as in compose
        with clock(times, "reading"):
            (experiment,) = collect(project / "runs")
        names = Names(found.settings.names, experiment.plan.rows)
        citations = Citations(experiment.runs, project / "paper/refs.bib")
        rows = comparison_table(experiment, quantities(experiment), names, citations)
        _ = table_tex(rows, find_venue("ieee-journal")), table_csv(rows)
    keep_index(experiment.runs)
    return times


def report(project: Path) -> Times:
    """The whole report, as `paperkit report` builds it, without TeX."""
    from paperkit.report import build

    warm_up()
    import matplotlib.figure  # noqa: F401

    found, times, drawn = root.find(project), {}, []
    with clock(times, "report"):
        built = build(found, on_event=drawn.append)
    times["written"] = len(built.written)
    times["drawn"] = sum(name.startswith("fig_") for name in drawn)
    return times


def check(project: Path) -> Times:
    from paperkit.report import check

    warm_up()
    found, times = root.find(project), {}
    with clock(times, "check"):
        findings = check(found)
    times["findings"] = len(findings)
    return times


def warm_up() -> None:
    """Import what the lines use: a process pays for it once, whatever the number of runs."""
    import numpy  # noqa: F401
    import scipy.special
    import scipy.stats  # noqa: F401

    import paperkit.report  # noqa: F401


def pandas_cases(project: Path) -> Times:
    """Every cases.csv with pandas.read_csv; nothing where pandas is not installed."""
    try:
        import pandas
    except ImportError:
        return {}
    times: Times = {}
    with clock(times, "pandas"):
        for path in walk(project / "runs", ("cases.csv",)):
            pandas.read_csv(path)
    return times


def our_cases(project: Path) -> Times:
    from paperkit.runs import load_runs

    warm_up()
    runs, times = load_runs(project / "runs"), {}
    with clock(times, "cases"):
        for run in runs:
            _ = run.case_columns
    return times


LINES: dict[str, Callable[[Path], Times]] = {
    line.__name__: line
    for line in (
        bare_table,
        bare_one,
        bare_stat,
        bare_stat_one,
        bare_report,
        table,
        report,
        check,
        pandas_cases,
        our_cases,
    )
}


def measure(
    name: str, project: Path, *, before: Callable[[], None] | None = None, disk: bool = False
) -> dict[str, Any]:
    """The fastest of TIMES runs of a line, each in a process of its own, after `before`."""
    found = []
    for _ in range(TIMES):
        if before is not None:
            before()
        if disk:
            os.sync()
            Path("/proc/sys/vm/drop_caches").write_text("3", encoding="ascii")
        command = [sys.executable, __file__, "--line", name, str(project)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
        if done.returncode:
            raise SystemExit(done.stderr)
        found.append(dict(json.loads(done.stdout)))
    return min(found, key=lambda times: max((times[k] for k in times if "cpu" in k), default=0.0))


def processes(project: Path) -> Iterator[tuple[str, float]]:
    """Wall seconds of whole processes: a bare Python, the imports, and paperkit report --check."""
    imports = "import numpy, scipy.special, paperkit.report.checks.check"
    for name, command in (
        ("python", ["-c", "pass"]),
        ("python, numpy, scipy.special, paperkit.report", ["-c", imports]),
        ("paperkit report --check", ["-m", "paperkit", "report", "--check"]),
        ("paperkit report, the first, with pictures of tables", ["-m", "paperkit", "report"]),
        ("  second", ["-m", "paperkit", "report"]),
    ):
        if "first" in name:
            unmake(project)
        began = time.perf_counter()
        run = [sys.executable, *command]
        subprocess.run(run, cwd=project, capture_output=True, check=False, env=ENVIRONMENT)
        yield name, time.perf_counter() - began


def show(what: str, times: dict[str, Any], name: str, peer: Times, *, word: str = "bare") -> None:
    ratio = times[f"{name} cpu"] / peer["bare cpu"]
    more = [f"{times[key]} {key}" for key in ("written", "drawn", "findings") if key in times]
    seconds = f"{times[name]:7.2f} s wall {times[f'{name} cpu']:7.2f} s CPU"
    print(f"{what:40} {seconds} {ratio:6.2f} x {word}  {', '.join(more)}", flush=True)


def forget(project: Path) -> None:
    """Remove what earlier lines left, so that the next one is cold."""
    shutil.rmtree(project / "runs/.index", ignore_errors=True)


def unmake(project: Path) -> None:
    """The same, and the report itself."""
    forget(project)
    shutil.rmtree(project / "paper/generated", ignore_errors=True)


def tables(project: Path, runs: int, *, disk: bool) -> None:
    peer = measure("bare_table", project)
    show(f"bare loop, {runs} runs", peer, "bare", peer)
    asked = measure("bare_stat", project)
    show(f"  os.stat of their {3 * runs} files", asked, "bare", peer)
    one, one_asked = measure("bare_one", project), measure("bare_stat_one", project)
    show(f"  only the {runs} summary.json", one, "bare", peer)
    show("  os.stat of only these", one_asked, "bare", peer)
    if disk:
        show("  disk: bare loop", measure("bare_table", project, disk=True), "bare", peer)
    cold = measure("table", project, before=lambda: forget(project))
    show(f"table over {runs} runs, index deleted", cold, "table", peer)
    show("  of it reading the runs", cold, "reading", peer)
    show(f"  the goal is {COLD} x", cold, "table", one, word="one file")
    warm = measure("table", project)
    show("  with the index of the sweep", warm, "table", asked, word="os.stat")
    show("  of it reading the runs", warm, "reading", asked, word="os.stat")
    show(f"  the goal is {WARM} x", warm, "table", one_asked, word="one os.stat")
    if disk:
        cold = measure("table", project, before=lambda: forget(project), disk=True)
        show("  disk: index deleted", cold, "table", peer)
        show("  disk: with the index", measure("table", project, disk=True), "table", peer)


def reports(project: Path, runs: int) -> None:
    peer = measure("bare_report", project)
    show(f"bare loop with cases.csv, {runs} runs", peer, "bare", peer)
    forget(project)
    show("cases.csv as columns", measure("our_cases", project), "cases", peer)
    if theirs := measure("pandas_cases", project):
        show("  pandas.read_csv", theirs, "pandas", peer)
    first = measure("report", project, before=lambda: unmake(project))
    show("report, the first", first, "report", peer)
    show("  second", measure("report", project), "report", peer)
    show("check", measure("check", project), "check", peer)
    show("  without an index", measure("check", project, before=lambda: forget(project)),
         "check", peer)  # fmt: skip
    measure("report", project)  # writes the index again
    print("\nwhole processes")
    for name, seconds in processes(project):
        print(f"{name:52} {seconds:7.2f} s wall", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
    parser.add_argument("--disk", action="store_true", help="also with empty caches; Linux, root")
    parser.add_argument("--keep", type=Path, help="make the projects here and leave them")
    parser.add_argument("--line", nargs=2, metavar=("NAME", "PROJECT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.line:
        name, project = asked.line
        print(json.dumps(LINES[name](Path(project))))
        return
    many, seeds = (10, 1) if asked.quick else (100, 10)
    with tempfile.TemporaryDirectory() as place:
        folder = asked.keep or Path(place)
        large = make_project(folder / "table", seeds=many, whole=False)
        small = make_project(folder / "report", seeds=max(seeds, 2), whole=True)
        time.sleep(3)  # a file that has just been written is read again, see runs/index.py
        tables(large, 100 * many, disk=asked.disk)
        reports(small, 100 * max(seeds, 2))


if __name__ == "__main__":
    main()
