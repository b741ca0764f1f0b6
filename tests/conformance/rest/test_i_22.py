"""A conditional create is asked by one identifier; any other parameter is refused and never left aside, since what is
left of the condition would match everything. [FHIR R4 http, conditional create; ours]
"""

import pytest

from tests.conformance.rest.asking import QR, fresh, issue_codes, mine
from tests.world import World

OTHERS = [
    "status=completed",
    "favourite=blue",
    "identifier:not=x",
    "",
    "identifier",
    "identifier={key}&status=completed",
]


@pytest.mark.parametrize("wanted", OTHERS)
def test_another_condition_is_refused(world: World, wanted: str) -> None:
    sent = fresh(world)
    asked = wanted.format(key=sent["identifier"]["value"])
    answer = mine(world).post(QR, sent, **{"If-None-Exist": asked, "Prefer": "handling=lenient"})

    assert answer.status_code == 400, answer.text
    assert issue_codes(answer)
    assert "entry" not in mine(world).get(QR).json()
