"""What the record system says of patients and visits, read with a light hand (product rules 7-10)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.journal.infusions import Coding
from service.r4 import encounter, patient

VISIT: dict[str, Any] = {
    "resourceType": "Encounter",
    "id": "enc-1",
    "meta": {"versionId": "4"},
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    "type": [
        {"coding": [{"system": "s", "code": "ketamine"}, {"display": "no code"}]},
        {"text": "only words"},
    ],
    "serviceType": {"coding": [{"system": "s", "code": "infusion"}]},
    "subject": {"reference": "Patient/pat-1"},
    "appointment": [{"reference": "Appointment/a1"}],
    "period": {"start": "2026-11-20T09:00:00-08:00", "end": "2026-11-20T10:00:00-08:00"},
    "reasonCode": [{"coding": [{"code": "dep"}]}],
    "location": [{"location": {"reference": "Location/room-2"}}, {"status": "planned"}],
    "partOf": {"reference": "Encounter/enc-0"},
    "episodeOfCare": [{"reference": "EpisodeOfCare/e1"}],
}


def test_a_visit_is_read_with_all_the_rules_look_at() -> None:
    seen = encounter.read(VISIT)
    assert (seen.id, seen.patient_id, seen.status, seen.version) == ("enc-1", "pat-1", "finished", "4")
    assert seen.class_ == Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB")
    assert seen.types == (Coding("s", "ketamine"),)
    assert seen.service_types == (Coding("s", "infusion"),)
    assert seen.reasons == (Coding("", "dep"),)
    assert seen.locations == ("Location/room-2",)
    assert seen.start == datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
    assert seen.end == datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
    assert seen.start_day is None
    assert seen.part_of == "Encounter/enc-0"
    assert (seen.appointments, seen.episodes) == (("Appointment/a1",), ("EpisodeOfCare/e1",))


@pytest.mark.parametrize(
    ("start", "instant", "day"),
    [
        ("2026-11-20T09:00:00.123Z", datetime(2026, 11, 20, 9, 0, 0, 123_000, tzinfo=UTC), None),
        ("2026-11-20", None, date(2026, 11, 20)),
        ("2026-11", None, None),
        ("2026", None, None),
        ("2026-11-20T09:00:00", None, None),  # no zone: no instant
        ("2026-11-20T25:00:00Z", None, None),
        ("soon", None, None),
        (None, None, None),
    ],
)
def test_a_start_is_an_instant_a_day_or_unknown(
    start: str | None, instant: datetime | None, day: date | None
) -> None:
    """Rule 8: what is doubtful goes to a person, never to a guess."""
    seen = encounter.read(VISIT | {"period": {"start": start}})
    assert (seen.start, seen.start_day, seen.end) == (instant, day, None)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("Patient/p1", "p1"),
        ("https://ehr.example/fhir/Patient/p1", "p1"),
        ("Patient/p1/_history/3", "p1"),
        ("Group/p1", None),
        ("p1", None),
        ("Patient/", None),
        (None, None),
    ],
)
def test_a_patient_is_known_by_a_literal_reference(reference: str | None, found: str | None) -> None:
    assert encounter.patient_id_of(reference) == found


@pytest.mark.parametrize(
    "change", [{"resourceType": "Patient"}, {"id": None}, {"subject": {"display": "Ann"}}]
)
def test_what_is_no_visit_of_a_patient_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Encounter"):
        encounter.read(VISIT | change)


def test_a_bare_visit_is_enough() -> None:
    bare = {
        "resourceType": "Encounter",
        "id": "e",
        "subject": {"reference": "Patient/p"},
        "type": "wrong",
        "period": 3,
    }
    seen = encounter.read(bare)
    assert (seen.status, seen.class_, seen.types, seen.start) == ("unknown", None, (), None)


PERSON: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "pat-1",
    "identifier": [{"system": "urn:mrn", "value": "123"}, {"value": "4"}, {"system": "urn:none"}],
    "name": [
        {"use": "old", "text": "Old Name"},
        {"use": "usual", "given": ["Annie"]},
        {"use": "official", "prefix": ["Dr."], "given": ["Ann", "B."], "family": "Clay"},
    ],
    "birthDate": "1990-02-03",
    "link": [{"type": "replaced-by", "other": {"reference": "Patient/pat-2"}}, {"type": "seealso"}],
}


def test_a_patient_is_read() -> None:
    seen = patient.read(PERSON)
    assert seen.name == "Dr. Ann B. Clay"
    assert seen.birth_date == date(1990, 2, 3)
    assert seen.identifiers == (("urn:mrn", "123"), ("", "4"))
    assert seen.links == (("replaced-by", "Patient/pat-2"),)
    assert (seen.deceased, seen.active) == (False, True)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([{"use": "maiden", "text": "M"}, {"text": "Plain"}], "Plain"),
        ([{"use": "official", "text": "Ended", "period": {"end": "2020"}}, {"use": "old", "text": "O"}], "O"),
        ([{"use": "official"}, {"use": "usual", "text": " Ann "}], "Ann"),
        ([{"use": "invented", "text": "X"}], "X"),
        ([{"given": "wrong", "family": "Clay"}], "Clay"),
        ([], ""),
    ],
)
def test_the_best_name_is_shown(names: list[dict[str, Any]], shown: str) -> None:
    assert patient.read(PERSON | {"name": names}).name == shown


@pytest.mark.parametrize(
    ("change", "deceased", "active"),
    [
        ({"deceasedBoolean": True}, True, True),
        ({"deceasedBoolean": False}, False, True),
        ({"deceasedDateTime": "2026"}, True, True),
        ({"active": False}, False, False),
    ],
)
def test_death_and_inactivity_are_seen(change: dict[str, Any], deceased: bool, active: bool) -> None:
    seen = patient.read(PERSON | change)
    assert (seen.deceased, seen.active) == (deceased, active)


def test_a_year_of_birth_is_no_birth_date() -> None:
    assert patient.read(PERSON | {"birthDate": "1990"}).birth_date is None


def test_what_is_no_patient_is_refused() -> None:
    with pytest.raises(ValueError, match="Patient"):
        patient.read({"resourceType": "Person", "id": "x"})
