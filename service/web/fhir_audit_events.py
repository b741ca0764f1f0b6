"""AuditEvents at the clinic's FHIR base, for its officers' tools and for systems that it listed; nobody else.

How they are answered is the same at the clinic's export base, which has tokens of its own.
"""

from flask import Response

from service.access.context import Role
from service.access.policies import Policy
from service.r4 import bundle
from service.web import audit_event_search, fhir_answers, fhir_pages
from service.web.doors import Door
from service.web.guards import context, desk
from service.web.problems import FHIR_JSON
from service.workflow.find_responses import Served
from service.workflow.read_audit_events import check_reader, find_audit_events, read_audit_event

door = Door("fhir_audit_events", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

KIND = "AuditEvent"
# A clinician may be an officer as well; that the clinic lists them is looked up behind the door.
_READERS = frozenset({Role.OFFICER, Role.CLINICIAN, Role.CLIENT})
READ = Policy("fhir-AuditEvent-r", _READERS, KIND, "r")
SEARCH = Policy("fhir-AuditEvent-s", _READERS, KIND, "s")


@door.open("/AuditEvent/<event_id>", READ)
def read(clinic: str, event_id: str) -> Response:
    return answer_read(event_id, desk().clinic(clinic).base)


@door.open("/AuditEvent", SEARCH)
@door.open("/AuditEvent/_search", SEARCH, "POST")
def search(clinic: str) -> Response:
    return answer_search(clinic, desk().clinic(clinic).base)


def answer_read(event_id: str, base: str) -> Response:
    """One AuditEvent at this base, or 304 where the client has it already: it never changes."""
    check_reader(desk(), context())
    shown = fhir_pages.part_asked()
    found = read_audit_event(desk(), context(), event_id, base)
    return fhir_answers.read(Served(found.id, found.version, found.last_updated, "", found.raw), shown)


def answer_search(clinic: str, base: str) -> Response:
    """One page of AuditEvents at this base, with the link to the next."""
    check_reader(desk(), context())
    asked = fhir_pages.asked(clinic, KIND)
    search = audit_event_search.read(asked.filters, base)
    found = find_audit_events(
        desk(),
        context(),
        search.wanted,
        asked.query,
        base,
        place=search.place,
        limit=search.limit,
        counted=asked.counted,
    )
    following = asked.following(audit_event_search.written(found.ended))
    raw = bundle.searchset(
        base,
        _at(base, asked.base, asked.self_url),
        [(f"{KIND}/{one.id}", asked.shown(one.raw)) for one in found.served],
        found.total,
        _at(base, asked.base, following) if following else None,
    )
    return fhir_answers.private(Response(raw, content_type=FHIR_JSON))


def _at(base: str, home: str, address: str) -> str:
    """The same address below this base: links are signed for the clinic, whichever of its bases was asked."""
    return base + address.removeprefix(home)
