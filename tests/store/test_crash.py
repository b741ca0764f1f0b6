"""A process that dies between a deed's guard and its commit leaves nothing of it (F1)."""

import subprocess
import sys

import pytest

from service.store import audit_trail, entries
from service.store.engine import open_store
from tests.store.builders import context, seal

CLINIC = "marigold"

# The child performs one deed to the end, and dies inside the next at the place it is told.
CHILD = """
import os, sys
from service.store import changes, writer as writing
from service.store.deeds import Deed, EntryIsNew, QueueFiling, SaveEntryVersion
from service.store.engine import open_store
from tests.store.builders import entry, filing, record, seal

url, place = sys.argv[1:]
writer = writing.Writer(open_store(url, seal()))
writer.start()

def deed(name):
    new = entry(name)
    saved = (SaveEntryVersion(new), QueueFiling(filing(f"filing of {name}", name)))
    return Deed("marigold", (EntryIsNew(new.key),), saved, (record(),))

def die(*_): os._exit(9)

writer.perform(deed("whole"))
print("acknowledged", flush=True)
if place == "after the guard":
    writing.apply = die
elif place == "after the rows":
    writing.audit_trail.append = die
elif place == "before the commit":
    writing._commit = die
elif place == "after the commit":
    writing._tell = die
writer.perform(deed("cut"))
"""


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        ("after the guard", ["whole"]),
        ("after the rows", ["whole"]),
        ("before the commit", ["whole"]),
        ("after the commit", ["whole", "cut"]),
    ],
)
def test_a_dying_process_leaves_no_half_deed(store_url: str, place: str, kept: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, store_url, place],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (9, "acknowledged\n"), done.stderr
    store = open_store(store_url, seal())
    found = entries.newest_first(store, context(clinic=CLINIC))
    assert sorted(one.id for one in found) == sorted(kept)
    assert audit_trail.head(store, CLINIC).size == audit_trail.count(store, CLINIC) == len(kept)
    with store.reader.connect() as connection:
        filings = connection.exec_driver_sql("SELECT count(*) FROM filings").scalar()
    assert filings == len(kept)
    store.close()
