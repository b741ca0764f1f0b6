"""Our own keys: read from PEM or JWK, shown to the world by their public half alone."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from joserfc.jwk import ECKey, OctKey, RSAKey

from service.smart.problems import UnfitKey
from service.smart.signing_keys import choose, load_signing_key, public_jwks
from tests.smart.people import ec_key, our_key, rsa_key, short_rsa_key

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}


def _pem(key: Any) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSAKey.generate_key(2048), "RS384"), (ECKey.generate_key("P-384"), "ES384")]
)
def test_both_forms_give_the_same_key(key: Any, algorithm: str) -> None:
    """D-01: RS384 and ES384; the kid is the thumbprint, so it is the same wherever the key is read."""
    by_pem = load_signing_key(key.as_pem(private=True))
    by_jwk = load_signing_key(json.dumps(key.as_dict(private=True)))
    assert by_pem.algorithm == by_jwk.algorithm == algorithm
    assert by_pem.kid == by_jwk.kid
    assert load_signing_key(key.as_pem(private=True), kid="spring").kid == "spring"


def test_the_published_set_holds_no_private_part() -> None:
    """C-35: bare public keys with kid, use and alg."""
    published = public_jwks([our_key("RSA"), our_key("EC")])
    for key in published["keys"]:
        assert not PRIVATE_MEMBERS & key.keys()
        assert {"kty", "kid", "use", "alg"} <= key.keys()
    assert [key["alg"] for key in published["keys"]] == ["RS384", "ES384"]


def test_a_key_does_not_show_itself() -> None:
    """D-05: a representation in a log names the key and holds nothing of it."""
    shown = repr(our_key("EC"))
    assert our_key("EC").key.as_dict(private=True)["d"] not in shown
    assert our_key("EC").kid in shown


def test_the_server_says_which_key_signs() -> None:
    """D-01: by what the server lists; without a list the first key."""
    both = [our_key("RSA"), our_key("EC")]
    assert choose(both, ("ES384",)).algorithm == "ES384"
    assert choose(both, ()).algorithm == "RS384"
    with pytest.raises(UnfitKey):
        choose(both, ("PS512",))


UNFIT = {
    "nothing": b"",
    "no key": b"hello",
    "broken PEM": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "public PEM": our_key("RSA").key.as_pem(private=False),
    "public JWK": json.dumps(ec_key("x", "P-384").as_dict(private=False)),
    "short RSA": _pem(rsa.generate_private_key(65537, 1024)),
    "short RSA as JWK": json.dumps(short_rsa_key("x")),
    "other curve": ec_key().as_pem(private=True),
    "Ed25519": _pem(ed25519.Ed25519PrivateKey.generate()),
    "symmetric": json.dumps(OctKey.generate_key(256).as_dict(private=True)),
    "a list": "[]",
    "JWK without a modulus": json.dumps(
        {k: v for k, v in rsa_key().as_dict(private=True).items() if k != "n"}
    ),
}


@pytest.mark.parametrize("text", UNFIT.values(), ids=UNFIT.keys())
def test_an_unfit_key_is_refused(text: str | bytes) -> None:
    """With a sentence that says what fits, and without a cause that could quote the key."""
    with pytest.raises(UnfitKey) as caught:
        load_signing_key(text)
    assert caught.value.__cause__ is None
