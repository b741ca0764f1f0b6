"""Each response says who recorded the answers; here it is always the patient.
[SDC 4.0 sdc-questionnaireresponse, author]
"""

import pytest

from tests.conformance.sdc.asking import NAME, QR, first_set, refused, taken
from tests.conformance.sdc.written import written
from tests.world import World


def test_from_an_app_as_from_a_page(world: World) -> None:
    for kept in (taken(world, first_set(world)), written(world, 2)):
        assert kept["author"] == {"reference": f"Patient/{NAME}"}


@pytest.mark.parametrize("other", ["Patient/patient-eight-done", "Practitioner/clinician-1"])
def test_nobody_elses_is_taken(house: World, other: str) -> None:
    refused(house, first_set(house, author={"reference": other}), "forbidden", f"{QR}.author")
