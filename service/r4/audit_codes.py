"""The codes by which each deed is known in an AuditEvent: type, subtype, action, and who stands at which end.

BALP (IHE Basic Audit Log Patterns) where it has a pattern, DICOM's audit codes and the ISO 21089 lifecycle
elsewhere. Every event also carries the deed's own code, so that nothing is lost on the way.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from service.audit.record import Deed
from service.r4 import canonical
from service.r4.elements import Json

DEEDS = f"{canonical.BASE}/CodeSystem/journal-deeds"
BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."

_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_REST = "http://hl7.org/fhir/restful-interaction"
_LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"


def coding(system: str, code: str, display: str) -> Json:
    """One Coding."""
    return {"system": system, "code": code, "display": display}


REST_TYPE = coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "RESTful Operation")
SOURCE = coding(_DCM, "110153", "Source Role ID")
DESTINATION = coding(_DCM, "110152", "Destination Role ID")
RECIPIENT = coding(_PARTICIPATION, "IRCP", "information recipient")
AUTHOR = coding(_PARTICIPATION, "AUT", "author (originator)")

_AUTHENTICATION = coding(_DCM, "110114", "User Authentication")
_ALERT = coding(_DCM, "110113", "Security Alert")
_EXPORT = coding(_DCM, "110106", "Export")
_LOG_USED = coding(_DCM, "110101", "Audit Log Used")
_ACTIVITY = coding(_DCM, "110100", "Application Activity")


@dataclass(frozen=True, slots=True)
class Pattern:
    """How one kind of deed is told. `profile` is BALP's name for it, e.g. "Read"; None where BALP has none."""

    type: Json
    subtype: Json | None
    action: str
    profile: str | None = None
    client: Mapping[str, str] | None = None
    server: Mapping[str, str] | None = None
    user: Mapping[str, str] | None = None


def _rest(code: str, action: str, profile: str, user: Json) -> Pattern:
    # B-03: a reader is the destination of what the server holds; a writer is its source.
    client, server = (DESTINATION, SOURCE) if profile == "Read" else (SOURCE, DESTINATION)
    return Pattern(REST_TYPE, coding(_REST, code, code), action, profile, client, server, user)


PATTERNS: Mapping[Deed, Pattern] = {
    Deed.CREATE: _rest("create", "C", "Create", AUTHOR),
    Deed.READ: _rest("read", "R", "Read", RECIPIENT),
    Deed.UPDATE: _rest("update", "U", "Update", AUTHOR),
    Deed.SEARCH: _rest("search", "E", "Query", RECIPIENT),
    Deed.DECIDE: _rest("create", "C", "Create", AUTHOR),
    Deed.SAVE_DRAFT: _rest("update", "U", "Update", AUTHOR),
    Deed.LAUNCH: Pattern(_AUTHENTICATION, None, "E"),
    Deed.LOGIN: Pattern(_AUTHENTICATION, coding(_DCM, "110122", "Login"), "E"),
    Deed.LOGOUT: Pattern(_AUTHENTICATION, coding(_DCM, "110123", "Logout"), "E"),
    Deed.REFUSAL: Pattern(_ALERT, None, "E"),
    Deed.FILING: Pattern(_EXPORT, coding(_LIFECYCLE, "transmit", "Transmit Record Lifecycle Event"), "R"),
    Deed.PRINT: Pattern(_EXPORT, coding(_LIFECYCLE, "report", "Report (Output) Record Lifecycle Event"), "R"),
    Deed.EXPORT: Pattern(_EXPORT, coding(_LIFECYCLE, "disclose", "Disclose Record Lifecycle Event"), "R"),
    Deed.VERIFY: Pattern(_LOG_USED, None, "R"),
    Deed.CONFIGURATION: Pattern(_ALERT, coding(_DCM, "110129", "Security Configuration"), "E"),
    Deed.START: Pattern(_ACTIVITY, coding(_DCM, "110120", "Application Start"), "E"),
    Deed.RESTORE: Pattern(_ACTIVITY, None, "E"),
}
