"""The worker looks again at what was filed: a while after, and every day (fault matrix section 2, rule 6; W-15).

What is held for review is filed once it stands there. Copies that came late are struck where the record system allows
it. Whatever else is amiss is noted for a person, and nothing is ever sent again from here (F10, F26).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed, Record
from service.audit.record import Outcome as AuditOutcome
from service.ehr.encounters import survivor_of
from service.ehr.failures import wait_asked_by
from service.ehr.filed_there import STRUCK, amiss, documents_there
from service.ehr.outcome import Filed, Outcome, Rung, wait_asked_in
from service.ehr.problems import RateLimited, RecordSystemProblem, Refused, Unreachable, Unreadable
from service.ehr.retry import asked_to_wait
from service.ehr.write_back import find_same_bytes, strike_document, supersede_document
from service.ehr.write_response import find_response
from service.journal.entries import Filing, FilingKind, FilingState
from service.r4.document_reference import FoundDocument, sha1_of
from service.smart.problems import SmartProblem
from service.store import course_filings, deeds, filing_looks, filings
from service.store.deeds import GuardFailed
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.document_date import dated
from service.workflow.remember import record

AT_ONCE = 20
AGAIN = timedelta(days=1)
LATER_ON = timedelta(days=7)  # once it has stood there for so long that few would take it away
_OLD = timedelta(days=30)
SOON = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class _Look:
    desk: Desk
    clinic: ClinicDesk
    filing: Filing
    kept: bytes | None

    @property
    def subject(self) -> str:
        return f"Patient/{self.filing.patient_id}"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look found: what is amiss, and the id of the one that stands there."""

    trouble: str | None
    standing: str | None = None


def look_after_filings(desk: Desk, clinic_key: str) -> int:
    """Look at what is due for it, so many at once; how many were looked at. None while the record system is silent."""
    now = desk.now()
    if not desk.breakers.is_closed(clinic_key, now):
        return 0
    taken = desk.writer.run_alone(
        lambda connection: filing_looks.take_looks(connection, clinic_key, now, now + AGAIN, AT_ONCE)
    )
    clinic = desk.clinic(clinic_key)
    for number, one in enumerate(taken):
        if not desk.breakers.is_closed(clinic_key, desk.now()):
            _put_off(desk, clinic_key, taken[number:], None)
            return number
        try:
            _look_after(_Look(desk, clinic, one, filings.summary_of(desk.store, clinic_key, one.id)))
        except (Unreachable, RateLimited, SmartProblem) as problem:
            _put_off(desk, clinic_key, taken[number:], wait_asked_by(problem))
            return number
        except GuardFailed:
            continue  # a person sent it on its way meanwhile
    return len(taken)


def _put_off(desk: Desk, clinic_key: str, rest: list[Filing], retry_after: str | None) -> None:
    """The record system does not answer: what was not looked at is looked at soon, or when it asked for (F12)."""
    now = desk.now()
    desk.breakers.told_to_wait(clinic_key, retry_after, now)
    then = now + max(SOON, asked_to_wait(retry_after, now))
    changes = tuple(deeds.NoteLook(one.id, one.looked_at, then, one.trouble) for one in rest)
    desk.writer.perform(deeds.Deed(clinic_key, changes=changes))


def _look_after(look: _Look) -> None:
    try:
        seen = _response_there(look) if look.filing.kind is FilingKind.RESPONSE else _document_there(look)
    except (Unreachable, RateLimited, SmartProblem):
        raise
    except RecordSystemProblem:
        seen = _Seen(
            look.filing.trouble, look.filing.document_id
        )  # it lets us look at nothing: nothing is known
    _note(look, seen)


# --- looking -----------------------------------------------------------------------------------------------------


def _response_there(look: _Look) -> _Seen:
    if look.clinic.filing.standing is Rung.NONE:
        return _Seen(look.filing.trouble, look.filing.document_id)
    ids = find_response(look.clinic.for_delivery, _entry_identifier(look))
    return _Seen(
        None if len(ids) == 1 else "several-there" if ids else "missing-there", ids[0] if ids else None
    )


