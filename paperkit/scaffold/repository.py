"""git init and the first commit, whatever the machine's git is set to."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

__all__ = ["first_commit"]

MESSAGE = "Start from paperkit's template"


def first_commit(root: Path, author: str) -> str | None:
    """Make a repository of `root` with one commit; return what went wrong, or None.

    A project without git is still a project, so a failure is a sentence and no error. The home
    folder is neither read nor written: hooks, signing or templates set there stay out, and no
    user.name is needed.
    """
    git = shutil.which("git")
    if git is None:
        return "git is not installed, so the project has no repository yet: git init"
    with tempfile.TemporaryDirectory(prefix="paperkit-git-") as home:
        for arguments in (
            ["init", "--quiet", "--initial-branch=main"],
            ["add", "--all"],
            ["commit", "--quiet", "--message", MESSAGE],
        ):
            done = subprocess.run(
                [git, *arguments],
                cwd=root,
                env=_environment(home, author),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
            if done.returncode:
                shutil.rmtree(root / ".git", ignore_errors=True)
                return (
                    f"git {arguments[0]} failed, so the project has no repository yet: "
                    + (done.stderr.strip().splitlines() or ["no message"])[-1]
                )
    return None


def _environment(home: str, author: str) -> dict[str, str]:
    # GIT_DIR and the like are set when paperkit is called from a hook: they name another repository
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": author,
        "GIT_AUTHOR_EMAIL": "paperkit@localhost",
        "GIT_COMMITTER_NAME": author,
        "GIT_COMMITTER_EMAIL": "paperkit@localhost",
    }
