"""A response with several faults is told of each, in an issue of its own that names its place.
[FHIR R4 operationoutcome; house rule]
"""

from tests.conformance.sdc.asking import AS_NEW, ITEM, QR, answered, mine, told
from tests.r4.answered import item
from tests.world import World


def test_each_fault_has_its_own_issue(clinic: World) -> None:
    value = answered(authored=None, subject={"reference": "Group/1"})
    item(value, "score")["answer"] = [{"valueInteger": 99}]

    sent, tried = mine(clinic).post(QR, value), mine(clinic).post(AS_NEW, value)

    assert sent.status_code == 422
    assert sent.json() == tried.json()
    assert sorted(told(sent)) == [
        ("value", f"{QR}.authored", "error"),
        ("value", f"{ITEM}[7].answer[0].value", "error"),
        ("value", f"{QR}.subject", "error"),
    ]
