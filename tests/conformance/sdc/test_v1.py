"""A response names a questionnaire and version that are published here; one that was retired takes no new response.
[house rule; FHIR R4 questionnaireresponse, questionnaire]
"""

from dataclasses import replace

import pytest

from tests.conformance.sdc.asking import QR, SET, first_set, publish, refused_also_as_draft
from tests.world import World

PLACE = f"{QR}.questionnaire"


@pytest.mark.parametrize("named", ["http://x.example/Questionnaire/x|1.0.0", f"{SET}|9.0.0", SET, None])
def test_an_unknown_one_is_refused(clinic: World, named: str | None) -> None:
    refused_also_as_draft(clinic, first_set(clinic, questionnaire=named), "not-found", PLACE)


def test_a_retired_one_is_refused(world: World) -> None:
    sent = first_set(world)
    known = world.desk.library.by_canonical(sent["questionnaire"])
    assert known is not None
    publish(world, replace(known, status="retired"))

    refused_also_as_draft(world, sent, "business-rule", PLACE)
