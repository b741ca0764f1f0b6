"""The issuer's key set has an array of keys, one of them RSA, bare and without any private part. [SMART App Launch 2.2,
scopes, Steps for using an ID token; RFC 7517 5]
"""

from tests.sandbox.conftest import BASE, Clinic


def test_an_rsa_key_is_there_and_no_private_part(clinic: Clinic) -> None:
    keys = clinic.http().get(f"{BASE}/auth/jwks").json()["keys"]

    assert [key for key in keys if key["kty"] == "RSA" and key["n"] and key["e"] and key["kid"]]
    assert not {"d", "p", "q", "dp", "dq", "qi", "k", "x5c"} & {name for key in keys for name in key}
