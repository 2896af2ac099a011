"""How a machine is divided; numbers by hand."""

import pytest

from paperkit.sweep import machine


@pytest.mark.parametrize(
    ("cores", "gpus", "runs", "expected"),
    [
        (1, [], 8, (1, 1)),
        (2, [], 8, (2, 1)),
        (4, [], 8, (2, 2)),
        (16, [], 24, (8, 2)),
        (16, [], 2, (2, 8)),
        (2, [], 1, (1, 2)),
        (16, ["0", "1", "2", "3"], 24, (4, 4)),
        (16, ["7"], 24, (1, 16)),
    ],
)
def test_cores_per_run(
    monkeypatch: pytest.MonkeyPatch, cores: int, gpus: list[str], runs: int, expected: tuple
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(machine, "gpus", lambda _: gpus)
    packing = machine.pack(runs)
    assert (packing.workers, packing.threads) == expected


def test_workers_take_turns_on_the_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 8)
    monkeypatch.setattr(machine, "gpus", lambda _: ["2", "GPU-1f"])
    packing = machine.pack(9, workers=3)
    assert [packing.environment(worker)["CUDA_VISIBLE_DEVICES"] for worker in range(3)] == [
        "2", "GPU-1f", "2",
    ]  # fmt: skip
    assert packing.environment(0)["OMP_NUM_THREADS"] == "2"


@pytest.mark.parametrize(
    ("value", "expected"), [("", []), ("-1", []), ("3, 5", ["3", "5"]), ("MIG-1", ["MIG-1"])]
)
def test_visible_gpus_are_the_callers(value: str, expected: list[str]) -> None:
    assert machine.gpus({"CUDA_VISIBLE_DEVICES": value}) == expected


def test_no_driver_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert machine.gpus({}) == []
