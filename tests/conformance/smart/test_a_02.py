"""The address to come back to is one and the same, letter for letter, in the authorize request and in the token
request, whatever name our own server is called by. [SMART App Launch 2.2, app-launch, Obtain access token]
"""

from tests.conformance.smart.launching import began, exchanged, form_of, query_of, told
from tests.people import Browser
from tests.smart.people import Server
from tests.world import EHR, JOURNAL, World


def test_both_requests_name_it_alike() -> None:
    begun, server = began(), Server({"/token": told()})
    exchanged(server, pending=begun.pending)

    assert form_of(server)["redirect_uri"] == query_of(begun.authorize_url)["redirect_uri"]


def test_another_name_for_our_server_does_not_change_it(world: World) -> None:
    answer = Browser(world).ask(
        "GET",
        f"{JOURNAL}/launch/patient?iss={EHR}/fhir&launch=x",
        headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )

    assert query_of(answer.headers["location"])["redirect_uri"] == f"{JOURNAL}/launch/callback"
