"""The table of the data sets: counts, sizes and shares that were counted by hand."""

import csv
import io
import json
from typing import Any

import yaml
from test_footnotes import notes
from test_tables import generated, rows

from paperkit.report import build

DATA = {
    "name": "polyps",
    "root": "/somewhere/else",
    "images": "images/{id}.png",
    "size": [256, 320],
    "class_names": ["background", "polyp"],
    "split": "data/split.json",
    "limit": None,
}
HEAD = "split,case,group,class,tp,fp,fn,tn,hd95,assd,nsd\n"
# truth (tp + fn): 6 + 2 and 9 + 3 of 20 pixels are polyp, 12 are background: 40 % and 60 %
CASES = (
    "test,a,p1,background,10,1,2,7,,,\ntest,a,p1,polyp,6,2,2,10,,,\n"
    "test,b,p2,background,8,0,4,8,,,\ntest,b,p2,polyp,7,4,1,8,,,\n"
    "test,c,p2,background,10,0,2,8,,,\ntest,c,p2,polyp,8,0,0,12,,,\n"
)


def set_up(writer: Any, *, cases: str = CASES, metric: str = "iou_set", **data: Any) -> None:
    """An ablation of two rows on one data set."""
    planned = [writer.row("ablation", v, None, [0, 1]) for v in ("baseline", "ca")]
    writer.plan("ablation", "ablation", planned, [metric])
    for row in planned:
        for run in row["runs"]:
            record(writer, run["id"], cases=cases, metric=metric, **data)


def record(
    writer: Any,
    identity: str,
    *,
    cases: str,
    metric: str = "iou_set",
    change: Any = None,
    **data: Any,
) -> None:
    writer.run(identity, {metric: 0.5}, **(change or {}))
    writer.text(f"runs/{identity}/config.yaml", yaml.safe_dump({"data": DATA | data}))
    writer.text(f"runs/{identity}/cases.csv", HEAD + cases)


def caption(writer: Any) -> str:
    start = "\\pk@put{caption:tab_data}{"
    lines = generated(writer, "macros.tex").splitlines()
    (line,) = [line for line in lines if line.startswith(start)]
    return line.removeprefix(start)[:-1]


def split(writer: Any, train: int, val: int) -> None:
    names = {"train": [f"t{i}" for i in range(train)], "val": [f"v{i}" for i in range(val)]}
    writer.json("data/split.json", names | {"test": ["a", "b"], "seed": 0})


def test_counts_size_groups_and_shares(writer: Any) -> None:
    set_up(writer)
    split(writer, 12345, 40)
    tex = generated(writer, "tab_data.tex")
    # 8 test images: what was evaluated counts, not what the file lists
    assert rows(tex) == [
        ["polyps", "12\\,345", "40", "8", "2", "\\ensuremath{256\\times320}", "2", "60.0", "40.0"]
    ]
    assert "\\multicolumn{3}{c}{Images}" in tex
    assert "Share of test pixels (\\%)" in tex
    assert caption(writer) == (
        "Size: height and width of the images as they are trained on. "
        "Shares: counted in the truth of the test split."
    )
    (row,) = csv.DictReader(io.StringIO(generated(writer, "tab_data.csv")))
    assert (row["data_sha256"], row["images/train"], row["size"]) == ("data", "12345", "256x320")
    assert row["shares"] == "background 0.6; polyp 0.4"


def test_a_limit_caps_the_listed_counts_and_is_said(writer: Any) -> None:
    set_up(writer, limit=100)
    split(writer, 12345, 40)
    (row,) = rows(generated(writer, "tab_data.tex"))
    assert row[:3] == ["polyps\\rlap{\\textsuperscript{a}}", "100", "40"]
    assert notes(writer, "tab_data.tex") == {"a": "at most 100 images of each split were used"}


def test_what_no_run_recorded_is_missing(writer: Any) -> None:
    set_up(writer, split=None, cases="")
    (row,) = rows(generated(writer, "tab_data.tex"))
    note = "--\\rlap{\\textsuperscript{a}}"
    assert row == ["polyps", note, note, "8", "\\ensuremath{256\\times320}", "2"]
    assert notes(writer, "tab_data.tex") == {"a": "not recorded by the runs"}
    assert "Shares" not in caption(writer)


def test_counts_that_a_run_recorded_come_first(writer: Any) -> None:
    set_up(writer, split=None)
    for variant in ("baseline", "ca"):
        for seed in (0, 1):
            change = {"data": {"train": 70, "val": 15, "test": 99, "other": 1}}
            record(writer, f"ablation/{variant}/seed{seed}", cases=CASES, change=change, split=None)
    assert rows(generated(writer, "tab_data.tex"))[0][1:4] == ["70", "15", "8"]


