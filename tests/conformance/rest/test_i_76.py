"""Matches are sorted by the fields of _sort in their order, downwards after a dash; a field that is not offered is 400.
[FHIR R4 search, Sorting]
"""

import pytest

from tests.conformance.rest.asking import DR, QR, Day, found_in, issue_codes, names

BY = {
    QR: {"_lastUpdated": "meta.lastUpdated", "authored": "authored", "status": "status"},
    DR: {"_lastUpdated": "meta.lastUpdated", "date": "date", "status": "status"},
    "Task": {"_lastUpdated": "meta.lastUpdated", "authored-on": "authoredOn", "status": "status"},
    "Questionnaire": {"date": "date", "name": "name", "status": "status", "title": "title"},
}
CASES = [(kind, field, path) for kind, fields in BY.items() for field, path in fields.items()]


def value(one: object, path: str) -> str:
    for part in path.split("."):
        assert isinstance(one, dict)
        one = one[part]
    return str(one)


@pytest.mark.parametrize(("kind", "field", "path"), CASES)
def test_matches_come_in_the_order_asked(day: Day, kind: str, field: str, path: str) -> None:
    up, down = (
        [value(one, path) for one in found_in(day.app.get(f"{kind}?_sort={sign}{field}"))]
        for sign in ("", "-")
    )

    assert len(up) > 1
    assert (up, down) == (sorted(up), sorted(down, reverse=True))


def test_the_second_field_orders_what_the_first_leaves_alike(day: Day) -> None:
    assert names(day.app.get(f"{QR}?_sort=status,authored")) == [day.first, day.second, day.draft]
    assert names(day.app.get(f"{QR}?_sort=status,-authored")) == [day.second, day.first, day.draft]


@pytest.mark.parametrize("field", ["identifier", "subject", "favourite", "", "authored:desc"])
def test_another_order_is_refused(day: Day, field: str) -> None:
    for prefer in ("handling=strict", "handling=lenient"):
        answer = day.app.get(f"{QR}?_sort={field}", Prefer=prefer)
        assert (answer.status_code, issue_codes(answer)) == (400, ["not-supported"])
