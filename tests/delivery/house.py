"""The real service in one process for many schedules: its store, its writer, its rules; a clinic for each schedule.

The PDF alone is not made: a few bytes that name the version and bear its words stand for it.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx2
from sqlalchemy import event

from service import wiring as wires
from service.cli.demo_clinic import CLINIC, clinics_file
from service.ehr.client import RecordSystem as Client
from service.keyring import make_keyring
from service.settings import Settings
from service.smart.problems import ServerSilent
from service.store.migrating import upgrade
from service.summary.content import Summary
from service.summary.course_content import CourseSummary
from service.workflow.clock_watch import ClockNews
from service.workflow.desk import LEASE, Breakers, ClinicDesk, Desk
from service.workflow.leases import Leases
from service.workflow.unresolved import Unresolved
from tests.delivery.database import Database
from tests.delivery.habits import QUIET, Habits
from tests.delivery.record_system import BASE, ORIGIN
from tests.delivery.time_passing import Time
from tests.delivery.turns import Actor
from tests.delivery.wire import Wire, Wires

_JOURNAL = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class House:
    """A wired service over a database of its own; `clinic` is what every clinic in it is made after."""

    desk: Desk
    clinic: ClinicDesk
    http: httpx2.Client
    wires: Wires
    database: Database

    def desk_of(self, key: str, habits: Habits, time: Time, seed: str, **rules: Any) -> Desk:
        """The service of one schedule: this clinic alone, its time, and chance that follows from the seed.

        `rules` are others of its filing rules.
        """
        ids, jitter = Random(f"{seed}/ids"), Random(f"{seed}/jitter")
        quiet = timedelta(seconds=QUIET)
        filing = replace(self.clinic.filing, rung=habits.rung, quiet_window=quiet, **rules)
        clinic = replace(self.clinic, key=key, filing=filing)
        return replace(
            self.desk,
            clinics={key: clinic},
            now=time,
            steady=lambda: time.seconds,
            random=ids.randbytes,
            new_id=lambda: str(UUID(int=ids.getrandbits(128), version=4)),
            chance=jitter.random,
            render=stand_in,
        )

    def worker_desk(self, desk: Desk, key: str, actor: Actor, wire: Wire, tokens: "Tokens") -> Desk:
        """The desk as one worker has it: its own way to the record system, a gate at each point of the protocol.

        To be asked for in the worker's own thread.
        """
        self.wires.lay(wire)
        client = Client(BASE, self.http, tokens.token, renew=tokens.forget)
        clinic = replace(desk.clinics[key], for_delivery=client)
        return replace(
            desk,
            clinics={key: clinic},
            at=actor.gate,
            breakers=Breakers(),
            leases=Leases(LEASE.total_seconds()),
            unresolved=Unresolved(),
            clock_news=ClockNews(),
        )


@contextmanager
def house(template: Path, folder: Path) -> Iterator[House]:
    """A service over a copy of the template's database, ended afterwards."""
    shutil.copytree(template, folder)
    wires_of_all = Wires()
    with httpx2.Client(transport=wires_of_all, trust_env=False) as http:
        wiring = wires.wire(_settings(folder), http)
        wiring.desk.writer.start()
        database = Database()
        event.listen(wiring.desk.store.writer_engine, "commit", database.at_commit)
        try:
            yield House(wiring.desk, wiring.desk.clinics[CLINIC], http, wires_of_all, database)
        finally:
            wiring.stop()


def make_template(folder: Path) -> None:
    """What every house begins with: keys, an empty database, one clinic."""
    make_keyring(folder / "secrets")
    upgrade(f"sqlite:///{folder / 'journal.sqlite'}")
    (folder / "clinics.toml").write_text(clinics_file(ORIGIN), "utf-8")


class Tokens:
    """A worker's access tokens: a new one after each that was refused; now and then there is none to be had."""

    def __init__(self, is_silent: Callable[[], bool]) -> None:
        self._is_silent = is_silent
        self._number = 1

    def token(self) -> str:
        """The token at hand; ServerSilent where nobody answers."""
        if self._is_silent():
            raise ServerSilent("no-answer")
        return f"token-{self._number}"

    def forget(self, refused: str) -> None:
        """This one was refused."""
        self._number += refused == f"token-{self._number}"


def stand_in(summary: Summary | CourseSummary, *_form: object) -> bytes:
    """What stands for a summary of one entry: which version it is and what it says."""
    assert isinstance(summary, Summary)
    said = {
        "version": summary.version_identifier,
        "entry": summary.entry_id,
        "number": summary.entry_version,
        "words": [one.answer for one in summary.prompts if one.answer],
    }
    return json.dumps(said).encode()


def read_stand_in(data: bytes) -> dict[str, Any]:
    """What a stand-in says."""
    said: dict[str, Any] = json.loads(data)
    return said


def _settings(folder: Path) -> Settings:
    said: dict[str, Any] = {
        "public_url": _JOURNAL,
        "folder": folder,
        "clinics_file": folder / "clinics.toml",
        "secrets_dir": folder / "secrets",
    }
    return Settings(**said)
