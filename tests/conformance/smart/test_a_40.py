"""The authorize request carries response type, client id, redirect address, scope, state, audience and an S256
challenge; from the record system also its launch value. [SMART App Launch 2.2, app-launch, Obtain authorization code]
"""

from tests.conformance.smart.launching import at_the_door, query_of
from tests.people import Browser
from tests.world import CLINIC, EHR, JOURNAL, World

ALWAYS = {
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "aud",
    "code_challenge",
    "code_challenge_method",
}


def test_a_launch_from_the_record_system_carries_everything(world: World) -> None:
    sent = query_of(at_the_door(world, iss=f"{EHR}/fhir", launch="x").headers["location"])

    assert sent.keys() >= ALWAYS | {"launch"}
    assert all(sent.values())
    assert (sent["response_type"], sent["client_id"]) == ("code", "journal-patient")
    assert (sent["code_challenge_method"], len(sent["code_challenge"])) == ("S256", 43)


def test_so_does_one_from_a_bookmark(world: World) -> None:
    answer = Browser(world).ask("GET", f"{JOURNAL}/launch/{CLINIC}/patient")

    assert query_of(answer.headers["location"]).keys() >= ALWAYS
