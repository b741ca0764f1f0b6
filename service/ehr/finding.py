"""How new infusions can be found at a record system: what it says it can do, and the asking (product rules 7-9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from service.ehr.client import RecordSystem
from service.ehr.encounters import of_patient
from service.r4 import encounter
from service.r4.elements import Json, parts, text
from service.smart.fhir_id import is_id

# A day of a large hospital group; the matches are never held together.
_MOST_CHANGES = 200_000


@dataclass(frozen=True, slots=True)
class FindingWay:
    """What a record system declares, as far as finding infusions and filing what was written needs it.

    The first three say how visits are found: over the clinic by the instant of their last change, and for one patient
    with a date or without. `appointments`, `procedures`, `medication_administrations` and `episodes` can be searched
    by patient; patients many at once by their ids. `tasks` can be created, updated and found by identifier. `documents`
    can be created, with `documents_found` found by identifier, with `documents_updated` changed; conditional create is
    W-13's. `subscriptions` can be made.
    """

    by_last_updated: bool = False
    by_patient_and_date: bool = False
    by_patient: bool = False
    appointments: bool = False
    procedures: bool = False
    medication_administrations: bool = False
    episodes: bool = False
    patients_by_id: bool = False
    tasks: bool = False
    subscriptions: bool = False
    documents: bool = False
    documents_found: bool = False
    documents_updated: bool = False
    conditional_create_of_documents: bool = False


def way_to_find(statement: Json) -> FindingWay:
    """What a CapabilityStatement offers; what it does not say, or says in another shape, counts as not offered."""
    return _way(offers_of(statement))


def offers_of(statement: Json) -> dict[str | None, "Offer"]:
    """What a CapabilityStatement offers of each resource type."""
    offers = {}
    for rest in parts(statement, "rest"):
        if text(rest, "mode") == "server":
            everywhere = _names(rest, "searchParam", "name")
            for one in parts(rest, "resource"):
                offers[text(one, "type")] = Offer(one, everywhere)
    return offers


def changed_since(record: RecordSystem, since: datetime) -> Iterator[tuple[str, str, str | None]]:
    """(patient id, encounter id, version or None) of every Encounter of the clinic that changed at `since` or later.

    `since` carries a zone. What is no Encounter of a patient is passed over. RecordSystemProblem, while it is read.
    """
    if since.tzinfo is None:
        raise ValueError("an instant needs a zone")
    # Cut to the second before it, never after: what is found twice does no harm.
    instant = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    params = {"_lastUpdated": f"ge{instant}", "_count": "100"}
    for resource in record.search("Encounter", params, most=_MOST_CHANGES):
        try:
            visit = encounter.read(resource)
        except ValueError:
            continue
        if is_id(visit.id) and is_id(visit.patient_id):
            yield visit.patient_id, visit.id, visit.version


def patient_changed(record: RecordSystem, patient_id: str, etag: str | None) -> tuple[bool, str | None]:
    """Whether the patient's visits changed since `etag` was given (None: never asked), and their ETag now.

    The ETag is good for encounters_if_changed too; it says nothing about Procedures or Appointments.
    RecordSystemProblem.
    """
    found, now = record.search_if_changed("Encounter", of_patient(patient_id), etag)
    return found is not None, now


class Offer:
    """What one resource type offers; without a statement about it, nothing."""

    def __init__(self, resource: Json, everywhere: frozenset[str]) -> None:
        self._deeds = _names(resource, "interaction", "code")
        self._params = everywhere | _names(resource, "searchParam", "name")
        self.is_created_once = resource.get("conditionalCreate") is True
        self.is_created_by_update = resource.get("updateCreate") is True

    def does(self, *deeds: str) -> bool:
        """Whether all these interactions are offered."""
        return self._deeds.issuperset(deeds)

    def finds_by(self, *names: str) -> bool:
        """Whether it is searched, and by all these parameters."""
        return self.does("search-type") and self._params.issuperset(names)


def _way(offers: dict[str | None, Offer]) -> FindingWay:
    def of(type_: str) -> Offer:
        return offers.get(type_, NOTHING)

    visits, tasks, documents = of("Encounter"), of("Task"), of("DocumentReference")
    return FindingWay(
        by_last_updated=visits.finds_by("_lastUpdated"),
        by_patient_and_date=visits.finds_by("patient", "date"),
        by_patient=visits.finds_by("patient"),
        appointments=of("Appointment").finds_by("patient"),
        procedures=of("Procedure").finds_by("patient"),
        medication_administrations=of("MedicationAdministration").finds_by("patient"),
        episodes=of("EpisodeOfCare").finds_by("patient"),
        patients_by_id=of("Patient").finds_by("_id"),
        tasks=tasks.does("create", "update") and tasks.finds_by("identifier"),
        subscriptions=of("Subscription").does("create"),
        documents=documents.does("create"),
        documents_found=documents.finds_by("identifier"),
        documents_updated=documents.does("update"),
        conditional_create_of_documents=documents.does("create") and documents.is_created_once,
    )


def _names(value: Json, name: str, member: str) -> frozenset[str]:
    return frozenset(found for one in parts(value, name) if (found := text(one, member)))


NOTHING = Offer({}, frozenset())
