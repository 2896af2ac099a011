"""Training works: one batch is learnt by heart, and a resumed run equals a straight one."""

import signal

import torch

import train
from {{cookiecutter.package_name}} import checkpoint, data, models, optim
from {{cookiecutter.package_name}}.evaluation import forward
from {{cookiecutter.package_name}}.losses import Loss

EVERYTHING = ["train.ema=0.9", "train.clip=1.0", "train.accumulate=2", "augment.hflip=0.5"]


def test_one_batch_is_learnt_by_heart(small):
    config = small("optim.lr=0.01", "optim.schedule=constant")
    batch = next(iter(data.loader(config, "train")))
    model, criterion = models.build(config), Loss(config)
    optimizer = optim.build(config, model, torch.device("cpu"))
    losses = []
    for _ in range(40):
        _, loss = forward(model, criterion, batch, config)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]


def test_a_resumed_run_equals_a_straight_one(tmp_path, monkeypatch):
    common = ["data.limit=8", "train.batch_size=2", "train.epochs=2", *EVERYTHING]
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    assert train.run(["--out", str(straight), *common]) == 0

    # the first time, the run is asked to stop in the middle of its second epoch
    real, steps = optim.schedule, []

    def stopping(config, step, **about):
        steps.append(step)
        if steps.count(3) == 1 and step == 3:
            signal.raise_signal(signal.SIGINT)
        return real(config, step, **about)

    monkeypatch.setattr(optim, "schedule", stopping)
    assert train.run(["--out", str(broken), *common]) == 75
    monkeypatch.setattr(optim, "schedule", real)
    assert train.run(["--out", str(broken), "--resume", *common]) == 0

    for name in ("metrics.jsonl", "cases.csv"):
        assert (straight / name).read_bytes() == (broken / name).read_bytes()
    first, second = (checkpoint.load(run / "checkpoints/last.pt") for run in (straight, broken))
    for part in ("model", "ema"):
        assert all(torch.equal(first[part][key], second[part][key]) for key in first[part])
    assert first["step"] == second["step"] == 4
