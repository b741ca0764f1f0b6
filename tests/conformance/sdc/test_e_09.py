"""Responses are found by their patient and by their id. [US Core 7.0 QuestionnaireResponse]"""

from tests.conformance.sdc.asking import NAME, first_set, mine, taken
from tests.conformance.sdc.searching import found
from tests.world import World


def test_both_find_it(world: World) -> None:
    kept, app = taken(world, first_set(world)), mine(world)

    for written in (NAME, f"Patient/{NAME}"):
        assert found(app, patient=written) == [kept["id"]]
    assert found(app, _id=kept["id"]) == [kept["id"]]
    assert found(app, _id="no-such-id") == []
