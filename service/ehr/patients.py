"""A patient as the record system knows them, and which of their records holds after a merge (threat T9, fault F52)."""

from collections.abc import Iterable

from service.ehr.client import RecordSystem
from service.ehr.outcome import Why
from service.ehr.problems import Refused, Unclear, Unreadable
from service.r4 import patient
from service.r4.patient import PatientSeen
from service.smart.fhir_id import is_id

_LONGEST_CHAIN = 5
_MOST_MERGED = 20
_AT_ONCE = 50
_NOT_FOR_US = 403


def patient_of(record: RecordSystem, patient_id: str) -> PatientSeen | None:
    """The patient with this id, or None where the record system knows none; Unreadable for a malformed one."""
    resource = record.read("Patient", patient_id)
    if resource is None:
        return None
    try:
        return patient.read(resource, record.base)
    except ValueError as error:
        raise Unreadable("not-a-patient") from error


def patients_named(record: RecordSystem, patient_ids: Iterable[str]) -> dict[str, PatientSeen]:
    """Those of these patients that the record system knows, by id, asked for many at once. RecordSystemProblem."""
    ids = tuple(dict.fromkeys(patient_ids))
    if not all(is_id(one) for one in ids):
        raise ValueError("not an id")
    named: dict[str, PatientSeen] = {}
    for at in range(0, len(ids), _AT_ONCE):
        asked = ids[at : at + _AT_ONCE]
        for resource in record.search("Patient", {"_id": ",".join(asked), "_count": str(_AT_ONCE)}):
            try:
                seen = patient.read(resource, record.base)
            except ValueError:
                continue
            if seen.id in asked:
                named[seen.id] = seen
    return named


def closed_for(seen: PatientSeen) -> Why | None:
    """Why nothing goes into this record by itself: its patient died, or it is out of use (F53); else None."""
    if seen.deceased:
        return Why.DECEASED
    return None if seen.active else Why.INACTIVE


def survivor_of(record: RecordSystem, patient_id: str) -> str:
    """The id of the record that holds for this patient: their own, or at the end of its links "replaced-by".

    A link counts only as far as both ends agree: the old record names one record that took its place, and that one is
    there, is active, and names none itself. Unclear for anything else: a loop, more than five steps, two records
    named, or one that is missing. RecordSystemProblem.
    """
    seen = _standing(record, patient_id)
    passed = [patient_id]
    while seen.replaced_by or seen.replaced_elsewhere:
        if seen.replaced_elsewhere or len(seen.replaced_by) > 1 or len(passed) > _LONGEST_CHAIN:
            raise Unclear
        following = seen.replaced_by[0]
        if following in passed or following in seen.replaces or not is_id(following):
            raise Unclear
        passed.append(following)
        seen = _standing(record, following)
    if len(passed) > 1 and not seen.active:
        raise Unclear
    return passed[-1]


def merged_into(record: RecordSystem, patient_id: str) -> tuple[str, ...]:
    """The ids of the records whose place this one took, confirmed by each of them; ordered by id.

    A record that is not active or that was replaced itself takes no other's place. One that may not be read, or that
    names another record or none, confirms nothing and is left out. RecordSystemProblem; Unclear where more are named
    than a merge can mean.
    """
    seen = patient_of(record, patient_id)
    if seen is None or not seen.active or seen.replaced_by or seen.replaced_elsewhere:
        return ()
    named = [one for one in seen.replaces if is_id(one) and one != patient_id]
    if len(named) > _MOST_MERGED:
        raise Unclear
    return tuple(sorted(one for one in named if _confirms(record, one, patient_id)))


def _standing(record: RecordSystem, patient_id: str) -> PatientSeen:
    seen = patient_of(record, patient_id)
    if seen is None:
        raise Unclear
    return seen


def _confirms(record: RecordSystem, old_id: str, new_id: str) -> bool:
    """Whether the old record says itself that the new one, and no other, took its place."""
    try:
        old = patient_of(record, old_id)
    except Refused as refused:
        if refused.status != _NOT_FOR_US:
            raise
        return False
    if old is None or old.replaced_elsewhere or new_id in old.replaces:
        return False
    return old.replaced_by == (new_id,)
