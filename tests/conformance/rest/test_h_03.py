"""_format says JSON under three names and goes before Accept; XML is refused. It says
nothing about a body that is sent. [FHIR R4 http, General parameters: _format]
"""

from urllib.parse import quote

import pytest

from tests.conformance.rest.asking import QR, Day, fresh, issue_codes, mine
from tests.world import World


@pytest.mark.parametrize("name", ["json", "application/json", "application/fhir+json"])
def test_format_goes_before_accept(day: Day, name: str) -> None:
    answer = day.app.get(f"{QR}?_format={quote(name)}", Accept="application/fhir+xml")

    assert (answer.status_code, answer.json()["resourceType"]) == (200, "Bundle")


@pytest.mark.parametrize("name", ["xml", "application/fhir+xml", "text/turtle", "html"])
def test_another_format_is_refused_whatever_accept_says(day: Day, name: str) -> None:
    answer = day.app.get(f"{QR}?_format={quote(name)}", Accept="application/fhir+json")

    assert (answer.status_code, issue_codes(answer)) == (406, ["not-supported"])


def test_format_does_not_say_what_the_body_is(world: World) -> None:
    sent = fresh(world)
    refused = mine(world).post(f"{QR}?_format=json", sent, **{"Content-Type": "application/fhir+xml"})

    assert refused.status_code == 415
    assert mine(world).post(f"{QR}?_format=json", sent).status_code == 201
