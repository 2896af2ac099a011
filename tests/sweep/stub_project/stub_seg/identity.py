import ast
import hashlib
import json
from pathlib import Path


def of(config):
    data = {key: value for key, value in config.get("data", {}).items() if key != "root"}
    settings = json.dumps({**config, "data": data}, sort_keys=True)
    code = "".join(ast.dump(ast.parse(path.read_text("utf-8"))) for path in files())
    return {
        "config_sha256": sha(settings.encode()),
        "code_sha256": sha(code.encode()),
        "data_sha256": sha(Path("data.txt").read_bytes()),
    }


def files():
    return [Path("train.py"), *sorted(Path("stub_seg/models").glob("*.py"))]


def sha(content):
    return hashlib.sha256(content).hexdigest()
