"""The worker asks by a form for client credentials: its system scopes and a signed assertion of the one known type.
[SMART App Launch 2.2, Backend Services, Obtain access token]
"""

from tests.conformance.smart.launching import form_of
from tests.conformance.smart.working import SCOPE, record_system, worker


def test_the_form_is_complete_and_holds_nothing_else() -> None:
    server = record_system()
    worker(server).token()
    form = form_of(server)

    assert server.asked[-1][0] == "POST"
    assert server.asked[-1][2]["CONTENT_TYPE"] == "application/x-www-form-urlencoded"
    assert form.pop("client_assertion")
    assert form == {
        "grant_type": "client_credentials",
        "scope": SCOPE,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
