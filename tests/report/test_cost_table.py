"""The cost table: medians on one device, units, and differences in percent, by hand."""

import csv
import io
from typing import Any

import pytest
from test_footnotes import configure, notes
from test_tables import generated, rows

from paperkit.report import build

# variant: (images per second, MiB, seconds) of three runs; the medians are in the middle
MEASURED = {
    "baseline": [(100.0, 1000.0, 600.0), (120.0, 1024.0, 660.0), (400.0, 1030.0, 900.0)],
    "ca": [(90.0, 2048.0, 1200.0), (96.0, 2048.0, 1320.0), (97.0, 2050.0, 1400.0)],
}
GPU = {"torch": "2.9", "device": "cuda (NVIDIA H200)", "threads": 8}


def measure(writer: Any, env: dict[str, Any] = GPU, **change: Any) -> None:
    planned = [writer.row("ablation", variant, None, [0, 1, 2]) for variant in MEASURED]
    writer.plan("ablation", "ablation", planned, ["iou_set"])
    for variant, values in MEASURED.items():
        for seed, (speed, memory, seconds) in enumerate(values):
            facts = {"throughput": speed, "peak_mib": memory, "seconds": seconds, "env": env}
            writer.run(f"ablation/{variant}/seed{seed}", {"iou_set": 0.5}, **(facts | change))


def caption(writer: Any, name: str = "tab_cost_ablation") -> str:
    start = f"\\pk@put{{caption:{name}}}{{"
    lines = generated(writer, "macros.tex").splitlines()
    (line,) = [line for line in lines if line.startswith(start)]
    return line.removeprefix(start)[:-1]


def test_medians_in_units_that_can_be_read(writer: Any) -> None:
    measure(writer)
    tex = generated(writer, "tab_cost_ablation.tex")
    # 1024 MiB = 1 GiB; 660 s = 11 min, 1320 s = 22 min
    assert rows(tex) == [
        ["U-Net", "1.94", "0.50", "120.0", "1.00", "11.0"],
        ["Ours", "1.95", "0.50", "96.0", "2.00", "22.0"],
    ]
    for unit in ("(M)", "(img/s)", "(GiB)", "(min)"):
        assert unit in tex
    assert caption(writer) == (
        r"GMACs: $10^9$ multiply-accumulate operations for one input of $3\times64\times64$. "
        "Throughput (training images per second), peak GPU memory and training time: medians over "
        "the runs of a row, on NVIDIA H200."
    )


def test_the_csv_has_exact_values_and_differences_in_percent(writer: Any) -> None:
    measure(writer)
    text = generated(writer, "tab_cost_ablation.csv")
    first, second = csv.DictReader(io.StringIO(text))
    assert (first["throughput"], first["throughput/change_percent"]) == ("120", "")
    assert float(second["throughput/change_percent"]) == pytest.approx(-20.0)  # 96 of 120
    assert float(second["peak_mib/change_percent"]) == pytest.approx(100.0)
    assert float(second["params/change_percent"]) == pytest.approx(100 * (1.95 / 1.94 - 1))
    assert (second["seconds"], second["seconds/n"]) == ("1320", "3")


def test_batch_and_precision_are_said_where_they_are_known(writer: Any) -> None:
    measure(writer)
    for variant in MEASURED:
        for seed in (0, 1, 2):
            configure(writer, f"ablation/{variant}/seed{seed}", train__batch_size=16)
    assert caption(writer).endswith("on NVIDIA H200, batch size 16, fp32.")
    configure(writer, "ablation/ca/seed0", train__batch_size=4, train__precision="bf16")
    assert notes(writer, "tab_cost_ablation.tex") == {
        "a": "batch size: 4 instead of 16",
        "b": "precision: bf16 instead of fp32",
    }


