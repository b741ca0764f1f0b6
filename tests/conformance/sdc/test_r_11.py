"""A question that repeats is one item with several answers; a group that repeats is several items.
[SDC 4.0 sdcqr-2; FHIR R4 qrs-2]
"""

from tests.conformance.sdc.asking import answered, taken
from tests.r4.answered import item
from tests.world import World


def test_each_is_taken_in_its_own_shape(clinic: World) -> None:
    kept = taken(clinic, answered())

    assert len(item(kept, "many")["answer"]) == 2
    rounds = [one for one in kept["item"] if one["linkId"] == "rounds"]
    assert [one["item"][0]["answer"] for one in rounds] == [[{"valueDecimal": 1.5}], [{"valueDecimal": 2}]]