def _entry_identifier(look: _Look) -> str:
    return f"urn:uuid:{filings.key_of(look.desk.store, look.clinic.key, look.filing.entry_id)}"


def _document_there(look: _Look) -> _Seen:
    found = _found(look)
    judge = partial(
        amiss,
        sha1=sha1_of(look.kept) if look.kept is not None else None,
        size=len(look.kept) if look.kept is not None else None,
        subjects=_subjects(look, found),
    )
    trouble = judge(found)
    standing = [one for one in found if one.status != STRUCK]
    kept = _kept_of(look, standing, [one for one in standing if judge([one]) is None])
    first = kept or next(iter(standing), None)
    if trouble == "several-there" and kept is not None and _struck_but(look, kept, found):
        trouble = None
    if first is not None and trouble is None:
        _mark_if_replaced(look, first)
    return _Seen(trouble, first.id if first else None)


def _found(look: _Look) -> tuple[FoundDocument, ...]:
    filing, record_system = look.filing, look.clinic.for_delivery
    if look.clinic.filing.standing is not Rung.NONE:
        return documents_there(record_system, filing.version_identifier, filing.document_id, searches=True)
    if filing.document_id is None:
        return _same_bytes(look)
    known = documents_there(record_system, filing.version_identifier, filing.document_id, searches=False)
    if all(one.status == STRUCK for one in known):
        return known  # another with the same bytes does not take the place of what is gone or struck
    return known + tuple(one for one in _other_copies(look) if one.id != filing.document_id)


def _other_copies(look: _Look) -> tuple[FoundDocument, ...]:
    """On rung D: what stands beside the one we know, with its very bytes. A late send of ours, or a person's (F10)."""
    try:
        return _same_bytes(look)
    except (Refused, Unreadable):
        return ()  # this search is not to be had there: the id alone tells


def _same_bytes(look: _Look) -> tuple[FoundDocument, ...]:
    if look.kept is None:
        return ()
    filing = look.filing
    day = dated(look.desk.store, look.clinic.key, filing).date().isoformat()
    return find_same_bytes(look.clinic.for_delivery, filing.patient_id, look.kept, since=day)


def _subjects(look: _Look, found: tuple[FoundDocument, ...]) -> frozenset[str]:
    """The patient's own record, and the one that took its place where what was found is not in it (F52)."""
    base = look.clinic.for_delivery.base
    ours = {look.subject, f"{base}/{look.subject}"}
    strange = any(one.subject not in ours for one in found)
    if strange and look.clinic.merged_patients:
        survivor = f"Patient/{survivor_of(look.clinic.for_delivery, look.filing.patient_id)}"
        ours |= {survivor, f"{base}/{survivor}"}
    return frozenset(ours)


# --- mending -----------------------------------------------------------------------------------------------------


def _kept_of(look: _Look, standing: list[FoundDocument], sent: list[FoundDocument]) -> FoundDocument | None:
    """The one that is kept: which we know, and later versions point to; else the first that is just what we sent."""
    known = [one for one in standing if one.id == look.filing.document_id]
    return next(iter(known or sent), None)


def _struck_but(look: _Look, first: FoundDocument, found: tuple[FoundDocument, ...]) -> bool:
    """Strike the other copies of ours; whether all of them are struck now. On rung D nothing tells whose they are."""
    if not look.clinic.filing.updates or look.clinic.filing.standing is Rung.NONE:
        return False
    others = [one for one in found if one.status != STRUCK and one.id != first.id]
    return all(isinstance(_strike(look, one.id), Filed) for one in others)


def _strike(look: _Look, document_id: str) -> Outcome:
    outcome = strike_document(look.clinic.for_delivery, document_id, look.filing.version_identifier)
    _heard(look, outcome)
    done = isinstance(outcome, Filed)
    remembered = _remembered(look, Deed.FILING, f"DocumentReference/{document_id}", "copy-struck", done=done)
    look.desk.writer.perform(deeds.Deed(look.clinic.key, records=(remembered,)))
    return outcome


