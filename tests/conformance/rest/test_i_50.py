"""Nothing is patched or deleted: 405, and Allow says what is offered. [FHIR R4 http, delete; RFC 9110 10.2.1]"""

import pytest

from tests.conformance.rest.asking import CLINICAL, DR, QR, Day, issue_codes


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
@pytest.mark.parametrize("kind", [*CLINICAL, "Binary"])
def test_nothing_is_patched_or_deleted(day: Day, method: str, kind: str) -> None:
    for place in (day.place(kind), f"{kind}/nothing"):
        answer = day.app.ask(method, place, content=b"{}")
        assert (answer.status_code, issue_codes(answer)) == (405, ["not-supported"])
        assert "GET" in answer.headers["allow"]
    assert day.app.get(day.place(kind)).status_code == 200


@pytest.mark.parametrize("kind", [QR, DR, "Task", "Encounter", "Questionnaire"])
def test_nor_by_a_search(day: Day, kind: str) -> None:
    assert day.app.ask("DELETE", f"{kind}?status=completed").status_code == 405
