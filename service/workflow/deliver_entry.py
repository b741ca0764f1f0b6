"""The worker's verb: take what is owed to the record system, file it, and write down what became of it (rules 19-22).

Intent is stored before sending, every write after the claim is fenced by the patient's lane, and whether to try
again is decided by a pure function (fault matrix, section 2).
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed, Record
from service.audit.record import Outcome as AuditOutcome
from service.ehr.encounters import encounter_of, encounters_of, patient_of, survivor_of
from service.ehr.outcome import Busy, Filed, HeldThere, NotSent, Outcome, Refused, Rung, Unknown, Why
from service.ehr.problems import RecordSystemProblem, Unclear
from service.ehr.retry import Done, Next, Park, Retry, Tried, next_attempt
from service.ehr.write_back import file_document, find_version, supersede_document
from service.journal.entries import EntryVersion, Filing, FilingState
from service.journal.infusions import still_counts
from service.journal.match import EncounterSeen
from service.journal.rulings import Rulings
from service.r4 import document_reference
from service.smart.problems import SmartProblem
from service.store import deeds, entries, filings, finding, rulings, sessions
from service.store.deeds import GuardFailed
from service.store.filings import Claimed
from service.summary.content import CannotRender, PatientHeader
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.own_copy import summary_of
from service.workflow.remember import record

LEASE = timedelta(seconds=120)
# What a create and its read-back may take at the most, deadlines of 20 s each and a margin.
ATTEMPT = timedelta(seconds=60)
_QUIET = NotSent("quiet-window")
_UNRESOLVED = Unknown("send-unresolved")


@dataclass(frozen=True, slots=True)
class _Work:
    desk: Desk
    clinic: ClinicDesk
    claimed: Claimed
    entry: EntryVersion
    context: AccessContext
    subject: str

    @property
    def filing(self) -> Filing:
        return self.claimed.filing

    @property
    def fenced(self) -> tuple[deeds.Guard, ...]:
        return (
            deeds.LaneIsHeld(self.filing.patient_id, self.claimed.fence),
            deeds.FilingIsDue(self.filing.id),
        )


class _NotNow(Exception):
    """The attempt ended before anything could be sent; `outcome` says how."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def take_over(desk: Desk) -> None:
    """The one process that may deliver here has started: what its predecessor had in hand is nobody's any more.

    Only where one process serves (the folder's lock says so); elsewhere a lease ends by its time alone.
    """
    desk.writer.run_alone(filings.free_every_lane)
    desk.writer.run_alone(finding.end_every_lease)


def forget_expired(desk: Desk) -> None:
    """Drop the visits and launches whose time is over, with the tokens they hold."""
    now = desk.now()
    desk.writer.run_alone(lambda connection: sessions.forget_expired(connection, now))


def deliver_next(desk: Desk, clinic_key: str, owner: str) -> bool:
    """File the clinic's next due summary; whether there was one to try. `owner` names the worker in its lease."""
    now = desk.now()
    desk.at("K0")
    claimed = desk.writer.run_alone(
        lambda connection: filings.claim_next(connection, desk.store.seal, clinic_key, now, LEASE, owner)
    )
    if claimed is None:
        return False
    desk.at("K1")
    entry = entries.for_delivery(
        desk.store, clinic_key, claimed.filing.entry_id, claimed.filing.entry_version
    )
    if entry is None:
        raise LookupError("a filing without its entry version")
    context = _worker(desk, clinic_key, claimed)
    work = _Work(desk, desk.clinic(clinic_key), claimed, entry, context, entry.patient_id)
    try:
        _deliver(work)
    except GuardFailed:
        return True  # the lease ran out and another worker holds the lane: what we know is old
    return True


