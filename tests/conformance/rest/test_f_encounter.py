"""Visits are found by patient, date, status, class, type, _id and _lastUpdated. [FHIR R4 Encounter, Search Parameters;
search, all resources]
"""

import pytest

from tests.conformance.rest.alike import Told, by, coded, day_of, finds_alike, finds_in_time
from tests.conformance.rest.asking import Day

EQUAL: dict[str, Told] = {
    "_id": by("id"),
    "patient": by("subject.reference"),
    "status": by("status"),
    "class": coded("class"),
    "type": coded("type.coding"),
}
IN_TIME = {"date": day_of("period.start"), "_lastUpdated": by("meta.lastUpdated")}


@pytest.mark.parametrize("parameter", EQUAL)
def test_it_finds_those_that_say_so(day: Day, parameter: str) -> None:
    finds_alike(day.app, "Encounter", parameter, EQUAL[parameter])


@pytest.mark.parametrize("parameter", IN_TIME)
def test_it_finds_those_of_that_time(day: Day, parameter: str) -> None:
    finds_in_time(day.app, "Encounter", parameter, IN_TIME[parameter])
