"""An active token is described as it was granted: scope, client, end, context, and issuer and subject where an identity
token came with it. [SMART App Launch 2.2, Token Introspection, Required and Conditional fields]
"""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.conformance.smart.granting import asked_about, granted
from tests.sandbox.conftest import BASE, Clinic


@pytest.mark.parametrize("opaque", [False, True])
def test_it_says_what_the_token_answer_said(clinic: Clinic, opaque: bool) -> None:
    either = clinic.restarted(opaque_tokens=opaque)
    app, given = granted(either)
    said = asked_about(either, given["access_token"]).json()
    keys = KeySet.import_key_set(app.http.get(f"{BASE}/auth/jwks").json())
    person = jwt.decode(given["id_token"], keys, algorithms=["RS256"]).claims

    assert said["active"] is True
    assert set(said["scope"].split()) == set(given["scope"].split())
    assert (said["client_id"], said["patient"]) == ("patient-app", given["patient"])
    assert said["exp"] == int(either.clock().timestamp()) + given["expires_in"]
    assert [said[name] for name in ("iss", "sub", "fhirUser")] == [
        person[name] for name in ("iss", "sub", "fhirUser")
    ]


def test_without_an_identity_token_nobody_is_named(clinic: Clinic) -> None:
    _, given = granted(clinic, "launch/patient patient/Encounter.rs")

    assert not {"iss", "sub", "fhirUser"} & asked_about(clinic, given["access_token"]).json().keys()
