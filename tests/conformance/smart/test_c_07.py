"""A code lives for a minute, serves once, and only its own client with its own redirect address and verifier; shown a
second time it ends the tokens that came of it. [RFC 6749 4.1.2; SMART App Launch 2.2, app-launch, Obtain access token]
"""

from datetime import timedelta
from typing import Any

import pytest

from tests.conformance.smart.granting import PATIENT, VISITS, an_app
from tests.sandbox.conftest import JOURNAL, Clinic


def test_a_minute_and_no_longer(clinic: Clinic) -> None:
    app = an_app(clinic)
    early = app.code(clinic.visitor(PATIENT))
    clinic.clock.now += timedelta(seconds=59)
    assert app.exchange(early).status_code == 200

    late = app.code(clinic.visitor(PATIENT))
    clinic.clock.now += timedelta(seconds=61)
    assert app.exchange(late).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "different",
    [{"client_id": "asking-app"}, {"redirect_uri": f"{JOURNAL}/other"}, {"code_verifier": "x" * 64}],
)
def test_only_with_what_it_was_made_for(clinic: Clinic, different: dict[str, Any]) -> None:
    app = an_app(clinic)

    answer = app.exchange(app.code(clinic.visitor(PATIENT)), **different)
    assert answer.status_code in (400, 401)


def test_a_second_use_ends_what_the_first_gave(clinic: Clinic) -> None:
    app = an_app(clinic)
    code = app.code(clinic.visitor(PATIENT))
    first = app.exchange(code).json()
    assert app.read(VISITS, first["access_token"]).status_code == 200

    assert app.exchange(code).json()["error"] == "invalid_grant"
    assert app.read(VISITS, first["access_token"]).status_code == 401
    assert app.refresh(first["refresh_token"]).status_code == 400
