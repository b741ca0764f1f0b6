"""What the store's tests put into deeds: whole values with good defaults, so that a test names what matters to it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Agent, Deed, Outcome, Record
from service.journal.assigned import AssignedSet, AssignedStatus
from service.journal.entries import Answer, Draft, EntryStatus, EntryVersion, Filing, FilingState, Link
from service.journal.rulings import Reason, Ruling, RulingKind
from service.store.held_words import KEPT_FOR, HeldWords
from service.store.sealing import Seal
from service.store.sessions import PendingLaunch, Visit, VisitContents

NOW = datetime(2025, 3, 4, 17, 30, tzinfo=UTC)
CLINIC = "marigold"
PATIENT = "ada"
QUESTIONNAIRE = "https://infusion-journal.example/Questionnaire/first|1.0.0"


def seal() -> Seal:
    return Seal({"2025": b"k" * 32}, "2025")


def context(
    role: Role = Role.PATIENT,
    patients: frozenset[str] | None = frozenset({PATIENT}),
    clinic: str = CLINIC,
    at: datetime | None = None,
) -> AccessContext:
    return AccessContext(clinic=clinic, role=role, origin=Origin("request"), patients=patients, at=at)


def answers(*texts: str) -> tuple[Answer, ...]:
    return tuple(Answer(f"q{number}", text) for number, text in enumerate(texts))


def draft(
    key: str = "key-1",
    revision: int = 1,
    patient: str = PATIENT,
    encounter: str | None = None,
    words: tuple[Answer, ...] = (),
    status: EntryStatus = EntryStatus.IN_PROGRESS,
    started_at: datetime = NOW,
) -> Draft:
    return Draft(
        key=key,
        patient_id=patient,
        questionnaire=QUESTIONNAIRE,
        link=Link(encounter_id=encounter),
        answers=words or answers("still thinking"),
        revision=revision,
        started_at=started_at,
        saved_at=NOW,
        language="en",
        status=status,
    )


def held(name: str = "held-1", patient: str = PATIENT, key: str = "key-1") -> HeldWords:
    return HeldWords(name, patient, key, 1, answers("just before"), NOW, NOW + KEPT_FOR)


def entry(
    name: str = "entry-1",
    version: int = 1,
    patient: str = PATIENT,
    key: str | None = None,
    encounter: str | None = None,
    status: EntryStatus = EntryStatus.COMPLETED,
    authored: datetime = NOW,
    words: tuple[Answer, ...] = (),
    shared: bytes = b'{"resourceType":"QuestionnaireResponse"}',
    held_until: datetime | None = None,
) -> EntryVersion:
    return EntryVersion(
        id=name,
        key=key or f"key-of-{name}",
        version=version,
        status=status,
        patient_id=patient,
        questionnaire=QUESTIONNAIRE,
        link=Link(
            encounter, 2, NOW - timedelta(hours=3), NOW - timedelta(hours=1), (encounter or "e",), "rule-1"
        ),
        answers=words or answers("the light came back"),
        authored=authored,
        recorded_at=NOW,
        language="en",
        shared=shared,
        held_until=held_until,
    )


def filing(
    name: str = "filing-1",
    entry_id: str = "entry-1",
    version: int = 1,
    patient: str = PATIENT,
    due_at: datetime = NOW,
) -> Filing:
    return Filing(
        id=name,
        patient_id=patient,
        entry_id=entry_id,
        entry_version=version,
        version_identifier=f"urn:uuid:{name}",
        state=FilingState.DUE,
        due_at=due_at,
    )


def ruling(
    name: str = "ruling-1",
    patient: str = PATIENT,
    kind: RulingKind = RulingKind.NOT_GIVEN,
    said_at: datetime = NOW,
) -> Ruling:
    return Ruling(
        id=name,
        patient_id=patient,
        kind=kind,
        said_by="Practitioner/7",
        said_at=said_at,
        why=Reason.SEEN_IN_CHART,
        encounter_ids=("enc-1",),
    )


def assigned_set(
    name: str = "set-1",
    version: int = 1,
    patient: str = PATIENT,
    encounter: str = "enc-1",
    status: AssignedStatus = AssignedStatus.REQUESTED,
    changed_at: datetime = NOW,
) -> AssignedSet:
    return AssignedSet(
        id=name,
        patient_id=patient,
        encounter_id=encounter,
        evidence=(encounter, f"part of {encounter}"),
        rule_version="rule-1",
        series="first-match:1",
        ordinal=1,
        questionnaire=QUESTIONNAIRE,
        status=status,
        authored_on=NOW,
        changed_at=changed_at,
        window_start=NOW,
        window_end=NOW + timedelta(days=90),
        version=version,
    )


def record(
    patient: str | None = PATIENT,
    clinic: str = CLINIC,
    deed: Deed = Deed.READ,
    recorded: datetime = NOW,
    name: str | None = None,
    person: str | None = "Practitioner/7",
) -> Record:
    return Record(
        id=name or str(uuid4()),
        clinic=clinic,
        recorded=recorded,
        deed=deed,
        outcome=Outcome.SUCCESS,
        agent=Agent(role="clinician", person=person),
        server="https://journal.example/fhir",
        request_id="request",
        patient=patient,
    )


def visit(handle: str = "visit-1", clinic: str = CLINIC, token: str = "a-token") -> Visit:
    return Visit(
        handle=handle,
        secret_digest="digest",
        clinic=clinic,
        kind="patient",
        person="Patient/ada",
        patient_id=PATIENT,
        encounter_id=None,
        contents=VisitContents(token, "a-refresh-token", NOW + timedelta(hours=1), "launch openid"),
        started_at=NOW,
        seen_at=NOW,
        expires_at=NOW + timedelta(minutes=30),
    )


def launch(state: str = "state-1", clinic: str = CLINIC) -> PendingLaunch:
    return PendingLaunch(
        state_digest=state,
        browser_digest="browser",
        clinic=clinic,
        kind="patient",
        contents={"verifier": "a-code-verifier", "nonce": "a-nonce"},
        expires_at=NOW + timedelta(minutes=10),
    )
