"""A clinic whose record system is another maker's: its patients stand in both, what they send is delivered there.

Patients write through our API, where the sandbox says who they are; the worker files into the other record system.
"""

import random
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2

from service.ehr.client import RecordSystem
from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from service.store import filings
from service.workflow.deliver_entry import deliver_next
from service.workflow.desk import Desk
from tests.factories import keyed, response
from tests.people import FHIR_JSON
from tests.record_systems.judging import Acknowledged
from tests.record_systems.wire import Wire
from tests.web.changing import answered, put, writer
from tests.workflow.contexts import as_patient
from tests.world import CLINIC, NOON, World

WORKERS = 4
VISITS = 3  # of each patient
_DEADLINE = 60.0  # of a request: a busy machine is not what is proved here
_STEPS = 120  # minutes until all must have been filed, quiet windows and all
_TYPE = {"system": "http://maplegrove.example/encounter-types", "code": "ketamine-iv-infusion"}
_ACT = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}


@dataclass
class Writing:
    """One entry as its patient's app has it: the response, its ETag, and a word for each version."""

    patient: str
    encounter: str
    key: str
    words: list[str]
    kept: dict[str, Any] = field(default_factory=dict)
    tag: str = ""
    struck: bool = False

    @property
    def acknowledged(self) -> Acknowledged:
        return Acknowledged(self.key, self.patient, self.encounter, tuple(self.words), self.struck)


@dataclass
class Clinic:
    """The clinic in this world, at the record system with this base; all its calls go over the wire."""

    world: World
    base: str
    wire: Wire
    http: httpx2.Client
    chance: random.Random

    @property
    def record(self) -> RecordSystem:
        """The record system as the worker calls it. HAPI asks for no token; ours is always sent."""
        return RecordSystem(self.base, self.http, lambda: "a-token-that-it-does-not-read", _DEADLINE)

    def desk(self, rung: Rung) -> Desk:
        """The desk of a worker that files there on this rung."""
        ours = self.world.desk.clinics[CLINIC]
        clinic = replace(ours, for_delivery=self.record, filing=replace(ours.filing, rung=rung))
        return replace(self.world.desk, clinics={CLINIC: clinic})

    def admit(self, patients: Sequence[str]) -> None:
        """Put these patients and their finished infusions into the sandbox and into the other record system."""
        resources = [one for patient in patients for one in _chart(patient)]
        self.world.records().place(resources)
        for one in resources:
            place = f"{self.base}/{one['resourceType']}/{one['id']}"
            answer = self.http.put(place, json=one, headers=FHIR_JSON)
            assert answer.status_code == 201, answer.text[:500]

    def send(self, patient: str, ordinal: int) -> Writing:
        """One entry, sent by the patient's app; AssertionError where it is not acknowledged."""
        entry = Writing(
            patient, f"{patient}-{ordinal}", self.new_uri().removeprefix("urn:uuid:"), [self._word()]
        )
        prompt = self._prompt(ordinal)
        said = response(
            self.world,
            ordinal,
            patient,
            entry.encounter,
            {prompt: f"I write {entry.words[0]} here"},
            identifier=keyed(entry.key),
        )
        answer = writer(self.world, patient).post("QuestionnaireResponse", said)
        assert answer.status_code == 201, answer.text
        entry.kept, entry.tag = answer.json(), answer.headers["etag"]
        return entry

    def amend(self, entry: Writing) -> None:
        """A new version of the entry, with another word in the place of the one before."""
        word = self._word()
        link_id = entry.kept["item"][0]["linkId"]
        body = answered(entry.kept, f"I write {word} here", link_id) | {"status": "amended"}
        answer = put(writer(self.world, entry.patient), body, entry.tag)
        assert answer.status_code == 200, answer.text
        entry.words.append(word)
        entry.kept, entry.tag = answer.json(), answer.headers["etag"]

    def deliver(self, rung: Rung, patients: Iterable[str]) -> int:
        """Let four workers file what is due until nothing is; how many attempts it took.

        Time goes by a minute at a time, and with it what is late on the wire arrives.
        """
        desk, names, attempts = self.desk(rung), list(patients), 0
        with ThreadPoolExecutor(WORKERS) as pool:
            for _ in range(_STEPS):
                owners = [f"worker-{number}" for number in range(WORKERS)]
                attempts += sum(pool.map(lambda owner: _until_idle(desk, owner), owners))
                if self.wire.deliver_late() == 0 and not self._due(names):
                    return attempts
                self.world.clock.pass_time(minutes=1)
        return attempts

    def unsettled(self, patients: Iterable[str]) -> list[str]:
        """What is not filed by our own account, and why."""
        store = self.world.desk.store
        return [
            f"{filing.state} {filing.reason}"
            for name in patients
            for filing in filings.of_patient(store, as_patient(name), name)
            if filing.state is not FilingState.FILED
        ]

    def _due(self, names: Iterable[str]) -> bool:
        return any(one.startswith(FilingState.DUE.value) for one in self.unsettled(names))

    def new_uri(self) -> str:
        """A fresh "urn:uuid:…"."""
        return f"urn:uuid:{UUID(int=self.chance.getrandbits(128), version=4)}"

    def _word(self) -> str:
        return f"word{self.chance.randrange(10**10):010}"

    def _prompt(self, ordinal: int) -> str:
        prompt_set = self.world.desk.library.for_ordinal(ordinal)
        assert prompt_set is not None
        return str(prompt_set.prompts[0].link_id)


def _until_idle(desk: Desk, owner: str) -> int:
    attempts = 0
    while deliver_next(desk, CLINIC, owner):
        attempts += 1
    return attempts


def _chart(patient: str) -> list[dict[str, Any]]:
    name = {
        "resourceType": "Patient",
        "id": patient,
        "active": True,
        "name": [{"use": "official", "text": f"Somebody {patient}"}],
        "birthDate": "1980-01-01",
    }
    return [name, *(_visit(patient, ordinal) for ordinal in range(1, VISITS + 1))]


def _visit(patient: str, ordinal: int) -> dict[str, Any]:
    start = NOON - timedelta(days=10 - 3 * ordinal)
    return {
        "resourceType": "Encounter",
        "id": f"{patient}-{ordinal}",
        "status": "finished",
        "class": _ACT,
        "type": [{"coding": [_TYPE]}],
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()},
    }
