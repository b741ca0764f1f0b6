"""Whatever is wrong with an assertion, the answer is 401 `invalid_client` and says no more. [SMART App Launch 2.2,
Client Authentication: Asymmetric, Signature Verification; RFC 6749 5.2]
"""

import pytest
from joserfc.jwk import ECKey

from tests.conformance.smart.granting import as_system
from tests.sandbox.conftest import Clinic
from tests.web.systems import System

HOWS = ("another key", "cut", "no token", "unknown client", "no assertion", "another assertion type")


@pytest.mark.parametrize("how", HOWS)
def test_at_our_endpoint(siem: System, how: str) -> None:
    fields: dict[str, str | None] = {
        "another key": {
            "client_assertion": siem.assertion(key=ECKey.generate_key("P-384", parameters={"kid": "siem-1"}))
        },
        "cut": {"client_assertion": siem.assertion()[:-20]},
        "no token": {"client_assertion": "x"},
        "unknown client": {"client_assertion": siem.assertion(iss="nobody", sub="nobody")},
        "no assertion": {"client_assertion": None},
        "another assertion type": {"client_assertion_type": "urn:x"},
    }[how]
    answer = siem.ask_token(**fields)

    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize("assertion", ["x", "a.b.c", "é.é.é", None])
def test_at_the_sandbox(clinic: Clinic, assertion: str | None) -> None:
    answer = as_system(clinic.smart_app("backend-app"), client_assertion=assertion)

    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "invalid_client"
