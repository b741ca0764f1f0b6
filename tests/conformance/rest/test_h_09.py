"""Every refusal is an OperationOutcome, whatever went wrong. [FHIR R4 http, HTTP Status Codes]"""

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from tests.conformance.rest.asking import QR, Day, issue_codes

# What is asked, and with which status it is refused.
REFUSED: list[tuple[str, str, dict[str, str], int]] = [
    ("GET", f"{QR}?favourite=blue", {}, 400),
    ("GET", QR, {"Authorization": "Bearer x.y.z"}, 401),
    ("GET", f"{QR}?patient=patient-eight-done", {}, 403),
    ("GET", f"{QR}/nothing", {}, 404),
    ("GET", "Observation", {}, 404),
    ("DELETE", f"{QR}/nothing", {}, 405),
    ("GET", QR, {"Accept": "text/html"}, 406),
    ("POST", QR, {"Content-Type": "text/plain"}, 415),
    ("POST", QR, {"Content-Type": "application/fhir+json"}, 400),
]


@pytest.mark.parametrize(("method", "path", "headers", "status"), REFUSED)
def test_a_refusal_is_an_operation_outcome(
    day: Day, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = day.app.ask(method, path, headers=headers, content=b"{}")

    assert answer.status_code == status, answer.text
    assert issue_codes(answer)
    OperationOutcome.model_validate(answer.json())
