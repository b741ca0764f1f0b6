"""Which visits were infusions and which were one and the same: the record system's people, and any others."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.journal.infusions import Doubt, DoubtReason, Tie, course
from service.journal.match import COUNTED_STATUSES, Coding, EncounterSeen, MatchRule
from service.r4 import encounter
from service.sandbox.records.people import ENCOUNTER_TYPES, resources

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
IV = Coding(ENCOUNTER_TYPES, "ketamine-iv-infusion")
IM = Coding(ENCOUNTER_TYPES, "ketamine-im-injection")
RULE = MatchRule("1", "America/Los_Angeles", types=(IV, IM))
NEVER = ("planned", "cancelled", "entered-in-error", "triaged", "unknown")


def people(patient: str) -> list[EncounterSeen]:
    """The visits of one of the record system's people, as we read them from FHIR."""
    found = [one for one in resources(NOW) if one["resourceType"] == "Encounter"]
    return [one for one in map(encounter.read, found) if one.patient_id == patient]


def of(*seen: EncounterSeen, rule: MatchRule = RULE) -> list[tuple[str, ...]]:
    return [infusion.encounter_ids for infusion in course(seen, rule).infusions]


def visit(name: str, hour: float = 0, hours: float | None = 1, **more: Any) -> EncounterSeen:
    """A finished IV infusion that begins so many hours after noon."""
    start = NOW + timedelta(hours=hour)
    said = {"status": "finished", "types": (IV,), "start": start}
    said |= {"end": start + timedelta(hours=hours) if hours is not None else None}
    return EncounterSeen(name, "ada", **(said | more))


EXPECTED = {
    "patient-six-done": [(f"six-done-{n}",) for n in range(1, 7)],
    "patient-two-in": [("two-in-1",), ("two-in-2",)],
    "patient-none-yet": [],
    "patient-one-cancelled": [("one-cancelled-1",), ("one-cancelled-3",)],
    "patient-next-planned": [("next-planned-1",)],
    "patient-two-in-a-day": [("two-in-a-day-1",), ("two-in-a-day-2",)],
    "patient-split-part-of": [("split-part-of-1", "split-part-of-1-recovery")],
    "patient-split-appointment": [("split-appointment-1a", "split-appointment-1b")],
    "patient-eight-done": [(f"eight-done-{n}",) for n in range(1, 9)],
    "patient-intramuscular": [("intramuscular-1",), ("intramuscular-2",)],
    "patient-in-progress": [("in-progress-1",), ("in-progress-2",)],
    "patient-unsure-status": [("unsure-status-1",)],
    "patient-no-times": [("no-times-1",)],
}


@pytest.mark.parametrize("patient", EXPECTED)
def test_each_of_the_record_systems_people_has_the_course_a_clinician_would_name(patient: str) -> None:
    assert of(*people(patient)) == EXPECTED[patient]


def test_what_cannot_be_placed_is_handed_to_a_person_with_its_reason() -> None:
    doubts = course(people("patient-no-times"), RULE).doubts

    assert set(doubts) == {
        Doubt(("no-times-2",), DoubtReason.NO_TIME, beside=("no-times-3",)),
        Doubt(("no-times-3",), DoubtReason.NO_TIME, beside=("no-times-2",)),
        Doubt(("no-times-4",), DoubtReason.NO_START),
    }


@pytest.mark.parametrize("patient", sorted(set(EXPECTED) - {"patient-no-times"}))
def test_nothing_else_of_theirs_is_in_doubt(patient: str) -> None:
    assert course(people(patient), RULE).doubts == ()


@pytest.mark.parametrize("status", NEVER)
def test_a_status_that_does_not_count_is_no_infusion(status: str) -> None:
    assert of(visit("a"), visit("b", 50, status=status)) == [("a",)]


@pytest.mark.parametrize("status", sorted(COUNTED_STATUSES))
def test_every_status_that_counts_is_one(status: str) -> None:
    assert of(visit("a", status=status)) == [("a",)]


