"""What the record system says of patients and visits, read with a light hand (product rules 7-10)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.journal.match import Coding, Proof
from service.r4 import appointment, encounter, patient, procedure

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


def _linked(*links: tuple[str, Any]) -> dict[str, Any]:
    return PERSON | {"link": [{"type": type_, "other": other} for type_, other in links]}


def test_a_merge_is_read_from_links_to_records_of_the_same_server() -> None:
    """T9: an id of another server means another person here."""
    base = "https://ehr.example/fhir"
    seen = patient.read(
        _linked(
            ("replaces", {"reference": "Patient/pat-0"}),
            ("replaces", {"reference": f"{base}/Patient/pat-00"}),
            ("replaces", {"reference": "Patient/pat-0"}),
            ("replaces", {"reference": "https://elsewhere.example/fhir/Patient/pat-9"}),
            ("replaces", {"reference": f"{base}/RelatedPerson/pat-8"}),
            ("refer", {"reference": "Patient/pat-7"}),
            ("replaced-by", {"reference": "Patient/pat-2"}),
        ),
        base,
    )
    assert seen.replaces == ("pat-0", "pat-00")
    assert (seen.replaced_by, seen.replaced_elsewhere) == (("pat-2",), False)


@pytest.mark.parametrize(
    "other",
    [
        {"reference": "https://elsewhere.example/fhir/Patient/pat-2"},
        {"reference": "RelatedPerson/pat-2"},
        {"reference": "#pat-2"},
        {"reference": "Patient/"},
        {"reference": "Patient/pat-2/_history/1"},
        {"reference": "Patient?identifier=x|2"},
        {"reference": "urn:uuid:6c1f0d7e-6a3e-4f0a-9a57-0d6f6f2f0001"},
        {"identifier": {"value": "2"}},
        {"display": "Ann"},
        "Patient/pat-2",
        None,
    ],
)
def test_a_record_that_was_replaced_says_so_even_where_nobody_can_follow(other: object) -> None:
    seen = patient.read(_linked(("replaced-by", other)), "https://ehr.example/fhir")
    assert (seen.replaced_by, seen.replaced_elsewhere) == ((), True)


def test_a_patient_without_links_was_never_merged() -> None:
    seen = patient.read({"resourceType": "Patient", "id": "p", "link": "wrong"})
    assert (seen.replaces, seen.replaced_by, seen.replaced_elsewhere) == ((), (), False)


def test_an_appointment_tells_its_type() -> None:
    kind = {"coding": [{"system": "v2", "code": "ROUTINE"}, {"display": "no code"}], "text": "Routine"}
    booked = {"resourceType": "Appointment", "id": "a1", "appointmentType": kind}
    assert appointment.types_of(booked) == ("a1", (Coding("v2", "ROUTINE"),))
    assert appointment.types_of({"resourceType": "Appointment", "id": "a2"}) == ("a2", ())


@pytest.mark.parametrize("value", [{}, {"resourceType": "Appointment"}, {"resourceType": "Slot", "id": "a"}])
def test_what_is_no_appointment_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Appointment"):
        appointment.types_of(value)


GIVEN: dict[str, dict[str, Any]] = {
    "Procedure": {
        "id": "p1",
        "status": "completed",
        "code": {"coding": [{"system": "s", "code": "given"}]},
        "subject": {"reference": "Patient/pat-1"},
        "encounter": {"reference": "https://ehr.example/fhir/Encounter/enc-1"},
    },
    "MedicationAdministration": {
        "id": "m1",
        "status": "not-done",
        "medicationCodeableConcept": {"coding": [{"system": "s", "code": "given"}]},
        "subject": {"reference": "Patient/pat-1"},
        "context": {"reference": "Encounter/enc-1"},
    },
}


@pytest.mark.parametrize("kind", list(GIVEN))
def test_a_proof_names_its_visit_its_patient_and_what_was_done(kind: str) -> None:
    value = GIVEN[kind]
    expected = Proof(kind, value["id"], value["status"], (Coding("s", "given"),))
    assert procedure.read({"resourceType": kind, **value}) == ("enc-1", "pat-1", expected)


def test_a_proof_without_a_visit_is_a_proof_of_none() -> None:
    """A context may be an episode; a medicine may stand in a resource of its own."""
    value = GIVEN["MedicationAdministration"] | {"context": {"reference": "EpisodeOfCare/e1"}}
    del value["medicationCodeableConcept"], value["status"]
    value["medicationReference"] = {"reference": "Medication/k"}
    read = procedure.read({"resourceType": "MedicationAdministration", **value})
    assert read == (None, "pat-1", Proof("MedicationAdministration", "m1", "unknown"))


@pytest.mark.parametrize(
    "change",
    [{"resourceType": "Observation"}, {"id": 7}, {"subject": {"reference": "Group/g"}}, {"subject": None}],
)
def test_what_proves_nothing_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Procedure"):
        procedure.read({"resourceType": "Procedure", **GIVEN["Procedure"], **change})
