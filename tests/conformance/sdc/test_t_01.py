"""A Task that asks for a form says which form, for whom, who asks and since when, and where the answers go; when it is
done it names the response. [SDC 4.0 sdc-task]
"""

from tests.conformance.sdc.asking import NAME, QR, SET, mine
from tests.conformance.sdc.tasks import CODES, said, task_of
from tests.conformance.sdc.written import written
from tests.world import World

ADA = {"reference": f"Patient/{NAME}"}


def test_it_says_what_is_asked_and_of_whom(world: World) -> None:
    task = task_of(world)

    assert (task["status"], task["intent"]) == ("requested", "order")
    [code] = task["code"]["coding"]
    assert (code["system"], code["code"]) == (CODES, "complete-questionnaire")
    assert task["for"] == task["owner"] == ADA
    assert task["authoredOn"]
    assert task["requester"]
    [form], [endpoint] = said(task, "input", "questionnaire"), said(task, "input", "response-endpoint")
    assert form["valueCanonical"] == f"{SET}|1.0.0"
    assert endpoint["valueUrl"] == f"{world.base}/{QR}"


def test_when_it_is_done_it_names_the_response(world: World) -> None:
    kept = written(world)
    task = task_of(world)

    [output] = said(task, "output", "questionnaire-response")
    assert task["status"] == "completed"
    assert output["valueReference"] == {"reference": f"{QR}/{kept['id']}"}
    assert mine(world).get(output["valueReference"]["reference"]).json() == kept
