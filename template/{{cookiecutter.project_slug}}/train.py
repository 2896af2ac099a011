"""Train one model, test its best checkpoint once, and leave a run folder.

    python train.py                                           # configs/smoke.yaml, seconds
    python train.py --config configs/baseline.yaml --seed 1 optim.lr=1e-3
    python train.py --config configs/baseline.yaml --plug "encoder.*=coord_att"
    python train.py --config configs/baseline.yaml --resume   # go on where it stopped
    torchrun --nproc-per-node=4 train.py --config configs/baseline.yaml

Exit codes: 0 done, 1 failed or diverged, 2 your mistake, 75 stopped (go on with --resume), 130.
"""

import copy
import functools
import math
import shutil
import sys
import time
import traceback
from pathlib import Path

import torch
import yaml
from tqdm import tqdm

from {{cookiecutter.package_name}} import (
    augment,
    checkpoint,
    command,
    data,
    distributed,
    models,
    optim,
    provenance,
    resume,
    samples,
    slots,
)
from {{cookiecutter.package_name}}.config import ROOT, Config, ConfigError, dump, load
from {{cookiecutter.package_name}}.evaluation import evaluate, forward
from {{cookiecutter.package_name}}.evaluation import summary as summarise
from {{cookiecutter.package_name}}.interrupt import Stop, Stopped
from {{cookiecutter.package_name}}.losses import Loss
from {{cookiecutter.package_name}}.runlog import RunLog

MISTAKES = (ConfigError, slots.SlotError, data.DataError, checkpoint.CheckpointError)
CODES = {"done": 0, "diverged": 1, "stopped": 75}
DROPOUT = 2  # stream of random numbers; shuffling has 0, augmentation 1


