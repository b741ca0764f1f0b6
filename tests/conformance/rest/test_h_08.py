"""A request has an id, the client's or one of ours, which the answer returns and the access log keeps; where ours takes
the place of the client's, the client's comes back as X-Correlation-Id. [FHIR R4 http, Custom Headers]
"""

from tests.conformance.rest.asking import QR, Day
from tests.workflow.remembered import log


def test_a_clients_id_comes_back_and_is_kept_with_the_access(day: Day) -> None:
    answer = day.app.get(QR, **{"X-Request-Id": "our-request-7"})

    assert answer.headers["x-request-id"] == "our-request-7"
    assert log(day.world)[-1].request_id == "our-request-7"


def test_without_one_it_gets_one_of_ours(day: Day) -> None:
    first, second = (day.app.get(path).headers["x-request-id"] for path in (QR, f"{QR}/nothing"))

    assert "" not in (first, second)
    assert first != second


def test_one_that_cannot_be_kept_is_told_beside_ours(day: Day) -> None:
    answer = day.app.get(QR, **{"X-Request-Id": "mine and nobody's"})

    assert answer.headers["x-request-id"] not in ("", "mine and nobody's")
    assert answer.headers["x-correlation-id"] == "mine and nobody's"
