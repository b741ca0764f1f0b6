"""Each clinic's base names the clinic's own authorization server and only what that server can do; a second base of the
clinic, for systems registered with us, names our token endpoint. [Our rule; SMART App Launch 2.2, conformance,
Metadata]
"""

import json
from collections.abc import Callable

import httpx2
import pytest

from tests.conformance.smart.asking import configuration, fetched
from tests.world import CLINIC, HOMES, JOURNAL, World

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "introspection_endpoint")


@pytest.mark.parametrize("clinic", HOMES)
def test_each_clinic_has_its_own_server(house: World, clinic: str) -> None:
    said = configuration(house, f"{clinic}/fhir")

    assert said["issuer"] == HOMES[clinic]
    assert all(said[name].startswith(f"{HOMES[clinic]}/") for name in ENDPOINTS)


def test_nothing_is_listed_that_the_server_does_not_say(world: World) -> None:
    def less(request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
        answer = carry()
        if not request.url.path.endswith("smart-configuration"):
            return answer
        members = json.loads(answer.read()) | {"capabilities": ["launch-standalone", "permission-v2", "x"]}
        body = httpx2.ByteStream(json.dumps(members).encode())
        return httpx2.Response(200, headers={"Content-Type": "application/json"}, stream=body)

    world.net.meddler = less
    assert configuration(world)["capabilities"] == ["launch-standalone", "permission-v2"]


def test_the_export_base_is_apart(house: World) -> None:
    said = configuration(house, f"{CLINIC}/export/fhir")

    assert said["token_endpoint"] == f"{JOURNAL}/{CLINIC}/export/token"
    assert fetched(house, f"{CLINIC}/export/fhir/QuestionnaireResponse").status_code == 404