def _deliver(work: _Work) -> None:
    quiet_until = _quiet_until(work)
    if quiet_until is not None:
        _settle(work, _QUIET, quiet_until)
        return
    try:
        outcome = _UNRESOLVED if _is_unresolved_on_last_rung(work) else _attempt(work)
    except _NotNow as early:
        work, outcome = _after_all(work, early.outcome)
    decided = next_attempt(
        outcome,
        Tried(work.filing.attempts + 1, work.filing.first_tried_at or work.desk.now()),
        now=work.desk.now(),
        random=work.desk.chance,
        rung=work.clinic.filing.rung,
        quiet_window=work.clinic.filing.quiet_window,
    )
    _settle(work, outcome, decided)


def _after_all(work: _Work, outcome: Outcome) -> tuple[_Work, Outcome]:
    """What ends before sending, held against an earlier attempt whose outcome nobody knows.

    Before a person is asked, the document is looked for: what stands there is filed, and what can no longer come
    holds up no later version.
    """
    started = work.claimed.send_started_at
    if started is None or not isinstance(outcome, Refused):
        return work, outcome
    try:
        found = find_version(work.clinic.for_delivery, work.filing.version_identifier)
    except (RecordSystemProblem, SmartProblem):
        return work, NotSent("earlier-not-read")
    standing = [one for one in found if one.status != "entered-in-error"]
    if len(standing) == 1:
        return work, Filed(standing[0].id, existed=True)
    if standing:
        return work, Refused(Why.SEVERAL, found=tuple(one.id for one in standing))
    if work.desk.now() < started + ATTEMPT + work.clinic.filing.quiet_window:
        return work, Unknown("quiet-window")
    return replace(work, claimed=replace(work.claimed, send_started_at=None)), outcome


def _quiet_until(work: _Work) -> Retry | None:
    """On rung C an unresolved send may still be committed there: wait it out (fault matrix, section 2, rule 2)."""
    started = work.claimed.send_started_at
    if started is None or work.clinic.filing.rung is not Rung.SEARCH:
        return None
    until = started + ATTEMPT + work.clinic.filing.quiet_window
    return Retry(until, "quiet-window", counts=False) if work.desk.now() < until else None


def _is_unresolved_on_last_rung(work: _Work) -> bool:
    """On rung D nothing tells whether a begun send arrived: after a worker that died over it, a person must."""
    return work.clinic.filing.rung is Rung.NONE and work.claimed.send_started_at is not None


def _attempt(work: _Work) -> Outcome:
    _sign_in(work)
    work = replace(work, subject=_subject(work))
    _check_encounter(work)
    earlier = filings.predecessor(work.desk.store, work.clinic.key, work.entry.id, work.entry.version)
    pdf = work.claimed.summary_pdf or _render(work, earlier)
    body = document_reference.write(_document(work, pdf, earlier))
    work.desk.at("K3")
    outcome = file_document(
        work.clinic.for_delivery,
        work.clinic.filing.rung,
        body,
        work.filing.version_identifier,
        may_send=lambda: _begin_to_send(work),
        at=work.desk.at,
    )
    if earlier is None or not isinstance(outcome, Filed):
        return outcome
    return _superseded(work, earlier, outcome)


def _sign_in(work: _Work) -> None:
    try:
        work.clinic.for_delivery.sign_in()
    except SmartProblem as problem:
        raise _NotNow(NotSent(problem.reason or "no-token")) from None
    work.desk.at("K2")


def _begin_to_send(work: _Work) -> bool:
    """Write the intent down, fenced, directly before the document leaves; false where the lease would not last."""
    if not _may_send(work):
        return False
    _perform(work, deeds.NoteSendStarted(work.filing.id, work.desk.now()))
    work.desk.at("K5")
    return True


def _superseded(work: _Work, earlier: Filing, filed: Filed) -> Outcome:
    """The old document is marked, too, where the record system lets us; the new one says by itself what it replaces.

    Whatever may heal is tried again with the whole filing: the new document is found, not made twice (W-30, U-08).
    """
    if not _may_send(work):
        return Unknown("lease-too-short")
    outcome = supersede_document(
        work.clinic.for_delivery, earlier.document_id or "", earlier.version_identifier
    )
    if isinstance(outcome, Filed | HeldThere | Refused):
        return filed
    # The new document stands there: whatever came of the old one, this filing was sent.
    return Unknown("old-not-marked", outcome.retry_after if isinstance(outcome, Busy | Unknown) else None)