def main(config: Config, out: Path, log: RunLog, world: distributed.World, stop: Stop) -> str:
    """The whole run, top to bottom. Returns its status. With DDP, all processes run this."""
    # 1. what training needs
    given, monitor, device = config.train, config.eval.monitor, world.device
    # several processes stop together, after a step
    check = stop.check if world.size == 1 else lambda *_: None
    provenance.prepare(config)
    last, best = out / "checkpoints/last.pt", out / "checkpoints/best.pt"
    saved = checkpoint.load(last) if last.exists() else None
    if saved:
        torch.set_num_threads(saved["threads"])  # another number would sum in another order
    raw = models.build(config)
    layout = torch.channels_last if given.perf == "auto" else torch.contiguous_format
    raw.to(device, memory_format=layout)
    average = optim.Average(raw, given.ema) if given.ema else None
    optimizer = optim.build(config, raw, device)
    scaler = torch.amp.GradScaler(device.type, enabled=given.precision == "fp16")
    criterion = Loss(config).to(device)
    # epoch: finished ones; batch and loss (a sum): of the epoch that is not
    at = {"epoch": 0, "batch": 0, "step": 0, "loss": 0.0, "best": None, "best_epoch": 0}
    if saved:
        at = {key: saved[key] for key in at}
        raw.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        scaler.load_state_dict(saved["scaler"])
        if average:
            average.model.load_state_dict(saved["ema"])
    model = distributed.wrap(torch.compile(raw) if given.compile else raw, world)

    # 2. what the run folder says about it
    log.truncate(saved["log_offset"] if saved else 0)
    facts = provenance.facts(config, raw, device)
    log.start(**facts)
    log.text("config.yaml", yaml.safe_dump(dump(config), sort_keys=False, allow_unicode=True))
    log.json("plugs.json", slots.records(raw))
    for loaded in models.weights.noted(raw):
        command.say(log, str(loaded))
    board = provenance.tensorboard(out, at["step"]) if world.main else None
    bar = functools.partial(tqdm, leave=False, disable=not (world.main and sys.stderr.isatty()))

    def save(path: Path, **changes: object) -> None:
        state = {
            "model": raw.state_dict(),
            "ema": average.model.state_dict() if average else None,
            "optimizer": optimizer.state_dict(),
            "scheduler": {"step": at["step"]},
            "scaler": scaler.state_dict(),
            "log_offset": log.offset(),
            "config_hash": facts["config_sha256"],
            "threads": torch.get_num_threads(),
        }
        if world.main:
            checkpoint.save(path, {**state, **at, **changes})

    def record(split: str, loss: float, values: dict[str, float], *, epoch: int) -> None:
        row = {"loss": loss, "lr": optimizer.param_groups[0]["lr"], **values}
        log.row(epoch=epoch, step=at["step"], split=split, **row)
        for name, value in row.items() if board else ():
            board.add_scalar(f"{name}/{split}", value, at["step"])

    # 3. epochs
    batches = len(data.loader(config, "train", shuffle=True))
    steps_per_epoch = math.ceil(batches / given.accumulate)
    seconds, images = 0.0, 0
    try:
        while at["epoch"] < given.epochs:
            if given.early_stop and at["epoch"] - at["best_epoch"] >= given.early_stop:
                break
            epoch, started = at["epoch"] + 1, time.perf_counter()
            loader = data.loader(config, "train", epoch=epoch, shuffle=True, skip=at["batch"])
            total = torch.tensor(at["loss"], device=device)
            models.training(model)
            for batch in bar(loader, desc=f"epoch {epoch}/{given.epochs}"):
                # dropout depends on (seed, epoch, batch) alone: a resume needs no random state
                draw = at["batch"] * world.size + world.rank
                random = augment.generator(config.seed, DROPOUT, epoch, draw)
                torch.manual_seed(int(random.integers(2**63)))
                factor = optim.schedule(config, at["step"], steps_per_epoch=steps_per_epoch)
                optim.set_rate(optimizer, factor)
                _, loss = forward(model, criterion, distributed.mine(batch, world), config)
                # the last group of an epoch may be smaller
                first = at["batch"] // given.accumulate * given.accumulate
                scaler.scale(loss / min(given.accumulate, batches - first)).backward()
                total += loss.detach()
                images += len(batch["case"])
                at["batch"] += 1
                if at["batch"] % given.accumulate and at["batch"] < batches:
                    continue
                if given.clip:
                    scaler.unscale_(optimizer)
                    torch.nn.utils.clip_grad_norm_(raw.parameters(), given.clip)
                scaler.step(optimizer)
                scaler.update()
                optimizer.zero_grad()
                at["step"] += 1
                if average:
                    average.update(raw, at["step"])
                if at["step"] % 20 == 0 and not math.isfinite(float(total)):
                    break
                if distributed.mean(float(stop.asked), world):
                    at["loss"] = float(total)
                    raise Stopped
            seconds += time.perf_counter() - started
            at["loss"] = float(total)
            mean_loss = distributed.mean(at["loss"] / at["batch"], world)
            if not math.isfinite(mean_loss):
                where = f"the loss is {mean_loss} in epoch {epoch}, step {at['step']}"
                log.end("diverged", error=f"{where}; lower optim.lr, or set train.clip")
                return "diverged"

            # 4. validation chooses the best checkpoint
            val_loss, values = 0.0, {}
            if world.main:
                current = average.model if average else raw
                val_loss, meter = evaluate(current, config, "val", on_batch=check)
                values = meter.summary()[0]
            value = distributed.told({**values, "loss": val_loss}.get(monitor, 0.0), world)
            record("train", mean_loss, {}, epoch=epoch)
            record("val", val_loss, values, epoch=epoch)
            at |= {"epoch": epoch, "batch": 0, "loss": 0.0}
            if checkpoint.better(value, at["best"], config.eval.mode):
                at |= {"best": value, "best_epoch": epoch}
                save(best, optimizer=None)
            save(last)
            line = f"epoch {epoch}/{given.epochs}  loss {mean_loss:.4f}  val {val_loss:.4f}"
            command.say(log, f"{line}  {monitor} {value:.4f}  best {at['best']:.4f}")
            if distributed.mean(float(stop.asked), world):
                raise Stopped

        # 5. the best checkpoint is tested, once
        if not world.main:
            return "done"
        tested = copy.deepcopy(raw)  # raw must stay what last.pt holds
        tested.load_state_dict(checkpoint.weights(checkpoint.load(best)))

        def keep(batch: dict, logits: torch.Tensor) -> None:
            check()
            samples.save(config, out, batch, logits, data_sha256=facts["data_sha256"])

        test_loss, meter = evaluate(tested, config, "test", on_batch=keep)
    except Stopped:
        save(last)
        log.end("stopped")
        return "stopped"
    summary = summarise(meter, split="test", best=best, epoch=at["best_epoch"])
    values = summary["metrics"]
    record("test", test_loss, values, epoch=at["best_epoch"])
    log.table("cases.csv", meter.rows())
    log.json("summary.json", summary)
    chosen = {"metric": monitor, "mode": config.eval.mode, "split": "val"}
    log.end(
        "done",
        throughput=round(images / seconds, 2) if seconds else None,
        peak_mib=provenance.peak_mib(device),
        selection={**chosen, "epoch": at["best_epoch"], "value": at["best"]},
    )
    command.say(log, "test  " + "  ".join(f"{name} {value:.4f}" for name, value in values.items()))
    return "done"


def run(argv: list[str] | None = None) -> int:
    """Command line in, exit code out."""
    args = command.read(argv, __doc__)
    torch.autograd.set_detect_anomaly(args.debug)
    with distributed.world() as world, Stop() as stop:
        log = None
        try:
            config = load(args.config, args.overrides, args.plug)
            kind = "debug" if args.debug else "single"
            stem = ROOT / "runs" / kind / Path(args.config).stem
            out = args.out or resume.free(stem, seed=config.seed, resume=args.resume or args.debug)
            if args.debug and not args.out and world.main:
                shutil.rmtree(out, ignore_errors=True)
            if world.main:
                resume.check(out, config, resume=args.resume)
            if args.resume and RunLog(out).facts.get("status") == "done":
                print(f"{out} is done already")
                return 0
            log = RunLog(out, writes=world.main)
            return CODES[main(config, out, log, world, stop)]
        except MISTAKES as error:
            return command.failed(log, str(error), 2)
        except torch.OutOfMemoryError as error:
            way_out = "lower train.batch_size and raise train.accumulate"
            return command.failed(log, f"out of memory: {way_out} ({error})", 1)
        except KeyboardInterrupt:
            return command.failed(log, "interrupted", 130, status="stopped")
        except Exception:
            return command.failed(log, traceback.format_exc().rstrip(), 1)


if __name__ == "__main__":
    sys.exit(run())
