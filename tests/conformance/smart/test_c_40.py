"""The issuer's OpenID configuration holds its seven required members, with RS256 among the algorithms of identity
tokens. [OpenID Connect Discovery 3; SMART App Launch 2.2, scopes, Scopes for requesting identity data]
"""

from tests.sandbox.conftest import BASE, Clinic


def test_every_member_is_there(clinic: Clinic) -> None:
    answer = clinic.http().get(f"{BASE}/.well-known/openid-configuration")
    said = answer.json()

    assert answer.status_code == 200
    assert said["issuer"] == BASE
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        assert said[name].startswith(f"{BASE}/")
    assert said["response_types_supported"] == ["code"]
    assert said["subject_types_supported"]
    assert "RS256" in said["id_token_signing_alg_values_supported"]
