"""Who is this? A browser's visit or a client's token becomes an access context, or nobody at all."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.access.context import AccessContext, Origin, Role
from service.access.decision import LEVELS
from service.journal.problems import NotAllowed, SignInNeeded
from service.r4 import scope_constraints
from service.smart.access_token import TokenGrant, check, looks_signed
from service.smart.problems import TokenInvalid
from service.store import deeds, merges, sessions
from service.store.sessions import Visit
from service.summary.content import PatientHeader
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.limit_reach import narrowings_of, permissions_of
from service.workflow.renew_visit import renewed

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
_TOUCH_AFTER = timedelta(seconds=60)
_ROLES = {"patient": Role.PATIENT, "clinician": Role.CLINICIAN, "officer": Role.OFFICER}
_SERVED = (
    "AuditEvent",
    "QuestionnaireResponse",
    "Task",
    "Provenance",
    "Encounter",
    "DocumentReference",
    "Binary",
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who has a page open: their visit, and whose name stands at its head."""

    visit: Visit
    header: PatientHeader

    @property
    def ends(self) -> datetime:
        """When the visit ends if nobody comes back: a token that cannot be renewed ends it, too."""
        contents = self.visit.contents
        if contents.refresh_token is not None:
            return self.visit.expires_at
        return min(self.visit.expires_at, contents.token_expires_at)


def visitor(desk: Desk, handle: str, secret: str, origin: Origin) -> tuple[Visitor, AccessContext]:
    """The visit behind this handle, proven by its secret; SignInNeeded where there is none, or no longer."""
    visit = sessions.visit(desk.store, handle)
    if visit is None or not hmac.compare_digest(visit.secret_digest, digest(secret)):
        raise SignInNeeded
    now = desk.now()
    if now >= visit.expires_at or visit.clinic not in desk.clinics:
        raise SignInNeeded
    _check_rights(desk.clinic(visit.clinic), visit)
    visit = _touched(desk, renewed(desk, visit, now), now)
    return Visitor(visit, header_of(visit)), _context_of(desk, visit, origin)


def bearer(desk: Desk, clinic_key: str, header: str, origin: Origin) -> AccessContext | None:
    """The context of a bearer token shown at this clinic's FHIR base; None without one, TokenInvalid for a bad one.

    KeysUnavailable or ServerSilent where whether it is good cannot be found out just now.
    """
    clinic = desk.clinic(clinic_key)
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenInvalid("no-bearer")
    return _context_of_grant(clinic, _grant(desk, clinic, token), origin, desk.now())


def _grant(desk: Desk, clinic: ClinicDesk, token: str) -> TokenGrant:
    """What the token grants, by the way that the clinic chose for tokens of its form (SMART B-21, B-22)."""
    if clinic.introspection is not None and not (clinic.signed_tokens and looks_signed(token)):
        return clinic.introspection.check(token)
    return check(
        token,
        base=clinic.base,
        issuer=clinic.issuer,
        audiences=clinic.audiences,
        keys=clinic.keys,
        now=desk.now(),
        record_bases=clinic.spellings,
        constraints=scope_constraints.OFFERED,
    )


def digest(secret: str) -> str:
    """What the store keeps of a secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def header_of(visit: Visit) -> PatientHeader:
    """The patient of a visit, as the record system named them when it began."""
    contents = visit.contents
    without_name = f"Patient {visit.patient_id} (name not available)" if visit.patient_id else ""
    return PatientHeader(
        contents.patient_name or without_name, contents.birth_date, contents.patient_identifier
    )


def _context_of(desk: Desk, visit: Visit, origin: Origin) -> AccessContext:
    return AccessContext(
        clinic=visit.clinic,
        role=_ROLES[visit.kind],
        origin=origin,
        person=visit.person,
        patients=_records_of(desk, visit),
        visit=visit.handle,
        subject=visit.patient_id,
        at=desk.now(),
    )


def _records_of(desk: Desk, visit: Visit) -> frozenset[str]:
    """The patient's record, and those that the record system confirmed during this visit to be theirs (threat T9)."""
    if visit.patient_id is None:
        return frozenset()
    if not desk.clinic(visit.clinic).merged_patients:
        return frozenset({visit.patient_id})
    merged = merges.merged_into(desk.store, visit.clinic, visit.patient_id, confirmed_from=visit.started_at)
    return frozenset({visit.patient_id, *merged})


def _context_of_grant(clinic: ClinicDesk, grant: TokenGrant, origin: Origin, at: datetime) -> AccessContext:
    role = _role_of(clinic, grant)
    levels = [level for level in LEVELS[role] if level != "patient" or grant.patient is not None]
    return AccessContext(
        clinic=clinic.key,
        role=role,
        origin=origin,
        person=grant.fhir_user,
        client=grant.client_id,
        patients=_reach(clinic, grant, role),
        permissions=permissions_of(grant.scopes, levels, _SERVED),
        token_digest=grant.jti_digest,
        narrowings=narrowings_of(grant.scopes, levels),
        at=at,
    )


def _role_of(clinic: ClinicDesk, grant: TokenGrant) -> Role:
    """Rights come from who the person is, never from the scopes asked for (SMART A-86)."""
    if grant.scopes.has_level("system"):
        return Role.CLIENT
    person = grant.fhir_user or ""
    if person.startswith(("Practitioner/", "PractitionerRole/")) and _reads_words(clinic, person):
        return Role.CLINICIAN
    if person in clinic.officers:
        return Role.OFFICER
    if person == f"Patient/{grant.patient}":
        return Role.PATIENT
    raise NotAllowed  # a proxy, or a token that names nobody (rule 30, threat T17)


def _reach(clinic: ClinicDesk, grant: TokenGrant, role: Role) -> frozenset[str] | None:
    if role is Role.CLIENT:
        # Every patient of the clinic, for the clients that the clinic listed; nobody for any other (rule 29).
        return None if grant.client_id in clinic.clients else frozenset()
    if grant.patient is not None:
        return frozenset({grant.patient})
    # Without a patient in context, lists over patients are the care team's (rule 29, threat T8).
    return None if grant.fhir_user in clinic.care_team else frozenset()


def _touched(desk: Desk, visit: Visit, now: datetime) -> Visit:
    if now - visit.seen_at < _TOUCH_AFTER:
        return visit
    until = min(now + IDLE, visit.started_at + LONGEST)
    touching = deeds.TouchVisit(visit.handle, now, until)
    desk.writer.perform(deeds.Deed(visit.clinic, changes=(touching,)))
    return replace(visit, seen_at=now, expires_at=until)


def _check_rights(clinic: ClinicDesk, visit: Visit) -> None:
    """Rights are the clinic's of today, not those of the day the visit began (threat T23)."""
    if visit.kind not in clinic.apps or not may_hold(clinic, visit.kind, visit.person, visit.patient_id):
        raise SignInNeeded


def may_hold(clinic: ClinicDesk, kind: str, person: str, patient_id: str | None) -> bool:
    """Who may come in by which door (SMART A-86; product rules 29 and 30).

    An officer sees no patient's words: one who is on the care team as well comes by the clinician's door.
    """
    if kind == "patient":
        return patient_id is not None and person == f"Patient/{patient_id}"
    if kind == "officer":
        return person in clinic.officers
    is_staff = person.startswith(("Practitioner/", "PractitionerRole/"))
    return is_staff and patient_id is not None and _reads_words(clinic, person)


def _reads_words(clinic: ClinicDesk, person: str) -> bool:
    return person not in clinic.officers or person in clinic.care_team
