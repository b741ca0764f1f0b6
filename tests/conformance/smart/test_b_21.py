"""A signed token is good by a published key of its issuer, by RS or ES algorithms, with its issuer, audience and times
right to a minute; an identity token or any other kind is none. [Our rule; RFC 9068 4, RFC 8725 3.11]
"""

from typing import Any

import pytest

from service.smart.access_token import check
from service.smart.problems import TokenInvalid
from tests.conformance.smart.asking import QR, showing
from tests.conformance.smart.proving import MOMENT, issuing
from tests.smart.forgeries import forgeries
from tests.smart.people import ISSUER, NOW, OUR_BASE, rsa_key, sign
from tests.smart.people import remote_keys as keys_at
from tests.world import World

HEADER = {"alg": "RS256", "kid": "rsa-1", "typ": "at+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "person-7",
    "aud": OUR_BASE,
    "iat": MOMENT,
    "exp": MOMENT + 300,
    "client_id": "diary",
    "scope": "patient/*.rs",
}


def _good(token: str) -> bool:
    try:
        check(token, base=OUR_BASE, issuer=ISSUER, audiences=(), keys=keys_at(issuing()), now=NOW)
    except TokenInvalid:
        return False
    return True


def _signed(header: dict[str, Any] | None = None, **claims: Any) -> str:
    return sign(HEADER | (header or {}), CLAIMS | claims, rsa_key())


@pytest.mark.parametrize("name", forgeries())
def test_a_forged_one_is_refused(name: str) -> None:
    assert _good(_signed())
    assert not _good(forgeries()[name](dict(HEADER), dict(CLAIMS)))


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({"exp": MOMENT - 59}, True),
        ({"exp": MOMENT - 60}, False),
        ({"nbf": MOMENT + 60}, True),
        ({"nbf": MOMENT + 61}, False),
        ({"iss": "https://evil.example"}, False),
        ({"aud": f"{OUR_BASE}/"}, False),
        ({"token_use": "id"}, False),
        ({"typ": "Refresh"}, False),
    ],
    ids=str,
)
def test_claims_at_their_edge(claims: dict[str, Any], good: bool) -> None:
    assert _good(_signed(**claims)) is good


@pytest.mark.parametrize("header", [{"typ": "id_token+jwt"}, {"typ": "logout+jwt"}])
def test_another_kind_of_token_is_none(header: dict[str, str]) -> None:
    assert not _good(_signed(header))
    assert not _good(_signed({"typ": "JWT"}, nonce="n-1"))


def test_at_our_door_an_identity_token_opens_nothing(house: World) -> None:
    assert showing(house, {"typ": "JWT"}, nonce="n-1").get(QR).status_code == 401
