"""What patients and staff do in a schedule: they send, amend, mark as wrong, move and press "send again".

Each deed goes through the service's own verbs. What was acknowledged is kept here, as the patient remembers it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed
from service.ehr.outcome import Rung
from service.journal.entries import Answer, EntryStatus, EntryVersion, FilingState, Link
from service.journal.problems import Conflict, NotYours, TooBusy
from service.journal.prompts import PromptSet
from service.store import entries, filings
from service.workflow.desk import Desk
from service.workflow.filings_by_command import try_again
from service.workflow.next_version import keep_next_version
from service.workflow.relink_entry import relink_entry
from service.workflow.remember import record
from service.workflow.submit_entry import Sending, send
from tests.delivery.ledger import Resource
from tests.delivery.time_passing import BEGINNING

VISITS = 4  # of each patient
_TYPE = {"system": "http://maplegrove.example/encounter-types", "code": "ketamine-iv-infusion"}


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One version that somebody was told is safe: whose, of which entry, after which visit, with which words."""

    patient: str
    entry: str
    version: int
    encounter: str
    words: str
    struck: bool = False


@dataclass
class People:
    """The people of one clinic. `known` is everything they were told is safe, in order."""

    desk: Desk
    clinic: str
    chance: Random
    patients: tuple[str, ...]
    strike_there: Callable[[], bool]
    known: list[Acknowledged] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)

    def act(self) -> None:
        """Somebody does something."""
        if not self.known:
            return self._send()
        deeds = [
            self._send,
            self.amend,
            self.amend,
            self._strike,
            self._move,
            self._again,
            self.strike_there,
        ]
        self.chance.choice(deeds)()
        return None

    def _send(self) -> None:
        self.send_for(self.chance.choice(self.patients))

    def send_for(self, patient: str) -> None:
        """This patient writes about their next infusion; about the last one again where there is none left."""
        number = self.sent.get(patient, 0) + 1
        if number >= VISITS:
            return self.amend()
        self.sent[patient] = number
        words = f"{patient} after {number}"
        key = self.desk.new_id()
        visit = visit_of(patient, number)
        link = Link(visit, number, BEGINNING - timedelta(days=9), None, (visit,), "1")
        sending = Sending(
            key, patient, self._prompts(), link, self._answers(words), BEGINNING, "en", 0, "page"
        )
        try:
            receipt = send(self.desk, self._as_patient(patient), sending)
        except TooBusy:
            if not self._was_kept(self.desk.entry_id(self.clinic, key)):
                self.sent[patient] = number - 1
            return None
        self._note(receipt.entry, words)
        return None

    def amend(self) -> None:
        """Somebody changes one of their entries."""
        before = self._entry()
        if before is None:
            return
        old = before.answers[0].text
        words = f"{old}, once more"
        version = replace(
            before,
            version=before.version + 1,
            status=EntryStatus.AMENDED,
            answers=self._answers(words),
            shared=before.shared.replace(f'"{old}"'.encode(), f'"{words}"'.encode()),
            recorded_at=self.desk.now(),
        )
        self._keep(before, version, words)

    def _strike(self) -> None:
        before = self._entry()
        if before is None or self.chance.random() < 0.5:
            return
        version = replace(
            before,
            version=before.version + 1,
            status=EntryStatus.ENTERED_IN_ERROR,
            recorded_at=self.desk.now(),
        )
        self._keep(before, version, before.answers[0].text)

    def _keep(self, before: EntryVersion, version: EntryVersion, words: str) -> None:
        context = self._as_patient(before.patient_id)
        what = f"QuestionnaireResponse/{version.id}/_history/{version.version}"
        said = record(self.desk, context, Deed.UPDATE, patient=before.patient_id, what=what)
        try:
            keep_next_version(self.desk, context, before, version, said, "replaced-before-filing")
        except Conflict:
            return
        except TooBusy:
            self._was_kept(before.id)
            return
        self._note(version, words)

    def _was_kept(self, entry: str) -> bool:
        """Whoever is told that nothing could be kept just now asks again: what was kept all the same is known now."""
        kept = entries.whole(self.desk.store, self.clinic, entry)
        if kept is None or (entry, kept.version) in {(one.entry, one.version) for one in self.known}:
            return False
        self._note(kept, kept.answers[0].text)
        return True

    def _move(self) -> None:
        """A clinician finds that it belongs to the patient's last visit, which nobody writes about."""
        before = self._entry()
        if before is None or self.chance.random() < 0.5:
            return
        visit = visit_of(before.patient_id, VISITS)
        link = replace(before.link, encounter_id=visit, evidence=(visit,))
        try:
            moved = relink_entry(self.desk, self._as_patient(before.patient_id), before, link)
        except (Conflict, NotYours):
            return
        except TooBusy:
            self._was_kept(before.id)
            return
        self._note(moved, before.answers[0].text)

    def _again(self) -> None:
        """Somebody of the clinic sends what waits for a person on its way again; never where it may stand there."""
        if self.desk.clinics[self.clinic].filing.rung is Rung.NONE:
            return
        waits = (FilingState.PARKED, FilingState.REFUSED)
        for one in filings.open_filings(self.desk.store, self.clinic, self.desk.now()):
            if one.state in waits:
                with suppress(TooBusy):
                    try_again(self.desk, self.clinic, one.id)

    def _entry(self) -> EntryVersion | None:
        """One of the entries, as it stands."""
        ids = sorted({one.entry for one in self.known} - {one.entry for one in self.known if one.struck})
        return entries.whole(self.desk.store, self.clinic, self.chance.choice(ids)) if ids else None

    def _note(self, version: EntryVersion, words: str) -> None:
        struck = version.status is EntryStatus.ENTERED_IN_ERROR
        visit = version.link.encounter_id or ""
        self.known.append(Acknowledged(version.patient_id, version.id, version.version, visit, words, struck))

    def _prompts(self) -> PromptSet:
        found = self.desk.library.for_ordinal(1)
        assert found is not None
        return found

    def _answers(self, words: str) -> tuple[Answer, ...]:
        return (Answer(self._prompts().prompts[0].link_id, words),)

    def _as_patient(self, patient: str) -> AccessContext:
        origin = Origin("a-request", "127.0.0.1")
        return AccessContext(
            self.clinic, Role.PATIENT, origin, person=f"Patient/{patient}", patients=frozenset({patient})
        )


def visit_of(patient: str, number: int) -> str:
    """The id of this patient's visit."""
    return f"{patient}-v{number}"


def chart_of(patients: tuple[str, ...]) -> dict[str, Resource]:
    """These patients with their visits, as the record system has them."""
    found: list[Resource] = []
    for name in patients:
        who: Resource = {"resourceType": "Patient", "id": name, "name": [{"text": name}]}
        found += [who, *(_visit(name, number) for number in range(1, VISITS + 1))]
    return {f"{one['resourceType']}/{one['id']}": one for one in found}


def _visit(patient: str, number: int) -> Resource:
    start = BEGINNING - timedelta(days=10 - number)
    return {
        "resourceType": "Encounter",
        "id": visit_of(patient, number),
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [{"coding": [_TYPE]}],
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()},
    }
