"""A token that names no patient although one was asked for opens no pages: the person reads why, and no data is
fetched. [SMART App Launch 2.2, scopes, Standalone apps; our rule]
"""

from tests.conformance.smart.launching import on_the_way_back, token_answers
from tests.world import World


def test_without_a_patient_nothing_opens(world: World) -> None:
    browser, back = on_the_way_back(world)
    world.net.meddler = token_answers(
        lambda said: {name: value for name, value in said.items() if name != "patient"}
    )
    before = len(world.net.asked)
    answer = browser.ask("GET", back)

    assert 400 <= answer.status_code < 500
    assert "We could not sign you in" in answer.text
    assert not [one for one in browser.jar if one.name.startswith("__Host-visit-")]
    assert not [
        asked for asked in world.net.asked[before:] if "/fhir/Patient" in asked or "Encounter" in asked
    ]
