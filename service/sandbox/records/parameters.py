"""The search parameters of each resource type, as data (R4 4.0.1 definitions).

They stand apart because four places read them: the index, the search, the conditional create and the
CapabilityStatement. A parameter that is not here is refused, never ignored: a dropped filter widens an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sort = Literal["token", "reference", "date", "string", "uri"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter: its sort, the dotted paths it reads, and for references the types it may mean.

    `system` is the code system that a plain code stands in, where R4 binds the element to one.
    """

    sort: Sort
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()
    system: str = ""


def _token(*paths: str, system: str = "") -> Parameter:
    return Parameter("token", paths, system=system)


def _status(type_: str) -> Parameter:
    return _token("status", system=f"http://hl7.org/fhir/{type_}")


def _date(*paths: str) -> Parameter:
    return Parameter("date", paths)


def _reference(*paths: str, to: str) -> Parameter:
    return Parameter("reference", paths, tuple(to.split()))


def _patient(path: str) -> Parameter:
    return _reference(path, to="Patient")


_ANYONE = "Practitioner PractitionerRole Organization Patient RelatedPerson Device"

# Both are filled from the store's own columns, for every type.
COMMON: dict[str, Parameter] = {"_id": _token("id"), "_lastUpdated": _date("meta.lastUpdated")}

PARAMETERS: dict[str, dict[str, Parameter]] = {
    "Patient": {
        "identifier": _token("identifier"),
        "name": Parameter("string", ("name",)),
        "family": Parameter("string", ("name.family",)),
        "given": Parameter("string", ("name.given",)),
        "birthdate": _date("birthDate"),
        "gender": _token("gender", system="http://hl7.org/fhir/administrative-gender"),
        "active": _token("active"),
        "link": _reference("link.other", to="Patient RelatedPerson"),
    },
    "Practitioner": {"identifier": _token("identifier"), "name": Parameter("string", ("name",))},
    "RelatedPerson": {
        "patient": _patient("patient"),
        "identifier": _token("identifier"),
        "name": Parameter("string", ("name",)),
    },
    "Organization": {"identifier": _token("identifier"), "name": Parameter("string", ("name",))},
    "Location": {"identifier": _token("identifier"), "name": Parameter("string", ("name",))},
    "Encounter": {
        "patient": _patient("subject"),
        "subject": _patient("subject"),
        "identifier": _token("identifier"),
        "status": _status("encounter-status"),
        "date": _date("period"),
        "type": _token("type"),
        "class": _token("class"),
        "part-of": _reference("partOf", to="Encounter"),
        "appointment": _reference("appointment", to="Appointment"),
        "episode-of-care": _reference("episodeOfCare", to="EpisodeOfCare"),
        "location": _reference("location.location", to="Location"),
        "participant": _reference("participant.individual", to="Practitioner PractitionerRole RelatedPerson"),
    },
    "EpisodeOfCare": {
        "patient": _patient("patient"),
        "identifier": _token("identifier"),
        "status": _status("episode-of-care-status"),
        "date": _date("period"),
    },
    "Appointment": {
        "patient": _patient("participant.actor"),
        "identifier": _token("identifier"),
        "status": _status("appointmentstatus"),
        "date": _date("start"),
    },
    "Procedure": {
        "patient": _patient("subject"),
        "subject": _patient("subject"),
        "identifier": _token("identifier"),
        "encounter": _reference("encounter", to="Encounter"),
        "status": _status("event-status"),
        "code": _token("code"),
        "date": _date("performedDateTime", "performedPeriod"),
    },
    "MedicationAdministration": {
        "patient": _patient("subject"),
        "subject": _patient("subject"),
        "identifier": _token("identifier"),
        "context": _reference("context", to="Encounter EpisodeOfCare"),
        "status": _token("status", system="http://terminology.hl7.org/CodeSystem/medication-admin-status"),
        "code": _token("medicationCodeableConcept"),
        "effective-time": _date("effectiveDateTime", "effectivePeriod"),
    },
    "Questionnaire": {
        "url": Parameter("uri", ("url",)),
        "version": _token("version"),
        "identifier": _token("identifier"),
        "status": _status("publication-status"),
        "title": Parameter("string", ("title",)),
        "date": _date("date"),
    },
    "QuestionnaireResponse": {
        "patient": _patient("subject"),
        "subject": _patient("subject"),
        "identifier": _token("identifier"),
        "encounter": _reference("encounter", to="Encounter"),
        "questionnaire": Parameter("uri", ("questionnaire",)),
        "status": _status("questionnaire-answers-status"),
        "authored": _date("authored"),
        "author": _reference("author", to=_ANYONE),
        "source": _reference("source", to="Patient Practitioner PractitionerRole RelatedPerson"),
    },
    "DocumentReference": {
        "patient": _patient("subject"),
        "subject": _patient("subject"),
        "identifier": _token("masterIdentifier", "identifier"),
        "encounter": _reference("context.encounter", to="Encounter EpisodeOfCare"),
        "type": _token("type"),
        "status": _status("document-reference-status"),
        "category": _token("category"),
        "date": _date("date"),
        "period": _date("context.period"),
        "author": _reference("author", to=_ANYONE),
        "relatesto": _reference("relatesTo.target", to="DocumentReference"),
        "contenttype": _token("content.attachment.contentType"),
        "related": _reference("context.related", to="QuestionnaireResponse DocumentReference"),
    },
    "Binary": {},
    "Task": {
        "patient": _patient("for"),
        "identifier": _token("identifier"),
        "status": _status("task-status"),
        "code": _token("code"),
        "encounter": _reference("encounter", to="Encounter"),
        "owner": _reference("owner", to=f"{_ANYONE} CareTeam HealthcareService"),
        "authored-on": _date("authoredOn"),
        "modified": _date("lastModified"),
    },
    "Communication": {
        "patient": _patient("subject"),
        "subject": _patient("subject"),
        "identifier": _token("identifier"),
        "status": _status("event-status"),
        "encounter": _reference("encounter", to="Encounter"),
        "sent": _date("sent"),
    },
    "Provenance": {
        "patient": _patient("target"),
        "target": _reference(
            "target", to="DocumentReference QuestionnaireResponse Binary Task Communication Patient Encounter"
        ),
        "recorded": _date("recorded"),
        "agent": _reference("agent.who", to=_ANYONE),
    },
    "AuditEvent": {
        "patient": Parameter("reference", ("agent.who", "entity.what"), ("Patient",)),
        "date": _date("recorded"),
        "type": _token("type"),
        "subtype": _token("subtype"),
        "action": _token("action"),
        "outcome": _token("outcome"),
        "agent": _reference("agent.who", to=_ANYONE),
    },
    "Subscription": {
        "status": _status("subscription-status"),
        "criteria": Parameter("string", ("criteria",)),
        "url": Parameter("uri", ("channel.endpoint",)),
    },
}


def parameters_of(type_: str) -> dict[str, Parameter]:
    """Every search parameter of the type by name, the common ones included."""
    return {**COMMON, **PARAMETERS[type_]}
