"""A patient's visits as the record system tells them to us, with what stands beside them where the clinic asks."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from service.ehr.client import RecordSystem
from service.ehr.patients import merged_into, patient_of, patients_named, survivor_of
from service.ehr.problems import Refused, Unreadable
from service.journal.match import Coding, EncounterSeen, MatchRule, Proof
from service.journal.series import EpisodeSeen
from service.r4 import appointment, encounter, episode_of_care, procedure
from service.smart.fhir_id import is_id

__all__ = [
    "encounter_of",
    "encounters_if_changed",
    "encounters_of",
    "episodes_of",
    "merged_into",
    "of_patient",
    "patient_of",
    "patients_named",
    "survivor_of",
]

_PAGE = "100"
# How record systems say no to a search that they do not have, or not for us.
_NOT_OFFERED = frozenset({400, 403, 404, 405})


def of_patient(patient_id: str) -> dict[str, str]:
    """The search parameters for what belongs to this patient; ValueError where that is no id."""
    if not is_id(patient_id):
        raise ValueError("not an id")
    return {"patient": patient_id, "_count": _PAGE}


def encounters_of(
    record: RecordSystem, patient_id: str, rule: MatchRule, *, since: date | None = None
) -> tuple[EncounterSeen, ...]:
    """Every Encounter of the patient, each once, ordered by id; what is no Encounter at all is passed over.

    Where the rule looks at them, the visits carry their appointments' types and their proofs. `since` leaves out what
    the record system dates before that day: good for seeing whether something is new, never for counting, which needs
    them all (rule 9). RecordSystemProblem; Unreadable where the answer holds another patient's visit: then nothing of
    it is used. Appointments that may not be read are like none; proofs that may not be read are a failure.
    """
    params = of_patient(patient_id) | ({"date": f"ge{since.isoformat()}"} if since else {})
    return _with_what_stands_beside(record, patient_id, rule, record.search("Encounter", params))


def encounters_if_changed(
    record: RecordSystem, patient_id: str, rule: MatchRule, etag: str | None
) -> tuple[tuple[EncounterSeen, ...] | None, str | None]:
    """What encounters_of gives and the ETag to ask with next time; None and `etag` where all is as it was then.

    An ETag of the visits says nothing about what stands beside them: where the rule looks there, none is used.
    """
    alone = not rule.asks_for_appointments and rule.proof is None
    found, now = record.search_if_changed("Encounter", of_patient(patient_id), etag if alone else None)
    if found is None:
        return None, etag
    return _with_what_stands_beside(record, patient_id, rule, found), now if alone else None


def encounter_of(record: RecordSystem, encounter_id: str) -> EncounterSeen | None:
    """One Encounter as it stands there now; None where it is gone. Unreadable for a malformed one."""
    resource = record.read("Encounter", encounter_id)
    if resource is None:
        return None
    try:
        return encounter.read(resource)
    except ValueError as error:
        raise Unreadable("not-an-encounter") from error


def episodes_of(record: RecordSystem, patient_id: str, zone: str) -> tuple[EpisodeSeen, ...]:
    """Every EpisodeOfCare of the patient, each once, ordered by id; `zone` is the clinic's. As encounters_of fails."""
    seen: dict[str, EpisodeSeen] = {}
    for resource in record.search("EpisodeOfCare", of_patient(patient_id)):
        try:
            episode = episode_of_care.read(resource, zone)
        except ValueError:
            continue
        if episode.patient_id != patient_id:
            raise Unreadable("another-patient")
        if is_id(episode.id):
            seen[episode.id] = episode
    return tuple(seen[id_] for id_ in sorted(seen))


def _with_what_stands_beside(
    record: RecordSystem, patient_id: str, rule: MatchRule, resources: Iterable[dict[str, Any]]
) -> tuple[EncounterSeen, ...]:
    visits = _visits(resources, patient_id)
    if visits and rule.asks_for_appointments:
        types = _appointment_types(record, patient_id)
        visits = [replace(one, appointment_types=_types_of(one, types)) for one in visits]
    if visits and rule.proof is not None:
        proofs = _proofs(record, patient_id, rule.proof)
        visits = [replace(one, proofs=proofs.get(one.id, ())) for one in visits]
    return tuple(visits)


def _visits(resources: Iterable[dict[str, Any]], patient_id: str) -> list[EncounterSeen]:
    seen: dict[str, EncounterSeen] = {}
    for resource in resources:
        try:
            visit = encounter.read(resource)
        except ValueError:
            continue
        if visit.patient_id != patient_id:
            raise Unreadable("another-patient")
        if is_id(visit.id):
            seen[visit.id] = visit
    return [seen[id_] for id_ in sorted(seen)]


def _appointment_types(record: RecordSystem, patient_id: str) -> dict[str, tuple[Coding, ...]]:
    """The types of the patient's appointments by id; nothing where the record system does not let us search them."""
    types: dict[str, tuple[Coding, ...]] = {}
    try:
        for resource in record.search("Appointment", of_patient(patient_id)):
            types |= dict(_readable_types(resource))
    except Refused as refused:
        if refused.status not in _NOT_OFFERED:
            raise
        return {}
    return types


def _readable_types(resource: dict[str, Any]) -> Iterator[tuple[str, tuple[Coding, ...]]]:
    try:
        yield appointment.types_of(resource)
    except ValueError:
        return


def _types_of(visit: EncounterSeen, types: dict[str, tuple[Coding, ...]]) -> tuple[Coding, ...]:
    named = (encounter.id_of("Appointment", one) for one in visit.appointments)
    return tuple(dict.fromkeys(coding for id_ in named for coding in types.get(id_ or "", ())))


def _proofs(record: RecordSystem, patient_id: str, kind: str) -> dict[str, tuple[Proof, ...]]:
    """The patient's proofs of this kind, by the encounter they belong to and in the order of their ids."""
    found: dict[tuple[str, str], Proof] = {}
    for resource in record.search(kind, of_patient(patient_id)):
        try:
            encounter_id, of, proof = procedure.read(resource)
        except ValueError:
            continue
        if of != patient_id:
            raise Unreadable("another-patient")
        if encounter_id is not None:
            found[encounter_id, proof.id] = proof
    by_encounter: dict[str, tuple[Proof, ...]] = {}
    for (encounter_id, _), proof in sorted(found.items(), key=lambda one: one[0]):
        by_encounter[encounter_id] = (*by_encounter.get(encounter_id, ()), proof)
    return by_encounter
