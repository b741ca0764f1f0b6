"""However much is owed, taking up the next filing costs no more: a record system that was away is caught up with."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from service.store.engine import Store, open_store
from service.store.migrating import upgrade
from service.store.writer import Writer
from tests.store.builders import NOW, seal
from tests.store.test_poisoned_lanes import claim, owe

_FEW, _MANY = 50, 2000
_EVERY = 20  # instructions of SQLite's machine between two counts


def counted(store: Store, act: Callable[[], Any]) -> int:
    """How many instructions SQLite's machine takes for this, by twenties."""
    counts = [0]

    def one_more() -> int:
        counts[0] += 1
        return 0

    def watch(connection: Any, *_: object) -> None:
        connection.set_progress_handler(one_more, _EVERY)

    event.listen(store.writer_engine, "checkout", watch)
    try:
        act()
    finally:
        event.remove(store.writer_engine, "checkout", watch)
    return counts[0]


def test_the_next_of_many_costs_what_the_next_of_few_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    upgrade(url)
    store = open_store(url, seal())
    writer = Writer(store)
    writer.start()
    at = NOW + timedelta(minutes=5)
    try:
        owe(writer, "few", [f"p{number}" for number in range(_FEW)], NOW)
        for begin in range(0, _MANY, 500):
            owe(writer, "many", [f"p{number}" for number in range(begin, begin + 500)], NOW)
        few = counted(store, lambda: claim(writer, "few", at))
        many = counted(store, lambda: claim(writer, "many", at))
    finally:
        writer.stop()
        store.close()
    assert few > 0
    assert many < 3 * few