def test_a_clinic_can_name_fewer_statuses() -> None:
    rule = MatchRule("1", "America/Los_Angeles", types=(IV,), statuses=frozenset({"finished"}))

    assert of(visit("a", status="in-progress"), visit("b", 30), rule=rule) == [("b",)]


LISTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "types": ({"types": (IV,)}, {"types": (IV,)}),
    "service types": ({"service_types": (IV,)}, {"service_types": (IV,)}),
    "classes": ({"classes": (IV,)}, {"class_": IV}),
    "reasons": ({"reasons": (IV,)}, {"reasons": (IV,)}),
    "locations": ({"locations": ("Location/1",)}, {"locations": ("Location/1",)}),
}


@pytest.mark.parametrize("name", LISTS)
def test_every_list_of_the_rule_is_looked_for_in_its_own_element(name: str) -> None:
    rule, seen = LISTS[name]
    plain = {"types": (), "service_types": (), "class_": None, "reasons": (), "locations": ()}

    assert of(visit("a", **(plain | seen)), rule=MatchRule("1", "UTC", **rule)) == [("a",)]
    assert of(visit("a", **plain), rule=MatchRule("1", "UTC", **rule)) == []


def test_all_the_lists_given_must_be_met() -> None:
    rule = MatchRule("1", "UTC", types=(IV,), locations=("Location/1",))

    assert of(visit("a"), rule=rule) == []
    assert of(visit("a", locations=("Location/9", "Location/1")), rule=rule) == [("a",)]


def test_an_excluded_type_does_not_count_whatever_else_is_met() -> None:
    rule = MatchRule("1", "UTC", types=(IV,), excluded_types=(IM,))

    assert of(visit("a", types=(IV, IM)), rule=rule) == []


def test_a_rule_that_names_nothing_matches_nothing() -> None:
    assert of(visit("a"), rule=MatchRule("1", "UTC")) == []


def test_a_code_of_another_system_is_another_code() -> None:
    assert of(visit("a", types=(Coding("http://elsewhere.example", IV.code),))) == []


def test_one_visit_overlapping_two_others_makes_one_infusion_of_the_three() -> None:
    assert of(visit("a", 0, 2), visit("c", 3, 2), visit("b", 1, 3)) == [("a", "b", "c")]


def test_visits_that_touch_are_two() -> None:
    assert of(visit("a", 0, 1), visit("b", 1, 1)) == [("a",), ("b",)]


def test_parts_of_one_visit_that_does_not_count_itself_are_one() -> None:
    a, b = visit("a", 0, 1, part_of="Encounter/stay"), visit("b", 5, 1, part_of="Encounter/stay")

    assert of(a, b) == [("a", "b")]


def test_a_visit_that_says_it_is_part_of_itself_swallows_no_other() -> None:
    assert of(visit("a", 0, part_of="Encounter/a"), visit("b", 100)) == [("a",), ("b",)]


def test_an_open_end_reaches_as_far_as_the_usual_stay_and_no_further() -> None:
    open_ended = visit("a", 0, None)

    assert of(open_ended, visit("b", 5.9)) == [("a", "b")]
    assert of(open_ended, visit("b", 6)) == [("a",), ("b",)]


def test_a_day_without_a_time_is_placed_on_that_day_in_the_clinics_zone() -> None:
    day = visit("b", start=None, start_day=date(2026, 11, 21), end=None)

    found = course([day], RULE).infusions[0]

    assert found.start == datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def test_a_day_without_a_time_is_not_swallowed_by_an_open_end_of_the_evening_before() -> None:
    evening = visit("a", 10, None)  # 22:00 at the clinic
    day = visit("b", start=None, start_day=date(2026, 11, 21), end=None)

    assert of(evening, day) == [("a",), ("b",)]


def test_a_day_without_a_time_is_doubtful_where_another_infusion_has_a_time_on_it() -> None:
    day = visit("b", start=None, start_day=date(2026, 11, 20), end=None)

    found = course([visit("a"), day], RULE)

    assert [one.encounter_ids for one in found.infusions] == [("a",)]
    assert found.doubts == (Doubt(("b",), DoubtReason.NO_TIME, beside=("a",)),)


