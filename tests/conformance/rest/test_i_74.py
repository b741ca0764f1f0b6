"""A page has at most _count matches, fifty where nothing is said and two hundred at most; 0 asks for the number alone.
[FHIR R4 search, Page Count]
"""

import pytest

from tests.conformance.rest.asking import CLINICAL, QR, Day, issue_codes, mine, names
from tests.people import staff_app
from tests.world import World


@pytest.mark.parametrize("kind", [*CLINICAL, "Questionnaire"])
def test_a_page_has_no_more_than_was_asked_for(day: Day, kind: str) -> None:
    assert len(names(day.app.get(f"{kind}?_count=1"))) == 1
    assert names(day.app.get(f"{kind}?_count=201")) == names(day.app.get(kind))


@pytest.mark.parametrize("kind", [*CLINICAL, "Questionnaire"])
def test_none_asks_for_the_number(day: Day, kind: str) -> None:
    by_count, by_summary = (day.app.get(f"{kind}?{one}").json() for one in ("_count=0", "_summary=count"))

    assert by_count["total"] == by_summary["total"] == len(names(day.app.get(kind)))
    assert "entry" not in by_count
    assert "entry" not in by_summary


def test_how_many_a_page_has_at_most(world: World) -> None:
    """An access log grows by each look: more than two hundred records, and a page of each size."""
    officer = staff_app(world, "officer-1", scope="user/AuditEvent.rs")
    app = mine(world)
    for _ in range(205):
        app.get(QR)

    assert [len(names(officer.get(f"AuditEvent{one}"))) for one in ("", "?_count=200", "?_count=9999")] == [
        50,
        200,
        200,
    ]


@pytest.mark.parametrize("count", ["-1", "x", "", "1.5"])
def test_what_is_no_number_is_refused(day: Day, count: str) -> None:
    answer = day.app.get(f"Task?_count={count}")

    assert (answer.status_code, issue_codes(answer)) == (400, ["value"])
