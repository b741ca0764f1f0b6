"""A token's key is the only one with its name and its kind; none, or two of them, prove nothing. [SMART App Launch 2.2,
Client Authentication: Asymmetric, Signature Verification]
"""

import json

import pytest
from joserfc.jwk import ECKey, RSAKey

from service.smart.problems import TokenInvalid
from tests.smart.people import Server, ec_key, key_set, remote_keys, rsa_key


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ((rsa_key("k"),), True),
        ((rsa_key("k"), ec_key("k")), True),
        ((rsa_key("k"), RSAKey.generate_key(2048, parameters={"kid": "k"})), False),
        ((ec_key("k"),), False),
        ((rsa_key("other"),), False),
        ((), False),
    ],
    ids=["one", "another kind beside it", "two", "another kind", "another name", "none"],
)
def test_it_must_be_the_only_one(keys: tuple[RSAKey | ECKey, ...], found: bool) -> None:
    known = remote_keys(Server({"/jwks": (200, {}, json.dumps(key_set(*keys)).encode())}))
    if found:
        assert known.find("k", "RSA").key_type == "RSA"
        return
    with pytest.raises(TokenInvalid):
        known.find("k", "RSA")
