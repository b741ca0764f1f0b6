"""Who answered is never left open: where an app does not say it, it is filled in.
[FHIR R4 questionnaireresponse, source]
"""

import pytest

from tests.conformance.sdc.asking import NAME, first_set, taken
from tests.world import World


@pytest.mark.parametrize("status", ["completed", "in-progress"])
def test_what_was_left_out_is_filled_in(world: World, status: str) -> None:
    assert taken(world, first_set(world, status=status))["source"] == {"reference": f"Patient/{NAME}"}
