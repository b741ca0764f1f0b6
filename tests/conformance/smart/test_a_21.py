"""Without a launch value the patient is asked for by the scope `launch/patient`, and the bare scope `launch` is left
out. [SMART App Launch 2.2, scopes, Standalone apps]
"""

import pytest

from tests.conformance.smart.launching import query_of
from tests.people import Browser
from tests.world import CLINIC, JOURNAL, World


@pytest.mark.parametrize(("kind", "asks"), [("patient", True), ("clinician", True), ("officer", False)])
def test_who_needs_a_patient_asks_for_one(world: World, kind: str, asks: bool) -> None:
    answer = Browser(world).ask("GET", f"{JOURNAL}/launch/{CLINIC}/{kind}")
    scopes = query_of(answer.headers["location"])["scope"].split(" ")

    assert "launch" not in scopes
    assert ("launch/patient" in scopes) is asks
