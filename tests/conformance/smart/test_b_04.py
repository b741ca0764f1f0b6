"""A capability is a word of the standard's list; one of our own would be a whole address. [SMART App Launch 2.2,
conformance, Capabilities]
"""

import pytest

from tests.conformance.smart.asking import configuration
from tests.sandbox.conftest import BASE, Clinic
from tests.world import CLINIC, World

KNOWN = {
    *("launch-ehr", "launch-standalone", "authorize-post", "smart-app-state", "sso-openid-connect"),
    *("client-public", "client-confidential-symmetric", "client-confidential-asymmetric"),
    *("context-banner", "context-style", "context-ehr-patient", "context-ehr-encounter"),
    *("context-standalone-patient", "context-standalone-encounter"),
    *("permission-offline", "permission-online", "permission-patient", "permission-user"),
    *("permission-v1", "permission-v2"),
}


@pytest.mark.parametrize("base", [f"{CLINIC}/fhir", f"{CLINIC}/export/fhir"])
def test_ours_are_words_of_the_list(house: World, base: str) -> None:
    said = configuration(house, base)["capabilities"]

    assert said
    assert all(one in KNOWN or one.startswith("https://") for one in said)
    assert len(set(said)) == len(said)


def test_the_sandboxs_are_as_well(clinic: Clinic) -> None:
    said = clinic.http().get(f"{BASE}/fhir/.well-known/smart-configuration").json()

    assert set(said["capabilities"]) <= KNOWN
