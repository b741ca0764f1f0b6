"""Who is this? A browser's visit or a client's token becomes an access context, or nobody at all."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.access.context import AccessContext, Origin, Permission, Role
from service.access.decision import LEVELS
from service.journal.problems import NotAllowed, SignInNeeded
from service.smart import launch
from service.smart.access_token import TokenGrant, check
from service.smart.problems import SmartProblem, TokenInvalid
from service.smart.scopes import LETTERS
from service.smart.token_endpoint import TokenAnswer
from service.store import deeds, sessions
from service.store.sessions import Visit
from service.summary.content import PatientHeader
from service.workflow.desk import ClinicDesk, Desk

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
_TOUCH_AFTER = timedelta(seconds=60)
_RENEW_BEFORE = timedelta(seconds=60)
_ROLES = {"patient": Role.PATIENT, "clinician": Role.CLINICIAN, "officer": Role.OFFICER}
_SERVED = ("QuestionnaireResponse",)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who has a page open: their visit, and whose name stands at its head."""

    visit: Visit
    header: PatientHeader


def visitor(desk: Desk, handle: str, secret: str, origin: Origin) -> tuple[Visitor, AccessContext]:
    """The visit behind this handle, proven by its secret; SignInNeeded where there is none, or no longer."""
    visit = sessions.visit(desk.store, handle)
    if visit is None or not hmac.compare_digest(visit.secret_digest, digest(secret)):
        raise SignInNeeded
    now = desk.now()
    if now >= visit.expires_at or visit.clinic not in desk.clinics:
        raise SignInNeeded
    visit = _renewed(desk, visit, now)
    _touch(desk, visit, now)
    return Visitor(visit, header_of(visit)), _context_of(visit, origin)


def bearer(desk: Desk, clinic_key: str, header: str, origin: Origin) -> AccessContext | None:
    """The context of a bearer token shown at this clinic's FHIR base; None without one, TokenInvalid for a bad one."""
    clinic = desk.clinic(clinic_key)
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenInvalid("no-bearer")
    grant = check(
        token,
        base=clinic.base,
        issuer=clinic.issuer,
        audiences=clinic.audiences,
        keys=clinic.keys,
        now=desk.now(),
        record_bases=clinic.spellings,
    )
    return _context_of_grant(clinic, grant, origin)


def digest(secret: str) -> str:
    """What the store keeps of a secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def header_of(visit: Visit) -> PatientHeader:
    """The patient of a visit, as the record system named them when it began."""
    contents = visit.contents
    return PatientHeader(contents.patient_name or "", contents.birth_date, contents.patient_identifier)


def _context_of(visit: Visit, origin: Origin) -> AccessContext:
    return AccessContext(
        clinic=visit.clinic,
        role=_ROLES[visit.kind],
        origin=origin,
        person=visit.person,
        patients=frozenset({visit.patient_id}) if visit.patient_id else frozenset(),
        visit=visit.handle,
    )


def _context_of_grant(clinic: ClinicDesk, grant: TokenGrant, origin: Origin) -> AccessContext:
    role = _role_of(grant)
    return AccessContext(
        clinic=clinic.key,
        role=role,
        origin=origin,
        person=grant.fhir_user,
        client=grant.client_id,
        patients=_reach(clinic, grant, role),
        permissions=_permissions(grant, role),
        token_digest=grant.jti_digest,
    )


def _role_of(grant: TokenGrant) -> Role:
    """Rights come from who the person is, never from the scopes asked for (SMART A-86)."""
    if grant.scopes.has_level("system"):
        return Role.CLIENT
    kind = (grant.fhir_user or "").split("/")[0]
    if kind in ("Practitioner", "PractitionerRole"):
        return Role.CLINICIAN
    if kind == "Patient" and grant.fhir_user == f"Patient/{grant.patient}":
        return Role.PATIENT
    raise NotAllowed  # a proxy, or a token that names nobody (rule 30, threat T17)


def _reach(clinic: ClinicDesk, grant: TokenGrant, role: Role) -> frozenset[str] | None:
    if role is Role.CLIENT:
        return None
    if grant.patient is not None:
        return frozenset({grant.patient})
    # Without a patient in context, lists over patients are the care team's (rule 29, threat T8).
    return None if grant.fhir_user in clinic.care_team else frozenset()


def _permissions(grant: TokenGrant, role: Role) -> frozenset[Permission]:
    levels = [level for level in LEVELS[role] if level != "patient" or grant.patient is not None]
    return frozenset(
        Permission(level, resource_type, letter)
        for level in levels
        for resource_type in _SERVED
        for letter in LETTERS
        if grant.scopes.allows(level, resource_type, letter)
    )


def _touch(desk: Desk, visit: Visit, now: datetime) -> None:
    if now - visit.seen_at < _TOUCH_AFTER:
        return
    until = min(now + IDLE, visit.started_at + LONGEST)
    touched = deeds.TouchVisit(visit.handle, now, until)
    desk.writer.perform(deeds.Deed(visit.clinic, changes=(touched,)))


def _renewed(desk: Desk, visit: Visit, now: datetime) -> Visit:
    """A visit lives no longer than its token, unless the record system renews that (threat T23)."""
    contents = visit.contents
    if now < contents.token_expires_at - _RENEW_BEFORE:
        return visit
    if contents.refresh_token is None:
        if now >= contents.token_expires_at:
            raise SignInNeeded
        return visit
    answer = _refreshed(desk, visit)
    renewed = replace(
        contents,
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        token_expires_at=answer.expires_at,
        scopes=answer.scope,
    )
    renewing = deeds.RenewVisit(visit.handle, renewed, visit.expires_at)
    desk.writer.perform(deeds.Deed(visit.clinic, changes=(renewing,)))
    return replace(visit, contents=renewed)


def _refreshed(desk: Desk, visit: Visit) -> TokenAnswer:
    clinic, contents = desk.clinic(visit.clinic), visit.contents
    before = TokenAnswer(
        access_token=contents.access_token,
        expires_at=contents.token_expires_at,
        scope=contents.scopes,
        patient=visit.patient_id,
        encounter=visit.encounter_id,
        refresh_token=contents.refresh_token,
    )
    try:
        configuration = clinic.configurations.of(clinic.iss)
        return launch.refresh(
            before,
            clinic.apps[visit.kind].caller,
            token_endpoint=configuration.token_endpoint,
            iss=clinic.iss,
        )
    except SmartProblem:
        raise SignInNeeded from None
