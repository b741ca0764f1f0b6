"""Tokens shown to our own base: honest ones are read, forged and misplaced ones refused (B-20, B-21; T12 to T17)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.smart.access_token import TokenGrant, check
from service.smart.keys import RemoteKeys
from service.smart.problems import ContextsMixed, KeysUnavailable, TokenInvalid
from tests.smart.forgeries import forgeries, with_header
from tests.smart.people import (
    ISS,
    ISSUER,
    NOW,
    OUR_BASE,
    Server,
    ec_key,
    key_set,
    remote_keys,
    rsa_key,
    sign,
    sign_raw,
)

MOMENT = int(NOW.timestamp())
HEADER = {"alg": "RS256", "kid": "rsa-1", "typ": "at+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "person-7",
    "aud": OUR_BASE,
    "client_id": "portal",
    "iat": MOMENT,
    "exp": MOMENT + 900,
    "jti": "token-1",
    "scope": "patient/QuestionnaireResponse.crus patient/Encounter.rs",
    "patient": "pat-1",
    "fhirUser": f"{ISS}/Patient/pat-1",
}
SERVER = Server({"/jwks": (200, {}, json.dumps(key_set(rsa_key(), rsa_key("rsa-2"), ec_key())).encode())})


@pytest.fixture
def keys() -> RemoteKeys:
    return remote_keys(Server(dict(SERVER.answers)))


def _check(token: str, keys: RemoteKeys, **more: Any) -> TokenGrant:
    asked = {"base": OUR_BASE, "issuer": ISSUER, "audiences": (), "now": NOW, "record_bases": (ISS,)}
    return check(token, keys=keys, **{**asked, **more})


def _token(header: dict[str, Any] | None = None, **changed: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not ...}
    return sign({**HEADER, **(header or {})}, claims, rsa_key())


def test_a_good_token_says_whose_and_for_what(keys: RemoteKeys) -> None:
    """Everything that access needs is read; the token's name is kept as a digest only."""
    grant = _check(_token(), keys)
    assert (grant.issuer, grant.subject, grant.client_id) == (ISSUER, "person-7", "portal")
    assert (grant.patient, grant.fhir_user, grant.encounter) == ("pat-1", "Patient/pat-1", None)
    assert grant.scopes.allows("patient", "QuestionnaireResponse", "c")
    assert not grant.scopes.allows("patient", "QuestionnaireResponse", "d")
    assert len(grant.jti_digest) == 64
    assert grant.expires.timestamp() == CLAIMS["exp"]


@pytest.mark.parametrize(
    ("header", "changed"),
    [
        ({"typ": "application/at+jwt"}, {}),
        ({"typ": "AT+JWT"}, {}),
        ({"typ": "JWT"}, {}),
        ({}, {"aud": ["https://other.example", OUR_BASE]}),
        ({}, {"scope": ["patient/Patient.r", "openid"]}),
        ({"typ": "JWT"}, {"client_id": ..., "azp": "portal", "typ": "Bearer"}),
        ({}, {"jti": ...}),
        ({}, {"exp": MOMENT - 59}),
        ({}, {"nbf": MOMENT + 59, "iat": MOMENT + 59}),
        ({}, {"auth_time": MOMENT - 5}),
        ({"x5t": "AAAA", "vendor.header": "7"}, {}),
    ],
)
def test_what_good_servers_vary_is_taken(
    keys: RemoteKeys, header: dict[str, Any], changed: dict[str, Any]
) -> None:
    """A minute of leeway, several audiences, scope as a list, the client named as azp (B-21)."""
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not ...}
    token = sign_raw({**HEADER, **header}, json.dumps(claims).encode(), rsa_key())
    assert _check(token, keys).subject == "person-7"


def test_each_key_of_the_issuer_is_good(keys: RemoteKeys) -> None:
    """RS384 and ES256 as well as RS256, each with its own key."""
    claims = dict(CLAIMS)
    assert _check(sign({**HEADER, "alg": "RS384", "kid": "rsa-2"}, claims, rsa_key("rsa-2")), keys)
    assert _check(sign({**HEADER, "alg": "ES256", "kid": "ec-1"}, claims, ec_key()), keys)


@pytest.mark.parametrize("name", forgeries())
def test_a_forged_token_is_refused(name: str) -> None:
    """T12, T13: and nothing but the configured key set is ever fetched."""
    server = Server(dict(SERVER.answers))
    token = forgeries()[name](dict(HEADER), dict(CLAIMS))
    with pytest.raises(TokenInvalid):
        _check(token, remote_keys(server))
    assert {path for _, path, _, _ in server.asked} <= {"/jwks"}


def test_the_forger_can_also_write_a_good_token(keys: RemoteKeys) -> None:
    """The control: the same way of writing, with nothing changed, is accepted; so each refusal has its own cause."""
    assert _check(with_header()(dict(HEADER), dict(CLAIMS)), keys).subject == "person-7"


def test_there_are_enough_forgeries() -> None:
    """At least sixty, each another text."""
    made = {name: forge(dict(HEADER), dict(CLAIMS)) for name, forge in forgeries().items()}
    assert len(set(made.values())) >= 60


