"""What is no resource is 400; a resource that breaks a rule of its set is 422; each says why. [FHIR R4 http, create]"""

from typing import Any

import pytest

from tests.conformance.rest.asking import QR, fresh, issue_codes, mine
from tests.world import World

NO_RESOURCE: dict[str, bytes] = {
    "no json": b"{",
    "an empty body": b"",
    "a list": b"[]",
    "no type": b"{}",
    "another type": b'{"resourceType": "Observation"}',
    "a key twice": b'{"resourceType": "QuestionnaireResponse", "status": "a", "status": "b"}',
    "an unknown element": b'{"resourceType": "QuestionnaireResponse", "status": "completed", "hue": 1}',
}


@pytest.mark.parametrize("name", NO_RESOURCE)
def test_what_is_no_resource_is_400(world: World, name: str) -> None:
    answer = mine(world).post(QR, NO_RESOURCE[name])

    assert answer.status_code == 400, answer.text
    assert issue_codes(answer)


@pytest.mark.parametrize(
    "broken",
    [{"item": None}, {"questionnaire": "http://x.example/Questionnaire/x|1"}, {"authored": None}],
)
def test_what_breaks_a_rule_is_422(world: World, broken: dict[str, Any]) -> None:
    answer = mine(world).post(QR, fresh(world, **broken))

    assert answer.status_code == 422, answer.text
    assert issue_codes(answer)
    assert "entry" not in mine(world).get(QR).json()
