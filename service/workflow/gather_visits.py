"""A patient's visits out of exported resources: what the rules look at, and nothing else that stands there."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from service.journal.match import Coding, EncounterSeen, Proof
from service.journal.overview import ClinicRules, Seen
from service.r4 import appointment, encounter, episode_of_care, procedure
from service.r4.elements import parts, reference, text
from service.r4.encounter import patient_id_of
from service.smart.fhir_id import is_id

Json = dict[str, Any]

# What is kept of a resource on its way: names, narratives and everybody's notes are left where they were.
_LOOKED_AT = {
    "Encounter": (
        "status",
        "class",
        "type",
        "serviceType",
        "subject",
        "reasonCode",
        "location",
        "period",
        "partOf",
        "appointment",
        "episodeOfCare",
    ),
    "EpisodeOfCare": ("status", "patient", "period"),
    "Appointment": ("appointmentType",),
    "Procedure": ("status", "subject", "encounter", "code"),
    "MedicationAdministration": ("status", "subject", "context", "medicationCodeableConcept"),
}


def wanted_types(rules: ClinicRules) -> frozenset[str]:
    """The resource types that these rules look at."""
    wanted = {"Encounter"}
    if rules.series.episodes:
        wanted.add("EpisodeOfCare")
    if rules.match.asks_for_appointments:
        wanted.add("Appointment")
    return frozenset(wanted | ({rules.match.proof} if rules.match.proof else set()))


def sorted_out(resource: Json) -> tuple[tuple[str, ...], str]:
    """The ids of the patients to whom a resource of a wanted type belongs, and what is kept of it, as JSON on one line.

    ValueError where it cannot be what it says that it is.
    """
    kind = text(resource, "resourceType") or ""
    patients = _PATIENTS[kind](resource)
    if not is_id(resource.get("id")) or not all(is_id(one) for one in patients):
        raise ValueError("an id that is none")
    names = ("resourceType", "id", *_LOOKED_AT[kind])
    kept = {name: resource[name] for name in names if name in resource}
    return patients, json.dumps(kept, separators=(",", ":"))


def seen_in(kept: Iterable[str], rules: ClinicRules) -> Seen:
    """What is known of one patient by everything that `sorted_out` kept of them."""
    by_type: dict[str, list[Json]] = {}
    for line in kept:
        resource = json.loads(line)
        by_type.setdefault(resource["resourceType"], []).append(resource)
    types = dict(appointment.types_of(one) for one in by_type.get("Appointment", ()))
    proofs = [procedure.read(one) for kind in (rules.match.proof or "",) for one in by_type.get(kind, ())]
    visits = [encounter.read(one) for one in by_type.get("Encounter", ())]
    episodes = (episode_of_care.read(one, rules.match.zone) for one in by_type.get("EpisodeOfCare", ()))
    return Seen(tuple(_with_more(one, types, proofs) for one in visits), tuple(episodes))


def _with_more(
    visit: EncounterSeen,
    types: dict[str, tuple[Coding, ...]],
    proofs: Iterable[tuple[str | None, str, Proof]],
) -> EncounterSeen:
    booked = (encounter.id_of("Appointment", one) for one in visit.appointments)
    return replace(
        visit,
        appointment_types=tuple(coding for one in booked for coding in types.get(one or "", ())),
        proofs=tuple(proof for encounter_id, _, proof in proofs if encounter_id == visit.id),
    )


def _of_appointment(resource: Json) -> tuple[str, ...]:
    appointment.types_of(resource)
    actors = (reference(one, "actor") for one in parts(resource, "participant"))
    return tuple(dict.fromkeys(found for one in actors if (found := patient_id_of(one)) is not None))


_PATIENTS: dict[str, Callable[[Json], tuple[str, ...]]] = {
    "Encounter": lambda resource: (encounter.read(resource).patient_id,),
    "EpisodeOfCare": lambda resource: (episode_of_care.read(resource, "UTC").patient_id,),
    "Appointment": _of_appointment,
    "Procedure": lambda resource: (procedure.read(resource)[1],),
    "MedicationAdministration": lambda resource: (procedure.read(resource)[1],),
}
