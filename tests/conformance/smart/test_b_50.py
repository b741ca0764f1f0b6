"""Without a token, or with one that is no good, the answer is 401 and asks for a bearer token; a bad one is called
`invalid_token`. [RFC 6750 3; SMART App Launch 2.2, app-launch, Access FHIR API]
"""

import pytest

from tests.conformance.smart.asking import QR, REALM, codes
from tests.people import App, signed_token
from tests.world import World


@pytest.mark.parametrize("path", [QR, f"{QR}/x", "Encounter", "Task", "DocumentReference", "Binary/x"])
def test_without_one_it_is_asked_for(house: World, path: str) -> None:
    answer = App(house).get(path)

    assert (answer.status_code, codes(answer)) == (401, ["login"])
    assert answer.headers["www-authenticate"] == REALM


@pytest.mark.parametrize("token", ["x", "a.b.c", "ended"])
def test_a_bad_one_is_called_so(house: World, token: str) -> None:
    shown = signed_token(house, exp=1_700_000_000, iat=1_699_999_000) if token == "ended" else token
    answer = App(house, shown).get(QR)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'{REALM}, error="invalid_token"'
