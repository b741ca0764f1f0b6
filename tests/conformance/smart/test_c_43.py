"""The resource that `fhirUser` names can be read with the token that came with it. [The Inferno test kit; SMART App
Launch 2.2, scopes, Scopes for requesting identity data]
"""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.conformance.smart.granting import an_app
from tests.sandbox.conftest import BASE, Clinic

SCOPE = "openid fhirUser launch/patient patient/Encounter.rs"


@pytest.mark.parametrize("person", ["Patient/patient-two-in", "RelatedPerson/related-two-in"])
def test_it_is_readable(clinic: Clinic, person: str) -> None:
    app = an_app(clinic, SCOPE)
    said = app.exchange(app.code(clinic.visitor(person))).json()
    keys = KeySet.import_key_set(app.http.get(f"{BASE}/auth/jwks").json())
    named = jwt.decode(said["id_token"], keys, algorithms=["RS256"]).claims["fhirUser"]
    found = app.read(named.removeprefix(f"{BASE}/fhir/"), said["access_token"])

    assert found.status_code == 200
    assert f"{found.json()['resourceType']}/{found.json()['id']}" == person
