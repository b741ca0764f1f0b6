"""What counts is the scope that was granted, not the one we asked for: it is what a visit keeps, a renewal may not
exceed it, and what it no longer covers is missing on a page that still opens. [SMART App Launch 2.2, scopes, Wildcard
scopes]
"""

import pytest

from service.smart.problems import TokenRefused
from service.store import sessions
from tests.conformance.smart.launching import answered, renewed, token_answers, told
from tests.people import patient
from tests.world import World

LESS = "openid fhirUser launch online_access patient/Patient.r"


def test_a_renewal_may_not_bring_what_was_not_granted() -> None:
    """Although it was asked for at first."""
    before = answered(scope="openid patient/Patient.r")

    with pytest.raises(TokenRefused):
        renewed(told(scope="openid patient/Patient.r patient/Encounter.rs"), before)


def test_without_the_scope_for_visits_none_is_asked_for_or_listed(world: World) -> None:
    """Although the record system would answer: the token itself is as good as ever."""
    world.net.meddler = token_answers(lambda said: said | {"scope": LESS})
    ada = patient(world)

    kept = sessions.visit(world.desk.store, ada.handle)
    assert kept is not None
    assert kept.contents.scopes == LESS
    assert not [asked for asked in world.net.asked if "/fhir/Encounter" in asked]
    assert 'name="encounter"' not in ada.home.text
