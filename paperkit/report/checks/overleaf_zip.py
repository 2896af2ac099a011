"""Open a project that was downloaded from Overleaf, or any folder that holds a paper.

A downloaded file is a stranger's: what leads out of its folder, is encrypted, or unpacks to more
than Overleaf itself allows is refused in one message, and nothing outside of a temporary folder is
written. (Overleaf takes 2,000 entries and 300 MB unpacked; it stores text as lines and joins them
with a line feed, so generated .tex files come back byte for byte.)
"""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from paperkit.errors import UserError
from paperkit.report.checks.manuscript import GENERATED, Manuscript, manuscript

__all__ = ["MOST_BYTES", "MOST_FILES", "opened"]

MAIN = "main.tex"
MOST_FILES = 5_000
MOST_BYTES = 500 * 2**20
_DOWNLOAD = "download it again: Overleaf, Menu, Download, Source"
_ENCRYPTED = 0x1
_LINK = 0o120000


@contextmanager
def opened(path: Path) -> Iterator[Manuscript]:
    """Give the paper in a zip file or folder; its files are called NAME/... in messages.

    Raises:
        UserError: No such file, no zip file, a damaged or unsafe one, or no main.tex in it.
    """
    if path.is_dir():
        yield _paper(path, path.name)
        return
    if not path.is_file():
        raise UserError(f"{path}: no such file or folder")
    with tempfile.TemporaryDirectory(prefix="paperkit-zip-") as folder:
        _unpack(path, Path(folder))
        yield _paper(Path(folder), path.name)


def _paper(folder: Path, name: str) -> Manuscript:
    """The paper is where main.tex is; of several the one beside generated/, then the outermost."""
    found = sorted(
        (path.parent for path in folder.rglob(MAIN) if GENERATED not in path.parts),
        key=lambda p: (not (p / GENERATED).is_dir(), len(p.parts), p.as_posix()),
    )
    if not found:
        raise UserError(f"{name}: no {MAIN} in it, so it is no paper of paperkit; {_DOWNLOAD}")
    below = found[0].relative_to(folder).as_posix()
    return manuscript(found[0], name if below == "." else f"{name}/{below}")


def _unpack(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _refuse(path.name, entries)
            for entry in entries:
                if not entry.is_dir():
                    archive.extract(entry, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise UserError(f"{path.name}: not a whole zip file ({reason}); {_DOWNLOAD}") from None


def _refuse(name: str, entries: list[zipfile.ZipInfo]) -> None:
    """Judge what the archive says of itself; zipfile never reads past the size that is said."""
    if len(entries) > MOST_FILES:
        raise UserError(f"{name}: {len(entries)} files, at most {MOST_FILES} are opened")
    size = sum(entry.file_size for entry in entries)
    if size > MOST_BYTES:
        raise UserError(
            f"{name}: {size / 2**20:.0f} MiB unpacked, at most {MOST_BYTES / 2**20:.0f} MiB "
            "are opened"
        )
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise UserError(f"{name}: encrypted; {_DOWNLOAD}")
        if _leads_out(entry):
            raise UserError(f"{name}: holds '{entry.filename}', which leads out of it; not opened")


def _leads_out(entry: zipfile.ZipInfo) -> bool:
    path, windows = PurePosixPath(entry.filename), PureWindowsPath(entry.filename)
    link = (entry.external_attr >> 16) & 0o170000 == _LINK
    parts = {*path.parts, *windows.parts}
    return link or path.is_absolute() or bool(windows.anchor) or ".." in parts
