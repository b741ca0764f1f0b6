"""The discovery document of each base is JSON for everybody, whatever they accept, and needs no token. [SMART App
Launch 2.2, conformance, Using well-known]
"""

import pytest

from tests.conformance.smart.asking import fetched
from tests.world import CLINIC, World


@pytest.mark.parametrize("accept", ["application/json", "application/fhir+json", "text/html", "*/*", "x"])
@pytest.mark.parametrize("base", [f"{CLINIC}/fhir", f"{CLINIC}/export/fhir"])
def test_it_is_json_for_everybody(house: World, base: str, accept: str) -> None:
    answer = fetched(house, f"{base}/.well-known/smart-configuration", Accept=accept)

    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    assert answer.json()["token_endpoint"]
