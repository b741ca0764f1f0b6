"""A response goes only from a status to one that may follow it.
[FHIR R4 questionnaire-answers-status; house rule]
"""

import pytest

from tests.conformance.sdc.asking import QR, VALIDATE, first_set, mine, put, refused, taken, told
from tests.world import World

PLACE = f"{QR}.status"


@pytest.mark.parametrize("status", ["stopped", "amended", "entered-in-error"])
def test_none_begins_with_such_a_status(clinic: World, status: str) -> None:
    refused(clinic, first_set(clinic, status=status), "business-rule", PLACE)


@pytest.mark.parametrize("after", ["in-progress", "stopped"])
def test_what_was_completed_does_not_become_a_draft(world: World, after: str) -> None:
    kept = taken(world, first_set(world)) | {"status": after}

    changed = put(world, kept)
    tried = mine(world).post(f"{QR}/{kept['id']}/{VALIDATE.rpartition('/')[2]}?mode=update", kept)

    assert (changed.status_code, told(changed)) == (422, [("business-rule", PLACE, "error")])
    assert (tried.status_code, tried.json()) == (200, changed.json())
