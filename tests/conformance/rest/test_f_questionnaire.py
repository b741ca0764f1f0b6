"""Sets are found by url, version, status, name, title, identifier, date, code and _id. [FHIR R4 Questionnaire, Search
Parameters; search, all resources]
"""

import pytest

from tests.conformance.rest.alike import Told, by, coded, everything, finds_alike, finds_in_time
from tests.conformance.rest.asking import Day, names

EQUAL: dict[str, Told] = {
    "_id": by("id"),
    "url": by("url"),
    "version": by("version"),
    "status": by("status"),
    "name:exact": by("name"),
    "title:exact": by("title"),
}


@pytest.mark.parametrize("parameter", EQUAL)
def test_it_finds_those_that_say_so(day: Day, parameter: str) -> None:
    finds_alike(day.app, "Questionnaire", parameter, EQUAL[parameter])


def test_it_finds_those_of_that_time(day: Day) -> None:
    finds_in_time(day.app, "Questionnaire", "date", by("date"))


@pytest.mark.parametrize(
    ("parameter", "told"), [("code", coded("item.code")), ("identifier", coded("identifier"))]
)
def test_codes_of_items_and_identifiers_find_those_that_have_them(
    day: Day, parameter: str, told: Told
) -> None:
    """Where no set has any, nothing is found and nothing is refused."""
    for one in everything(day.app, "Questionnaire"):
        value = told(one)
        found = names(
            day.app.get(f"Questionnaire?{parameter}={value.replace('|', '%7C') if value != '|' else 'x'}")
        )
        assert (one["id"] in found) == (value != "|")
