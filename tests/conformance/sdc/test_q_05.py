"""A version that was published stays readable after the next one is there, for the responses that name it.
[house rule; FHIR R4 references, canonical]
"""

from urllib.parse import quote

from service.cli.demo_clinic import CLINIC
from tests.conformance.sdc.asking import SET, VALIDATE, first_set, mine, taken, told
from tests.conformance.sdc.published import questionnaire
from tests.world import World, WorldWith

APPROVED = f'[clinic.{CLINIC}.prompts]\ntranslations = ["es"]'


def test_the_older_version_is_read_beside_the_newer(world_with: WorldWith) -> None:
    app = mine(world_with(APPROVED))
    versions = {
        one["resource"]["version"] for one in app.get(f"Questionnaire?url={quote(SET)}").json()["entry"]
    }

    assert versions == {"1.0.0", "1.1.0"}
    assert app.get("Questionnaire/after-infusion-1").json() == questionnaire("after-infusion-1.json")
    [found] = app.get(f"Questionnaire?url={quote(SET)}&version=1.0.0").json()["entry"]
    assert found["resource"]["version"] == "1.0.0"


def test_a_response_to_the_older_version_is_as_good_as_before(world_with: WorldWith) -> None:
    world: World = world_with(APPROVED)
    kept = taken(world, first_set(world, questionnaire=f"{SET}|1.0.0"))

    assert kept["questionnaire"] == f"{SET}|1.0.0"
    assert told(mine(world).post(VALIDATE, kept)) == [("informational", "", "information")]
