"""The two files of an export: the log, and the signed note beside it that belongs to this very file.

Until they are whole both are named .part, for nobody; what a kill leaves of them the next export writes over.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class ExportUnderWay(RuntimeError):
    """Another export to this file is under way; wait for its end, or choose another name."""


def write_pair(out: Path, write: Callable[[IO[bytes]], str]) -> None:
    """Write the file by `write`, which returns its note, and put both in place; ExportUnderWay where another does.

    A kill at any moment leaves the former pair, the new one, or a file without a note; never another's note (F58).
    """
    note = Path(f"{out}.checkpoint")
    with _ours_alone(out, Path(f"{note}.part")) as note_part, _part(Path(f"{out}.part")) as part:
        note_part.write(write(part).encode())
        _make_durable(part)
        _make_durable(note_part)
        note.unlink(missing_ok=True)  # it signs for the file that goes now
        Path(part.name).replace(out)
        # The last step of all: until now whoever opened the note's part met our lock on it.
        Path(note_part.name).replace(note)
        _make_names_durable(out.parent)


@contextmanager
def _ours_alone(out: Path, path: Path) -> Iterator[IO[bytes]]:
    """The note's part, locked; the lock goes with the process, and there is no further file to be left behind."""
    while True:
        with path.open("ab") as file:  # emptied only once it is ours
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ExportUnderWay(f"{out}: {ExportUnderWay.__doc__}") from None
            # Between opening and locking it may have been put in place: then it is no part any more.
            if _is_still(path, file):
                file.truncate(0)
                with _gone_after_a_fault(path):
                    yield file
                return


@contextmanager
def _part(path: Path) -> Iterator[IO[bytes]]:
    with _gone_after_a_fault(path), path.open("wb") as file:
        yield file


@contextmanager
def _gone_after_a_fault(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _is_still(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _make_durable(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _make_names_durable(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
