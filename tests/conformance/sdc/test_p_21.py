"""The judgement is an OperationOutcome with at least one issue, told with 200 also of what is wrong; nothing is kept.
[FHIR R4 resource, validate]
"""

import pytest

from tests.conformance.sdc.asking import AS_NEW, QR, VALIDATE, Value, first_set, mine
from tests.world import World

JUDGED: dict[str, Value] = {
    "good": {},
    "with a fault": {"item": [{"linkId": "ai9.9"}]},
    "no response": {"resourceType": "Observation"},
    "an unknown element": {"favourite": "blue"},
}


@pytest.mark.parametrize("name", JUDGED)
@pytest.mark.parametrize("path", [VALIDATE, AS_NEW])
def test_whatever_it_is_the_judgement_comes_with_200(world: World, name: str, path: str) -> None:
    answer = mine(world).post(path, first_set(world, **JUDGED[name]))

    assert answer.status_code == 200
    assert answer.json()["resourceType"] == "OperationOutcome"
    severities = {one["severity"] for one in answer.json()["issue"]}
    assert severities == ({"information"} if name == "good" else {"error"})
    assert "entry" not in mine(world).get(QR).json()
