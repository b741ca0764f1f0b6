"""A token with scopes of a patient but no patient in its context is refused with 403 for all of them. [SMART App Launch
2.2, scopes, Scopes for requesting FHIR Resources]
"""

import pytest

from tests.conformance.smart.asking import QR, showing
from tests.factories import response
from tests.people import staff_app
from tests.world import World


@pytest.mark.parametrize("kind", [QR, "Encounter", "DocumentReference", "Task", "Provenance"])
def test_nothing_of_a_patient_opens(world: World, kind: str) -> None:
    scope = f"patient/{kind}.crus"

    for app in (showing(world, patient=None, scope=scope), staff_app(world, scope=scope)):
        assert app.get(kind).status_code == 403
        assert app.get(f"{kind}/x").status_code == 403
    if kind == QR:
        assert showing(world, patient=None, scope=scope).post(QR, response(world)).status_code == 403
