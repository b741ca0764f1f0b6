"""Kill everything (SIGKILL) between "sent" and "filed", start again, and count what the record system holds.

The patient writes and sends over real HTTP; the whole process group, service and record system alike, dies at a
random moment after the receipt. A kill counts only if the filing was not settled yet: that is read from the dead
service's own database before it starts again. What counts as filed is read from the record system's ledger.
"""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

from service.cli.walking import LostTheWay, Page, Walker
from service.sandbox.records.people import seed as seed_people
from service.sandbox.records.store import Records
from tests.loopback import free_port
from tests.proofs.figures import Figures, at_least, exactly

DEFAULT_N = 50
CI_N = 3

PER_PATIENT = 6
LONGEST_PAUSE = 0.6
SETTLES_WITHIN = 90.0
_TYPE = {"system": "http://maplegrove.example/encounter-types", "code": "ketamine-iv-infusion"}


@dataclass
class Demo:
    """The demo as one process group on fixed ports, to be killed whole and started again."""

    folder: Path
    port: int
    sandbox_port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def sandbox_url(self) -> str:
        return f"http://localhost:{self.sandbox_port}"

    def start(self) -> None:
        """Start, and return when both halves answer: the demo prints its lines only then."""
        command = [sys.executable, "-m", "service.cli", "demo", "--folder", str(self.folder)]
        command += ["--port", str(self.port), "--sandbox-port", str(self.sandbox_port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        assert self.process.stdout is not None
        if not any(b"Stop with" in line for line in iter(self.process.stdout.readline, b"")):
            raise RuntimeError("the demo did not start")

    def kill(self) -> None:
        """SIGKILL to the whole group, and wait until it is gone."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        _until_free(self.port)
        _until_free(self.sandbox_port)


@dataclass
class Tally:
    """What the patients were told, and what the kills met."""

    acknowledged: list[str] = field(default_factory=list)
    kills: int = 0
    mid_air: int = 0  # the record system had it, and the service did not know yet


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n kills; every acknowledged entry must be filed once, and once only."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="crash-loop-") as folder:
        demo = Demo(Path(folder), free_port(), free_port())
        _people(demo.folder, patients=n // (PER_PATIENT // 2) + 2)
        tally = Tally()
        demo.start()
        try:
            _kill_and_start(demo, n, chance, tally, report)
            _wait_until_settled(demo.folder)
        finally:
            demo.kill()
        filed = _ledger(demo.folder)
    counted = Counter(filed[key] for key in tally.acknowledged)
    lost, doubled = counted[0], sum(count for times, count in counted.items() if times > 1)
    return Figures(
        planned=n,
        injected=tally.kills,
        counted={
            "kills": tally.kills,
            "mid_air": tally.mid_air,
            "acknowledged": len(tally.acknowledged),
            "filed": len(tally.acknowledged) - lost,
            "lost": lost,
            "duplicates": doubled,
        },
        bars={
            "acknowledged": at_least(n),
            "filed": at_least(len(tally.acknowledged)),
            "lost": exactly(0),
            "duplicates": exactly(0),
        },
    )


def _kill_and_start(
    demo: Demo, n: int, chance: random.Random, tally: Tally, report: Callable[[str], None]
) -> None:
    with closing(_entries(demo)) as entries:
        for key in islice(entries, n * 3):
            tally.acknowledged.append(key)
            time.sleep(chance.uniform(0, LONGEST_PAUSE))
            demo.kill()
            settled, there = _is_settled(demo.folder, key), _ledger(demo.folder)[key] > 0
            tally.kills += not settled
            tally.mid_air += there and not settled
            demo.start()
            report(f"kill {tally.kills} of {n}{' (too late, not counted)' if settled else ''}")
            if tally.kills == n:
                return


def _entries(demo: Demo) -> Generator[str, None, None]:
    """Send entry after entry, patient after patient; each step yields the key of one that was acknowledged.

    A patient's visit outlives the kills: their cookie opens the same pages again.
    """
    for number in count(1):
        with closing(Walker()) as patient:
            home = _launch(patient, demo, f"patient-crash-{number}")
            for ordinal in range(1, PER_PATIENT + 1):
                yield _send_one(patient, home, f"{number}.{ordinal}", ordinal)


def _send_one(patient: Walker, home: Page, mark: str, ordinal: int) -> str:
    page = patient.press(patient.open(home.url), f"Start writing: Infusion {ordinal}")
    page = patient.open(page.url.rsplit("/prompt/", 1)[0] + "/all")
    page = patient.press(page, "Check and send", **_words(page, mark))
    receipt = patient.press(page, "Send")
    if "<h1>Sent</h1>" not in receipt.text:
        raise LostTheWay(f"no receipt: {receipt.status}")
    return receipt.url.rsplit("/", 2)[1]


def _words(page: Page, mark: str) -> dict[str, str]:
    fields = next(form.fields for form in page.forms if any(name.startswith("text-") for name in form.fields))
    return {name: f"Words {mark} of {name}, Привет 🌊" for name in fields if name.startswith("text-")}


def _launch(patient: Walker, demo: Demo, who: str) -> Page:
    page = patient.open(f"{demo.sandbox_url}/sign-in?next=/portal/")
    page = patient.press(page, f"Crash {who.rsplit('-', 1)[1]}.", person=f"Patient/{who}")
    return patient.press(page, "Open Infusion Journal")


def _people(folder: Path, patients: int) -> None:
    """Invented patients with six finished infusions each, put there before anything starts."""
    (folder / "sandbox").mkdir(parents=True)
    now = datetime.now(UTC)
    records = Records(folder / "sandbox" / "records.sqlite", lambda: now)
    seed_people(records, now)
    for number in range(1, patients + 1):
        patient = f"patient-crash-{number}"
        visits = [
            _encounter(f"visit-crash-{number}-{ordinal}", patient, now - timedelta(days=30 - ordinal))
            for ordinal in range(1, PER_PATIENT + 1)
        ]
        records.place([_patient(patient, number), *visits])
    records.close()


def _patient(patient: str, number: int) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": patient,
        "active": True,
        "name": [{"use": "official", "text": f"Crash {number}."}],
        "birthDate": "1980-01-01",
    }


def _encounter(visit: str, patient: str, start: datetime) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": visit,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [{"coding": [_TYPE]}],
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()},
    }


def _is_settled(folder: Path, key: str) -> bool:
    question = (
        "SELECT state FROM filings JOIN entries ON entries.id = filings.entry_id "
        "AND entries.clinic = filings.clinic WHERE entries.key = ?"
    )
    with sqlite3.connect(folder / "journal.sqlite") as database:
        rows = database.execute(question, (key,)).fetchall()
    if not rows:
        raise AssertionError("an acknowledged entry is not in the database")
    return all(state == "filed" for (state,) in rows)


def _wait_until_settled(folder: Path) -> None:
    deadline = time.monotonic() + SETTLES_WITHIN
    while time.monotonic() < deadline:
        with sqlite3.connect(folder / "journal.sqlite") as database:
            (due,) = database.execute("SELECT count(*) FROM filings WHERE state <> 'filed'").fetchone()
        if due == 0:
            return
        time.sleep(0.2)


def _ledger(folder: Path) -> Counter[str]:
    """How many documents stand in the record system for each entry, by the entry's key: each one ever made."""
    records = Records(folder / "sandbox" / "records.sqlite", lambda: datetime.now(UTC))
    documents = {
        line.resource["id"]: line.resource
        for line in records.ledger()
        if line.resource["resourceType"] == "DocumentReference"
    }
    records.close()
    return Counter(
        name["value"].removeprefix("urn:uuid:")
        for document in documents.values()
        for name in document["identifier"]
        if name != document["masterIdentifier"]
    )


def _until_free(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                time.sleep(0.02)
                continue
            return
