"""Infusions in the nights when the clocks change: in the order of instants, on the day of the clinic's own clock.

Every change of the clocks from 2020 to 2035, in thirty zones: those of the Americas and Europe, some that change at
midnight, by half an hour, or stopped changing on the way.
"""

import zoneinfo
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service.journal.infusions import course
from service.journal.match import Coding, EncounterSeen, MatchRule

IV = Coding("http://clinic.example/codes", "iv")
ZONES = [
    "America/Los_Angeles",
    "America/Denver",
    "America/Phoenix",
    "America/Chicago",
    "America/New_York",
    "America/Anchorage",
    "America/Adak",
    "America/St_Johns",
    "America/Halifax",
    "America/Mexico_City",
    "America/Havana",
    "America/Asuncion",
    "America/Santiago",
    "America/Sao_Paulo",
    "Pacific/Honolulu",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Berlin",
    "Europe/Lisbon",
    "Atlantic/Azores",
    "Asia/Beirut",
    "Asia/Amman",
    "Asia/Jerusalem",
    "Asia/Tehran",
    "Africa/Cairo",
    "Africa/Casablanca",
]
FROM, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@cache
def changes(zone: str) -> tuple[datetime, ...]:
    """The instants from which on the clocks of the zone stand differently."""
    return tuple(_changes(ZoneInfo(zone)))


def _changes(zone: ZoneInfo) -> Iterator[datetime]:
    day = FROM
    while day < UNTIL:
        following = day + timedelta(days=1)
        if _offset(day, zone) != _offset(following, zone):
            yield _first_after(day, following, zone)
        day = following


def _first_after(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The change between two instants, to the minute."""
    offset = _offset(before, zone)
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if _offset(middle, zone) == offset else (before, middle)
    return after.replace(second=0, microsecond=0)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()


def visit(name: str, start: datetime, minutes: int | None = 10) -> EncounterSeen:
    # Added to the instant: added to a time of the zone, the minutes would be those of the clock on the wall.
    end = start.astimezone(UTC) + timedelta(minutes=minutes) if minutes is not None else None
    return EncounterSeen(name, "ada", "finished", types=(IV,), start=start, end=end)


def only_day(name: str, day: date) -> EncounterSeen:
    return EncounterSeen(name, "ada", "in-progress", types=(IV,), start_day=day)


def test_there_are_changes_to_look_at() -> None:
    assert len(ZONES) == len(set(ZONES)) == 30
    assert len(changes("America/New_York")) == 32
    assert changes("Pacific/Honolulu") == ()
    assert sum(len(changes(zone)) for zone in ZONES) > 600


@pytest.mark.parametrize("zone", ZONES)
def test_visits_around_every_change_stand_in_the_order_of_instants(zone: str) -> None:
    """As record systems write them: with the zone itself, with an offset, in UTC; their names against the order."""
    rule = MatchRule("1", zone, types=(IV,))
    for change in changes(zone):
        instants = [change + HALF_HOUR * number for number in (-4, -3, -2, -1, 0, 1, 2, 3)]
        written = [one.astimezone(ZoneInfo(zone)) for one in instants]
        fixed = [datetime.fromisoformat(one.isoformat()) for one in written]
        for times in (written, fixed, instants):
            seen = [visit(f"v{9 - number}", start) for number, start in enumerate(times)]

            found = course(seen, rule).infusions

            assert [one.start for one in found] == instants
            assert [one.encounter_ids for one in found] == [(f"v{9 - number}",) for number in range(8)]


@pytest.mark.parametrize("zone", ZONES)
def test_an_open_end_reaches_as_many_hours_in_such_a_night_as_in_any_other(zone: str) -> None:
    rule = MatchRule("1", zone, types=(IV,), usual_stay=timedelta(hours=3))
    for change in changes(zone):
        evening = visit("a", (change - timedelta(hours=2)).astimezone(ZoneInfo(zone)), None)
        within = visit("b", (change + timedelta(minutes=59)).astimezone(ZoneInfo(zone)))
        beyond = visit("b", (change + timedelta(hours=1)).astimezone(ZoneInfo(zone)))

        assert len(course([evening, within], rule).infusions) == 1
        assert len(course([evening, beyond], rule).infusions) == 2


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_of_any_length_is_the_clinics_own_and_over_when_it_is_over(zone: str) -> None:
    clock = ZoneInfo(zone)
    rule = MatchRule("1", zone, types=(IV,))
    for change in changes(zone):
        for day in (change.astimezone(clock).date() + timedelta(days=number) for number in (-1, 0, 1)):
            found = course([only_day("a", day)], rule).infusions[0]

            assert found.start.astimezone(clock).date() == day
            assert (found.start - timedelta(minutes=1)).astimezone(clock).date() <= day
            assert found.ready_at.astimezone(clock).date() == day + timedelta(days=1)
            assert found.ready_at == datetime.combine(day + timedelta(days=1), time(), clock).astimezone(UTC)


@pytest.mark.parametrize("zone", ZONES)
def test_a_visit_on_the_day_of_a_change_stands_beside_one_of_which_only_that_day_is_known(zone: str) -> None:
    clock = ZoneInfo(zone)
    rule = MatchRule("1", zone, types=(IV,))
    for change in changes(zone):
        for start in (change - HALF_HOUR, change, change + HALF_HOUR):
            day = start.astimezone(clock).date()
            beside = [only_day(f"d{number}", day + timedelta(days=number)) for number in (-1, 0, 1)]

            found = course([*beside, visit("v", start)], rule)

            assert [one.encounter_ids for one in found.doubts] == [("d0",)]
            assert [one.encounter_ids for one in found.infusions] == [("d-1",), ("v",), ("d1",)]


@pytest.fixture
def newer_database(tmp_path: Path) -> Iterator[Callable[[str, str], None]]:
    """Makes the clocks of one zone go as another's do from now on, as after a law and an update of the system."""
    names = list(zoneinfo.TZPATH)

    def change(zone: str, now_as: str) -> None:
        place = tmp_path / zone
        place.parent.mkdir(parents=True)
        source = next(Path(one, now_as) for one in names if Path(one, now_as).is_file())
        place.write_bytes(source.read_bytes())
        zoneinfo.reset_tzpath(to=[str(tmp_path), *names])
        ZoneInfo.clear_cache()

    yield change
    zoneinfo.reset_tzpath(to=names)
    ZoneInfo.clear_cache()


@pytest.mark.parametrize(
    ("zone", "now_as"),
    [
        ("America/Los_Angeles", "America/Phoenix"),
        ("Europe/Berlin", "Africa/Algiers"),
        ("Asia/Tehran", "Asia/Dubai"),
        ("Pacific/Apia", "Pacific/Pago_Pago"),
    ],
)
def test_a_newer_zone_database_moves_no_visit_to_another_infusion(
    newer_database: Callable[[str, str], None], zone: str, now_as: str
) -> None:
    """A visit is an instant: where clocks go otherwise, its place stays, and at most its day is called otherwise."""
    rule = MatchRule("1", zone, types=(IV,))
    seen = [
        visit(f"v{number}", FROM + timedelta(days=3 * number, minutes=37 * number)) for number in range(400)
    ]
    before = course(seen, rule).infusions

    newer_database(zone, now_as)
    after = course(seen, rule).infusions

    assert FROM.astimezone(ZoneInfo(zone)).utcoffset() == FROM.astimezone(ZoneInfo(now_as)).utcoffset()
    assert [(one.encounter_ids, one.start, one.ready_at) for one in after] == [
        (one.encounter_ids, one.start, one.ready_at) for one in before
    ]
