"""The worker files a summary, of an entry or a series, and marks the document whose place it takes (rules 20, 21)."""

from dataclasses import replace
from datetime import timedelta

from service.ehr.failures import wait_asked_by
from service.ehr.outcome import Filed, HeldThere, NotSent, Outcome, Refused, Rung, Unknown, Why
from service.ehr.problems import RecordSystemProblem
from service.ehr.write_back import file_document, find_same_bytes, find_version, supersede_document
from service.journal.entries import Filing, FilingKind
from service.r4 import document_reference
from service.r4.document_reference import FoundDocument
from service.smart.problems import SmartProblem
from service.store import course_filings, filings
from service.workflow.file_course import about_the_course
from service.workflow.filing_target import at_its_target
from service.workflow.in_hand import UNRESOLVED, InHand
from service.workflow.make_summary import Made, in_the_next_form, kept_or_made

_STRUCK = "entered-in-error"
_MARKED_IN_VAIN = 12


def file_summary(work: InHand) -> Outcome:
    """One attempt, in the first form that the record system takes; NotNow where it ended before anything was sent."""
    work.sign_in()
    work = at_its_target(work)
    earlier = _predecessor(work)
    made: Made | None = kept_or_made(work, earlier)
    work.desk.at("K3")
    outcome: Outcome = NotSent("nothing-made")
    while made is not None:
        outcome = _filed(work, earlier, made)
        if not (isinstance(outcome, Refused) and outcome.why is Why.FORM):
            break
        made = in_the_next_form(work, earlier, made)
    if earlier is None or not isinstance(outcome, Filed):
        return outcome
    return _superseded(work, earlier, outcome)


def _predecessor(work: InHand) -> Filing | None:
    """The filing whose document this one takes the place of, if any."""
    store, clinic = work.desk.store, work.clinic.key
    if work.filing.kind is FilingKind.COURSE:
        return course_filings.predecessor(store, clinic, work.filing)
    return filings.predecessor(store, clinic, work.entry.id, work.entry.version)


def after_all(work: InHand, outcome: Outcome) -> tuple[InHand, Outcome]:
    """What ends before sending, held against an earlier attempt whose outcome nobody knows.

    Before a person is asked, the document is looked for: what stands there is filed, and what can no longer come
    holds up no later version.
    """
    started = work.claimed.send_started_at
    if started is None or not isinstance(outcome, Refused):
        return work, outcome
    try:
        found = copies_there(work)
    except (RecordSystemProblem, SmartProblem) as problem:
        return work, NotSent("earlier-not-read", wait_asked_by(problem))
    standing = [one for one in found if one.status != _STRUCK]
    if len(standing) == 1:
        return work, Filed(standing[0].id, existed=True)
    if standing:
        return work, Refused(Why.SEVERAL, found=tuple(one.id for one in standing))
    if work.rung is Rung.NONE:
        return work, Unknown("not-found-there")
    if work.quiet_for(work.filing.id, started) > timedelta(0):
        return work, Unknown("quiet-window")
    return replace(work, claimed=replace(work.claimed, send_started_at=None)), outcome


def copies_there(work: InHand) -> tuple[FoundDocument, ...]:
    """The documents there of this very version: by its identifier, or by its bytes on rung D (W-12). They write
    nothing. RecordSystemProblem, SmartProblem."""
    if work.rung is not Rung.NONE:
        return find_version(work.clinic.for_delivery, work.filing.version_identifier)
    if work.claimed.summary is None:
        return ()
    day = work.entry.recorded_at.date().isoformat()
    return find_same_bytes(work.clinic.for_delivery, work.subject, work.claimed.summary, since=day)


def _filed(work: InHand, earlier: Filing | None, made: Made) -> Outcome:
    if work.rung is Rung.NONE and work.claimed.send_started_at is not None:
        found = _found_after_all(work)
        if found is not None:
            return found
        if not work.is_sent_anew:
            return UNRESOLVED
    return file_document(
        work.clinic.for_delivery,
        work.rung,
        document_reference.write(_document(work, made, earlier)),
        work.filing.version_identifier,
        may_send=work.begin_to_send,
        at=work.desk.at,
    )


def _found_after_all(work: InHand) -> Outcome | None:
    """On rung D what may have been filed is looked for by its bytes, also before a person sends it again (W-12 b)."""
    try:
        found = copies_there(work)
    except (RecordSystemProblem, SmartProblem) as problem:
        return Unknown("earlier-not-read", wait_asked_by(problem))
    if len(found) == 1:
        return Filed(found[0].id, existed=True)
    return Refused(Why.SEVERAL, found=tuple(one.id for one in found)) if found else None


def _superseded(work: InHand, earlier: Filing, filed: Filed) -> Outcome:
    """The old document is marked, too, where the record system lets us; the new one says by itself what it replaces.

    Whatever may heal is tried again with the whole filing: the new document is found, not made twice (W-30, U-08).
    """
    gives_up = not work.clinic.filing.updates or work.filing.attempts >= _MARKED_IN_VAIN
    if gives_up or filed.retry_after is not None:
        return filed  # what was not marked by now is marked when it is looked after, if ever
    if not work.may_send():
        return filed if work.rung is Rung.NONE else Unknown("lease-too-short")
    outcome = supersede_document(
        work.clinic.for_delivery, earlier.document_id or "", earlier.version_identifier
    )
    if isinstance(outcome, Filed | HeldThere | Refused):
        return filed
    if work.rung is Rung.NONE:  # there nothing is sent again for the sake of a mark
        return replace(filed, retry_after=outcome.retry_after)
    # The new document stands there: whatever came of the old one, this filing was sent.
    return Unknown("old-not-marked", outcome.retry_after)


def _document(work: InHand, made: Made, earlier: Filing | None) -> document_reference.FiledDocument:
    entry, link, rules = work.entry, work.entry.link, work.clinic.filing
    response = filings.response_there(work.desk.store, work.clinic.key, entry.id)
    document = document_reference.FiledDocument(
        entry_identifier=entry.identifier,
        version_identifier=work.filing.version_identifier,
        patient_id=work.subject,
        date=entry.recorded_at,
        created=entry.recorded_at,
        content_type=made.media_type,
        data=made.data,
        title=document_reference.title_after(entry.link.ordinal),
        description=rules.remark(made.media_type),
        author=f"Patient/{work.subject}" if rules.patient_author else None,
        encounter_id=link.encounter_id,
        period_start=link.infusion_start,
        period_end=link.infusion_end or (entry.recorded_at if rules.needs_period else None),
        type=rules.document_type,
        doc_status=rules.doc_status,
        custodian=work.clinic.title,
        language=entry.language,
        related_response=f"QuestionnaireResponse/{response}" if response else None,
        replaces=earlier.document_id if earlier and rules.replaces else None,
        patient_asserted=rules.patient_asserted,
    )
    return about_the_course(work, document) if work.filing.kind is FilingKind.COURSE else document
