"""Two replicas write for the same few patients at once, and PostgreSQL takes transactions back (fault matrix F34).

What both write is the same: each entry is sent to both, as by a press that was made twice. Both group what waits, and
each group locks its patients in the order in which they came, so that two groups wait for each other in a circle.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import make_url

from service.store.deeds import Deed, EntryIsNew, GuardFailed, InfusionIsFree, QueueFiling, SaveEntryVersion
from service.store.engine import open_store
from service.store.writer import Writer
from tests.collisions.places import CLINIC, Place, a_place
from tests.store.builders import entry, filing, record, seal

_PATIENTS, _AT_ONCE = 6, 8
_ROUND = 200
_MOST_ROUNDS = 1000
KEPT, _BEFORE = "kept", GuardFailed.__name__


def conflicts(server: str, wanted: int, seed: int, report: Callable[[str], None]) -> Counter[str]:
    """Go on until the server itself has counted so many deadlocks (it looks for them after a millisecond here).

    conflicts, entries; surfaced: presses that were told anything but kept, or kept before; duplicates and lost.
    """
    chance, said = random.Random(f"{seed}/conflicts"), Counter[tuple[str, str]]()
    with a_place(server) as place:
        place.tell(f'ALTER DATABASE "{make_url(place.url).database}" SET deadlock_timeout = 1')
        with _two_writers(place) as writers:
            for number in range(_MOST_ROUNDS):
                said += _crowd(writers, number, chance)
                met = place.ask("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
                report(f"conflicts: {met} of {wanted}, {said.total()} presses")
                if met >= wanted:
                    break
        kept = place.ask("SELECT count(DISTINCT key) FROM entries")
        doubled = (
            place.ask("SELECT count(*) FROM filings")
            + place.ask("SELECT count(*) FROM audit_records")
            - 2 * kept
        )
    acknowledged = {key for key, one in said if one in (KEPT, _BEFORE)}
    return Counter(
        conflicts=met,
        entries=kept,
        surfaced=sum(times for (_, one), times in said.items() if one not in (KEPT, _BEFORE)),
        duplicates=doubled + sum(times - 1 for (_, one), times in said.items() if one == KEPT),
        lost=max(len(acknowledged) - kept, 0),
    )


@contextmanager
def _two_writers(place: Place) -> Iterator[list[Writer]]:
    """The writers of two replicas, each with a store of its own."""
    stores = [open_store(place.url, seal()) for _ in range(2)]
    writers = [Writer(store) for store in stores]
    for writer in writers:
        writer.start()
    yield writers
    for writer, store in zip(writers, stores, strict=True):
        writer.stop()
        store.close()


def _crowd(writers: list[Writer], number: int, chance: random.Random) -> Counter[tuple[str, str]]:
    """One round: so many entries, each sent to both writers in an order of its own; what each press was told."""
    deeds = [sent(f"{number}-{one}", f"p{chance.randrange(_PATIENTS)}") for one in range(_ROUND)]
    with ThreadPoolExecutor(_AT_ONCE) as one, ThreadPoolExecutor(_AT_ONCE) as other:
        pressed = [
            pool.submit(told, writer, deed)
            for pool, writer in zip((one, other), writers, strict=True)
            for deed in chance.sample(deeds, len(deeds))
        ]
    return Counter(each.result() for each in pressed)


def told(writer: Writer, deed: Deed) -> tuple[str, str]:
    """The entry's key, and what this press of it was told."""
    name = next(guard.key for guard in deed.guards if isinstance(guard, EntryIsNew))
    try:
        writer.perform(deed)
    except Exception as error:
        return name, type(error).__name__
    return name, KEPT


def sent(name: str, patient: str) -> Deed:
    """The deed of an entry of this name that is sent: new, its filing owed, and in the log."""
    new = entry(name, patient=patient, encounter=f"about-{name}")
    guards = (EntryIsNew(new.key), InfusionIsFree(patient, f"about-{name}", new.key))
    changes = (SaveEntryVersion(new, anew=True), QueueFiling(filing(f"of {name}", name, patient=patient)))
    return Deed(CLINIC, guards, changes, (record(patient, CLINIC),))
