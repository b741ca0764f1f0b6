"""The discovery document holds the members it must, each of its kind: which ones depends on whether people sign in
there and whether clients prove themselves by a key. [SMART App Launch 2.2, conformance, Metadata]
"""

from typing import Any

import pytest

from tests.conformance.smart.asking import configuration
from tests.sandbox.conftest import BASE, Clinic
from tests.world import CLINIC, World

BASES = ("ours", "our export base", "the sandbox's")
PROOFS = {"client_secret_post", "client_secret_basic", "private_key_jwt"}
GRANTS = {"authorization_code", "client_credentials", "refresh_token"}


@pytest.fixture(params=BASES)
def said(request: pytest.FixtureRequest, house: World, clinic: Clinic) -> dict[str, Any]:
    if request.param == "the sandbox's":
        found: dict[str, Any] = clinic.http().get(f"{BASE}/fhir/.well-known/smart-configuration").json()
        return found
    return configuration(house, f"{CLINIC}/fhir" if request.param == "ours" else f"{CLINIC}/export/fhir")


def test_issuer_and_its_keys_are_there_where_people_sign_in_and_else_left_out(said: dict[str, Any]) -> None:
    signs_in = "sso-openid-connect" in said["capabilities"]

    assert isinstance(said.get("issuer"), str) is signs_in
    assert isinstance(said.get("jwks_uri"), str) or not signs_in


def test_an_authorization_endpoint_is_there_where_apps_are_launched(said: dict[str, Any]) -> None:
    launches = bool({"launch-ehr", "launch-standalone"} & set(said["capabilities"]))

    assert isinstance(said.get("authorization_endpoint"), str) is launches


def test_a_token_endpoint_is_there(said: dict[str, Any]) -> None:
    assert isinstance(said["token_endpoint"], str)


def test_the_grants_are_those_of_the_standard(said: dict[str, Any]) -> None:
    assert {"authorization_code", "client_credentials"} & set(said["grant_types_supported"])
    assert set(said["grant_types_supported"]) <= GRANTS


def test_the_capabilities_are_words(said: dict[str, Any]) -> None:
    assert isinstance(said["capabilities"], list)
    assert all(isinstance(one, str) and one for one in said["capabilities"])


def test_challenges_are_by_s256_and_never_plain(said: dict[str, Any]) -> None:
    assert "S256" in said["code_challenge_methods_supported"]
    assert "plain" not in said["code_challenge_methods_supported"]


def test_proofs_and_their_algorithms_are_those_of_the_standard(said: dict[str, Any]) -> None:
    proofs = said.get("token_endpoint_auth_methods_supported", [])
    algorithms = said.get("token_endpoint_auth_signing_alg_values_supported", [])

    assert set(proofs) <= PROOFS
    if "private_key_jwt" in proofs:
        assert {"RS384", "ES384"} & set(algorithms)


def test_no_member_stands_there_empty(said: dict[str, Any]) -> None:
    assert all(value for name, value in said.items() if name != "capabilities")
