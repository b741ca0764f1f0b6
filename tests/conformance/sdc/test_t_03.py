"""What the patient puts off is a rejected Task with its reason, a window that passed makes a failed one, and neither is
asked for again by itself. [FHIR R4 task; house rule]
"""

import json

from tests.conformance.sdc.asking import mine
from tests.conformance.sdc.tasks import task_of
from tests.people import FHIR_JSON, patient
from tests.world import World


def test_not_today_is_a_rejected_task(world: World) -> None:
    task = task_of(world)
    body = json.dumps(task | {"status": "rejected"}).encode()
    headers = FHIR_JSON | {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
    answer = mine(world).ask("PUT", f"Task/{task['id']}", content=body, headers=headers)

    patient(world).post("refresh")

    assert answer.status_code == 200, answer.text
    now = task_of(world)
    assert (now["id"], now["status"]) == (task["id"], "rejected")
    assert now["statusReason"]


def test_a_window_that_passed_makes_it_failed(world: World) -> None:
    before = task_of(world)
    world.clock.pass_time(days=120)
    world.find()

    now = mine(world).get(f"Task/{before['id']}").json()

    assert now["status"] == "failed"
