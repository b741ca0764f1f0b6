"""Responses are found by questionnaire, status, subject, time of writing and author.
[SDC 4.0 CapabilityStatement sdc-form-response-manager]
"""

import pytest

from tests.conformance.sdc.asking import NAME, OTHER_NAME, QR, SET, first_set, mine, taken
from tests.conformance.sdc.searching import found
from tests.world import World

FINDING = {
    "questionnaire": (f"{SET}|1.0.0", f"{SET[:-1]}2|1.0.0"),
    "status": ("completed", "amended"),
    "subject": (f"Patient/{NAME}", "Group/somebody"),
    "authored": ("ge2026-11-19", "lt2026-11-19"),
    "author": (f"Patient/{NAME}", "Practitioner/clinician-1"),
}


@pytest.mark.parametrize("name", FINDING)
def test_each_parameter_finds_what_it_names_alone(world: World, name: str) -> None:
    kept = taken(world, first_set(world))
    right, wrong = FINDING[name]

    assert found(mine(world), **{name: right}) == [kept["id"]]
    assert found(mine(world), **{name: wrong}) == []


def test_another_patients_are_not_even_asked_about(world: World) -> None:
    answer = mine(world).get(f"{QR}?subject=Patient/{OTHER_NAME}")

    assert (answer.status_code, answer.json()["resourceType"]) == (403, "OperationOutcome")
