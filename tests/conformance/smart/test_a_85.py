"""The issuer is the one that the clinic configured: an identity token that names another causes no request there, and a
configuration that calls itself by another name is refused. [Our rule; OpenID Connect Discovery 4.3]
"""

import json

import pytest

from service.smart.discovery import fetch_keys_address
from service.smart.problems import DiscoveryFailed, IdentityNotProven
from tests.conformance.smart.proving import id_token, issuing, proven
from tests.smart.people import ISSUER, Server


def test_nothing_is_asked_of_the_issuer_that_a_token_names() -> None:
    server = issuing()
    with pytest.raises(IdentityNotProven):
        proven(id_token(iss="https://evil.example"), server)

    assert {(path, headers["HTTP_HOST"]) for _, path, headers, _ in server.asked} <= {
        ("/jwks", "ehr.example")
    }


@pytest.mark.parametrize("issuer", ["https://evil.example", f"{ISSUER}/", None])
def test_a_configuration_by_another_name_is_refused(issuer: str | None) -> None:
    document = json.dumps({"issuer": issuer, "jwks_uri": f"{ISSUER}/jwks"}).encode()
    server = Server({"/.well-known/openid-configuration": (200, {}, document)})

    with pytest.raises(DiscoveryFailed):
        fetch_keys_address(server.client(), ISSUER, loopback_allowed=False)
