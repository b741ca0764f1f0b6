"""How far a grant reaches: which interaction on which type, and whose records.

It stands apart because it is one question with one answer, asked at every door: given this grant, in which
patient's compartment does the request stay, if in any?
"""

from __future__ import annotations

from service.sandbox.grant import Grant, Letter
from service.sandbox.records.kinds import KINDS
from service.sandbox.records.paths import local
from service.sandbox.records.refusals import Refused, Resource
from service.sandbox.records.store import Records

PATIENT_PARAMETERS = ("patient", "subject")


def compartment(grant: Grant, type_: str, letter: Letter, records: Records) -> str | None:
    """The patient whose records alone the request may touch; None where it may touch everybody's.

    For a type whose resources are `owned` it is the client's id, and only a `system/` scope will do. Refuses with
    403 what no scope of the grant covers. A scope is a delegation: a patient with a `user/` scope stays with the
    own records, a related person with those of the patient.
    """
    level = grant.level_for(type_, letter)
    if KINDS[type_].owned:
        if level != "system":
            raise insufficient_scope(f"system/{type_}.{letter}")
        return grant.client_id
    if level is None:
        raise insufficient_scope(f"patient/{type_}.{letter}")
    if level == "patient":
        return _or_forbidden(grant.patient)
    return _of_user(grant, records) if level == "user" else None


def insufficient_scope(needed: str) -> Refused:
    """The 403 for a scope that is missing (RFC 6750 section 3.1)."""
    header = f'Bearer error="insufficient_scope", scope="{needed}"'
    return Refused(403, "forbidden", "The token does not allow this.", headers={"WWW-Authenticate": header})


def check_may_write(type_: str, resource: Resource, patient: str | None, records: Records) -> None:
    """Refuse a write by one patient's token to a type or a person that it has no say in."""
    if patient is None or KINDS[type_].owned:
        return
    if not KINDS[type_].patient_writes:
        raise Refused(403, "forbidden", "A token for one patient can't write this resource type.")
    if records.patients_of(resource) != {patient}:
        raise Refused(403, "forbidden", "The resource does not belong to the patient of the token.")


def check_may_ask(params: list[tuple[str, str]], patient: str | None) -> None:
    """Refuse a search that names another patient than the token's (fhir-rest D-01)."""
    for name, text in params:
        plain, _, modifier = name.partition(":")
        if patient is None or plain not in PATIENT_PARAMETERS or modifier == "missing":
            continue
        if any(piece.removeprefix("Patient/") != patient for piece in text.split(",")):
            raise Refused(403, "forbidden", "The search names another patient than the token's.")


def is_within(type_: str, resource: Resource, patient: str | None, records: Records) -> bool:
    """Whether a resource may be shown: it is nobody's in particular, or the compartment's own."""
    if KINDS[type_].owned:
        return records.owner_of(type_, resource["id"]) == patient
    return patient is None or not KINDS[type_].about_a_patient or patient in records.patients_of(resource)


def _of_user(grant: Grant, records: Records) -> str | None:
    type_, id_ = local(grant.fhir_user) or ("", "")
    if type_ == "Patient":
        return id_
    if type_ == "RelatedPerson":
        return next(iter(records.patients_of(records.read(type_, id_))))
    return None


def _or_forbidden(patient: str | None) -> str:
    if patient is None:
        raise insufficient_scope("launch/patient")
    return patient
