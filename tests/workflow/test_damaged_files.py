"""A damaged file is found before anything is served from it, and no flipped byte ever becomes another's word (F39)."""

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy.exc import DatabaseError

from service.store import entries, soundness
from service.store.engine import Store, open_store
from service.store.sealing import Unopened
from service.store.soundness import Damaged, check_file, free_bytes
from tests.people import patient
from tests.workflow.contexts import as_patient
from tests.world import World

_FLIPS = 240
_PAGE = 4096


@pytest.fixture
def file(world: World, tmp_path: Path) -> Path:
    """A copy of a database in which two entries were sent."""
    ada = patient(world)
    for ordinal in (1, 2):
        ada.write(f"six-done-{ordinal}", {f"ai{ordinal}.1": f"the lake, the {ordinal}. time"})
    copy = tmp_path / "copy.sqlite"
    with sqlite3.connect(world.desk.store.writer_engine.url.database or "") as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    return copy


@pytest.fixture
def opened(file: Path, world: World) -> Iterator[Store]:
    store = open_store(f"sqlite:///{file}", world.desk.store.seal)
    yield store
    store.close()


def words(store: Store) -> list[tuple[str, ...]]:
    """What a patient reads of what they sent."""
    return sorted(
        tuple(answer.text for answer in one.answers) for one in entries.newest_first(store, as_patient())
    )


def test_a_whole_file_is_served_from(file: Path) -> None:
    check_file(f"sqlite:///{file}", monotonic)


def test_no_file_yet_and_no_file_of_ours_are_no_damage(tmp_path: Path) -> None:
    check_file(f"sqlite:///{tmp_path / 'none.sqlite'}", monotonic)
    check_file("postgresql+psycopg://nobody@nowhere/x", monotonic)


def test_a_long_file_keeps_nobody_waiting_for_ever(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundness, "_EVERY", 1)
    clock = iter(range(0, 10_000, 50))
    check_file(f"sqlite:///{file}", lambda: float(next(clock)))
    assert next(clock) < 500  # it was given up


def test_flipped_bytes_are_refused_or_do_not_matter(file: Path, opened: Store, world: World) -> None:
    """Each flip: the start refuses the file, or reading fails, or every word is as it was."""
    right, chance, became = words(opened), random.Random(7), Counter[str]()
    whole = file.read_bytes()
    for number in range(_FLIPS):
        # Headers of pages and the words themselves, as well as anywhere.
        page = chance.randrange(len(whole) // _PAGE) * _PAGE
        at = page + (chance.randrange(16) if number % 3 else chance.randrange(_PAGE))
        became[_after_flip(file, whole, at, chance.randrange(1, 256), right, world)] += 1

    assert became["served wrong"] == 0
    assert became["refused at the start"] > _FLIPS // 10
    assert sum(became.values()) == _FLIPS


def _after_flip(
    file: Path, whole: bytes, at: int, by: int, right: list[tuple[str, ...]], world: World
) -> str:
    spoiled = file.with_name("spoiled.sqlite")
    spoiled.write_bytes(whole[:at] + bytes([whole[at] ^ by]) + whole[at + 1 :])
    try:
        check_file(f"sqlite:///{spoiled}", monotonic)
    except Damaged:
        return "refused at the start"
    store = open_store(f"sqlite:///{spoiled}", world.desk.store.seal)
    try:
        return "served right" if words(store) == right else "served wrong"
    except (DatabaseError, Unopened, ValueError, LookupError):
        return "refused when read"
    finally:
        store.close()
        for name in ("", "-wal", "-shm"):
            spoiled.with_name(spoiled.name + name).unlink(missing_ok=True)


def test_the_sentence_names_the_file_and_the_way_out(file: Path) -> None:
    spoiled = bytearray(file.read_bytes())
    spoiled[_PAGE : 2 * _PAGE] = b"\xff" * _PAGE
    file.write_bytes(spoiled)
    with pytest.raises(Damaged, match=r"copy\.sqlite: The database's file is damaged.*restoring\.md"):
        check_file(f"sqlite:///{file}", monotonic)


def test_the_room_is_that_of_the_files_disk(tmp_path: Path) -> None:
    free = free_bytes(f"sqlite:///{tmp_path / 'a.sqlite'}")
    assert free is not None
    assert abs(free - shutil.disk_usage(tmp_path).free) < 2**28
    assert free_bytes("postgresql+psycopg://nobody@nowhere/x") is None
