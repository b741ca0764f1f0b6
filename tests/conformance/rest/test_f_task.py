"""Tasks are found by patient, status, code, owner, encounter, authored-on, modified, identifier, _id and _lastUpdated.
[FHIR R4 Task, Search Parameters; search, all resources]
"""

import pytest

from tests.conformance.rest.alike import Told, by, coded, finds_alike, finds_in_time, identified
from tests.conformance.rest.asking import Day, backend

EQUAL: dict[str, Told] = {
    "_id": by("id"),
    "patient": by("for.reference"),
    "subject": by("for.reference"),
    "status": by("status"),
    "code": coded("code.coding"),
    "owner": by("owner.reference"),
    "encounter": by("encounter.reference"),
    "identifier": identified("identifier"),
    "intent": by("intent"),
}
IN_TIME = {"authored-on": "authoredOn", "modified": "lastModified", "_lastUpdated": "meta.lastUpdated"}


@pytest.mark.parametrize("parameter", EQUAL)
def test_it_finds_those_that_say_so(day: Day, parameter: str) -> None:
    finds_alike(backend(day.world), "Task", parameter, EQUAL[parameter])


@pytest.mark.parametrize("parameter", IN_TIME)
def test_it_finds_those_of_that_time(day: Day, parameter: str) -> None:
    finds_in_time(day.app, "Task", parameter, by(IN_TIME[parameter]))
