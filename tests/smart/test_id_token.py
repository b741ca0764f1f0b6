"""Who signed in: the id_token proves it, or nobody is signed in (A-80 to A-85; T10)."""

import base64
import hashlib
import json
from typing import Any

import pytest

from service.smart.id_token import Person, prove
from service.smart.keys import RemoteKeys
from service.smart.problems import ClocksApart, IdentityNotProven, KeysUnavailable
from tests.smart.forgeries import forgeries
from tests.smart.people import ISS, ISSUER, NOW, Server, ec_key, key_set, remote_keys, rsa_key, sign

MOMENT = int(NOW.timestamp())
HEADER = {"alg": "RS256", "kid": "rsa-1"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "person-7",
    "aud": "journal",
    "iat": MOMENT,
    "exp": MOMENT + 300,
    "nonce": "n-1",
    "fhirUser": f"{ISS}/Patient/pat-1",
}
ACCESS = "access-token-1"
KEY_SET = {"/jwks": (200, {}, json.dumps(key_set(rsa_key(), rsa_key("rsa-2"), ec_key())).encode())}


@pytest.fixture
def keys() -> RemoteKeys:
    return remote_keys(Server(dict(KEY_SET)))


def _prove(token: str, keys: RemoteKeys, **more: Any) -> Person:
    asked = {"issuer": ISSUER, "client_id": "journal", "nonce": "n-1", "now": NOW, "record_bases": (ISS,)}
    return prove(token, keys=keys, **{**asked, **more})


def _token(header: dict[str, Any] | None = None, **changed: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not ...}
    return sign({**HEADER, **(header or {})}, claims, rsa_key())


@pytest.mark.parametrize("written", [f"{ISS}/Patient/pat-1", f"{ISS}//Patient/pat-1", "Patient/pat-1"])
def test_a_person_is_named_in_one_form(keys: RemoteKeys, written: str) -> None:
    """A-84: absolute and relative references name the same person; a doubled slash is no reference."""
    expected = None if "//Patient" in written.removeprefix("https://") else "Patient/pat-1"
    assert _prove(_token(fhirUser=written), keys) == Person(ISSUER, "person-7", expected)


@pytest.mark.parametrize("type_", ["Practitioner", "PractitionerRole", "RelatedPerson", "Person"])
def test_every_kind_of_person_is_read(keys: RemoteKeys, type_: str) -> None:
    """PractitionerRole too, which others forget."""
    assert _prove(_token(fhirUser=f"{type_}/7"), keys).fhir_user == f"{type_}/7"


@pytest.mark.parametrize(
    "named", ["Group/7", "https://other.example/fhir/Patient/pat-1", 7, None, "", "Patient/pat 1"]
)
def test_an_unusable_person_is_proven_without_a_reference(keys: RemoteKeys, named: object) -> None:
    """Somebody signed in; who they are in the record is not known, so no page opens for them."""
    assert _prove(_token(fhirUser=named), keys).fhir_user is None


@pytest.mark.parametrize("name", forgeries())
def test_a_forged_token_proves_nobody(name: str, keys: RemoteKeys) -> None:
    """T12, T13 for id_tokens; `typ` differs, so a good access token is no identity either."""
    token = forgeries()[name](dict(HEADER), dict(CLAIMS))
    with pytest.raises(IdentityNotProven):
        _prove(token, keys)


BAD: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": ...},
    "another app": {"aud": "other-app"},
    "no audience": {"aud": ...},
    "two audiences, no azp": {"aud": ["journal", "other-app"]},
    "azp of another app": {"aud": ["journal", "other-app"], "azp": "other-app"},
    "azp of another app alone": {"azp": "other-app"},
    "expired": {"exp": MOMENT - 60},
    "no exp": {"exp": ...},
    "exp in a year": {"exp": MOMENT + 31_536_000},
    "no iat": {"iat": ...},
    "iat in the future": {"iat": MOMENT + 61},
    "no sub": {"sub": ...},
    "sub empty": {"sub": ""},
    "sub very long": {"sub": "s" * 256},
    "another nonce": {"nonce": "n-2"},
    "no nonce": {"nonce": ...},
    "nonce as list": {"nonce": ["n-1"]},
    "nonce longer": {"nonce": "n-1 "},
    "at_hash of another token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "at_hash as number": {"at_hash": 7},
}


@pytest.mark.parametrize("changed", BAD.values(), ids=BAD.keys())
def test_a_token_for_another_sign_in_proves_nobody(keys: RemoteKeys, changed: dict[str, Any]) -> None:
    """T10, T21: other issuer, app, time or nonce; or an access token swapped beneath it."""
    with pytest.raises(IdentityNotProven):
        _prove(_token(**changed), keys, access_token=ACCESS)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-7200, "2 h behind ours"), (61, "1 min 1 s ahead of ours"), (93_600, "26 h ahead of ours")],
)
def test_a_token_of_another_time_tells_how_far_its_issuers_clock_is(
    keys: RemoteKeys, seconds: int, said: str
) -> None:
    with pytest.raises(ClocksApart, match=said):
        _prove(_token(iat=MOMENT + seconds, exp=MOMENT + seconds + 300), keys)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"iat": MOMENT - 30, "exp": MOMENT - 60}, "expired"),
        ({"exp": MOMENT + 31_536_000}, "lives-too-long"),
        ({"iat": "yesterday", "exp": MOMENT - 60}, "expired"),
        ({"iat": 9e99, "exp": MOMENT - 60}, "expired"),
        ({"iat": MOMENT - 7200, "exp": MOMENT - 3600, "nonce": "n-2"}, "nonce"),
        ({"iat": MOMENT - 7200, "exp": "soon"}, "claim-exp"),
    ],
)
def test_where_no_clock_explains_it_the_reason_stays(
    keys: RemoteKeys, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(IdentityNotProven) as caught:
        _prove(_token(**changed), keys)
    assert (type(caught.value), caught.value.reason) == (IdentityNotProven, reason)


def test_an_access_token_is_no_identity(keys: RemoteKeys) -> None:
    """The confusion the other way round (T13)."""
    with pytest.raises(IdentityNotProven):
        _prove(_token({"typ": "at+jwt"}), keys)


def test_the_right_at_hash_is_taken(keys: RemoteKeys) -> None:
    """OpenID Connect Core § 3.1.3.6: the left half of the digest."""
    half = base64.urlsafe_b64encode(hashlib.sha256(ACCESS.encode()).digest()[:16]).rstrip(b"=").decode()
    assert _prove(_token(at_hash=half), keys, access_token=ACCESS).subject == "person-7"


def test_a_renewal_has_no_nonce(keys: RemoteKeys) -> None:
    """OpenID Connect Core § 12.2: an id_token from a refresh need not repeat it."""
    assert _prove(_token(nonce=...), keys, nonce=None).subject == "person-7"


def test_without_keys_the_person_may_try_again() -> None:
    """The issuer's keys cannot be had: not the person's fault, and said otherwise."""
    with pytest.raises(KeysUnavailable):
        _prove(_token(), remote_keys(Server()))
