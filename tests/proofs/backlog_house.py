"""The house of the backlog: a record system in memory that is away for days, the owed versions, and several workers.

Apart from the proof, which says what is done and what it must come to.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import httpx2
from pydantic import SecretStr

from service import wiring as wires
from service.cli.demo_clinic import CLINIC, clinics_file
from service.ehr.client import RecordSystem as Client
from service.ehr.outcome import Rung
from service.journal.entries import Answer, EntryStatus, EntryVersion, Filing, FilingState, Link
from service.keyring import make_keyring
from service.settings import Settings
from service.store.deeds import Change, Deed, QueueFiling, SaveEntryVersion
from service.store.migrating import upgrade
from service.workflow.desk import LEASE, Breakers, Desk
from service.workflow.leases import Leases
from tests.delivery.habits import Habits
from tests.delivery.house import stand_in
from tests.delivery.ledger import Resource
from tests.delivery.people import chart_of, visit_of
from tests.delivery.record_system import BASE, ORIGIN, RecordSystem, Said
from tests.delivery.time_passing import BEGINNING, Time
from tests.store.builders import record

_SEARCHED = Habits(Rung.SEARCH, honours_condition=False, keeps_identifiers=True, lag=0.0, late=0.0, holds=0.0)
# What each patient owes, in this order: the entry about which visit, and which version of it.
_OF_EACH = ((1, 1), (2, 1), (1, 2), (3, 1))


@dataclass(frozen=True, slots=True)
class Owed:
    """One acknowledged version, by the identifier that its document must bear."""

    identifier: str
    entry: str
    version: int


class Away(RecordSystem, httpx2.BaseTransport):
    """A record system that can only be searched. While `is_away` nobody answers; one answer in `cut_every` is lost.

    `made_at` are the real instants at which documents were made. Documents are found by an index, as in life.
    """

    def __init__(self, now: Time, cut_every: int) -> None:
        super().__init__(_SEARCHED, now, {})
        self.is_away, self.calls_away, self.cuts = True, 0, 0
        self.made_at: list[float] = []
        self._cut_every = cut_every
        self._turn = threading.Lock()
        self._ids: dict[str, list[str]] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry it out, one request at a time."""
        with self._turn:
            if self.is_away:
                self.calls_away += 1
                raise httpx2.ConnectError("nobody is there")
            if request.method == "GET":
                return self.ask(request).answer()
            said = self.carry_out(request)
            if request.method == "POST" and len(self.made_at) % self._cut_every == 0:
                self.cuts += 1
                raise httpx2.ReadError("the answer is lost")
            return said.answer()

    def ask(self, request: httpx2.Request) -> Said:
        """Patients and encounters are told as they are asked for: nobody has to keep so many."""
        kind, _, id_ = request.url.path.removeprefix("/fhir/").partition("/")
        if kind in ("Patient", "Encounter"):
            self._chart = chart_of((id_.partition("-v")[0],))
        return super().ask(request)

    def _search(self, kind: str, asked: Mapping[str, list[str]]) -> Said:
        value = asked["identifier"][0].rpartition("|")[2]
        entries = [{"resource": self._documents[one]} for one in self._ids.get(value, ())]
        bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
        return Said(200, json.dumps(bundle).encode(), {"Content-Type": "application/fhir+json"})

    def _keep(self, id_: str, resource: Resource, *, made: bool) -> Resource:
        kept = super()._keep(id_, resource, made=made)
        if made:
            self.made_at.append(time.perf_counter())
            for one in kept["identifier"]:
                self._ids.setdefault(one["value"], []).append(id_)
        return kept