def test_another_device_is_not_compared(writer: Any) -> None:
    measure(writer)
    for seed, (speed, memory, seconds) in enumerate(MEASURED["ca"]):
        facts = {"throughput": speed, "peak_mib": memory, "seconds": seconds}
        other = GPU | {"device": "cuda (NVIDIA A100)"}
        writer.run(f"ablation/ca/seed{seed}", {"iou_set": 0.5}, **facts, env=other)
    shown = rows(generated(writer, "tab_cost_ablation.tex"))
    assert shown[1][1:] == ["1.95", "0.50", "--", "--", "--"]
    assert shown[1][0] == "Ours\\rlap{\\textsuperscript{a}}"
    assert notes(writer, "tab_cost_ablation.tex") == {
        "a": "ran on NVIDIA A100: throughput, memory and time are not compared"
    }


def test_of_a_row_on_two_devices_only_the_runs_on_the_usual_one_count(writer: Any) -> None:
    measure(writer)
    facts = {"throughput": 9000.0, "peak_mib": 1.0, "seconds": 1.0}
    other = GPU | {"device": "cuda (A & B_1)"}
    writer.run("ablation/ca/seed2", {"iou_set": 0.5}, **facts, env=other)
    shown = rows(generated(writer, "tab_cost_ablation.tex"))
    assert shown[1][3:] == ["93.0", "2.00", "21.0"]  # medians of two: (90 + 96) / 2, 1260 s
    assert notes(writer, "tab_cost_ablation.tex") == {
        "a": r"throughput, memory and time of 2 of 3 runs; the others ran on A \& B\_1"
    }


def test_the_number_of_threads_is_part_of_a_processor(writer: Any) -> None:
    measure(writer, GPU | {"device": "cpu (x86_64)"})
    assert "peak memory of the process" in caption(writer)
    assert caption(writer).endswith("on CPU (x86\\_64), 8 threads.")
    env = GPU | {"device": "cpu (x86_64)", "threads": 1}
    for seed in (0, 1, 2):
        writer.run(f"ablation/ca/seed{seed}", {"iou_set": 0.5}, throughput=1.0, env=env)
    assert notes(writer, "tab_cost_ablation.tex") == {
        "a": "ran on CPU (x86\\_64), 1 thread: throughput, memory and time are not compared"
    }


def test_what_nobody_measured_has_no_column(writer: Any) -> None:
    measure(writer, peak_mib=None)
    tex = generated(writer, "tab_cost_ablation.tex")
    assert "Memory" not in tex and "Throughput" in tex
    measure(writer, peak_mib=None, throughput=None, seconds=None)
    assert not [path for path in build(writer.project()).files if "tab_cost" in path.name]


def test_several_data_sets_are_not_mixed(writer: Any) -> None:
    writer.comparison()
    for method, speed in (("unet", 10.0), ("ours", 5.0)):
        for dataset, factor in (("camvid", 1), ("synthetic", 100)):
            for seed in (0, 1):
                identity = f"comparison/{method}/{dataset}/seed{seed}"
                writer.run(identity, {"iou_set": 0.5}, throughput=speed * factor, env=GPU)
    tex = generated(writer, "tab_cost_comparison.tex")
    assert [row[-1] for row in rows(tex)] == ["10.00", "5.00"]
    assert " All of it on camvid. " in caption(writer, "tab_cost_comparison")


def test_one_row_is_no_table(writer: Any) -> None:
    writer.plan("ablation", "ablation", [writer.row("ablation", "ca", None, [0])], ["iou_set"])
    writer.run("ablation/ca/seed0", {"iou_set": 0.5}, throughput=1.0, env=GPU)
    assert not [path for path in build(writer.project()).files if "tab_cost" in path.name]


@pytest.mark.parametrize(("key", "params", "there"), [("lr", 2e6, False), ("width", 3e6, True)])
def test_a_grid_has_one_where_its_values_change_the_model(
    writer: Any, key: str, params: float, there: bool
) -> None:
    planned = [writer.row("grid", f"baseline-{key}{n}", None, [0]) for n in (1, 2)]
    for row, cost in zip(planned, (2e6, params), strict=True):
        row["params"] = cost
        writer.run(row["runs"][0]["id"], {"iou_set": 0.5}, throughput=1.0, env=GPU)
    writer.plan("ablation", "grid", planned, ["iou_set"], grid={key: [1, 2]})
    assert there == any("tab_cost" in path.name for path in build(writer.project()).files)
