"""Does what a resource points at exist, and is it about the same patient?

It stands apart from the structural checks because it asks the store. A record system that took a note for one
patient with another's encounter would file a person's words in the wrong chart.
"""

from __future__ import annotations

from collections.abc import Callable

from service.sandbox.records.kinds import KINDS, Kind
from service.sandbox.records.parameters import PARAMETERS
from service.sandbox.records.paths import at, local, reference_of
from service.sandbox.records.refusals import Refused, Resource

PatientsOf = Callable[[str, str], frozenset[str] | None]
"""Type and id in, the references of the patients it is about out; None where there is no such resource."""


def patients(resource: Resource, patients_of: PatientsOf) -> frozenset[str]:
    """The patients a resource is about, as relative references; of Provenance and Binary through what they follow."""
    kind = KINDS[resource["resourceType"]]
    own = {f"Patient/{id_}" for type_, id_ in _named_patients(resource) if type_ == "Patient"}
    for path in kind.follows:
        for target in filter(None, (local(reference_of(value)) for value in at(resource, path))):
            own |= {"/".join(target)} if target[0] == "Patient" else patients_of(*target) or frozenset()
    return frozenset(own)


def check_ties(resource: Resource, patients_of: PatientsOf) -> None:
    """Refuse references to what is not here, and to what belongs to somebody else."""
    kind = KINDS[resource["resourceType"]]
    about = patients(resource, patients_of)
    if resource["resourceType"] != "Patient" and any(not _is_patient_here(one, patients_of) for one in about):
        raise Refused(422, "not-found", "The patient is not in this record system.")
    for path in (*kind.references, *kind.follows):
        for value in at(resource, path):
            _check_tie(resource, kind, path, reference_of(value), about, patients_of)


def _check_tie(
    resource: Resource,
    kind: Kind,
    path: str,
    reference: str | None,
    about: frozenset[str],
    patients_of: PatientsOf,
) -> None:
    expression = f"{resource['resourceType']}.{path}"
    named = local(reference)
    if named is None:
        _check_elsewhere(resource, path, reference, expression)
        return
    if named[0] not in KINDS:
        return
    theirs = patients_of(*named)
    if theirs is None:
        raise Refused(422, "not-found", f"{path} refers to nothing in this record system.", expression)
    # A person may act for another one, and a merged record points at the other; an encounter never does.
    if (
        kind.about_a_patient
        and named[0] in ("Encounter", "EpisodeOfCare", "DocumentReference")
        and theirs != about
    ):
        raise Refused(422, "business-rule", f"{path} belongs to another patient.", expression)


def _check_elsewhere(resource: Resource, path: str, reference: str | None, expression: str) -> None:
    if reference is not None and reference.startswith("#"):
        inside = {f"#{one}" for one in at(resource, "contained.id")}
        if reference not in inside:
            raise Refused(
                422, "not-found", f"{path} refers to a contained resource that is not there.", expression
            )
    elif path in _patient_paths(resource["resourceType"]) and resource["resourceType"] != "Appointment":
        raise Refused(422, "value", f"{path} needs a relative reference to a patient here.", expression)


def _named_patients(resource: Resource) -> list[tuple[str, str]]:
    if resource["resourceType"] == "Patient" and "id" in resource:
        return [("Patient", resource["id"])]
    values = (value for path in _patient_paths(resource["resourceType"]) for value in at(resource, path))
    return [named for named in (local(reference_of(value)) for value in values) if named]


def _patient_paths(type_: str) -> tuple[str, ...]:
    parameter = PARAMETERS[type_].get("patient")
    return parameter.paths if parameter else ()


def _is_patient_here(reference: str, patients_of: PatientsOf) -> bool:
    return patients_of("Patient", reference.partition("/")[2]) is not None