def test_a_split_file_outside_of_the_project_is_not_read(writer: Any) -> None:
    outside = writer.folder.parent / "secret.json"
    outside.write_text(json.dumps({"train": [1, 2, 3]}), encoding="utf-8")
    set_up(writer, split="../secret.json")
    assert rows(generated(writer, "tab_data.tex"))[0][1].startswith("--")
    writer.text("data/split.json", "[1")
    set_up(writer)
    assert rows(generated(writer, "tab_data.tex"))[0][1].startswith("--")


def test_images_are_counted_where_images_have_the_class(writer: Any) -> None:
    head = "split,case,group,target,prediction,p_target,rank\n"
    lines = "".join(f"test,{i},,{'cat' if i else 'dog'},cat,0.5,1\n" for i in range(4))
    set_up(writer, metric="acc_set", class_names=["cat", "dog"])
    for variant in ("baseline", "ca"):
        for seed in (0, 1):
            writer.text(f"runs/ablation/{variant}/seed{seed}/cases.csv", head + lines)
    tex = generated(writer, "tab_data.tex")
    assert "Share of test images (\\%)" in tex
    assert rows(tex)[0][-2:] == ["75.0", "25.0"]  # in the order of the classes, not of the file


def test_many_classes_are_told_by_their_extremes(writer: Any) -> None:
    classes = [f"c{i}" for i in range(9)]
    cases = "".join(f"test,a,,{name},{i + 1},0,0,0,,,\n" for i, name in enumerate(classes))
    set_up(writer, class_names=classes, cases=cases)
    tex = generated(writer, "tab_data.tex")
    assert rows(tex)[0][-3:] == ["9", "2.2", "20.0"]  # 1 and 9 of 45
    assert "Shares: the least and the most frequent class, counted" in caption(writer)


def test_one_row_per_data_set_over_all_experiments(writer: Any) -> None:
    writer.comparison()
    for path in (writer.folder / "runs").glob("*/*/*/*/run.json"):
        run = json.loads(path.read_text("utf-8"))
        run["data_sha256"] = f"hash of {run['dataset']}"
        path.write_text(json.dumps(run), "utf-8")
    plan = writer.folder / "runs/comparison/plan.json"
    plan.write_text(plan.read_text("utf-8").replace('"data_sha256": "data"', '"data_sha256": null'))
    assert [row[0] for row in rows(generated(writer, "tab_data.tex"))] == ["camvid", "Synth\\_1"]
    assert [row[4] for row in rows(generated(writer, "tab_data.tex"))] == [
        "\\ensuremath{64\\times64}"
    ] * 2  # without a configuration, the input of the model


def test_two_states_of_one_data_set_are_two_rows_that_say_where(writer: Any) -> None:
    set_up(writer)
    planned = [writer.row("more", "baseline", None, [0])]
    planned[0]["runs"][0]["data_sha256"] = "more data"
    writer.plan("ablation", "more", planned, ["iou_set"])
    change = {"data_sha256": "more data"}
    record(writer, "more/baseline/seed0", cases=CASES, change=change)
    split(writer, 10, 5)
    assert len(rows(generated(writer, "tab_data.tex"))) == 2
    assert notes(writer, "tab_data.tex") == {"a": "in ablation", "b": "in more"}


def test_a_data_set_that_is_cited_has_its_number(writer: Any) -> None:
    entry = "@article{jha2020, title={Kvasir}, author={Jha, D}, year={2020}}"
    cites = [{"key": "jha2020", "bibtex": entry, "for": "polyps"}]
    set_up(writer, change={"cites": cites})
    assert rows(generated(writer, "tab_data.tex"))[0][0] == "polyps~\\cite{jha2020}"


def test_names_from_a_configuration_are_data(writer: Any) -> None:
    set_up(writer, name="\\input{x} & 5%", images="torchvision:A_B", split=None)
    (row,) = rows(generated(writer, "tab_data.tex").replace(" \\& ", " and "))
    assert row[0].startswith("\\textbackslash{}input\\{x\\} and 5\\%\\rlap{")
    assert notes(writer, "tab_data.tex")["a"] == "as torchvision reads A\\_B"


def test_a_set_without_files_is_generated(writer: Any) -> None:
    set_up(writer, name="synthetic", root=None, images=None, split=None)
    assert notes(writer, "tab_data.tex")["a"] == "generated images"


def test_no_runs_no_table(writer: Any) -> None:
    writer.plan("ablation", "ablation", [writer.row("ablation", "ca", None, [0])], ["iou_set"])
    assert not [path for path in build(writer.project()).files if "tab_data" in path.name]
