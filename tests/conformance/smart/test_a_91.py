"""A refresh is a form with its grant type and the refresh token, perhaps with fewer scopes, and with the proof of the
client. [SMART App Launch 2.2, app-launch, Refresh access token]
"""

import pytest

from service.smart import launch
from service.smart.registration import ClientKind
from tests.conformance.smart.launching import answered, form_of, told
from tests.smart.people import ISS, ISSUER, Server, caller, registration


@pytest.mark.parametrize("scope", [None, "openid patient/Patient.r"])
def test_the_form_is_complete(scope: str | None) -> None:
    server = Server({"/token": told()})
    asking = caller(server, registered=registration(ClientKind.ASYMMETRIC))
    launch.refresh(answered(), asking, token_endpoint=f"{ISSUER}/token", iss=ISS, scope=scope)
    form = form_of(server)

    assert server.asked[-1][2]["CONTENT_TYPE"] == "application/x-www-form-urlencoded"
    assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "refresh-1")
    assert form.get("scope") == scope
    assert form["client_assertion"]
