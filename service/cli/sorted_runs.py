"""Lines brought together by their key, however many there are: sorted a run at a time on disk, then merged.

It stands apart because a patient's visits lie anywhere in an export, and the ordinal needs all of them at once.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from heapq import merge
from itertools import groupby
from pathlib import Path

_IN_MEMORY = 2 * 1024 * 1024  # characters held before a run is written
_OPEN_AT_ONCE = 200


class SortedRuns:
    """Takes pairs of key and text in any order and gives them back key by key.

    `folder` is the caller's, empty, for one use, and removed by the caller.
    """

    def __init__(self, folder: Path, in_memory: int = _IN_MEMORY, open_at_once: int = _OPEN_AT_ONCE) -> None:
        self._folder = folder
        self._in_memory = in_memory
        self._open_at_once = open_at_once
        self._held: list[str] = []
        self._size = 0
        self._runs: list[Path] = []
        self._number = 0

    def add(self, key: str, text: str) -> None:
        """Take one pair; neither may hold a line break, the key no tab."""
        line = f"{key}\t{text}\n"
        self._held.append(line)
        self._size += len(line)
        if self._size >= self._in_memory:
            self._spill()

    def by_key(self) -> Iterator[tuple[str, list[str]]]:
        """Every key once, in order, with its texts; to be called once, after the last `add`."""
        self._spill()
        with ExitStack() as open_files:
            merged = merge(*self._opened(self._runs, open_files))
            for key, lines in groupby(merged, key=_key):
                yield key, [line.rstrip("\n").partition("\t")[2] for line in lines]

    def _spill(self) -> None:
        if not self._held:
            return
        self._held.sort()
        self._write(self._held)
        self._held, self._size = [], 0
        if len(self._runs) >= self._open_at_once:
            self._join_runs()

    def _join_runs(self) -> None:
        """One run out of all: more would be more open files than an account may have."""
        joined, self._runs = self._runs, []
        with ExitStack() as open_files:
            self._write(merge(*self._opened(joined, open_files)))
        for run in joined:
            run.unlink()

    def _write(self, lines: Iterable[str]) -> None:
        self._number += 1
        run = self._folder / f"run-{self._number}"
        with run.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
        self._runs.append(run)

    def _opened(self, runs: Iterable[Path], open_files: ExitStack) -> list[Iterator[str]]:
        return [open_files.enter_context(run.open(encoding="utf-8", newline="\n")) for run in runs]


def _key(line: str) -> str:
    return line.partition("\t")[0]
