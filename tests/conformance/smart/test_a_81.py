"""An identity token counts when its issuer's keys, found through the issuer's own configuration, prove its signature,
and its issuer, audience, times and subject are right. [SMART App Launch 2.2, scopes, Steps for using an ID token;
OpenID Connect Core 3.1.3.7]
"""

import json
from typing import Any

import pytest

from service.smart.discovery import fetch_keys_address
from service.smart.problems import IdentityNotProven
from tests.conformance.smart.proving import MOMENT, id_token, proven
from tests.smart.people import ISSUER, Server, rsa_key

BAD: tuple[dict[str, Any], ...] = (
    {"iss": "https://evil.example"},
    {"iss": ...},
    {"aud": "other-app"},
    {"aud": ["other-app"]},
    {"aud": ...},
    {"exp": MOMENT - 61},
    {"exp": ...},
    {"iat": ...},
    {"sub": ...},
    {"sub": ""},
    {"sub": "s" * 256},
)


def test_a_right_one_names_its_person() -> None:
    assert proven(id_token()).fhir_user == "Patient/pat-1"
    assert proven(id_token(sub="s" * 255)).subject == "s" * 255


@pytest.mark.parametrize("changed", BAD, ids=str)
def test_a_wrong_one_proves_nobody(changed: dict[str, Any]) -> None:
    with pytest.raises(IdentityNotProven):
        proven(id_token(**changed))


def test_another_key_proves_nobody() -> None:
    with pytest.raises(IdentityNotProven):
        proven(id_token(key=rsa_key("stranger")))


def test_the_keys_are_found_through_the_issuers_configuration() -> None:
    document = json.dumps({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/the-keys"}).encode()
    server = Server({"/.well-known/openid-configuration": (200, {}, document)})

    assert fetch_keys_address(server.client(), ISSUER, loopback_allowed=False) == f"{ISSUER}/the-keys"
