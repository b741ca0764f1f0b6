"""A blank response is asked for at the type and at one questionnaire; Parameters go in, and Parameters come out.
[SDC 4.0 Questionnaire-populate]
"""

from tests.conformance.sdc.asking import POPULATE, mine
from tests.conformance.sdc.filling import FIRST, made, parameters, subject
from tests.world import World


def test_both_addresses_make_one(house: World) -> None:
    at_type = made(mine(house).post(POPULATE, parameters(FIRST, subject())))["response"]
    at_one = made(mine(house).post("Questionnaire/after-infusion-1/$populate", parameters(subject())))[
        "response"
    ]

    assert at_type["questionnaire"] == at_one["questionnaire"] == FIRST["valueCanonical"]
    assert at_type["item"] == at_one["item"]


def test_another_body_is_refused(house: World) -> None:
    answer = mine(house).post(POPULATE, {"resourceType": "Patient"})
    assert (answer.status_code, answer.json()["resourceType"]) == (400, "OperationOutcome")
