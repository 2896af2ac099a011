"""Labels in a table, as dermatology, Kaggle and ISIC give them; the project reads the same."""

import csv
import json
import subprocess
import sys

import pytest
from pictures import image

from paperkit.errors import UserError
from paperkit.scaffold import inspect_data

COUNT = 20
CLASSES = ["cat", "dog"]


def truth(number):
    return CLASSES[number % 2]


def table(file, head, rows):
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, dialect="excel-tab" if file.suffix == ".tsv" else "excel")
        writer.writerow(head)
        writer.writerows(rows)


def dermatology(root):
    """A metadata table with other columns; names without endings."""
    for n in range(COUNT):
        image(root / f"part_{n % 2 + 1}/ISIC_{n:04d}.jpg", n)
    rows = [(f"lesion{n}", f"ISIC_{n:04d}", truth(n), 20 + n, "male") for n in range(COUNT)]
    table(root / "metadata.csv", ["lesion_id", "image_id", "dx", "age", "sex"], rows)
    return "{id}.jpg"


def kaggle(root):
    """Labelled train/, unlabelled test/, and a submission that names the test images."""
    for n in range(COUNT):
        image(root / f"train/{n}.png", n)
        image(root / f"test/{n + 100}.png", n + 100)
    table(root / "train.csv", ["id", "label"], [(n, truth(n)) for n in range(COUNT)])
    return "train/{id}.png"


def one_hot(root):
    for n in range(COUNT):
        image(root / f"images/{n:03d}.png", n)
    rows = [(f"{n:03d}.png", float(n % 2 == 0), float(n % 2)) for n in range(COUNT)]
    table(root / "truth.csv", ["image", *CLASSES], rows)
    return "images/{id}.png"


def paths_and_splits(root):
    """Paths with folders, tabs, and a column that says the split."""
    rows = []
    for n in range(COUNT):
        image(root / f"all/{n:02d}.png", n)
        part = "valid" if n < 4 else "test" if n < 8 else "train"
        rows.append((f"all/{n:02d}.png", part, truth(n), f"rater {n % 3}"))
    table(root / "list.tsv", ["file", "fold", "category", "rater"], rows)
    return "all/{id}.png"


LAYOUTS = [dermatology, kaggle, one_hot, paths_and_splits]


def rows_of(report):
    return dict(list(csv.reader(report.labels_csv.splitlines()))[1:])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_tables_are_found_and_read(tmp_path, layout):
    pattern = layout(tmp_path)
    report = inspect_data(tmp_path)
    assert (report.task, report.images, report.labels.names) == ("classification", pattern, CLASSES)
    assert report.labels.counts == [COUNT / 2, COUNT / 2]
    said = rows_of(report)
    assert len(said) == COUNT
    assert all(label == truth(int(name[-2:].strip("_/"))) for name, label in said.items())


def test_the_column_of_splits_decides(tmp_path):
    paths_and_splits(tmp_path)
    report = inspect_data(tmp_path)
    assert report.counts == {"train": 12, "val": 4, "test": 4}
    assert json.loads(report.split_json)["test"] == ["04", "05", "06", "07"]


def test_a_drawn_split_has_both_classes_everywhere(tmp_path):
    kaggle(tmp_path)
    report = inspect_data(tmp_path)
    drawn, said = json.loads(report.split_json), rows_of(report)
    assert all(
        {said[name] for name in drawn[split]} == set(CLASSES) for split in drawn if split != "seed"
    )
    assert report.warnings == (
        "20 image files fit no pattern and are left out, such as test/100.png",
    )


def test_images_without_a_row_are_left_out(tmp_path):
    kaggle(tmp_path)
    rows = [(n, truth(n)) for n in range(16)]
    table(tmp_path / "train.csv", ["id", "label"], rows)
    report = inspect_data(tmp_path)
    assert len(rows_of(report)) == 16
    assert "4 images have no row in train.csv and are left out" in report.warnings


def test_a_table_that_repeats_the_folders_is_not_needed(tmp_path):
    rows = []
    for n in range(COUNT):
        image(tmp_path / f"{truth(n)}/{n}.png", n)
        rows.append((f"{truth(n)}/{n}.png", truth(n)))
    table(tmp_path / "all.csv", ["path", "label"], rows)
    report = inspect_data(tmp_path)
    assert (report.images, report.labels_csv) == ("{class}/{id}.png", None)


def test_the_project_reads_the_same_classes(make, tmp_path):
    one_hot(tmp_path / "pets")
    project = make("pets-clf", data=tmp_path / "pets", package_name="pets_clf")
    code = (
        "from pets_clf import config, data\n"
        "c = config.load('configs/baseline.yaml', [])\n"
        "for s in ('train', 'val', 'test'):\n"
        "    for k in data.cases(c, s): print(k.name, c.data.class_names[k.target])\n"
        "print(sorted(n for n, *_ in data.manifest(c))[0])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    *lines, first = ran.stdout.splitlines()
    assert dict(line.split() for line in lines) == {f"{n:03d}": truth(n) for n in range(COUNT)}
    assert first == "labels"  # a changed label is other data


def refused(root, **given):
    with pytest.raises(UserError) as caught:
        inspect_data(root, **given)
    return str(caught.value)


def test_what_is_wrong_with_a_table(tmp_path):
    for n in range(4):
        image(tmp_path / f"{n}.png", n)
    file = tmp_path / "a.csv"
    assert refused(tmp_path, labels="b.csv") == (
        f"{tmp_path / 'b.csv'}: no such file; labels are FILE or FILE:COLUMN below it"
    )
    table(file, ["id", "one", "two"], [(n, "x", n) for n in range(4)])
    assert refused(tmp_path, labels="a.csv") == (
        f"{file}: which column is the label? It has one, two; say --labels a.csv:COLUMN"
    )
    assert refused(tmp_path, labels="a.csv:three") == (
        f"{file}: no column 'three'; it has id, one, two"
    )
    table(file, ["id", "label"], [(f"p{n}", "x") for n in range(4)])
    assert (
        refused(tmp_path, labels="a.csv") == f"{file}: no column names image files below {tmp_path}"
    )
    table(file, ["id", "label"], [(n, "x" * (n > 0)) for n in range(4)])
    assert refused(tmp_path, labels="a.csv") == f"{file}: 1 rows have no label; fill or remove them"
    file.write_text("id,label\n0,x\n1\n", encoding="utf-8")
    assert refused(tmp_path, labels="a.csv") == (
        f"{file}:3: another number of columns than the first line"
    )
