"""May this run write into this folder? New, empty or queued: yes; anything else only to resume."""

import itertools
from pathlib import Path

from . import identity
from .config import Config, ConfigError, load
from .layers import dotted, leaves
from .runlog import RunLog


def free(stem: Path, *, seed: int, resume: bool) -> Path:
    """STEM/seedK, or if it is taken STEM-2/seedK, ...; to resume: the last one that is taken."""
    taken = None
    for n in itertools.count(1):
        out = (stem if n == 1 else stem.with_name(f"{stem.name}-{n}")) / f"seed{seed}"
        if not (out.is_dir() and any(out.iterdir())):
            return taken if resume and taken else out
        taken = out


def check(out: Path, config: Config, *, resume: bool) -> None:
    """Raise ConfigError if the folder holds another run, or one that nobody asked to resume."""
    names = {path.name for path in out.iterdir()} if out.is_dir() else set()
    queued = RunLog(out).facts.get("status", "queued") == "queued"
    if not names - {"log.txt", *(["run.json"] if queued else [])}:
        return
    if not resume:
        raise ConfigError(f"{out} is not empty; go on with it by --resume, or choose another --out")
    if (out / "config.yaml").is_file():
        _same(load(out / "config.yaml"), config, out)


def _same(before: Config, now: Config, out: Path) -> None:
    old, new = identity.settings(before), identity.settings(now)
    for key in [*leaves(old), *(key for key in leaves(new) if key not in set(leaves(old)))]:
        was, will = _at(old, key), _at(new, key)
        if was != will:
            raise ConfigError(
                f"{out} was started with {dotted(key)}={was}, but now it is {will}; "
                "resume with the same configuration, or choose another --out"
            )


def _at(data: object, key: tuple) -> object:
    for part in key:
        data = data.get(part) if isinstance(data, dict) else None
    return data
