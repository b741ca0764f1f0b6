"""A published form says what it is: canonical url, version, machine name, title, status, whether it is a trial, date,
publisher, that patients are its subjects, and its items.
[SDC 4.0 sdc-questionnaire; FHIR R4 questionnaire, que-0, cnl-1]
"""

import re

from tests.conformance.sdc.asking import mine
from tests.conformance.sdc.published import SERIES, each_set, questionnaire
from tests.world import World

SEMVER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?"
NEEDED = {"url", "version", "name", "title", "status", "experimental", "date", "publisher", "subjectType"}


@each_set
def test_each_says_what_it_is(name: str) -> None:
    value = questionnaire(name)
    assert NEEDED | {"item"} <= set(value)
    assert re.fullmatch(r"https?://[^|#\s]+", value["url"])
    assert re.fullmatch(SEMVER, value["version"])
    assert re.fullmatch(r"[A-Z][A-Za-z0-9_]{0,254}", value["name"])
    assert (value["status"], value["subjectType"]) == ("active", ["Patient"])


def test_what_is_served_says_the_same(house: World) -> None:
    for name in SERIES:
        served = mine(house).get(f"Questionnaire/{name.removesuffix('.json')}").json()
        assert served == questionnaire(name)
