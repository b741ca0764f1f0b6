"""A code that was never given is refused with 400, a client that is not the one with 400 or 401. [RFC 6749 5.2; the
(g)(10) test kit]
"""

import pytest

from tests.conformance.smart.granting import PATIENT, an_app
from tests.sandbox.conftest import Clinic


@pytest.mark.parametrize("code", ["not-a-code", "", "x" * 500])
def test_a_wrong_code(clinic: Clinic, code: str) -> None:
    answer = an_app(clinic).exchange(code)

    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_grant", "invalid_request")


@pytest.mark.parametrize("client", ["nobody", "asking-app", None])
def test_a_wrong_client(clinic: Clinic, client: str | None) -> None:
    app = an_app(clinic)

    answer = app.exchange(app.code(clinic.visitor(PATIENT)), client_id=client)
    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.json()