def _check_encounter(work: _Work) -> None:
    """The infusion's Encounter is read again before anything is sent: the same patient's, still counted (W-61).

    Nothing is filed to a wrong encounter (rule 11); what was withdrawn meanwhile waits for a person.
    """
    encounter_id = work.entry.link.encounter_id
    if encounter_id is None:
        return
    try:
        seen = _seen_now(work, encounter_id)
    except RecordSystemProblem:
        raise _NotNow(NotSent("encounter-not-read")) from None
    except SmartProblem as problem:
        raise _NotNow(NotSent(problem.reason or "no-token")) from None
    decided = Rulings(rulings.rulings_of(work.desk.store, *_whose(work)))
    if seen is None or not still_counts(seen, work.clinic.rules.match, decided):
        raise _NotNow(Refused(Why.TARGET, codes=("encounter-withdrawn",)))
    if seen.patient_id != work.subject:
        raise _NotNow(Refused(Why.TARGET, codes=("encounter-of-another-record",)))


def _whose(work: _Work) -> tuple[AccessContext, frozenset[str]]:
    """The patient and the record that replaced theirs: what was decided may have been said of either."""
    ids = frozenset({work.entry.patient_id, work.subject})
    return replace(work.context, patients=ids), ids


def _seen_now(work: _Work, encounter_id: str) -> EncounterSeen | None:
    """The encounter, with what the clinic's rule reads beside it where it asks for that."""
    record_system, match = work.clinic.for_delivery, work.clinic.rules.match
    seen = encounter_of(record_system, encounter_id)
    if seen is None or not match.asks_beside:
        return seen
    return next(
        (one for one in encounters_of(record_system, seen.patient_id, match) if one.id == encounter_id), seen
    )


def _may_send(work: _Work) -> bool:
    """Whether the lease outlasts one more request: what leaves after it could meet another worker's (rule 1)."""
    return work.desk.now() + ATTEMPT < work.claimed.lease_until


def _render(work: _Work, earlier: Filing | None) -> bytes:
    """The PDF, made once and kept, so that every attempt sends the same bytes (W-01)."""
    prompt_set = work.desk.library.by_canonical(work.entry.questionnaire)
    if prompt_set is None:
        raise _NotNow(Refused(Why.OTHER, codes=("unknown-set",)))
    summary = summary_of(
        work.clinic,
        work.entry,
        prompt_set,
        _header(work),
        work.filing.version_identifier,
        private_copy=False,
        replaces=earlier.version_identifier if earlier else None,
    )
    try:
        pdf = work.desk.render(summary)
    except CannotRender:
        raise _NotNow(NotSent("cannot-render")) from None
    _perform(work, deeds.KeepSummary(work.filing.id, pdf, hashlib.sha256(pdf).hexdigest()))
    return pdf


def _header(work: _Work) -> PatientHeader:
    try:
        patient = patient_of(work.clinic.for_delivery, work.subject)
    except RecordSystemProblem:
        raise _NotNow(NotSent("patient-not-read")) from None
    except SmartProblem as problem:
        raise _NotNow(NotSent(problem.reason or "no-token")) from None
    if patient is None:
        raise _NotNow(Refused(Why.TARGET, 404))
    identifier = patient.identifiers[0][1] if patient.identifiers else None
    return PatientHeader(patient.name, patient.birth_date, identifier)


def _subject(work: _Work) -> str:
    """Whose record it goes to: the one that replaced the patient's, where it and the old one both say so (F52)."""
    if not work.clinic.merged_patients:
        return work.entry.patient_id
    try:
        return survivor_of(work.clinic.for_delivery, work.entry.patient_id)
    except Unclear:
        raise _NotNow(Refused(Why.TARGET, codes=("patient-merge-unclear",))) from None
    except RecordSystemProblem:
        raise _NotNow(NotSent("patient-not-read")) from None
    except SmartProblem as problem:
        raise _NotNow(NotSent(problem.reason or "no-token")) from None


