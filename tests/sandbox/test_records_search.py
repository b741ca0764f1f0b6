"""A search finds what matches every parameter, refuses what it does not understand, and pages without repeating."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.sandbox.records.parameters import PARAMETERS, parameters_of
from service.sandbox.records.refusals import Refused
from service.sandbox.records.store import Records
from tests.sandbox.records_builders import Clock, encounter, opened, patient
from tests.sandbox.records_chart import LOINC, QUESTIONNAIRE, RFC, TYPES, full, period

FOUND = [
    ("Patient", "_id=cleo", "cleo"),
    ("Patient", "identifier=http://maplegrove.example/mrn|MG-1", "cleo"),
    ("Patient", "identifier=MG-1", "cleo dan"),
    ("Patient", "identifier=http://other.example|", "dan"),
    ("Patient", "name=pena", "cleo"),
    ("Patient", "name=CLEO", "cleo"),
    ("Patient", "name=zoe", "cleo"),
    ("Patient", "name=eopatra", ""),
    ("Patient", "name:contains=eopatra", "cleo"),
    ("Patient", "name:exact=Peña", "cleo"),
    ("Patient", "name:exact=Pena", ""),
    ("Patient", "name=%", ""),
    ("Patient", "family=quill", "ann ben dan"),
    ("Patient", "given=cleopatra", "cleo"),
    ("Patient", "gender=female", "cleo"),
    ("Patient", "active=true", "cleo"),
    ("Patient", "birthdate=1990-05-17", "cleo"),
    ("Patient", "birthdate=1990", "cleo"),
    ("Patient", "birthdate=1970", "dan"),
    ("Patient", "birthdate=lt1975", "dan"),
    ("Practitioner", "name=ames", "doc"),
    ("Practitioner", "identifier=n", "doc-2"),
    ("Encounter", "patient=cleo", "v1 v2"),
    ("Encounter", "patient=Patient/cleo", "v1 v2"),
    ("Encounter", "patient:Patient=cleo", "v1 v2"),
    ("Encounter", "subject=cleo", "v1 v2"),
    ("Encounter", "patient=cleo,dan", "v1 v2 v3"),
    ("Encounter", "patient=nobody", ""),
    ("Encounter", "status=finished,planned&patient=cleo,dan", "v1 v3"),
    ("Encounter", "status=http://hl7.org/fhir/encounter-status|planned", "v3"),
    ("Encounter", "status:not=finished", "v2 v3"),
    ("Encounter", "type=ketamine-iv-infusion", "v1"),
    ("Encounter", f"type={TYPES}|ketamine-iv-infusion,{TYPES}|intake", "v1 v2"),
    ("Encounter", "type=|ketamine-iv-infusion", ""),
    ("Encounter", "type:missing=true", "ann-1 ben-1 v3"),
    ("Encounter", "type:missing=false", "v1 v2"),
    ("Encounter", "class=VR", "v3"),
    ("Encounter", "class=http://terminology.hl7.org/CodeSystem/v3-ActCode|AMB&patient=cleo", "v1 v2"),
    ("Encounter", "part-of=v1", "v2"),
    ("Encounter", "part-of=Encounter/v1", "v2"),
    ("Encounter", "appointment=Appointment/a1", "v1"),
    ("Encounter", "episode-of-care=ep", "v1"),
    ("Encounter", "location=room", "v1"),
    ("Encounter", "participant=doc", "v1"),
    ("Encounter", "identifier=V-1", "v1"),
    ("Encounter", "date=2026-03-02", "v1"),
    ("Encounter", "date=ge2026-03-01&date=lt2026-04-01", "v1"),
    ("EpisodeOfCare", "patient=cleo&status=active&date=2026", ""),
    ("EpisodeOfCare", "patient=cleo&status=active&date=ge2026-03", "ep"),
    ("Appointment", "patient=cleo", "a1"),
    ("Appointment", "status=booked", "a2"),
    ("Appointment", "date=2026-03-02", "a1"),
    ("DocumentReference", "patient=cleo", "d1 d2"),
    ("DocumentReference", f"identifier={RFC}|urn:uuid:c", "d1"),
    ("DocumentReference", f"identifier={RFC}|urn:uuid:c-1", "d1"),
    ("DocumentReference", "encounter=v1", "d1"),
    ("DocumentReference", f"type={LOINC}|11506-3", "d2"),
    ("DocumentReference", "status=superseded", "d2"),
    ("DocumentReference", "category=clinical-note&patient=cleo", "d1"),
    ("DocumentReference", "patient=cleo&category=clinical-note&date=2026-03-02", "d1"),
    ("DocumentReference", "date=2026-03-03", "d2"),
    ("DocumentReference", "period=2026-03-02", "d1"),
    ("DocumentReference", "author=Patient/cleo", "d1"),
    ("DocumentReference", "relatesto=d1", "d2"),
    ("DocumentReference", "related=QuestionnaireResponse/r1", "d1"),
    ("DocumentReference", "contenttype=text/plain", "d2"),
    ("QuestionnaireResponse", "patient=cleo", "r1"),
    ("QuestionnaireResponse", f"identifier={RFC}|urn:uuid:r", "r1"),
    ("QuestionnaireResponse", "encounter=v1", "r1"),
    ("QuestionnaireResponse", f"questionnaire={QUESTIONNAIRE}", "r1 r2"),
    ("QuestionnaireResponse", f"questionnaire={QUESTIONNAIRE}|2.0.0", "r2"),
    ("QuestionnaireResponse", "questionnaire=http://example.org/Questionnaire/set", ""),
    ("QuestionnaireResponse", "status=completed,amended", "r1 r2"),
    ("QuestionnaireResponse", "authored=gt2026-03-03", "r2"),
    ("QuestionnaireResponse", "author=Patient/cleo", "r1"),
    ("QuestionnaireResponse", "source=cleo", "r1"),
    ("Task", "patient=cleo", "t1"),
    ("Task", "status=completed", "t2"),
    ("Task", "identifier=urn:uuid:t", "t1"),
    ("Task", "code=contact-me", "t1"),
    ("Task", "encounter=v1", "t1"),
    ("Task", "owner=Practitioner/doc", "t1"),
    ("Task", "authored-on=2026-03-02&modified=2026-03-04", "t1"),
    ("Procedure", "patient=cleo", "p1"),
    ("Procedure", "subject=Patient/dan", "p2"),
    ("Procedure", "identifier=urn:uuid:p", "p1"),
    ("Procedure", "encounter=v1", "p1"),
    ("Procedure", "status=http://hl7.org/fhir/event-status|not-done", "p2"),
    ("Procedure", "code=http://maplegrove.example/procedures|ketamine", "p1"),
    ("Procedure", "date=2026-03-02", "p1"),
    ("Procedure", "date=2026-04-02", "p2"),
    ("MedicationAdministration", "patient=dan", "m2"),
    ("MedicationAdministration", "subject=Patient/cleo", "m1"),
    ("MedicationAdministration", "identifier=urn:uuid:m", "m1"),
    ("MedicationAdministration", "context=Encounter/v1", "m1"),
    ("MedicationAdministration", "context=v1&effective-time=2026-03-02", "m1"),
    ("MedicationAdministration", "effective-time=2026-04-02", "m2"),
    (
        "MedicationAdministration",
        "status=http://terminology.hl7.org/CodeSystem/medication-admin-status|completed",
        "m1",
    ),
    ("MedicationAdministration", "code=ketamine", "m1"),
    ("Patient", "_lastUpdated=2026-03-10T18:30:00Z", "ann ben cleo dan"),
    ("Patient", "_lastUpdated=gt2026-03-10T18:30:00Z", ""),
]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(tmp_path: Path, clock: Clock) -> Iterator[Records]:
    records = opened(tmp_path, clock)
    records.place(full())
    yield records
    records.close()


def params(query: str) -> list[tuple[str, str]]:
    return [(name, text) for name, _, text in (part.partition("=") for part in query.split("&") if part)]


def ids(records: Records, type_: str, query: str) -> list[str]:
    return [one["id"] for one in records.search(type_, params(query)).resources]


@pytest.mark.parametrize(("type_", "query", "expected"), FOUND, ids=[f"{t}?{q}" for t, q, _ in FOUND])
def test_each_parameter_finds_what_it_says(records: Records, type_: str, query: str, expected: str) -> None:
    assert sorted(ids(records, type_, query)) == expected.split()


# The visit lasts from 14:05 to 15:00 in Los Angeles on 2 March 2026, which is 22:05 to 23:00 UTC.
COMPARED = [
    ("2026-03-02", True),
    ("eq2026-03", True),
    ("eq2026-03-02T22:30:00Z", False),
    ("ne2026-03-02", False),
    ("ne2026-03-03", True),
    ("gt2026-03-01", True),
    ("gt2026-03-02", False),
    ("gt2026-03-02T22:30:00Z", True),
    ("gt2026-03-02T23:00:01Z", False),
    ("gt2026-03-02T23:00:00Z", False),
    ("ge2026-03-02", True),
    ("ge2026-03-03", False),
    ("lt2026-03-03", True),
    ("lt2026-03-02", False),
    ("lt2026-03-02T22:30:00Z", True),
    ("lt2026-03-02T22:05:00Z", False),
    ("le2026-03-02", True),
    ("le2026-03-01", False),
    ("sa2026-03-01", True),
    ("sa2026-03-02T22:05:00Z", False),
    ("sa2026-03-02T14:04-08:00", True),
    ("eb2026-03-03", True),
    ("eb2026-03-02T23:00:00Z", False),
    ("eb2026-03-02T23:00:01Z", True),
    ("ap2026-03-03", True),
    ("ap2025-03-03", False),
]


@pytest.mark.parametrize(("asked", "expected"), COMPARED)
def test_comparators_compare_spans_of_time(records: Records, asked: str, expected: bool) -> None:
    """R4 search, Prefixes: a date is a span as long as its precision, and so is a Period."""
    assert ids(records, "Encounter", f"patient=cleo&date={asked}") == (["v1"] if expected else [])


def test_a_day_ends_at_the_clinics_midnight_even_when_the_clocks_change(records: Records) -> None:
    """8 March 2026 has 23 hours in Los Angeles: half past midnight on the 9th is 07:30 UTC."""
    records.place([encounter("short-day", "ann", **period("2026-03-09T07:30:00Z", "2026-03-09T07:45:00Z"))])
    assert ids(records, "Encounter", "date=2026-03-08&patient=ann") == []
    assert ids(records, "Encounter", "date=2026-03-09&patient=ann") == ["short-day"]


@pytest.mark.parametrize("asked", ["2026-03-02T14:05", "2026-03-02T14:05:00", "2026-03-02T22:05:00.000Z"])
def test_a_time_may_lack_seconds_or_zone_and_then_is_the_clinics(records: Records, asked: str) -> None:
    assert ids(records, "Encounter", f"patient=cleo&date=ge{asked}&date=lt2026-03-03") == ["v1"]
    assert ids(records, "Encounter", f"patient=cleo&date=eb{asked}") == []


def test_an_open_end_reaches_on(records: Records) -> None:
    assert ids(records, "Encounter", "date=gt2030&patient=dan") == ["v3"]
    assert ids(records, "Encounter", "date=eb2030&patient=dan") == []


def test_a_day_is_the_clinics_day(records: Records) -> None:
    """At 01:00 UTC on 3 March it is still the afternoon of 2 March at the clinic."""
    evening = encounter("late", "ann", **period("2026-03-03T01:00:00Z", "2026-03-03T02:00:00Z"))
    records.place([evening])
    assert ids(records, "Encounter", "date=2026-03-02&patient=ann") == ["late"]


REFUSED = [
    ("Encounter", "nonsense=1"),
    ("Encounter", "patient.identifier=MG-1"),
    ("Encounter", "_include=Encounter:patient"),
    ("Encounter", "patient="),
    ("Encounter", "status=finished,"),
    ("Encounter", "status:in=x"),
    ("Encounter", "status:exact=finished"),
    ("Encounter", "patient:Nonsense=cleo"),
    ("Encounter", "patient:Patient=Patient/cleo"),
    ("Encounter", "date=yesterday"),
    ("Encounter", "date=2026-02-30"),
    ("Encounter", "date=zz2026"),
    ("Encounter", "date=2026-03-02T14"),
    ("Encounter", "date=9999-12-31"),
    ("Encounter", "_sort=_id,_id,_id,_id,_id"),
    ("Encounter", "type:missing=perhaps"),
    ("Encounter", "type=|"),
    ("Encounter", "_count=-1"),
    ("Encounter", "_count=many"),
    ("Encounter", "_count=1&_count=2"),
    ("Encounter", "_sort=nonsense"),
    ("Encounter", "_sort=patient"),
    ("Encounter", "_page=%%%"),
    ("Encounter", "_page=bm9uc2Vuc2U"),
    ("Patient", "patient=cleo"),
]


@pytest.mark.parametrize(("type_", "query"), REFUSED)
def test_what_is_not_understood_is_refused(records: Records, type_: str, query: str) -> None:
    with pytest.raises(Refused, check=lambda refusal: refusal.status == 400):
        records.search(type_, params(query))


def test_marks_inside_a_value_are_escaped(records: Records) -> None:
    """R4 search, Escaping: a comma, bar, dollar or backslash of the value itself."""
    value = "a,b|c$d\\e"
    records.place([patient("odd", identifier=[{"system": "s", "value": value}])])
    assert ids(records, "Patient", r"identifier=s|a\,b\|c\$d\\e") == ["odd"]
    assert ids(records, "Patient", r"identifier=nothing,s|a\,b\|c\$d\\e") == ["odd"]
    assert ids(records, "Patient", "identifier=s|a,b|c$d") == []


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("date", ["v1", "v3", "v2"]),
        ("-date", ["v3", "v1", "v2"]),
        ("status", ["v1", "v2", "v3"]),
        ("-status,_id", ["v3", "v2", "v1"]),
        ("-_id", ["v3", "v2", "v1"]),
    ],
)
def test_results_are_sorted_and_what_has_no_value_comes_last(
    records: Records, sort: str, expected: list[str]
) -> None:
    assert ids(records, "Encounter", f"patient=cleo,dan&_sort={sort}") == expected


def test_the_latest_change_can_be_asked_for_first(records: Records, clock: Clock) -> None:
    clock.pass_(minutes=1)
    records.update("Patient", "ann", patient("ann", active=False))
    assert ids(records, "Patient", "_sort=-_lastUpdated")[0] == "ann"


@pytest.mark.parametrize("sort", ["", "&_sort=-date"])
def test_paging_visits_each_resource_once_while_others_are_added(records: Records, sort: str) -> None:
    records.place([encounter(f"many-{n:02}", "ann", **period(f"2026-01-{n + 1:02}")) for n in range(20)])
    expected = set(ids(records, "Encounter", "patient=ann"))
    visited: list[str] = []
    query = params(f"patient=ann&_count=6{sort}")
    page = records.search("Encounter", query)
    while True:
        assert page.total == len(expected)
        visited += [one["id"] for one in page.resources]
        new = f"late-{len(visited)}"
        records.place([encounter(new, "ann", **period("2026-02-01"))])
        if page.next is None:
            break
        page = records.search("Encounter", [*query, ("_page", page.next)])
    assert len(visited) == len(expected)
    assert set(visited) == expected


def test_a_count_of_nothing_gives_the_total_alone(records: Records) -> None:
    found = records.search("Encounter", params("patient=cleo&_count=0"))
    assert (found.resources, found.total, found.next) == ([], 2, None)


def test_no_page_is_larger_than_the_largest(records: Records) -> None:
    records.place([encounter(f"many-{n}", "ann") for n in range(210)])
    assert len(records.search("Encounter", params("_count=5000")).resources) == 200


def test_a_compartment_is_one_more_condition(records: Records) -> None:
    assert [one["id"] for one in records.search("Encounter", [], compartment="dan").resources] == ["v3"]
    assert records.search("Encounter", params("patient=cleo"), compartment="dan").total == 0


def test_an_updated_resource_is_found_by_its_new_values_alone(records: Records) -> None:
    records.update("Encounter", "v3", {**records.read("Encounter", "v3"), "status": "cancelled"})
    assert ids(records, "Encounter", "status=planned") == []
    assert ids(records, "Encounter", "status=cancelled") == ["v3"]


def test_every_promised_parameter_is_there() -> None:
    promised = {
        "Encounter": "patient status date type class part-of appointment episode-of-care _lastUpdated",
        "DocumentReference": "patient identifier encounter type status category date period",
        "QuestionnaireResponse": "patient identifier encounter questionnaire status authored",
        "Patient": "_id identifier name birthdate",
        "Appointment": "patient status date",
        "Task": "patient status identifier code",
    }
    for type_, names in promised.items():
        assert set(names.split()) <= set(parameters_of(type_))


def test_every_parameter_of_the_main_types_was_tried() -> None:
    tried = {(type_, name.partition(":")[0]) for type_, query, _ in FOUND for name, _ in params(query)}
    main = (
        "Encounter",
        "DocumentReference",
        "QuestionnaireResponse",
        "Task",
        "Appointment",
        "EpisodeOfCare",
        "Procedure",
        "MedicationAdministration",
    )
    untried = {(type_, name) for type_ in main for name in PARAMETERS[type_]} - tried
    assert untried <= {
        ("Appointment", "identifier"),
        ("EpisodeOfCare", "identifier"),
        ("DocumentReference", "subject"),
        ("QuestionnaireResponse", "subject"),
    }
