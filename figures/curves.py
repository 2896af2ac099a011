"""Training curves of the sample ablation: mean over seeds, band from minimum to maximum.

    python figures/curves.py

Writes curves.pdf and curves.png beside this file.
"""

from pathlib import Path

from paperkit.report.figures.curves import curves
from paperkit.report.figures.figure import save
from paperkit.runs import load_plan, load_runs

HERE = Path(__file__).parent
RUNS = HERE.parent / "tests/data/runs"
NAMES = {"baseline": "U-Net", "ca": "+ CA", "cga": "+ CGA", "ca-cga": "Ours", "iou_set": "mIoU"}


def main(target: Path = HERE) -> list[Path]:
    """Draw the figure into a folder; return its files."""
    runs, plan = load_runs(RUNS, "ablation"), load_plan(RUNS, "ablation")
    figure = curves(runs, plan, venue="ieee-journal", names=NAMES)
    assert figure is not None
    return save(figure, target / "curves", preview=target / "curves.png")


if __name__ == "__main__":
    for path in main():
        print(path)
