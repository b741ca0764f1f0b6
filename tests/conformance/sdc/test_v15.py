"""The encounter is one that is known, and this patient's own; foreign and absent look the same.
[house rule; FHIR R4 questionnaireresponse, encounter]
"""

import pytest

from tests.conformance.sdc.asking import QR, answered, mine, refused_also_as_draft
from tests.world import World

PLACE = f"{QR}.encounter"


@pytest.mark.parametrize("named", ["no-such-visit", "eight-done-1"])
def test_no_encounter_of_this_patient_is_refused(clinic: World, named: str) -> None:
    value = answered(encounter={"reference": f"Encounter/{named}"})

    refused_also_as_draft(clinic, value, "business-rule", PLACE)


def test_a_foreign_one_looks_like_none(clinic: World) -> None:
    foreign, absent = (
        mine(clinic).post(QR, answered(encounter={"reference": f"Encounter/{one}"}))
        for one in ("eight-done-1", "no-such-visit")
    )
    assert foreign.json() == absent.json()
