"""Procedure and MedicationAdministration: what proves, beside a visit, that something was given (product rule 7).

R4 says the same of both with other element names, so one reader knows the two.
"""

from dataclasses import dataclass

from service.journal.match import Proof
from service.r4.elements import Json, codings, reference, text
from service.r4.encounter import id_of, patient_id_of


@dataclass(frozen=True, slots=True)
class _Names:
    """Where a type says which visit it belongs to, and what was done."""

    visit: str
    code: str


_NAMES = {
    "Procedure": _Names("encounter", "code"),
    "MedicationAdministration": _Names("context", "medicationCodeableConcept"),
}


def read(value: Json) -> tuple[str | None, str, Proof]:
    """The encounter's id, the patient's id and the proof.

    The encounter is None where none is named, as where a MedicationAdministration's context is an episode. A medicine
    that stands in a resource of its own has no codes here. ValueError where this is neither type, or has no id or no
    patient.
    """
    kind = text(value, "resourceType") or ""
    names, patient = _NAMES.get(kind), patient_id_of(reference(value, "subject"))
    if names is None or not text(value, "id") or patient is None:
        raise ValueError("not a Procedure or MedicationAdministration of a patient")
    status = text(value, "status") or "unknown"
    proof = Proof(kind, value["id"], status, codings(value, names.code))
    return id_of("Encounter", reference(value, names.visit)), patient, proof
