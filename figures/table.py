"""The ablation table of the sample runs, as `paperkit report` writes and previews it.

    python figures/table.py

Writes table.tex beside this file, and table.png where LaTeX and poppler are installed.
"""

import json
import shutil
import tempfile
from pathlib import Path

from paperkit import report
from paperkit.paper import table_previews
from paperkit.project import Project, root

HERE = Path(__file__).parent
RUNS = HERE.parent / "tests/data/runs"
SETTINGS = """\
names: {baseline: U-Net, full: Ours, ca: CA, cga: CGA, iou_set: mIoU}
tables: [ablation]
figures: []
"""


def main(target: Path = HERE, *, preview: bool = True) -> list[Path]:
    """Write the table into a folder; return its files."""
    with tempfile.TemporaryDirectory(prefix="paperkit-gallery-") as folder:
        project = _project(Path(folder))
        report.build(project)
        found = [project.root / "paper/generated/tab_ablation.tex"]
        found += table_previews(project) if preview else []
        files = [target / f"table{path.suffix}" for path in found]
        for source, path in zip(found, files, strict=True):
            shutil.copyfile(source, path)
    return files


def _project(folder: Path) -> Project:
    """A project that holds the sample runs and nothing else."""
    answers = {"package_name": "sample_seg", "project_name": "Sample", "author": "The authors"}
    (folder / ".paperkit").mkdir()
    (folder / ".paperkit/answers.json").write_text(json.dumps(answers), encoding="utf-8")
    (folder / "paperkit.yaml").write_text(SETTINGS, encoding="utf-8")
    shutil.copytree(RUNS, folder / "runs")
    return root.find(folder)


if __name__ == "__main__":
    for path in main():
        print(path)
