"""An assertion has the type JWT, an algorithm and a key's name in its header; it is by us, about us, for the token
endpoint, good for five minutes at most, under an id with 128 random bits. [SMART App Launch 2.2, Client
Authentication: Asymmetric, Authentication JWT]
"""

from joserfc import jwt

from tests.conformance.smart.launching import form_of
from tests.conformance.smart.working import record_system, worker
from tests.smart.people import ISSUER, NOW, our_key


def test_header_and_claims_are_complete() -> None:
    server = record_system()
    worker(server).token()
    signed = jwt.decode(form_of(server)["client_assertion"], our_key("RSA").key, algorithms=["RS384"])

    assert signed.header == {"alg": "RS384", "kid": our_key("RSA").kid, "typ": "JWT"}
    assert 0 < signed.claims["exp"] - NOW.timestamp() <= 300
    assert len(bytes.fromhex(signed.claims["jti"])) * 8 >= 128
    assert {name: signed.claims[name] for name in ("iss", "sub", "aud")} == {
        "iss": "journal-worker",
        "sub": "journal-worker",
        "aud": f"{ISSUER}/token",
    }
