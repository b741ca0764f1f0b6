"""Signing in through the clinic's record system: the launch is begun, comes back, and becomes a visit."""

import hmac
from dataclasses import asdict, dataclass
from datetime import datetime

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed, Outcome
from service.ehr.encounters import patient_of
from service.ehr.problems import RecordSystemProblem
from service.journal.problems import RecordSystemSilent
from service.r4.patient import PatientSeen
from service.smart import launch
from service.smart.id_token import Person, prove
from service.smart.launch import PendingLaunch, Returned
from service.smart.problems import LaunchProblem, SmartProblem, StateMismatch, UnknownIssuer
from service.smart.token_endpoint import TokenAnswer
from service.store import deeds, sessions
from service.store.deeds import GuardFailed
from service.store.sessions import Visit, VisitContents
from service.workflow.desk import App, ClinicDesk, Desk
from service.workflow.recognise import IDLE, digest, may_hold
from service.workflow.refresh_infusions import look_by_visit
from service.workflow.remember import before_answering, record


class NotOffered(LaunchProblem):
    """Your clinic has not set this up. Please tell your clinic."""


class NotForThisPerson(LaunchProblem):
    """The person who signed in may not open this. Only the patient, or staff whom the clinic named, can."""


class JournalClosed(LaunchProblem):
    """This journal is closed, and all that was written in it is kept. If this is a mistake, please call your clinic."""


class CookieMissing(StateMismatch):
    """This sign-in belongs to another window, or your browser did not keep it. Please open the journal again."""

    def __init__(self, clinic: str, kind: str) -> None:
        super().__init__("other-browser")
        self.clinic = clinic
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes now, the launch's state, and the secret that only this browser brings back."""

    authorize_url: str
    state: str
    browser_secret: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A visit has begun; `secret` is the browser's proof of it."""

    visit: Visit
    secret: str


def begin_launch(desk: Desk, kind: str, iss: str, launch_value: str | None, origin: Origin) -> Begun:
    """Start a launch of this kind (patient, clinician, officer) at the record system `iss`.

    UnknownIssuer before anything is asked of a server nobody configured (SMART A-12, threat T19).
    """
    clinic = desk.clinic_at(iss)
    if clinic is None:
        raise UnknownIssuer("not-configured")
    try:
        begun = _begin(desk, clinic, kind, iss, launch_value)
    except SmartProblem as problem:
        _remember_refusal(desk, clinic, origin, Deed.LAUNCH, kind, problem)
        raise
    secret = desk.new_secret()
    pending = sessions.PendingLaunch(
        state_digest=digest(begun.pending.state),
        browser_digest=digest(secret),
        clinic=clinic.key,
        kind=kind,
        contents=_packed(begun.pending),
        expires_at=desk.now() + launch.LAUNCH_LIFE,
    )
    remembered = record(desk, _nobody(clinic, origin), Deed.LAUNCH, what=kind)
    desk.writer.perform(deeds.Deed(clinic.key, changes=(deeds.BeginLaunch(pending),), records=(remembered,)))
    return Begun(begun.authorize_url, begun.pending.state, secret)


def finish_launch(desk: Desk, returned: Returned, browser_secret: str, origin: Origin) -> SignedIn:
    """The browser came back: exchange the code, prove the person, open the visit.

    StateMismatch before any request where state or browser do not fit, or the launch was used (A-43, A-52);
    CookieMissing where the browser brought no secret at all, as in a frame that may keep none (threat T27).
    """
    pending = sessions.pending_launch(desk.store, digest(returned.state or ""))
    if pending is None:
        raise StateMismatch("unknown")
    clinic = desk.clinic(pending.clinic)
    try:
        _came_back_to_its_browser(pending, browser_secret)
        _use_up(desk, pending)
        return _sign_in(desk, clinic, pending.kind, _unpacked(pending.contents), returned, origin)
    except SmartProblem as problem:
        _remember_refusal(desk, clinic, origin, Deed.LOGIN, pending.kind, problem)
        raise


def _begin(
    desk: Desk, clinic: ClinicDesk, kind: str, iss: str, launch_value: str | None
) -> launch.LaunchBegun:
    app = _app(clinic, kind)
    return launch.begin(
        clinic.configurations.of(iss),
        app.caller.registration,
        redirect_uri=desk.redirect_uri,
        scope=app.scope if launch_value is not None else _standalone(app.scope, kind),
        launch=launch_value,
        now=desk.now(),
        random=desk.random,
    )


def _remember_refusal(
    desk: Desk, clinic: ClinicDesk, origin: Origin, deed: Deed, kind: str, problem: SmartProblem
) -> None:
    """A launch or sign-in that failed at a clinic we know, with the problem's fixed word (product rule 25)."""
    nobody = _nobody(clinic, origin)
    reason = problem.reason or type(problem).__name__
    refused = record(desk, nobody, deed, what=kind, outcome=Outcome.REFUSED, reason=reason)
    before_answering(desk, nobody, [refused])


