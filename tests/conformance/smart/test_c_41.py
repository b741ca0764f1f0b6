"""An identity token is signed with RS256 by a key that its header names, and says issuer, subject, audience, times and
`fhirUser`. [SMART App Launch 2.2, scopes, Scopes for requesting identity data; OpenID Connect Core 2]
"""

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.conformance.smart.granting import PATIENT, granted
from tests.sandbox.conftest import BASE, Clinic


def test_header_and_claims_are_complete(clinic: Clinic) -> None:
    app, said = granted(clinic)
    keys = app.http.get(f"{BASE}/auth/jwks").json()
    token = jwt.decode(said["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"])

    assert token.header["alg"] == "RS256"
    assert token.header["kid"] in {key["kid"] for key in keys["keys"]}
    claims = token.claims
    assert (claims["iss"], claims["aud"]) == (BASE, "patient-app")
    assert claims["fhirUser"] == f"{BASE}/fhir/{PATIENT}"
    assert claims["iat"] <= int(clinic.clock().timestamp()) < claims["exp"]
    assert 1 <= len(claims["sub"]) <= 255
