"""The access token goes to the FHIR base of its own launch and nowhere else, whatever addresses stand in resources or
in the links of a Bundle. [SMART App Launch 2.2, app-launch, Access FHIR API]
"""

import json
from typing import Any

import pytest

from service.ehr.client import RecordSystem
from service.ehr.problems import RecordSystemProblem
from tests.people import patient
from tests.smart.people import ISS, Server
from tests.world import EHR, World


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/fhir/Encounter?page=2", "https://ehr.example.evil/fhir", "/other/Encounter"],
)
def test_a_page_elsewhere_is_not_asked_for(elsewhere: str) -> None:
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "next", "url": elsewhere}],
    }
    server = Server({"/fhir/Encounter": (200, {}, json.dumps(bundle).encode())})

    with pytest.raises(RecordSystemProblem):
        list(RecordSystem(ISS, server.client(), lambda: "token-1").search("Encounter", {"patient": "p"}))
    assert [path for _, path, _, _ in server.asked] == ["/fhir/Encounter"]


def test_a_whole_sign_in_asks_one_server_alone(world: World) -> None:
    patient(world)

    assert world.net.asked
    assert all(asked.split(" ")[1].startswith(f"{EHR}/") for asked in world.net.asked)
