"""A configuration that any key may be added to, except under `train`."""

from pathlib import Path

import yaml

KNOWN = {"epochs", "seconds", "behave"}


class ConfigError(ValueError):
    pass


def load(path, overrides=()):
    config = yaml.safe_load(Path(path).read_text("utf-8"))
    if "_base_" in config:
        base = Path("configs", config.pop("_base_"))
        config = {**yaml.safe_load(base.read_text("utf-8")), **config}
    for text in overrides:
        key, _, value = text.partition("=")
        place = config
        *parents, last = key.split(".")
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = yaml.safe_load(value)
    unknown = set(config.get("train", {})) - KNOWN
    if unknown:
        raise ConfigError(f"command line: train.{min(unknown)}: unknown key")
    return config
