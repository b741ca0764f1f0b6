"""The invented people: whole, tied together, the same after a restart, and each the situation it is named for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.sandbox.records.instants import is_date_time
from service.sandbox.records.people import ENCOUNTER_TYPES, MRN, PROCEDURES, resources, seed
from service.sandbox.records.store import Records
from service.sandbox.records.structure import check
from service.sandbox.records.ties import check_ties
from tests.sandbox.records_builders import NOW, Clock, Resource

INFUSIONS = f"{ENCOUNTER_TYPES}|ketamine-iv-infusion"


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = Records(tmp_path / "records.sqlite", Clock())
    seed(records, NOW)
    yield records
    records.close()


def visits(records: Records, patient: str, *more: tuple[str, str]) -> list[Resource]:
    return records.search("Encounter", [("patient", patient), ("_sort", "date"), *more]).resources


def infusions(records: Records, patient: str, status: str = "finished") -> list[Resource]:
    return visits(records, patient, ("type", INFUSIONS), ("status", status))


def test_seeding_twice_equals_once(tmp_path: Path) -> None:
    """A restart, a day later: nobody comes twice, and nobody's visits move."""
    records = Records(tmp_path / "records.sqlite", Clock())
    seed(records, NOW)
    before = list(records.ledger())
    records.close()
    again = Records(tmp_path / "records.sqlite", Clock())
    seed(again, NOW + timedelta(days=1))
    assert list(again.ledger()) == before
    again.close()


def test_every_seeded_resource_is_whole_and_points_at_what_is_there(records: Records) -> None:
    def patients_of(type_: str, id_: str) -> frozenset[str] | None:
        if not records.search(type_, [("_id", id_)]).total:
            return None
        return frozenset(f"Patient/{one}" for one in records.patients_of(records.read(type_, id_)))

    for line in records.ledger():
        check(line.resource)
        check_ties(line.resource, patients_of)


def test_every_reference_can_be_resolved(records: Records) -> None:
    """fhir-rest H.7, over every reference there is."""

    def references(value: Any) -> Iterator[str]:
        if isinstance(value, list):
            for one in value:
                yield from references(one)
        elif isinstance(value, dict):
            yield from (value["reference"],) if "reference" in value else ()
            for one in value.values():
                yield from references(one)

    for line in records.ledger():
        for reference in references(line.resource):
            assert records.read(*reference.split("/"))


@pytest.mark.parametrize(
    ("patient", "count"),
    [
        ("patient-six-done", 6),
        ("patient-two-in", 2),
        ("patient-none-yet", 0),
        ("patient-one-cancelled", 2),
        ("patient-next-planned", 1),
        ("patient-two-in-a-day", 2),
        ("patient-split-part-of", 2),
        ("patient-split-appointment", 2),
        ("patient-eight-done", 8),
        ("patient-intramuscular", 0),
        ("patient-merged-old", 1),
        ("patient-merged-new", 2),
        ("patient-in-progress", 1),
        ("patient-unsure-status", 1),
        ("patient-no-times", 4),
        ("patient-not-given", 1),
    ],
)
def test_each_patient_has_the_finished_infusions_of_the_situation(
    records: Records, patient: str, count: int
) -> None:
    assert len(infusions(records, patient)) == count


def test_the_situations_are_what_they_are_called(records: Records) -> None:
    assert len(infusions(records, "patient-one-cancelled", "cancelled")) == 1
    assert len(infusions(records, "patient-next-planned", "planned")) == 1
    assert {one["status"] for one in visits(records, "patient-unsure-status")} == {
        "finished",
        "unknown",
        "triaged",
    }
    (running,) = infusions(records, "patient-in-progress", "in-progress")
    assert running["period"].keys() == {"start"}
    first, second = infusions(records, "patient-two-in-a-day")
    assert first["period"]["start"][:10] == second["period"]["start"][:10]
    assert first["appointment"] != second["appointment"]
    whole, part = infusions(records, "patient-split-part-of")
    assert part["partOf"] == {"reference": f"Encounter/{whole['id']}"}
    halves = infusions(records, "patient-split-appointment")
    assert halves[0]["appointment"] == halves[1]["appointment"]
    kinds = {one["type"][0]["coding"][0]["code"] for one in visits(records, "patient-intramuscular")}
    assert kinds == {"ketamine-im-injection"}


def test_one_patient_has_visits_of_which_no_rule_can_say_when(records: Records) -> None:
    periods = [one.get("period") for one in infusions(records, "patient-no-times")]
    days = [period["start"] for period in periods if period]
    assert None in periods
    assert len(days) == 3
    assert len(set(days)) == 2