@dataclass(frozen=True, slots=True)
class House:
    """The service as several workers have it: a desk for each, on one database, with one record system and one time."""

    desks: tuple[Desk, ...]
    there: Away
    time: Time

    def owe(self, first: int, count: int, chance: Random) -> list[Owed]:
        """Owe what these patients sent, in one deed with a record for each; what is owed, as the patients know it."""
        desk, owed, changes, remembered = self.desks[0], list[Owed](), list[Change](), []
        for number in range(first, first + count):
            patient = f"p{number // len(_OF_EACH)}"
            version = _version(desk, patient, *_OF_EACH[number % len(_OF_EACH)], self.time())
            filing = _filing(version, str(UUID(int=chance.getrandbits(128), version=4)))
            changes += [SaveEntryVersion(version), QueueFiling(filing)]
            remembered.append(record(patient, CLINIC, recorded=self.time.wall))
            owed.append(Owed(filing.version_identifier, version.id, version.version))
        desk.writer.perform(Deed(CLINIC, changes=tuple(changes), records=tuple(remembered)))
        return owed

    def gather_statistics(self) -> None:
        """Let PostgreSQL look at its tables, as it does by itself within minutes: here no days went by in truth."""
        if self.desks[0].store.dialect == "postgresql":
            self.desks[0].writer.run_alone(lambda connection: connection.exec_driver_sql("ANALYZE"))


@contextmanager
def house(folder: Path, url: str | None, workers: int, cut_every: int) -> Iterator[House]:
    """A service over an empty database: each of its workers has a store and a writer of its own on PostgreSQL (where
    `url` is), as processes have; on SQLite they are threads of one process and share them."""
    make_keyring(folder / "secrets")
    (folder / "clinics.toml").write_text(clinics_file(ORIGIN), "utf-8")
    settings = _settings(folder, url)
    upgrade(settings.database)
    now = Time()
    there = Away(now, cut_every)
    with ExitStack() as ending:
        http = ending.enter_context(httpx2.Client(transport=there, trust_env=False))
        opened = []
        for _ in range(workers if url else 1):
            wiring = wires.wire(settings, http)
            ending.callback(wiring.stop)
            wiring.desk.writer.start()
            opened.append(wiring.desk)
        desks = opened if url else opened * workers
        leases = Leases(LEASE.total_seconds())
        yield House(
            tuple(_worker_desk(one, now, http, leases if url is None else None) for one in desks), there, now
        )


def _worker_desk(desk: Desk, now: Time, http: httpx2.Client, leases: Leases | None) -> Desk:
    clinic = desk.clinics[CLINIC]
    rules = replace(clinic.filing, rung=Rung.SEARCH, quiet_window=timedelta(minutes=15))
    client = Client(BASE, http, lambda: "a-token")
    return replace(
        desk,
        clinics={CLINIC: replace(clinic, filing=rules, for_delivery=client)},
        now=now,
        steady=lambda: now.seconds,
        render=stand_in,
        breakers=Breakers(),
        leases=leases or Leases(LEASE.total_seconds()),
    )


def _version(desk: Desk, patient: str, visit: int, version: int, at: datetime) -> EntryVersion:
    prompts = desk.library.for_ordinal(1)
    assert prompts is not None
    key = f"{patient}/{visit}"
    encounter = visit_of(patient, visit)
    return EntryVersion(
        id=desk.entry_id(CLINIC, key),
        key=key,
        version=version,
        status=EntryStatus.COMPLETED if version == 1 else EntryStatus.AMENDED,
        patient_id=patient,
        questionnaire=prompts.canonical,
        link=Link(encounter, visit, BEGINNING - timedelta(days=9), None, (encounter,), "1"),
        answers=(Answer(prompts.prompts[0].link_id, f"{patient} after {visit}, told {version} times"),),
        authored=at,
        recorded_at=at,
        language="en",
        shared=b'{"resourceType":"QuestionnaireResponse"}',
    )


def _filing(version: EntryVersion, name: str) -> Filing:
    return Filing(
        id=name,
        patient_id=version.patient_id,
        entry_id=version.id,
        entry_version=version.version,
        version_identifier=f"urn:uuid:{name}",
        state=FilingState.DUE,
        due_at=version.recorded_at,
    )


def _settings(folder: Path, url: str | None) -> Settings:
    return Settings(
        public_url="http://127.0.0.1:8080",
        folder=folder,
        clinics_file=folder / "clinics.toml",
        secrets_dir=folder / "secrets",
        database_url=SecretStr(url) if url else None,
    )
