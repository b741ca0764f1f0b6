"""From an answer about a token we take whether it is active, its scope, client, end, context and person; without an
audience in it, its client must be on the clinic's list. [SMART App Launch 2.2, Token Introspection, Required fields;
the list is ours]
"""

from typing import Any

import pytest

from tests.conformance.smart.asking import QR
from tests.people import App, patient
from tests.web.opaque_tokens import opaque, with_opaque_tokens
from tests.world import EHR, WorldWith

OTHER_PERSON = {"patient": "patient-two-in", "fhirUser": f"{EHR}/fhir/Patient/patient-two-in"}


def test_whose_it_is_and_for_what_follows_from_the_answer(world_with: WorldWith) -> None:
    world = with_opaque_tokens(world_with)
    patient(world).write("six-done-1", {"ai1.1": "my-words"})

    assert "my-words" in App(world, opaque(world)).get(QR).text
    other = App(world, opaque(world, **OTHER_PERSON)).get(QR)
    assert (other.status_code, "my-words" in other.text) == (200, False)
    assert App(world, opaque(world, scope="openid fhirUser patient/Task.rs")).get(QR).status_code == 403


@pytest.mark.parametrize(
    "claims", [{"client_id": "ward-tool"}, {"iss": "https://evil.example"}, {"exp": 1_700_000_000}], ids=str
)
def test_an_answer_that_is_not_for_us_opens_nothing(world_with: WorldWith, claims: dict[str, Any]) -> None:
    world = with_opaque_tokens(world_with)

    assert App(world, opaque(world, **claims)).get(QR).status_code == 401