MISPLACED: dict[str, dict[str, Any]] = {
    "issuer missing": {"iss": ...},
    "issuer other": {"iss": "https://evil.example"},
    "issuer with a slash": {"iss": ISSUER + "/"},
    "issuer as list": {"iss": [ISSUER]},
    "issuer in capitals": {"iss": ISSUER.upper()},
    "audience missing": {"aud": ...},
    "audience the record system": {"aud": ISS},
    "audience with a slash": {"aud": OUR_BASE + "/"},
    "audience longer": {"aud": OUR_BASE + "/x"},
    "audience shorter": {"aud": OUR_BASE[:-1]},
    "audience another clinic": {"aud": OUR_BASE.replace("maple", "oak")},
    "audience the client": {"aud": "portal"},
    "audience empty": {"aud": ""},
    "audience empty list": {"aud": []},
    "audience with a number": {"aud": [OUR_BASE, 7]},
    "audience object": {"aud": {OUR_BASE: True}},
    "audience null": {"aud": None},
    "exp missing": {"exp": ...},
    "exp passed": {"exp": MOMENT - 60},
    "exp zero": {"exp": 0},
    "exp negative": {"exp": -1},
    "exp as text": {"exp": str(MOMENT + 900)},
    "exp true": {"exp": True},
    "exp null": {"exp": None},
    "exp as list": {"exp": [MOMENT + 900]},
    "exp in a hundred years": {"exp": MOMENT + 3_153_600_000},
    "exp in two days": {"exp": MOMENT + 172_800},
    "exp very large": {"exp": 1e300},
    "nbf in the future": {"nbf": MOMENT + 61},
    "nbf as text": {"nbf": "0"},
    "iat missing": {"iat": ...},
    "iat in the future": {"iat": MOMENT + 61},
    "iat as text": {"iat": str(MOMENT)},
    "sub missing": {"sub": ...},
    "sub empty": {"sub": ""},
    "sub as number": {"sub": 7},
    "sub very long": {"sub": "s" * 256},
    "client missing": {"client_id": ...},
    "client empty": {"client_id": ""},
    "client as list": {"client_id": ["portal"]},
    "scope missing": {"scope": ...},
    "scope as number": {"scope": 7},
    "scope as list of numbers": {"scope": [7]},
    "scope an empty list": {"scope": []},
    "scope null": {"scope": None},
    "patient with a slash": {"patient": "Patient/pat-1"},
    "patient with a way up": {"patient": "../Binary/1"},
    "patient dots": {"patient": ".."},
    "patient as number": {"patient": 7},
    "patient as list": {"patient": ["pat-1"]},
    "patient empty": {"patient": ""},
    "patient with a line break": {"patient": "pat-1\n"},
    "encounter with a query": {"encounter": "enc?x=1"},
    "for identity": {"token_use": "id"},
    "for renewal": {"typ": "Refresh"},
    "typ claim ID": {"typ": "ID"},
}


@pytest.mark.parametrize("changed", MISPLACED.values(), ids=MISPLACED.keys())
def test_a_token_that_is_not_for_here_and_now_is_refused(keys: RemoteKeys, changed: dict[str, Any]) -> None:
    """T14, T14a: truly signed by the issuer, and still not good at our base."""
    with pytest.raises(TokenInvalid):
        _check(_token(**changed), keys)


@pytest.mark.parametrize("claim", ["nonce", "at_hash", "c_hash", "auth_time"])
def test_an_id_token_is_never_an_access_token(keys: RemoteKeys, claim: str) -> None:
    """B-21: typ JWT with a claim that only an id_token has, even where aud and scope would do."""
    with pytest.raises(TokenInvalid, match="not-an-access-token"):
        _check(_token({"typ": "JWT"}, **{claim: "x"}), keys)


def test_an_audience_that_the_clinic_listed_is_good(keys: RemoteKeys) -> None:
    """Rule 31: the clinic may list audiences beside our base."""
    token = _token(aud="api://journal")
    with pytest.raises(TokenInvalid, match="audience"):
        _check(token, keys)
    assert _check(token, keys, audiences=("api://journal",)).subject == "person-7"


def test_one_patient_and_the_whole_system_in_one_token(keys: RemoteKeys) -> None:
    """T15: refused as a whole, and as an invalid token."""
    with pytest.raises(ContextsMixed):
        _check(_token(scope="patient/Patient.r system/Patient.r"), keys)


@pytest.mark.parametrize(
    "named",
    [
        "https://other.example/fhir/Practitioner/7",
        f"{ISS}x/Practitioner/7",
        "Device/7",
        "Practitioner/../Patient/1",
        "Practitioner/",
        7,
        ["Practitioner/7"],
        "Practitioner/7?x=1",
    ],
)
def test_a_person_of_another_server_is_nobody_here(keys: RemoteKeys, named: object) -> None:
    """A-84: no role can come from a reference that is not this record system's."""
    assert _check(_token(fhirUser=named), keys).fhir_user is None


def test_without_keys_the_answer_is_later_and_not_no() -> None:
    """B-32 in spirit: the token may be fine."""
    with pytest.raises(KeysUnavailable):
        _check(_token(), remote_keys(Server({"/jwks": (503, {}, b"")})))


def test_a_refusal_says_nothing_of_the_token(keys: RemoteKeys) -> None:
    """Rule 28: the problem's text holds a fixed word only."""
    with pytest.raises(TokenInvalid) as caught:
        _check(_token(sub="marker-51c9" * 40, patient="marker-51c9"), keys)
    assert "marker" not in str(caught.value)


@given(
    st.sampled_from(sorted(CLAIMS)),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-10, 10),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
        st.lists(st.text(max_size=5), max_size=3),
        st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    ),
)
def test_any_claim_may_be_anything_and_nothing_breaks(name: str, value: object) -> None:
    """T14: a mutated claim gives a grant or TokenInvalid and no other failure; a changed iss or aud gives no grant."""
    token = _token(**{name: value})
    try:
        grant = _check(token, remote_keys(Server(dict(SERVER.answers))))
    except TokenInvalid:
        return
    assert name not in ("iss", "aud", "exp")
    assert grant.issuer == ISSUER
