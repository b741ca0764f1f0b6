"""A good token whose scope is too short gets 403, `insufficient_scope` with the scope that was needed, and an
OperationOutcome that says forbidden. [RFC 6750 3.1; FHIR R4 security, Access Denied Response Handling]
"""

import httpx2
import pytest

from tests.conformance.smart.asking import QR, codes, scoped
from tests.factories import response
from tests.people import App
from tests.world import World


def _ask(app: App, interaction: str) -> httpx2.Response:
    if interaction == "create":
        return app.post(QR, response(app.world))
    return app.get(f"{QR}/x" if interaction == "read" else QR)


@pytest.mark.parametrize(("interaction", "letter"), [("create", "c"), ("read", "r"), ("search", "s")])
def test_the_scope_that_was_needed_is_named(world: World, interaction: str, letter: str) -> None:
    answer = _ask(scoped(world, "patient/Task.rs"), interaction)

    assert (answer.status_code, codes(answer)) == (403, ["forbidden"])
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("Bearer ")
    assert 'error="insufficient_scope"' in challenge
    assert f'scope="patient/{QR}.{letter}"' in challenge