def test_the_day_is_the_clinics_own_and_not_that_of_utc() -> None:
    # 20:00 at the clinic on the 20th is the 21st in UTC: the 21st still has but one visit.
    late = visit("a", 8, 1)
    day = visit("b", start=None, start_day=date(2026, 11, 21), end=None)

    assert course([late, day], RULE).doubts == ()


@pytest.mark.parametrize("hours", [0, 1, None])
def test_two_visits_begun_at_one_instant_are_one_and_the_first_by_id_carries_the_link(
    hours: float | None,
) -> None:
    assert of(visit("b", 0, 0), visit("a", 0, hours)) == [("a", "b")]


def test_the_order_is_that_of_instants_whatever_zone_they_are_written_in() -> None:
    later = visit("a", 2)
    earlier = visit("b", start=datetime.fromisoformat("2026-11-20T22:30:00+02:00"), end=None)

    assert of(later, earlier, rule=MatchRule("1", "UTC", types=(IV,), usual_stay=timedelta(hours=1))) == [
        ("b",),
        ("a",),
    ]


def test_a_set_is_ready_when_the_infusion_has_ended() -> None:
    infusion = course([visit("a", 0, 1)], RULE).infusions[0]

    assert not infusion.is_ready(NOW + timedelta(minutes=59, seconds=59))
    assert infusion.is_ready(NOW + timedelta(hours=1))


def test_without_an_end_a_set_is_ready_the_clinics_minutes_after_the_start() -> None:
    rule = MatchRule("1", "UTC", types=(IV,), ready_after=timedelta(minutes=90))
    infusion = course([visit("a", 0, None, status="in-progress")], rule).infusions[0]

    assert not infusion.is_ready(NOW + timedelta(minutes=89))
    assert infusion.is_ready(NOW + timedelta(minutes=90))


def test_an_infusion_ends_with_the_last_of_its_visits_or_is_open_with_any_of_them() -> None:
    whole = course([visit("a", 0, 4), visit("b", 1, 1)], RULE).infusions[0]
    still_open = course([visit("a", 0, 4), visit("b", 1, None)], RULE).infusions[0]

    assert whole.end == NOW + timedelta(hours=4)
    assert still_open.end is None


def test_an_infusion_says_what_made_it_one() -> None:
    a, b = visit("a", 0, 1), visit("b", 0.5, 1)
    c, d = visit("c", 3, 1, part_of="Encounter/b"), visit("d", 5, 1, appointments=("Appointment/1",))
    e = visit("e", 8, 1, appointments=("Appointment/1",))

    found = course([a, b, c, d, e], RULE).infusions

    assert [one.ties for one in found] == [(Tie.OVERLAP, Tie.PART_OF), (Tie.APPOINTMENT,)]


def test_an_infusion_with_a_time_is_placed_by_it_even_if_a_part_of_it_names_only_the_day() -> None:
    day = visit("a", start=None, start_day=date(2026, 11, 20), end=None)

    found = course([day, visit("b", 0, 1, part_of="Encounter/a")], RULE).infusions[0]

    assert (found.encounter_id, found.start, found.has_time) == ("b", NOW, True)


def test_times_written_with_the_zone_of_the_clinic_are_compared_as_instants() -> None:
    # 01:30 comes twice that night; on the wall the second visit would begin with the first.
    zone = ZoneInfo("America/Los_Angeles")
    first = visit("b", start=datetime(2026, 11, 1, 1, 30, tzinfo=zone), end=None)
    second = visit("a", start=datetime(2026, 11, 1, 1, 0, fold=1, tzinfo=zone), end=None)
    rule = MatchRule("1", "America/Los_Angeles", types=(IV,), usual_stay=timedelta(minutes=20))

    assert of(second, first, rule=rule) == [("b",), ("a",)]
