"""What was filled in can be looked at before it is sent: it is handed over and kept nowhere. [SDC 4.0 populate]"""

from tests.conformance.sdc.asking import POPULATE, QR, mine
from tests.conformance.sdc.filling import FIRST, encounter, made, parameters, subject
from tests.world import World


def test_nothing_is_kept_until_its_patient_sends_it(world: World) -> None:
    app = mine(world)
    blank = made(app.post(POPULATE, parameters(FIRST, subject(), encounter())))["response"]
    assert "entry" not in app.get(QR).json()

    item = next(one for one in blank["item"] if one["linkId"] == "ai1.1")
    item["answer"] = [{"valueString": "looked at and filled in"}]

    assert app.post(QR, blank | {"status": "completed"}).status_code == 201