def _sign_in(
    desk: Desk, clinic: ClinicDesk, kind: str, pending: PendingLaunch, returned: Returned, origin: Origin
) -> SignedIn:
    app = _app(clinic, kind)
    answer = launch.finish(pending, returned, app.caller, issuer=clinic.issuer)
    person = prove(
        answer.id_token or "",
        issuer=clinic.issuer,
        client_id=app.caller.registration.client_id,
        nonce=pending.nonce,
        keys=clinic.keys,
        now=desk.now(),
        record_bases=clinic.spellings,
        access_token=answer.access_token,
    )
    fhir_user = _allowed_person(clinic, kind, person, answer)
    patient = _patient(clinic, kind, answer)
    if kind == "patient" and patient is not None and patient.deceased:
        raise JournalClosed("deceased")
    visit, secret = _visit(desk, clinic, kind, fhir_user, answer, patient)
    context = _context(visit, kind, origin)
    remembered = record(desk, context, Deed.LOGIN, patient=visit.patient_id, what=kind)
    desk.writer.perform(deeds.Deed(clinic.key, changes=(deeds.OpenVisit(visit),), records=(remembered,)))
    _look_for_infusions(desk, context, visit)
    return SignedIn(visit, secret)


def _allowed_person(clinic: ClinicDesk, kind: str, person: Person, answer: TokenAnswer) -> str:
    user = person.fhir_user or ""
    if not may_hold(clinic, kind, user, answer.patient):
        raise NotForThisPerson("person")
    return user


def _patient(clinic: ClinicDesk, kind: str, answer: TokenAnswer) -> PatientSeen | None:
    if kind == "officer" or answer.patient is None:
        return None  # an officer sees no patient's data beyond the log
    try:
        return patient_of(clinic.record_system(lambda: answer.access_token), answer.patient)
    except RecordSystemProblem:
        return None  # writing never waits for the record system (rule 11)


def _visit(
    desk: Desk,
    clinic: ClinicDesk,
    kind: str,
    fhir_user: str,
    answer: TokenAnswer,
    patient: PatientSeen | None,
) -> tuple[Visit, str]:
    now, secret = desk.now(), desk.new_secret()
    visit = Visit(
        handle=desk.new_id(),
        secret_digest=digest(secret),
        clinic=clinic.key,
        kind=kind,
        person=fhir_user,
        patient_id=None if kind == "officer" else answer.patient,
        encounter_id=answer.encounter,
        contents=_contents(answer, patient),
        started_at=now,
        seen_at=now,
        expires_at=now + IDLE,
    )
    return visit, secret


def _contents(answer: TokenAnswer, patient: PatientSeen | None) -> VisitContents:
    return VisitContents(
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        token_expires_at=answer.expires_at,
        scopes=answer.scope,
        need_patient_banner=answer.need_patient_banner,
        smart_style_url=answer.smart_style_url,
        patient_name=patient.name if patient else None,
        birth_date=patient.birth_date if patient else None,
        patient_identifier=patient.identifiers[0][1] if patient and patient.identifiers else None,
    )


def _look_for_infusions(desk: Desk, context: AccessContext, visit: Visit) -> None:
    """A launch is when new infusions are found; a silent record system does not keep anybody out (rule 11)."""
    if visit.patient_id is None:
        return
    try:
        look_by_visit(desk, context, visit, visit.patient_id)
    except RecordSystemSilent:
        return


def _came_back_to_its_browser(pending: sessions.PendingLaunch, browser_secret: str) -> None:
    if not browser_secret:
        raise CookieMissing(pending.clinic, pending.kind)
    if not hmac.compare_digest(pending.browser_digest, digest(browser_secret)):
        raise StateMismatch("other-browser")


def _use_up(desk: Desk, pending: sessions.PendingLaunch) -> None:
    guard = deeds.LaunchIsUnused(pending.state_digest, desk.now())
    try:
        desk.writer.perform(deeds.Deed(pending.clinic, guards=(guard,)))
    except GuardFailed:
        raise StateMismatch("used") from None


def _app(clinic: ClinicDesk, kind: str) -> App:
    app = clinic.apps.get(kind)
    if app is None:
        raise NotOffered("no-app")
    return app


def _standalone(scope: str, kind: str) -> str:
    """Without an EHR's launch value the context is asked for by scope (SMART A-21)."""
    words = [word for word in scope.split(" ") if word and word != "launch"]
    if kind != "officer" and "launch/patient" not in words:
        words.append("launch/patient")
    return " ".join(words)


def _nobody(clinic: ClinicDesk, origin: Origin) -> AccessContext:
    return AccessContext(clinic=clinic.key, role=Role.NOBODY, origin=origin)


def _context(visit: Visit, kind: str, origin: Origin) -> AccessContext:
    roles = {"patient": Role.PATIENT, "clinician": Role.CLINICIAN, "officer": Role.OFFICER}
    return AccessContext(
        clinic=visit.clinic,
        role=roles[kind],
        origin=origin,
        person=visit.person,
        patients=frozenset({visit.patient_id}) if visit.patient_id else frozenset(),
        visit=visit.handle,
    )


def _packed(pending: PendingLaunch) -> dict[str, str]:
    packed = {name: str(value) for name, value in asdict(pending).items()}
    return packed | {"begun_at": pending.begun_at.isoformat()}


def _unpacked(contents: dict[str, str]) -> PendingLaunch:
    values = dict(contents)
    begun_at = datetime.fromisoformat(values.pop("begun_at"))
    named = values.pop("names_issuer_in_answer") == "True"
    return PendingLaunch(begun_at=begun_at, names_issuer_in_answer=named, **values)
