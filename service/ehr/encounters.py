"""A patient and their visits, as the record system tells them to us."""

from service.ehr.client import RecordSystem
from service.ehr.problems import Unreadable
from service.journal.infusions import EncounterSeen
from service.r4 import encounter, patient
from service.r4.patient import PatientSeen
from service.smart.fhir_id import is_id

_PAGE = "100"


def encounters_of(record: RecordSystem, patient_id: str) -> tuple[EncounterSeen, ...]:
    """Every Encounter of the patient, each once, ordered by id; what is no Encounter at all is passed over.

    Unreadable where the record system answers with another patient's visit: then nothing of the answer is used.
    """
    if not is_id(patient_id):
        raise ValueError("not an id")
    seen: dict[str, EncounterSeen] = {}
    for resource in record.search("Encounter", {"patient": patient_id, "_count": _PAGE}):
        try:
            visit = encounter.read(resource)
        except ValueError:
            continue
        if visit.patient_id != patient_id:
            raise Unreadable("another-patient")
        if is_id(visit.id):
            seen[visit.id] = visit
    return tuple(seen[id_] for id_ in sorted(seen))


def encounter_of(record: RecordSystem, encounter_id: str) -> EncounterSeen | None:
    """One Encounter as it stands there now; None where it is gone. Unreadable for a malformed one."""
    resource = record.read("Encounter", encounter_id)
    if resource is None:
        return None
    try:
        return encounter.read(resource)
    except ValueError as error:
        raise Unreadable("not-an-encounter") from error


def patient_of(record: RecordSystem, patient_id: str) -> PatientSeen | None:
    """The patient with this id, or None where the record system knows none; Unreadable for a malformed one."""
    resource = record.read("Patient", patient_id)
    if resource is None:
        return None
    try:
        return patient.read(resource)
    except ValueError as error:
        raise Unreadable("not-a-patient") from error
