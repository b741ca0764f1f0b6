"""Each request's token is looked at anew: whether it still lives, was made for this very base, and reaches this type
and interaction. One for the record system's own base is refused. [SMART App Launch 2.2, app-launch, Access FHIR API]
"""

from typing import Any

import pytest

from tests.conformance.smart.asking import QR, scoped, showing
from tests.people import app_of
from tests.world import EHR, JOURNAL, OTHER, World

ELSEWHERE: tuple[dict[str, Any], ...] = (
    {"aud": f"{EHR}/fhir"},
    {"aud": f"{EHR}/fhir/"},
    {"aud": f"{JOURNAL}/{OTHER}/fhir"},
    {"aud": JOURNAL},
    {"aud": ["https://a.example", f"{EHR}/fhir"]},
    {"aud": None},
)


@pytest.mark.parametrize("claims", ELSEWHERE, ids=str)
def test_a_token_for_elsewhere_is_refused(house: World, claims: dict[str, Any]) -> None:
    assert showing(house, **claims).get(QR).status_code == 401


def test_a_token_serves_until_its_end(world: World) -> None:
    app = app_of(world)
    assert app.get(QR).status_code == 200

    world.clock.pass_time(minutes=12)
    assert app.get(QR).status_code == 401


@pytest.mark.parametrize("scope", ["patient/Task.rs", f"patient/{QR}.c", f"user/{QR}.rs", "openid"])
def test_a_scope_that_does_not_reach_is_refused(house: World, scope: str) -> None:
    assert scoped(house, scope).get(QR).status_code == 403