def _document(work: _Work, pdf: bytes, earlier: Filing | None) -> document_reference.FiledDocument:
    entry, link = work.entry, work.entry.link
    return document_reference.FiledDocument(
        entry_identifier=entry.identifier,
        version_identifier=work.filing.version_identifier,
        patient_id=work.subject,
        date=entry.recorded_at,
        created=entry.recorded_at,
        content_type="application/pdf",
        data=pdf,
        title=document_reference.title_after(entry.link.ordinal),
        author=f"Patient/{work.subject}",
        encounter_id=link.encounter_id,
        period_start=link.infusion_start,
        period_end=link.infusion_end,
        type=work.clinic.filing.document_type,
        custodian=work.clinic.title,
        language=entry.language,
        replaces=earlier.document_id if earlier else None,
    )


def _settle(work: _Work, outcome: Outcome, decided: Next) -> None:
    """Write down what became of it and give the lane back: one deed, fenced."""
    lane = deeds.ReleaseLane(work.filing.patient_id, work.claimed.fence)
    changes: tuple[deeds.Change, ...] = (_change(work, outcome, decided), lane)
    if _left_nothing(outcome) and outcome != _QUIET:
        # Nothing of this attempt is under way there. What an earlier one may have left stays noted.
        changes = (deeds.NoteSendStarted(work.filing.id, work.claimed.send_started_at), *changes)
    _perform(work, *changes, records=(_remembered(work, outcome, decided),))
    work.desk.at("K8")


def _left_nothing(outcome: Outcome) -> bool:
    """Whether the record system can hold nothing of this attempt: it never left, or was refused as it came."""
    if isinstance(outcome, Refused):
        return outcome.why in (Why.CONTENT, Why.FORM, Why.SIGN_IN, Why.SCOPE, Why.TARGET)
    return isinstance(outcome, Busy | NotSent)


def _change(work: _Work, outcome: Outcome, decided: Next) -> deeds.Change:
    filing, now = work.filing, work.desk.now()
    if isinstance(decided, Retry):
        attempts = filing.attempts + (1 if decided.counts else 0)
        return deeds.PostponeFiling(filing.id, decided.at, attempts, decided.reason, tried_at=now)
    if isinstance(decided, Park):
        refused = isinstance(outcome, Refused)
        state = FilingState.REFUSED if refused else FilingState.PARKED
        return deeds.SettleFiling(filing.id, state, decided.reason, None, now)
    state = FilingState.HELD_THERE if decided.held else FilingState.FILED
    document = outcome.id if isinstance(outcome, Filed | HeldThere) else None
    return deeds.SettleFiling(filing.id, state, None, document, now)


def _remembered(work: _Work, outcome: Outcome, decided: Next) -> Record:
    done = isinstance(decided, Done)
    filed = f"DocumentReference/{outcome.id}" if isinstance(outcome, Filed) else None
    return record(
        work.desk,
        work.context,
        Deed.FILING,
        patient=work.filing.patient_id,
        what=filed or f"QuestionnaireResponse/{work.entry.id}/_history/{work.entry.version}",
        outcome=AuditOutcome.SUCCESS if done else AuditOutcome.FAILED,
        reason=None if isinstance(decided, Done) else decided.reason,
    )


def _perform(work: _Work, *changes: deeds.Change, records: tuple[Record, ...] = ()) -> None:
    work.desk.writer.perform(deeds.Deed(work.clinic.key, work.fenced, changes, records))


def _worker(desk: Desk, clinic_key: str, claimed: Claimed) -> AccessContext:
    return AccessContext(
        clinic=clinic_key,
        role=Role.WORKER,
        origin=Origin(desk.new_id()),
        client="infusion-journal-worker",
        patients=frozenset({claimed.filing.patient_id}),
    )
