"""A service of which only the log matters: it grows, it is exported, and its rows are read past the service."""

import os
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from service.cli.demo_clinic import CLINIC, clinics_file
from service.keyring import make_keyring
from service.settings import PREFIX, read_settings
from service.store.deeds import Deed
from service.store.migrating import upgrade
from service.wiring import Wiring, wire
from service.workflow.audit_by_command import sign_clinic
from tests.store.builders import record

_BETWEEN_RECORDS = 0.05


@dataclass
class House:
    """A clinic's log, the address of its exports, and what must be known to judge them."""

    folder: Path
    said: dict[str, str]
    wiring: Wiring
    verifier: str = ""
    largest: int = 0  # of the exports that came to their end
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def out(self) -> Path:
        """The file that every export is written to."""
        return self.folder / "exports" / "log.ndjson"

    def grow(self, count: int) -> None:
        """So many further records in the log."""
        for at in range(0, count, 500):
            some = min(500, count - at)
            deed = Deed(CLINIC, records=tuple(record(clinic=CLINIC) for _ in range(some)))
            self.wiring.desk.writer.perform(deed)

    def rows(self) -> tuple[list[str], list[bytes]]:
        """The ids and leaves of the log in its order, by the database's own word."""
        with sqlite3.connect(self.folder / "journal.sqlite") as database:
            wanted = "SELECT id, leaf FROM audit_records WHERE clinic = ? ORDER BY leaf_index"
            found = database.execute(wanted, (CLINIC,)).fetchall()
        database.close()
        return [row[0] for row in found], [row[1] for row in found]


@contextmanager
def exporting_house() -> Iterator[House]:
    """A house with one record in its log, swept away afterwards; the environment names it meanwhile."""
    with tempfile.TemporaryDirectory(prefix="exports-") as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        (folder / "exports").mkdir()
        make_keyring(folder / "secrets")
        (folder / "clinics.toml").write_text(clinics_file("http://localhost:9"), "utf-8")
        upgrade(f"sqlite:///{folder / 'journal.sqlite'}")
        said = {
            f"{PREFIX}PUBLIC_URL": "https://journal.example",
            f"{PREFIX}FOLDER": name,
            f"{PREFIX}CLINICS_FILE": str(folder / "clinics.toml"),
            f"{PREFIX}SECRETS_DIR": str(folder / "secrets"),
        }
        for known in [known for known in os.environ if known.startswith(PREFIX)]:
            patch.delenv(known)
        for known, value in said.items():
            patch.setenv(known, value)
        wiring = wire(read_settings())
        wiring.desk.writer.start()
        try:
            house = House(folder, said, wiring)
            house.grow(1)
            house.verifier = sign_clinic(wiring.desk, CLINIC, wiring.keyring.checkpoint)[1]
            yield house
        finally:
            wiring.stop()


@contextmanager
def growing(house: House) -> Iterator[None]:
    """While the block runs the log grows."""
    ends = threading.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            while not ends.wait(_BETWEEN_RECORDS):
                house.grow(1)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()
    if failed:
        raise failed[0]
