"""Each response is about a patient, named by a literal reference. [US Core 7.0, subject; SDC 4.0 sdcqr-1]"""

from tests.conformance.sdc.asking import NAME, first_set, taken
from tests.conformance.sdc.written import written
from tests.world import World


def test_from_an_app_as_from_a_page(world: World) -> None:
    for kept in (taken(world, first_set(world)), written(world, 2)):
        assert kept["subject"] == {"reference": f"Patient/{NAME}"}
