"""Who may come in by which door follows from who the person is: the patient's for that very patient, the clinician's
for staff, the officer's for those on the clinic's list; no scope, intent or address changes that. [Our rule; SMART App
Launch 2.2, scopes, SMART's scopes are used to delegate access]
"""

import pytest

from tests.conformance.smart.launching import token_answers
from tests.people import clinician, officer, patient, sign_in
from tests.world import CLINIC, JOURNAL, World

WRONG = (
    ("Patient/patient-six-done", "/portal/", "clinician"),
    ("Patient/patient-six-done", "/portal/", "officer"),
    ("RelatedPerson/related-two-in", "/portal/", "patient"),
    ("Practitioner/clinician-1", "/chart", "officer"),
    ("Practitioner/manager-1", "/staff", "officer"),
)


@pytest.mark.parametrize("who", [patient, clinician, officer])
def test_each_comes_in_by_their_own_door(world: World, who: object) -> None:
    assert who(world).home.status == 200  # type: ignore[operator]


@pytest.mark.parametrize(("person", "then", "kind"), WRONG)
def test_somebody_else_does_not_whatever_the_answer_claims(
    world: World, person: str, then: str, kind: str
) -> None:
    more = {"intent": kind, "scope": "openid fhirUser user/*.cruds", "role": kind}
    world.net.meddler = token_answers(lambda said: said | more if "access_token" in said else said)
    browser, _ = sign_in(world, person, then)
    page = browser.open(f"{JOURNAL}/launch/{CLINIC}/{kind}?intent={kind}")

    assert "We could not sign you in" in page.text
    assert not [one for one in browser.jar if one.name.startswith("__Host-visit-")]
