"""An unknown client, or an address to come back to that it did not register letter for letter, gets an error page and
no redirect. [RFC 6749 4.1.2.1; SMART App Launch 2.2, app-launch, Obtain authorization code]
"""

import pytest

from tests.conformance.smart.granting import PATIENT, an_app
from tests.sandbox.conftest import JOURNAL, Clinic


@pytest.mark.parametrize(
    "different",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": "https://elsewhere.example/callback"},
        {"redirect_uri": f"{JOURNAL}/callback/"},
        {"redirect_uri": f"{JOURNAL}/callback?x=1"},
        {"redirect_uri": None},
        # Even where the rest is wrong as well:
        {"redirect_uri": "https://elsewhere.example/callback", "aud": None, "state": None},
    ],
    ids=str,
)
def test_nobody_is_sent_anywhere(clinic: Clinic, different: dict[str, str | None]) -> None:
    answer = clinic.visitor(PATIENT).open(an_app(clinic).authorize_address(**different))

    assert answer.status_code == 400
    assert "Location" not in answer.headers
