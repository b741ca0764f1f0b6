"""Documents are found by patient, subject, encounter, type, category, status, date, period, identifier, author,
relatesto, _id and _lastUpdated. [FHIR R4 DocumentReference, Search Parameters; search, all resources]
"""

import pytest

from tests.conformance.rest.alike import Told, by, coded, day_of, finds_alike, finds_in_time, identified
from tests.conformance.rest.asking import DR, Day, created, mine, names
from tests.web.changing import answered, put
from tests.world import World

EQUAL: dict[str, Told] = {
    "_id": by("id"),
    "patient": by("subject.reference"),
    "subject": by("subject.reference"),
    "encounter": by("context.encounter.reference"),
    "type": coded("type.coding"),
    "category": coded("category.coding"),
    "status": by("status"),
    "identifier": identified("masterIdentifier"),
    "author": by("author.reference"),
}
IN_TIME = {
    "date": by("date"),
    "_lastUpdated": by("meta.lastUpdated"),
    "period": day_of("context.period.start"),
}


@pytest.mark.parametrize("parameter", EQUAL)
def test_it_finds_those_that_say_so(day: Day, parameter: str) -> None:
    finds_alike(day.app, DR, parameter, EQUAL[parameter])


@pytest.mark.parametrize("parameter", IN_TIME)
def test_it_finds_those_of_that_time(day: Day, parameter: str) -> None:
    finds_in_time(day.app, DR, parameter, IN_TIME[parameter])


def test_the_entrys_own_identifier_finds_it_too(day: Day) -> None:
    finds_alike(day.app, DR, "identifier", identified("identifier"))


def test_what_took_anothers_place_is_found_by_that(world: World) -> None:
    app, kept = mine(world), created(world).json()
    world.deliver()
    put(app, answered(kept, "other words") | {"status": "amended"}, 'W/"1"')
    world.deliver()
    before = app.get(f"{DR}/{kept['id']}").json()["relatesTo"][0]["target"]["reference"]

    assert names(app.get(f"{DR}?relatesto={before}")) == [kept["id"]]
    assert names(app.get(f"{DR}?relatesto={DR}/nothing")) == []