def test_merged_records_point_at_each_other(records: Records) -> None:
    old, new = (records.read("Patient", f"patient-merged-{one}") for one in ("old", "new"))
    assert old["link"] == [{"other": {"reference": "Patient/patient-merged-new"}, "type": "replaced-by"}]
    assert new["link"] == [{"other": {"reference": "Patient/patient-merged-old"}, "type": "replaces"}]
    assert (old["active"], new["active"]) == (False, True)


@pytest.mark.parametrize(
    "now",
    [
        NOW,
        datetime(2026, 3, 8, 11, 15, tzinfo=UTC),
        datetime(2026, 11, 1, 10, 59, tzinfo=UTC),
        datetime(2026, 1, 1, 8, 1, tzinfo=UTC),
    ],
    ids=["a morning", "the night clocks went forward", "the day clocks went back", "new year"],
)
def test_visits_stand_at_the_clinics_time_whenever_the_people_are_made(now: datetime) -> None:
    made = [one for one in resources(now) if one["resourceType"] == "Encounter"]
    zone = ZoneInfo("America/Los_Angeles")
    for visit in made:
        period = visit.get("period", {})
        assert all(is_date_time(side) for side in period.values())
        sides = [datetime.fromisoformat(side) for side in period.values() if "T" in side]
        assert all(side.utcoffset() == side.astimezone(zone).utcoffset() for side in sides)
        assert sides == sorted(sides)
        if visit["status"] != "planned":
            assert all(side <= now for side in sides), visit["id"]
    (latest,) = (one for one in made if one["id"] == "two-in-2")
    start, end = (datetime.fromisoformat(latest["period"][side]) for side in ("start", "end"))
    assert (now - start, end - start) == (timedelta(hours=3), timedelta(minutes=55))


def test_the_names_are_of_many_scripts_and_the_numbers_nobodys(records: Records) -> None:
    patients = records.search("Patient", [("_count", "200")]).resources
    names = "".join(one["name"][0]["family"] for one in patients)
    for letters in ("[А-я]", "[א-ת]", "ễ", "[’']", "ñ"):
        assert re.search(letters, names)
    assert len({one["identifier"][0]["value"] for one in patients}) == len(patients)
    assert {one["identifier"][0]["system"] for one in patients} == {MRN}
    phones = [c["value"] for line in records.ledger() for c in line.resource.get("telecom", [])]
    assert phones
    assert all(re.fullmatch(r"\(503\) 555-01\d\d", phone) for phone in phones)


def test_the_staff_and_the_relative_are_there(records: Records) -> None:
    staff = {one["id"] for one in records.search("Practitioner", []).resources}
    assert staff == {"clinician-1", "clinician-2", "officer-1", "manager-1"}
    (relative,) = records.search("RelatedPerson", [("patient", "patient-two-in")]).resources
    assert relative["relationship"]


def test_what_was_given_is_noted_where_the_clinic_noted_it(records: Records) -> None:
    """All six of one patient, and one visit of which the note says that nothing was given."""
    done = records.search(
        "Procedure", [("status", "completed"), ("code", f"{PROCEDURES}|ketamine-administration")]
    )
    assert {one["subject"]["reference"] for one in done.resources} == {"Patient/patient-six-done"}
    visits_done = {f"Encounter/{one['id']}" for one in infusions(records, "patient-six-done")}
    assert {one["encounter"]["reference"] for one in done.resources} == visits_done
    for one in done.resources:
        visit = records.read(*one["encounter"]["reference"].split("/"))
        assert one["performedPeriod"] == visit["period"]
    (not_done,) = records.search("Procedure", [("status:not", "completed")]).resources
    assert (not_done["status"], not_done["subject"]) == (
        "not-done",
        {"reference": "Patient/patient-not-given"},
    )
    (visit,) = visits(records, "patient-not-given")
    assert (visit["status"], not_done["encounter"]["reference"]) == ("finished", f"Encounter/{visit['id']}")


def test_every_appointment_says_what_it_is_for(records: Records) -> None:
    booked = records.search("Appointment", [("_count", "200")]).resources
    kinds = {one["id"]: one["appointmentType"]["coding"][0] for one in booked}
    assert {one["system"] for one in kinds.values()} == {"http://terminology.hl7.org/CodeSystem/v2-0276"}
    assert {name for name, one in kinds.items() if one["code"] == "FOLLOWUP"} == {
        "six-done-intake-booked",
        "six-done-follow-up-booked",
        "two-in-intake-booked",
        "none-yet-intake-booked",
    }
    assert {one["code"] for one in kinds.values()} == {"FOLLOWUP", "ROUTINE"}


def test_nothing_is_written_yet(records: Records) -> None:
    for type_ in ("DocumentReference", "QuestionnaireResponse", "Task", "Communication"):
        assert records.search(type_, []).total == 0
