"""No read, search, include, history or batch tells anything of what lies outside the token's compartment.
[SMART App Launch 2.2, scopes: patient-level; threats T1 to T6]
"""

from itertools import product

import pytest

from tests.conformance.rest.asking import (
    CLINICAL,
    OTHER_NAME,
    QR,
    THEIRS,
    Day,
    Value,
    by_form,
    found_in,
    mine,
    scopes,
)
from tests.people import App, staff_app
from tests.world import OTHER

QUERIES = [
    "_id={}",
    "identifier=x,{}",
    "encounter=eight-done-1",
    "_total=accurate",
    "_summary=count",
    "_sort=-_lastUpdated",
]
INCLUDES = ["", f"&_include={QR}:encounter&_include={QR}:questionnaire&_revinclude=Provenance:target"]


def apart(day: Day) -> list[App]:
    """Who has nothing to do with that other patient's entry here."""
    return [
        mine(day.world),
        mine(day.world, "patient-two-in"),
        staff_app(day.world, chart="patient-six-done", scope=scopes("user")),
        mine(day.world, OTHER_NAME, clinic=OTHER),
    ]


def told(app: App, path: str) -> str:
    entry: list[Value] = [{"request": {"method": "GET", "url": path}}]
    alone = app.get(path)
    batched = app.post("", {"resourceType": "Bundle", "type": "batch", "entry": entry})
    assert batched.json()["entry"][0]["response"]["status"][:3] == str(alone.status_code)
    return alone.text + batched.text


@pytest.mark.parametrize("place", ["{0}", "{0}/_history", "{0}/_history/1", "{0}.1", "{0}.1/_history/1"])
def test_no_place_of_theirs_is_there(day: Day, place: str) -> None:
    for app, kind in product(apart(day), (*CLINICAL, "Binary")):
        where = f"{kind}/{place.format(day.theirs)}"
        assert app.get(where).status_code == 404
        assert THEIRS not in told(app, where)


@pytest.mark.parametrize("query", QUERIES)
def test_no_search_finds_them(day: Day, query: str) -> None:
    for app, include in product(apart(day), INCLUDES):
        asked = query.format(day.theirs)
        found = found_in(app.get(f"{QR}?{asked}{include}")) + found_in(by_form(app, QR, asked + include))
        assert day.theirs not in {one["id"] for one in found}
        answer = told(app, f"{QR}?{asked}{include}")
        assert THEIRS not in answer
        assert "eight-done" not in answer.replace(asked, "").replace("eight-done-1", "", answer.count("link"))


def test_no_count_counts_them(day: Day) -> None:
    assert mine(day.world).get(f"{QR}?_summary=count").json()["total"] == 3
    assert mine(day.world, "patient-two-in").get(f"{QR}?_summary=count").json()["total"] == 0
