"""What comes out is a response, and beside it what went amiss; where nothing can be made it is a refusal.
[SDC 4.0 Questionnaire-populate, parameters]
"""

from tests.conformance.sdc.asking import POPULATE, mine
from tests.conformance.sdc.filling import FIRST, encounter, made, parameters, subject
from tests.world import World


def test_a_response_alone_where_all_is_well(house: World) -> None:
    found = made(mine(house).post(POPULATE, parameters(FIRST, subject())))

    assert set(found) == {"response"}
    assert (found["response"]["resourceType"], found["response"]["status"]) == (
        "QuestionnaireResponse",
        "in-progress",
    )


def test_what_was_said_in_vain_stands_beside_it(house: World) -> None:
    found = made(mine(house).post(POPULATE, parameters(FIRST, subject(), encounter("Encounter/none"))))

    assert set(found) == {"response", "issues"}
    assert {one["severity"] for one in found["issues"]["issue"]} == {"warning"}


def test_where_nothing_can_be_made_there_is_a_refusal_alone(house: World) -> None:
    unknown = {"name": "questionnaire", "valueUri": "https://x.example/Questionnaire/none"}
    answer = mine(house).post(POPULATE, parameters(unknown, subject()))

    assert 400 <= answer.status_code < 500
    assert answer.json()["resourceType"] == "OperationOutcome"
