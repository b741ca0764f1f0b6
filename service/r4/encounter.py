"""Encounter: the record system's visits, read as far as the clinic's match rule looks (product rules 7-10).

Read with a light hand: record systems differ, and what is missing becomes a doubt for a person, not an error.
"""

from datetime import date, datetime

from service.audit.record import instant
from service.journal.match import Coding, EncounterSeen
from service.r4.elements import Json, coding, codings, moment, part, parts, reference, references, text
from service.r4.raw_json import compact

# R4 demands a class, and the record system gave none.
_NO_CLASS: Json = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    ]
}


def read(value: Json) -> EncounterSeen:
    """The visit as the rules see it; ValueError where this is no Encounter with an id and a patient."""
    patient = patient_id_of(reference(value, "subject"))
    if value.get("resourceType") != "Encounter" or not text(value, "id") or not patient:
        raise ValueError("not an Encounter of a patient")
    period = part(value, "period")
    return EncounterSeen(
        id=value["id"],
        patient_id=patient,
        status=text(value, "status") or "unknown",
        class_=coding(part(value, "class")),
        types=codings(value, "type"),
        service_types=codings(value, "serviceType"),
        reasons=codings(value, "reasonCode"),
        locations=tuple(
            place for one in parts(value, "location") if (place := reference(one, "location")) is not None
        ),
        start=moment(text(period, "start")),
        start_day=_day(text(period, "start")),
        end=moment(text(period, "end")),
        part_of=reference(value, "partOf"),
        appointments=references(value, "appointment"),
        episodes=references(value, "episodeOfCare"),
        version=text(part(value, "meta"), "versionId"),
    )


def write(seen: EncounterSeen, *, source: str, seen_at: datetime) -> bytes:
    """The visit as far as the rules looked at it; `source` is where it stands in the record system."""
    value: Json = {
        "resourceType": "Encounter",
        "id": seen.id,
        "meta": {"lastUpdated": instant(seen_at), "source": source},
        "status": seen.status,
        "class": _coded(seen.class_) if seen.class_ else _NO_CLASS,
        "type": [{"coding": [_coded(one)]} for one in seen.types],
        "subject": {"reference": f"Patient/{seen.patient_id}"},
        "period": _period(seen),
    }
    return compact({name: said for name, said in value.items() if said})


def _coded(one: Coding) -> Json:
    return {"system": one.system, "code": one.code} if one.system else {"code": one.code}


def _period(seen: EncounterSeen) -> Json:
    day = seen.start_day.isoformat() if seen.start_day else None
    said = {
        "start": instant(seen.start) if seen.start else day,
        "end": instant(seen.end) if seen.end else None,
    }
    return {name: written for name, written in said.items() if written}


def patient_id_of(written: str | None) -> str | None:
    """The id in a literal reference to a Patient, relative or absolute; None for anything else."""
    return id_of("Patient", written)


def id_of(resource_type: str, written: str | None) -> str | None:
    """The id in a literal reference to a resource of this type, relative or absolute; None for anything else."""
    path, _, found = (written or "").partition("/_history/")[0].rpartition("/")
    return found if found and path.rpartition("/")[2] == resource_type else None


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written or "")
    except ValueError:
        return None
