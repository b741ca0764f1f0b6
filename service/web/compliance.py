"""The compliance officer's pages: the log, who saw a patient, an export of what is shown, a check of the whole."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.access.policies import OFFICER_PAGE
from service.audit.questions import AuditFilter
from service.audit.record import Deed, Outcome, Record
from service.audit.verify import Verdict
from service.journal.problems import Fault, Unusable
from service.web import guards
from service.web.doors import Door
from service.web.guards import clinic, context, desk, visitor
from service.workflow.read_log import LogPage, export_log, read_log, verify_log, who_touched
from service.workflow.sign_out import sign_out as close_visit

door = Door("compliance", url_prefix="/compliance/<visit>")

PAGE = 50
_FILTERS = ("person", "patient", "deed", "outcome", "since", "until")


class NoSuchFilter(Unusable):
    """This filter cannot be used. Days are written like 2026-11-20."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record as the log's page shows it."""

    index: int
    recorded: datetime
    deed: str
    outcome: str
    person: str | None
    role: str
    client: str | None
    patient: str | None
    what: str | None
    address: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Head:
    """How far the log reaches."""

    size: int
    root: str
    checkpoint: str | None = None
    verified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VerdictPage:
    """What the check found, in words."""

    holds: bool
    sentence: str
    faults: tuple[str, ...]
    size: int
    root: str
    verified_at: datetime
    checkpoint: str | None = None


@door.open("/", OFFICER_PAGE)
def log(visit: str) -> str:
    page = read_log(desk(), context(), _wanted(), _query(), _before(), PAGE)
    return render_template(
        "compliance/log.html",
        rows=[_row(index, one) for index, one in page.records],
        filters=_given(),
        deeds=[deed.value for deed in Deed],
        next_url=_next_url("compliance.log", page, visit=visit),
        head=Head(page.size, page.root, page.note),
    )


@door.open("/patient/<patient_id>", OFFICER_PAGE)
def who(visit: str, patient_id: str) -> str:
    wanted = AuditFilter(patient=patient_id)
    page = read_log(desk(), context(), wanted, f"patient={patient_id}", _before(), PAGE * 4)
    rows = [_row(index, one) for index, one in page.records]
    return render_template(
        "compliance/who.html",
        patient=patient_id,
        rows=rows,
        people=who_touched(desk(), context().clinic, patient_id),
        next_url=_next_url("compliance.who", page, visit=visit, patient_id=patient_id),
    )


@door.open("/export.ndjson", OFFICER_PAGE)
def export(visit: str) -> AnyResponse:
    lines = export_log(desk(), context(), _wanted(), _query())
    response = Response(lines, content_type="application/fhir+ndjson")
    response.headers["Content-Disposition"] = 'attachment; filename="access-log.ndjson"'
    return response


@door.open("/verify", OFFICER_PAGE, "POST")
def verify(visit: str) -> str:
    checked = verify_log(desk(), context(), guards.wiring().keyring.checkpoint)
    verdict = checked.verdict
    return render_template(
        "compliance/verified.html",
        verdict=VerdictPage(
            holds=verdict.ok,
            sentence=_sentence(verdict),
            faults=tuple(str(fault) for fault in verdict.faults),
            size=verdict.size,
            root=verdict.root.hex(),
            verified_at=checked.at,
            checkpoint=checked.note,
        ),
    )


@door.open("/sign-out", OFFICER_PAGE, "POST")
def sign_out(visit: str) -> AnyResponse:
    close_visit(desk(), context(), visitor())
    page = render_template("patient/signed_out.html", visit=None, banner=None)
    return guards.take_cookie(make_response(page), visit)


def _sentence(verdict: Verdict) -> str:
    """What the check can say, and no more: without a signed checkpoint a cut tail cannot be told."""
    if not verdict.ok:
        return "Records were changed, removed or moved."
    if verdict.anchored:
        return f"All records fit together, and the first {verdict.anchored} are those of the last signed checkpoint."
    return "All records fit together. No checkpoint was signed yet, so a tail that was cut off could not be told."


def _given() -> dict[str, str]:
    return {name: request.args.get(name, "").strip() for name in _FILTERS}


def _query() -> str:
    return "&".join(f"{name}={value}" for name, value in _given().items() if value)


def _wanted() -> AuditFilter:
    unknown = set(request.args) - {*_FILTERS, "after"}
    if unknown:
        raise NoSuchFilter(Fault("not-supported", "There is no such filter."))
    given = _given()
    try:
        return AuditFilter(
            patient=given["patient"].removeprefix("Patient/") or None,
            person=given["person"] or None,
            deeds=frozenset({Deed(given["deed"])}) if given["deed"] else None,
            outcomes=frozenset({Outcome(given["outcome"])}) if given["outcome"] else None,
            since=_day(given["since"], 0),
            before=_day(given["until"], 1),
        )
    except (ValueError, OverflowError):
        raise NoSuchFilter from None


def _day(written: str, later: int) -> datetime | None:
    """The start of a day in the clinic's zone, as an instant; `later` days on."""
    if not written:
        return None
    day = date.fromisoformat(written) + timedelta(days=later)
    return datetime.combine(day, time(), guards.zone_of(clinic())).astimezone(UTC)


def _before() -> int | None:
    given = request.args.get("after", "")
    if given and not (given.isascii() and given.isdecimal() and len(given) < 16):
        raise NoSuchFilter
    return int(given) if given else None


def _next_url(endpoint: str, page: LogPage, **path: Any) -> str | None:
    if page.next_before is None:
        return None
    query: dict[str, Any] = {name: value for name, value in _given().items() if value}
    return url_for(endpoint, **query, **path, after=page.next_before)


def _row(index: int, record: Record) -> Row:
    return Row(
        index=index,
        recorded=record.recorded,
        deed=record.deed.value,
        outcome=record.outcome.value,
        person=record.agent.person,
        role=record.agent.role,
        client=record.agent.client,
        patient=record.patient,
        what=record.what,
        address=record.agent.address,
        reason=record.reason,
    )
