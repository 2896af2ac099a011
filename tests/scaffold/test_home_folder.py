"""`paperkit new` neither reads nor writes the home folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

# every path that Python opens, lists, makes or asks for is written down before it happens
RECORDER = """
import json, os, sys
home, seen = os.environ["HOME"], []
def hook(event, arguments):
    if event.startswith(("open", "os.", "pathlib.", "shutil.", "subprocess.")):
        seen.extend(str(a) for a in arguments if isinstance(a, (str, bytes)) and home in str(a))
sys.addaudithook(hook)
{before}
from paperkit.cli import main
code = main(["new", "my-seg", "--yes"])
print(json.dumps({{"code": code, "seen": seen}}))
"""


def touched(folder: Path, before: str) -> tuple[int, list[str]]:
    (folder / "home").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", RECORDER.format(before=before)],
        cwd=folder,
        env=os.environ | {"HOME": str(folder / "home"), "XDG_CONFIG_HOME": ""},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["code"], answer["seen"]


def test_the_home_folder_is_left_alone(tmp_path: Path) -> None:
    assert touched(tmp_path, before="") == (0, [])
    assert list((tmp_path / "home").iterdir()) == []
    assert (tmp_path / "my-seg/train.py").is_file()


def test_a_look_into_the_home_folder_would_be_seen(tmp_path: Path) -> None:
    look = "from pathlib import Path\nPath(home, '.cookiecutterrc').write_text('x')"
    assert touched(tmp_path, before=look)[1] == [str(tmp_path / "home/.cookiecutterrc")]
