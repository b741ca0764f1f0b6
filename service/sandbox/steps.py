"""What has to happen next before an app gets its code: a pure question with one answer.

It stands apart from the pages so that the order of the steps can be read, and tested, in one place.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.sandbox.authorization import Agreement
from service.sandbox.config import SandboxConfig
from service.sandbox.directory import Person
from service.sandbox.launches import Launch
from service.sandbox.requests import AppRequest
from service.sandbox.scopes import parse
from service.sandbox.tokens import subject_of


@dataclass(frozen=True, slots=True)
class PickPatient:
    """A member of staff has to say which patient this is about (SMART, standalone launch)."""


@dataclass(frozen=True, slots=True)
class PickVisit:
    """The person has to say which visit this is about, or none."""

    patient: str


@dataclass(frozen=True, slots=True)
class Agree:
    """Everything is known; the person, or the clinic for a trusted app, has to agree."""

    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Refuse:
    """It can't go on; `error` is the OAuth code for the app."""

    error: str
    description: str


Step = PickPatient | PickVisit | Agree | Refuse


def next_step(
    config: SandboxConfig, asked: AppRequest, scopes: tuple[str, ...], person: Person, launch: Launch | None
) -> Step:
    """What is still missing, given who is signed in and which launch this belongs to."""
    allowed = within_rights(scopes, person)
    if not any(parse(scope) for scope in allowed) and any(parse(scope) for scope in scopes):
        return Refuse("invalid_scope", "Nothing that was asked for is this person's to give.")
    if launch is not None:
        return _launched(config, allowed, person, launch)
    patient = (person.patient or asked.patient) if needs_patient(allowed) else None
    if needs_patient(allowed) and patient is None:
        return PickPatient()
    if patient is not None and "launch/encounter" in allowed and asked.encounter is None:
        return PickVisit(patient)
    return Agree(_agreement(config, allowed, person, patient, asked.encounter or None, banner=True))


def within_rights(scopes: tuple[str, ...], person: Person) -> tuple[str, ...]:
    """The scopes that this person can pass on: whatever a whole clinic may see is for staff alone."""
    levels = ("patient", "user") if person.standing == "staff" else ("patient",)
    return tuple(scope for scope in scopes if (found := parse(scope)) is None or found.level in levels)


def needs_patient(scopes: tuple[str, ...]) -> bool:
    """Whether a patient must be in context: asked for by name, or implied by a `patient/` scope."""
    named = {"launch/patient", "launch/encounter"} & set(scopes)
    return bool(named) or any(
        (found := parse(scope)) is not None and found.level == "patient" for scope in scopes
    )


def _launched(config: SandboxConfig, scopes: tuple[str, ...], person: Person, launch: Launch) -> Step:
    if launch.fhir_user != person.reference:
        return Refuse("access_denied", "This launch was started by someone else.")
    return Agree(_agreement(config, scopes, person, launch.patient, launch.encounter, banner=launch.banner))


def _agreement(
    config: SandboxConfig,
    scopes: tuple[str, ...],
    person: Person,
    patient: str | None,
    encounter: str | None,
    *,
    banner: bool,
) -> Agreement:
    return Agreement(
        fhir_user=person.reference,
        subject=subject_of(config.base_url, person.reference),
        scopes=scopes,
        patient=patient,
        encounter=encounter,
        banner=banner,
    )
