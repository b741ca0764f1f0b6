"""Each response says who answered; here it is always the patient, and nobody else is taken.
[FHIR R4 questionnaireresponse, source; house rule]
"""

import pytest

from tests.conformance.sdc.asking import NAME, QR, first_set, refused, taken
from tests.conformance.sdc.written import written
from tests.world import World


def test_from_an_app_as_from_a_page(world: World) -> None:
    for kept in (taken(world, first_set(world)), written(world, 2)):
        assert kept["source"] == {"reference": f"Patient/{NAME}"}


@pytest.mark.parametrize("other", ["Patient/patient-eight-done", "RelatedPerson/somebody"])
def test_nobody_elses_is_taken(house: World, other: str) -> None:
    refused(house, first_set(house, source={"reference": other}), "forbidden", f"{QR}.source")
