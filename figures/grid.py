"""The qualitative grid of the sample ablation: three test images, chosen by rule.

    python figures/grid.py

Writes grid.pdf and grid.png beside this file.
"""

from pathlib import Path

from paperkit.report.figures.figure import save
from paperkit.report.figures.qualitative import qualitative
from paperkit.runs import load_plan, load_runs

HERE = Path(__file__).parent
RUNS = HERE.parent / "tests/data/runs"
NAMES = {"baseline": "U-Net", "ca": "+ CA", "cga": "+ CGA", "ca-cga": "Ours", "iou_img": "IoU"}


def main(target: Path = HERE) -> list[Path]:
    """Draw the figure into a folder; return its files."""
    runs, plan = load_runs(RUNS, "ablation"), load_plan(RUNS, "ablation")
    figure = qualitative(runs, plan, RUNS / "data", venue="ieee-journal", names=NAMES)
    assert figure is not None
    return save(figure, target / "grid", preview=target / "grid.png")


if __name__ == "__main__":
    for path in main():
        print(path)