def _mark_if_replaced(look: _Look, first: FoundDocument) -> None:
    """A later version's document stands there: this one is marked, should that not have happened then (W-30)."""
    if first.status != "current" or not look.clinic.filing.updates:
        return
    if _is_replaced(look):
        _heard(look, supersede_document(look.clinic.for_delivery, first.id, look.filing.version_identifier))


def _is_replaced(look: _Look) -> bool:
    """Whether what was filed later takes its place: of the same series, or a later version of its entry."""
    if look.filing.kind is FilingKind.COURSE:
        return course_filings.is_followed(look.desk.store, look.clinic.key, look.filing)
    owed = filings.of_one_entry(look.desk.store, look.clinic.key, look.filing.entry_id)
    return any(
        one.kind is FilingKind.SUMMARY
        and one.entry_version > look.filing.entry_version
        and one.state is FilingState.FILED
        for one in owed
    )


def _heard(look: _Look, outcome: Outcome) -> None:
    """A mark that is refused may be made another day; but where it was asked to wait, all that follows waits."""
    look.desk.breakers.told_to_wait(look.clinic.key, wait_asked_in(outcome), look.desk.now())


# --- noting ------------------------------------------------------------------------------------------------------


def _note(look: _Look, seen: _Seen) -> None:
    """Write down what was found, and a read; or by its name what is amiss for the first time, or was settled."""
    filing, now = look.filing, look.desk.now()
    guard = deeds.FilingIsAt(filing.id, filing.state)
    trouble = _trouble(look, seen)
    note = deeds.NoteLook(filing.id, now, now + _wait(filing, trouble, now), trouble)
    changes: tuple[deeds.Change, ...] = (note,)
    records = (_remembered(look, Deed.READ, _what(look, filing.document_id)),)
    if filing.state is not FilingState.FILED and seen.standing is not None and seen.trouble is None:
        settled = deeds.SettleFiling(filing.id, FilingState.FILED, None, seen.standing, now)
        changes = (deeds.NoteSendStarted(filing.id, None), settled, note)
        records = (_remembered(look, Deed.FILING, _what(look, seen.standing), "found-there"),)
    elif trouble is not None and trouble != filing.trouble:
        records = (_remembered(look, Deed.FILING, _what(look, filing.document_id), trouble, done=False),)
    look.desk.writer.perform(deeds.Deed(look.clinic.key, (guard,), changes, records))


def _wait(filing: Filing, trouble: str | None, now: datetime) -> timedelta:
    """How long until the next look: each of them is one more record of a read (rule 25)."""
    is_old = filing.state is FilingState.FILED and now - (filing.settled_at or now) >= _OLD
    return LATER_ON if is_old and trouble is None else AGAIN


def _trouble(look: _Look, seen: _Seen) -> str | None:
    """What a person is told: that something held or parked is not there yet is no news, until it takes too long."""
    filing = look.filing
    if seen.trouble != "missing-there" or filing.state is FilingState.FILED:
        return seen.trouble
    if filing.state in (FilingState.PARKED, FilingState.REFUSED):
        return "not-found-there"
    longest = timedelta(days=look.clinic.filing.held_days)
    since = filing.settled_at or filing.due_at
    return "held-too-long" if look.desk.now() - since >= longest else None


def _what(look: _Look, resource_id: str | None) -> str:
    kind = "QuestionnaireResponse" if look.filing.kind is FilingKind.RESPONSE else "DocumentReference"
    entry = f"QuestionnaireResponse/{look.filing.entry_id}/_history/{look.filing.entry_version}"
    return f"{kind}/{resource_id}" if resource_id else entry


def _remembered(
    look: _Look, deed: Deed, what: str, reason: str | None = None, *, done: bool = True
) -> Record:
    worker = AccessContext(
        clinic=look.clinic.key,
        role=Role.WORKER,
        origin=Origin(look.desk.new_id()),
        client="infusion-journal-worker",
        patients=frozenset({look.filing.patient_id}),
    )
    return record(
        look.desk,
        worker,
        deed,
        patient=look.filing.patient_id,
        what=what,
        outcome=AuditOutcome.SUCCESS if done else AuditOutcome.FAILED,
        reason=reason,
    )
