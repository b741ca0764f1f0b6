"""The audience must be the FHIR base, or another that this server was told of; without one, or with any other, no code
is given. [SMART App Launch 2.2, app-launch, Obtain authorization code]
"""

import pytest

from tests.conformance.smart.granting import an_app, came_back, granted
from tests.sandbox.conftest import BASE, JOURNAL, Clinic


@pytest.mark.parametrize("aud", [f"{BASE}/fhir", f"{JOURNAL}/fhir"])
def test_a_known_audience_gets_a_token(clinic: Clinic, aud: str) -> None:
    assert granted(clinic, aud=aud)[1]["access_token"]


@pytest.mark.parametrize("aud", [None, "", "https://elsewhere.example/fhir", f"{BASE}/fhir/", BASE])
def test_another_gets_no_code(clinic: Clinic, aud: str | None) -> None:
    back = came_back(clinic, an_app(clinic), aud=aud)

    assert "code" not in back
    assert back["error"]
