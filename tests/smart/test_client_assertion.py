"""The assertion by which a client of ours proves itself: each claim and header member, at its edges (C-31 to C-35)."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from service.smart.client_assertion import RegisteredClient, claimed_client, prove, registered_keys
from service.smart.problems import TokenInvalid
from tests.smart.forgeries import b64
from tests.smart.people import NOW, ec_key, key_set, rsa_key, short_rsa_key, sign, sign_raw

ENDPOINT = "https://journal.example/maple/export/token"
ADDRESS = "https://siem.example/jwks"
EC = ec_key("ec-384", "P-384")
RSA = rsa_key("rsa-384")


def client(**more: Any) -> RegisteredClient:
    known = registered_keys(key_set(EC, RSA)["keys"])
    return RegisteredClient("siem", "system/AuditEvent.rs", **{"keys": known, **more})


def header(**more: Any) -> dict[str, Any]:
    members = {"alg": "ES384", "kid": "ec-384", "typ": "JWT"} | more
    return {name: value for name, value in members.items() if value is not None}


def claims(**more: Any) -> dict[str, Any]:
    members = {"iss": "siem", "sub": "siem", "aud": ENDPOINT, "exp": at(240), "jti": "j-1"} | more
    return {name: value for name, value in members.items() if value is not None}


def as_bytes(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


def at(seconds: float) -> int:
    return int((NOW + timedelta(seconds=seconds)).timestamp())


def reason(assertion: str, **more: Any) -> str:
    """Why it is refused; empty where it is not."""
    try:
        prove(assertion, client(**more), ENDPOINT, NOW)
    except TokenInvalid as problem:
        return problem.reason
    return ""


@pytest.mark.parametrize(("algorithm", "key"), [("ES384", EC), ("RS384", RSA)])
def test_both_algorithms_of_smart_prove_their_client(algorithm: str, key: Any) -> None:
    assertion = sign(header(alg=algorithm, kid=key.kid), claims(), key)
    assert claimed_client(assertion) == "siem"
    proven = prove(assertion, client(), ENDPOINT, NOW)
    assert proven.client_id == "siem"
    assert proven.until == NOW + timedelta(seconds=300)  # its end, and the minute by which clocks may differ


@pytest.mark.parametrize(
    ("algorithm", "key"), [("RS256", RSA), ("RS512", RSA), ("PS384", RSA), ("ES256", ec_key("ec-256"))]
)
def test_no_other_algorithm_does(algorithm: str, key: Any) -> None:
    assert reason(sign(header(alg=algorithm, kid=key.kid), claims(), key)) == "algorithm"


@pytest.mark.parametrize("algorithm", ["none", "HS384", "", None, 384, ["ES384"]])
def test_neither_does_a_signature_that_is_none(algorithm: object) -> None:
    assert reason(f"{b64(header() | {'alg': algorithm})}.{b64(claims())}.{b64(b'x' * 96)}") == "algorithm"


HEADERS: list[tuple[dict[str, Any], str]] = [
    ({"typ": "jwt"}, ""),
    ({"typ": "at+jwt"}, "type"),
    ({"typ": None}, "type"),
    ({"kid": None}, "claim-kid"),
    ({"kid": "rsa-384"}, "unknown-key"),
    ({"kid": "nothing"}, "unknown-key"),
    ({"jku": ADDRESS}, "key-set-address"),
    ({"jwk": {}}, "header-member"),
    ({"x5c": ["x"]}, "header-member"),
    ({"b64": True}, "header-member"),
    ({"zip": "DEF"}, "header-member"),
]


@pytest.mark.parametrize(("members", "expected"), HEADERS)
def test_the_header_names_type_and_key_and_nothing_to_believe(members: dict[str, Any], expected: str) -> None:
    signed = sign_raw(header(**members), as_bytes(claims()), EC)
    assert reason(signed) == expected


@pytest.mark.parametrize(
    ("shown", "known", "expected"),
    [
        (ADDRESS, ADDRESS, ""),
        (f"{ADDRESS}/", ADDRESS, "key-set-address"),
        ("https://siem.example/JWKS", ADDRESS, "key-set-address"),
        (ADDRESS, None, "key-set-address"),
        (None, ADDRESS, ""),
    ],
)
def test_a_key_set_address_is_the_registered_one_letter_for_letter(
    shown: str | None, known: str | None, expected: str
) -> None:
    """C-33; whatever is shown, nothing is fetched from there."""
    assert reason(sign_raw(header(jku=shown), as_bytes(claims()), EC), jwks_url=known) == expected


CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"aud": [ENDPOINT]}, ""),
    ({"aud": [ENDPOINT, ENDPOINT]}, ""),
    ({"aud": [ENDPOINT, "https://other.example"]}, "audience"),
    ({"aud": f"{ENDPOINT}/"}, "audience"),
    ({"aud": []}, "claim-aud"),
    ({"aud": {"x": 1}}, "claim-aud"),
    ({"iss": "other"}, "client"),
    ({"sub": "other"}, "client"),
    ({"sub": None}, "claim-sub"),
    ({"sub": ["siem"]}, "claim-sub"),
    ({"exp": at(360)}, ""),
    ({"exp": at(361)}, "lives-too-long"),
    ({"exp": at(600)}, "lives-too-long"),
    ({"exp": at(-59)}, ""),
    ({"exp": at(-60)}, "expired"),
    ({"exp": None}, "claim-exp"),
    ({"exp": True}, "claim-exp"),
    ({"exp": str(at(60))}, "claim-exp"),
    ({"exp": 1e300}, "claim-exp"),
    ({"iat": at(60)}, ""),
    ({"iat": at(61)}, "iat-in-the-future"),
    ({"nbf": at(61)}, "nbf-in-the-future"),
    ({"jti": None}, "claim-jti"),
    ({"jti": ""}, "claim-jti"),
    ({"jti": 7}, "claim-jti"),
    ({"jti": "x" * 256}, "claim-jti"),
    ({"jti": "x" * 255}, ""),
]


@pytest.mark.parametrize(("members", "expected"), CLAIMS)
def test_each_claim_at_its_edge(members: dict[str, Any], expected: str) -> None:
    assert reason(sign_raw(header(), as_bytes(claims(**members)), EC)) == expected


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: one[:-4],
        lambda one: one + "A",
        lambda one: one.replace(".", "..", 1),
        lambda one: one + ".x",
        lambda one: f" {one}",
        lambda one: "",
        lambda one: one.rpartition(".")[0] + "." + "A" * 128,
        lambda one: one + "A" * 9000,
    ],
)
def test_a_spoiled_assertion_proves_nothing(spoil: Callable[[str], str]) -> None:
    assert reason(spoil(sign(header(), claims(), EC)))


def test_claims_that_two_readers_could_read_differently_are_refused() -> None:
    doubled = as_bytes(claims())[:-1] + b',"sub":"siem"}'
    assert reason(sign_raw(header(), doubled, EC)) == "encoding"


def test_another_key_of_the_same_name_proves_nothing() -> None:
    evil = ECKey.generate_key("P-384", parameters={"kid": "ec-384"})
    assert reason(sign(header(), claims(), evil)) == "signature"


def test_two_registered_keys_of_one_name_are_none() -> None:
    """C-34."""
    twins = key_set(EC, ECKey.generate_key("P-384", parameters={"kid": "ec-384"}))["keys"]
    assert reason(sign(header(), claims(), EC), keys=registered_keys(twins)) == "ambiguous-key"


@pytest.mark.parametrize(
    "members",
    [
        short_rsa_key("short"),
        key_set(ec_key("ec-256"))["keys"][0],
        {**EC.as_dict(private=True), "kid": "x"},
        {"kty": "oct", "kid": "x", "k": "c2VjcmV0"},
        {"kty": "EC", "kid": "x", "crv": "P-384", "x": "AA", "y": "AA"},
        {"kty": "RSA", "kid": "x", "e": "AQAB"},
        {"kid": "x"},
        {**key_set(EC)["keys"][0], "kid": None},
    ],
)
def test_a_key_that_could_prove_nothing_is_not_registered(members: dict[str, Any]) -> None:
    """C-35; a private key that stands in a file of the clinic is anybody's."""
    with pytest.raises(ValueError, match="key"):
        registered_keys([members])
