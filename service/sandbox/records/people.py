"""The invented people of Maple Grove and their visits, made into resources around a given day.

They stand apart from the records so that a record system can be opened without them. Who there is stands in
`people.json`; nobody there is a real person. Each patient is one situation that the rules about infusions must
cope with, and is named for it.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from service.sandbox.records.instants import CLINIC_ZONE
from service.sandbox.records.refusals import Resource
from service.sandbox.records.store import Records

MRN = "http://maplegrove.example/mrn"
ENCOUNTER_TYPES = "http://maplegrove.example/encounter-types"
SERVICE_TYPES = "http://maplegrove.example/service-types"
PROCEDURES = "http://maplegrove.example/procedures"
APPOINTMENT_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0276"
TITLES = {
    "ketamine-iv-infusion": "Ketamine infusion (IV)",
    "ketamine-im-injection": "Ketamine injection (IM)",
    "follow-up-visit": "Follow-up visit",
    "intake": "Intake",
}
USUAL_MINUTES = 55

_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_BOOKED = {"planned": "booked", "cancelled": "cancelled", "in-progress": "arrived", "triaged": "arrived"}

_Fact = dict[str, Any]


def seed(records: Records, now: datetime) -> None:
    """Put everybody into the records, with visits counted back from `now` (with a zone); who is there is left alone."""
    records.place(resources(now))


def resources(now: datetime) -> list[Resource]:
    """Every resource of the invented clinic, each after those that it points at (but for merged records)."""
    facts = json.loads(Path(__file__).with_name("people.json").read_text("utf-8"))
    house = [
        _organization(facts["organization"]),
        *map(_location, facts["locations"]),
        *map(_practitioner, facts["practitioners"]),
    ]
    patients = [_patient(one) for one in facts["patients"]]
    charts = [resource for one in facts["patients"] for resource in _chart(one, now)]
    return [*house, *patients, *map(_related, facts["related"]), *charts]


def _organization(fact: _Fact) -> Resource:
    return {"resourceType": "Organization", "id": fact["id"], "name": fact["name"], "telecom": _phone(fact)}


def _location(fact: _Fact) -> Resource:
    return {
        "resourceType": "Location",
        "id": fact["id"],
        "status": "active",
        "name": fact["name"],
        "managingOrganization": {"reference": "Organization/maple-grove"},
    }


def _practitioner(fact: _Fact) -> Resource:
    return {
        "resourceType": "Practitioner",
        "id": fact["id"],
        "active": True,
        "name": [fact["name"]],
        "qualification": [{"code": {"text": fact["role"]}}],
    }


def _patient(fact: _Fact) -> Resource:
    patient: Resource = {
        "resourceType": "Patient",
        "id": fact["id"],
        "identifier": [{"use": "usual", "system": MRN, "value": fact["mrn"]}],
        "active": fact.get("active", True),
        "name": [{"use": "official", **fact["name"]}],
        "gender": fact["gender"],
        "birthDate": fact["birthDate"],
        "communication": [_language(fact.get("language", "en"))],
        "generalPractitioner": [{"reference": "Practitioner/clinician-1"}],
        "managingOrganization": {"reference": "Organization/maple-grove"},
    }
    if "phone" in fact:
        patient["telecom"] = _phone(fact)
    if "link" in fact:
        link = fact["link"]
        patient["link"] = [{"other": {"reference": f"Patient/{link['other']}"}, "type": link["type"]}]
    return patient


def _related(fact: _Fact) -> Resource:
    return {
        "resourceType": "RelatedPerson",
        "id": fact["id"],
        "active": True,
        "patient": {"reference": f"Patient/{fact['patient']}"},
        "relationship": [{"coding": [{"system": _ROLE_CODE, **fact["relationship"]}]}],
        "name": [fact["name"]],
        "telecom": _phone(fact),
    }


def _chart(patient: _Fact, now: datetime) -> list[Resource]:
    subject = {"reference": f"Patient/{patient['id']}"}
    episode = patient.get("episode")
    visits = [_Visit(subject, visit, episode, now) for visit in patient["visits"]]
    booked = {visit.appointment: visit.as_appointment() for visit in visits if visit.appointment}
    episodes = [_episode(subject, episode, now)] if episode else []
    given = [procedure for procedure in (visit.as_procedure() for visit in visits) if procedure]
    return [*episodes, *booked.values(), *(visit.as_encounter() for visit in visits), *given]


def _episode(subject: _Fact, fact: _Fact, now: datetime) -> Resource:
    return {
        "resourceType": "EpisodeOfCare",
        "id": fact["id"],
        "status": fact["status"],
        "type": [{"text": "Ketamine treatment, a series of infusions"}],
        "patient": subject,
        "managingOrganization": {"reference": "Organization/maple-grove"},
        "period": {"start": _day(now, fact["days_ago"]).isoformat()},
        "careManager": {"reference": "Practitioner/clinician-1"},
    }


class _Visit:
    """One visit of the data, with the instants that `now` gives it."""

    def __init__(self, subject: _Fact, fact: _Fact, episode: _Fact | None, now: datetime) -> None:
        self._subject = subject
        self._fact = fact
        self._episode = episode
        self._start = _start(fact, now)
        self._end = _end(fact, self._start)
        self._status = fact.get("status", "finished")
        self._type = fact.get("type", "ketamine-iv-infusion")
        self.appointment: str | None = fact.get("appointment", f"{fact['id']}-booked")

    def as_encounter(self) -> Resource:
        encounter: Resource = {
            "resourceType": "Encounter",
            "id": self._fact["id"],
            "status": self._status,
            "class": {"system": _ACT_CODE, "code": "AMB", "display": "ambulatory"},
            "type": [_concept(ENCOUNTER_TYPES, self._type, TITLES[self._type])],
            "serviceType": self._service(),
            "subject": self._subject,
            "participant": [{"individual": {"reference": "Practitioner/clinician-1"}}],
            "location": [{"location": {"reference": f"Location/{self._room()}"}}],
            "serviceProvider": {"reference": "Organization/maple-grove"},
        }
        return {**encounter, **self._ties(), **self._period()}

    def as_appointment(self) -> Resource:
        actors = (self._subject, {"reference": "Practitioner/clinician-1"})
        appointment: Resource = {
            "resourceType": "Appointment",
            "id": self.appointment,
            "status": _BOOKED.get(self._status, "fulfilled"),
            "serviceType": [self._service()],
            "appointmentType": {"coding": [{"system": APPOINTMENT_TYPES, "code": self._booking()}]},
            "participant": [{"actor": actor, "status": "accepted"} for actor in actors],
        }
        if isinstance(self._start, datetime):
            minutes = self._fact.get("minutes") or USUAL_MINUTES
            appointment["start"] = self._start.isoformat()
            appointment["end"] = _later(self._start, minutes).isoformat()
            appointment["minutesDuration"] = minutes
        return appointment

    def as_procedure(self) -> Resource | None:
        """What was noted about the ketamine itself: given, or not given after all; None where nothing was."""
        if "given" not in self._fact:
            return None
        procedure: Resource = {
            "resourceType": "Procedure",
            "id": f"{self._fact['id']}-ketamine",
            "status": self._fact["given"],
            "code": _concept(PROCEDURES, "ketamine-administration", "Ketamine administration"),
            "subject": self._subject,
            "encounter": {"reference": f"Encounter/{self._fact['id']}"},
        }
        if self._fact["given"] == "not-done":
            return {**procedure, "statusReason": {"text": "Blood pressure too high on the day"}}
        return {**procedure, **{f"performed{name.title()}": side for name, side in self._period().items()}}

    def _booking(self) -> str:
        return "ROUTINE" if self._type.startswith("ketamine") else "FOLLOWUP"

    def _service(self) -> _Fact:
        return _concept(SERVICE_TYPES, "ketamine-therapy", "Ketamine therapy")

    def _room(self) -> str:
        return "infusion-room-1" if self._type.startswith("ketamine") else "consulting-room"

    def _ties(self) -> _Fact:
        ties: _Fact = {}
        if self.appointment:
            ties["appointment"] = [{"reference": f"Appointment/{self.appointment}"}]
        if self._episode:
            ties["episodeOfCare"] = [{"reference": f"EpisodeOfCare/{self._episode['id']}"}]
        if "part_of" in self._fact:
            ties["partOf"] = {"reference": f"Encounter/{self._fact['part_of']}"}
        return ties

    def _period(self) -> _Fact:
        sides = {"start": self._start, "end": self._end}
        period = {name: side.isoformat() for name, side in sides.items() if side is not None}
        return {"period": period} if period else {}


def _start(fact: _Fact, now: datetime) -> datetime | date | None:
    """When a visit began: an instant, only a day, or unknown, as the data says."""
    if "hours_ago" in fact:
        here = now.astimezone(ZoneInfo(CLINIC_ZONE))
        return _later(here, -60 * fact["hours_ago"]).replace(second=0, microsecond=0)
    if "days_ago" not in fact:
        return None
    day = _day(now, fact["days_ago"])
    if "time" not in fact:
        return day
    return datetime.combine(day, time.fromisoformat(fact["time"]), ZoneInfo(CLINIC_ZONE))


def _end(fact: _Fact, start: datetime | date | None) -> datetime | None:
    minutes = fact.get("minutes", USUAL_MINUTES)
    ended = fact.get("status", "finished") not in ("planned", "cancelled")
    return _later(start, minutes) if isinstance(start, datetime) and minutes and ended else None


def _later(at: datetime, minutes: float) -> datetime:
    # Through UTC: clock time in the zone would gain or lose an hour on two days a year.
    return (at.astimezone(ZoneInfo("UTC")) + timedelta(minutes=minutes)).astimezone(at.tzinfo)


def _day(now: datetime, days_ago: int) -> date:
    return now.astimezone(ZoneInfo(CLINIC_ZONE)).date() - timedelta(days=days_ago)


def _concept(system: str, code: str, display: str) -> _Fact:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _phone(fact: _Fact) -> list[_Fact]:
    return [{"system": "phone", "value": fact["phone"]}]


def _language(code: str) -> _Fact:
    return {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]}, "preferred": True}
