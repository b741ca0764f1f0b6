"""The clinician's list of what is not in the record: why, what can be done, and the summary to be had meanwhile.

The words for each reason stand here, in one table, so that none of them can be without.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.access.policies import CLINICIAN_PAGE
from service.journal.entries import Filing, FilingKind, FilingState
from service.journal.problems import ChangedElsewhere, NotYours
from service.r4.patient import PatientSeen
from service.web.chart import around
from service.web.deciding import answer_to
from service.web.doors import Door
from service.web.guards import context, desk, form
from service.workflow.in_hand import SCOPE_MISSING
from service.workflow.open_filings import (
    NotThere,
    open_filings,
    open_filings_of_all,
    read_paper,
    waits_for_a_person,
)
from service.workflow.send_again import may_be_sent_again, send_again

door = Door("owed", url_prefix="/chart/<visit>")

# Why something waits for a person: what happened, and what that person can do.
REASONS: Mapping[str, str] = {
    "content": "The record system refused what the document says. Its administrator can find out why.",
    "form": "The record system takes none of the forms it was offered, or finds it too large.",
    "sign-in": "The record system does not let the journal sign in. That is for its administrator to mend.",
    "scope": "The journal has no permission for this in the record system. Once it is given, try again.",
    "target": "The patient’s record or the visit is not there as it was: withdrawn, moved or merged.",
    "deceased": "The record says that the patient has died. Nothing is sent there unless you decide so.",
    "record-inactive": "The patient’s record is closed, and names none in its place.",
    "conflict": "Something was changed in the record system at the same moment. Please try again.",
    "several-found": "The record system has several documents of this entry. Please have all but one removed there.",
    "mismatch": "Something else stands in the record system in this entry’s place. Please look there.",
    "not-offered": "The record system offers no way to do this. Please do it there by hand.",
    "other": "The record system refused it and gave no reason that is known here.",
    "unknown-outcome": "It was sent, and nobody can tell whether it arrived. Look in the record first: if it is there, "
    "trying again would put it there twice.",
    "given-up": "It was tried for a week without success.",
    "missing-there": "It was in the record, and is not there any more.",
    "struck-there": "Someone marked it as entered in error in the record system. It is not sent again by itself.",
    "several-there": "It stands in the record more than once. Please have the others removed there.",
    "other-content": "What stands in the record is not what was sent. Please look there.",
    "held-too-long": "It has waited for a review in the record system for a long time.",
    "not-found-there": "It was sent long ago and cannot be found in the record.",
}
_BY_ITSELF: Mapping[FilingState, str] = {
    FilingState.WAITING: "It waits until it belongs to a visit: this record system takes nothing without one.",
    FilingState.DUE: "The record system has not taken it yet. It is tried again by itself.",
}
# Why something that is tried again by itself has to wait, where somebody can mend it; by the reason's first word.
_MENDABLE: Mapping[str, str] = {
    "clocks-differ": "The record system’s clock and the journal’s differ, so it does not let the journal sign in. "
    "Once they agree, it goes by itself.",
    SCOPE_MISSING: "The journal lacks a permission in the record system. Once it is given, this goes by itself. "
    "Missing:",
}
_KINDS = {
    FilingKind.SUMMARY: "Summary",
    FilingKind.RESPONSE: "Answers",
    FilingKind.COURSE: "Summary of the series",
    FilingKind.STRIKE: "Mark as entered in error",
}


@dataclass(frozen=True, slots=True)
class OwedRow:
    """One filing that is not there: what it is, after which infusion, since when, why, and what can be done."""

    id: str
    patient_id: str
    kind: str
    ordinal: int | None
    when: datetime | None
    written_at: datetime | None
    since: datetime
    reason: str
    for_a_person: bool
    may_be_sent: bool
    has_paper: bool


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One patient of the care team's list; `patient` is None where the record system names nobody."""

    id: str
    patient: PatientSeen | None
    rows: tuple[OwedRow, ...]


@door.open("/not-in-record", CLINICIAN_PAGE)
def show(visit: str) -> str:
    return _page_of_one()


@door.open("/not-in-record/all", CLINICIAN_PAGE)
def of_all(visit: str) -> str:
    return _page_of_all()


@door.open("/send-again", CLINICIAN_PAGE, "POST")
def send(visit: str) -> AnyResponse | tuple[str, int]:
    fields = form()
    patient_id, filing_id = fields.get("patient", ""), fields.get("filing", "")
    if not patient_id or not filing_id:
        raise NotYours
    over_patients = fields.get("page") == "all"
    try:
        send_again(desk(), context(), patient_id, filing_id)
    except ChangedElsewhere as problem:
        sentence, status = answer_to(problem)
        return (_page_of_all if over_patients else _page_of_one)(sentence), status
    return redirect(url_for("owed.of_all" if over_patients else "owed.show", visit=visit, sent="yes"), 303)


@door.open("/paper/<filing_id>", CLINICIAN_PAGE)
def paper(visit: str, filing_id: str) -> Response:
    found = read_paper(desk(), context(), filing_id)
    response = Response(found.pdf, content_type=found.media_type)
    response.headers["Content-Disposition"] = "attachment"
    return response


def _page_of_one(problem: str | None = None) -> str:
    owed = open_filings(desk(), context())
    return render_template(
        "clinician/owed.html",
        **around(owed.opened),
        rows=tuple(map(_row, owed.found)),
        page="owed",
        **_said_before(problem),
    )


def _page_of_all(problem: str | None = None) -> str:
    found = open_filings_of_all(desk(), context())
    patients = [PatientRow(one.opened.patient_id, one.patient, tuple(map(_row, one.found))) for one in found]
    return render_template(
        "clinician/owed_by_all.html",
        patients=patients,
        care_team=True,
        page="owed-by-all",
        banner=None,  # this page is about many patients, not about the one whose chart is open
        **_said_before(problem),
    )


def _said_before(problem: str | None) -> dict[str, object]:
    return {"problem": problem, "sent": problem is None and request.args.get("sent") == "yes"}


def _row(one: NotThere) -> OwedRow:
    filing, entry = one.filing, one.entry
    return OwedRow(
        id=filing.id,
        patient_id=filing.patient_id,
        kind=_KINDS[filing.kind],
        ordinal=entry.link.ordinal if entry else None,
        when=entry.link.infusion_start if entry else None,
        written_at=(entry.begun_at or entry.authored) if entry else None,
        since=filing.first_tried_at or filing.due_at,
        reason=_reason(filing),
        for_a_person=waits_for_a_person(filing),
        may_be_sent=may_be_sent_again(filing) and waits_for_a_person(filing),
        has_paper=one.has_paper,
    )


def _reason(filing: Filing) -> str:
    if not waits_for_a_person(filing):
        word, _, named = (filing.reason or "").partition(" ")
        return f"{_MENDABLE[word]} {named}".strip() if word in _MENDABLE else _BY_ITSELF[filing.state]
    return REASONS.get(filing.trouble or filing.reason or "", REASONS["other"])
