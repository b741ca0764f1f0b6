"""One serving process per folder: SQLite means one process, one writer (architecture, embedded default)."""

import fcntl
import os
from pathlib import Path

_HELD: list[int] = []


class FolderInUse(RuntimeError):
    """Another server works in this folder already; stop that one first, or give this one a folder of its own."""


def hold_folder(folder: Path, *, only_ask: bool = False) -> None:
    """Hold the folder for as long as this process lives; FolderInUse where another holds it.

    `only_ask` gives it free again at once: for a parent whose child will hold it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / "serving.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise FolderInUse(f"{folder}: {FolderInUse.__doc__}") from None
    if only_ask:
        os.close(handle)
        return
    _HELD.append(handle)  # closed by the end of the process, which gives the folder free
