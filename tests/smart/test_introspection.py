"""Opaque tokens shown to our own base: the issuer is asked, its answer is read with care, and kept only for a moment.

B-22, B-30 to B-32; threats T14a and T23.
"""

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt

from service.smart import introspection
from service.smart.access_token import TokenGrant, looks_signed
from service.smart.discovery import Configurations
from service.smart.introspection import AT_ONCE, MOST_KEPT, Introspection, Terms
from service.smart.problems import ServerSilent, TokenInvalid
from service.smart.registration import ClientKind, Registration
from service.smart.signing_keys import public_jwks
from tests.smart.people import (
    ISS,
    ISSUER,
    NOW,
    OUR_BASE,
    Clock,
    Server,
    caller,
    ec_key,
    our_key,
    registration,
    sign,
)

WELL_KNOWN = "/fhir/.well-known/smart-configuration"
MOMENT = int(NOW.timestamp())
TERMS = Terms(
    base=OUR_BASE,
    issuer=ISSUER,
    audiences=("https://listed.example",),
    clients=frozenset({"portal"}),
    record_bases=(ISS,),
)
ACTIVE: dict[str, Any] = {
    "active": True,
    "scope": "openid fhirUser patient/QuestionnaireResponse.crus",
    "client_id": "portal",
    "exp": MOMENT + 900,
    "patient": "pat-1",
    "encounter": "enc-1",
    "iss": ISSUER,
    "sub": "person-7",
    "fhirUser": f"{ISS}/Patient/pat-1",
    "need_patient_banner": True,
}
Told = tuple[int, dict[str, str], bytes]


def _json(value: Any, status: int = 200) -> Told:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


class Ehr(Server):
    """A record system that says the same of every token, until told otherwise."""

    def __init__(self, **changed: Any) -> None:
        super().__init__()
        document = {
            "token_endpoint": f"{ISSUER}/token",
            "introspection_endpoint": f"{ISSUER}/introspect",
            "token_endpoint_auth_signing_alg_values_supported": ["ES384"],
        }
        self.answers[WELL_KNOWN] = _json(document)
        self.says(**changed)

    def says(self, **changed: Any) -> None:
        members = {name: value for name, value in {**ACTIVE, **changed}.items() if value is not ...}
        self.answers["/introspect"] = _json(members)

    @property
    def questions(self) -> int:
        return self.count("/introspect")


def _introspection(
    server: Server, clock: Clock | None = None, terms: Terms = TERMS, registered: Registration | None = None
) -> Introspection:
    clock = clock or Clock()
    asking = caller(server, clock, registered or registration(ClientKind.ASYMMETRIC))
    return Introspection(asking, ISS, Configurations(server.client(), clock, loopback_allowed=False), terms)


def test_the_question_is_as_the_standards_say() -> None:
    """B-30: a form with the token, a fresh proof for the token endpoint's audience, and nothing in the address."""
    server = Ehr()
    _introspection(server).check("opaque-1")
    method, path, headers, body = server.asked[-1]
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert (method, path, headers["QUERY_STRING"]) == ("POST", "/introspect", "")
    assert headers["HTTP_ACCEPT"] == "application/json"
    assert headers["CONTENT_TYPE"] == "application/x-www-form-urlencoded"
    assert form.keys() == {"token", "token_type_hint", "client_assertion", "client_assertion_type"}
    assert (form["token"], form["token_type_hint"]) == ("opaque-1", "access_token")
    key = ec_key().__class__.import_key(public_jwks([our_key()])["keys"][0])
    claims = jwt.decode(form["client_assertion"], key, algorithms=["ES384"]).claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("journal", "journal", f"{ISSUER}/token")


def test_every_question_has_a_proof_of_its_own() -> None:
    """D-03: an assertion is never used twice."""
    server = Ehr()
    asking = _introspection(server)
    for number in range(3):
        asking.check(f"opaque-{number}")
    proofs = {parse_qs(body.decode())["client_assertion"][0] for _, path, _, body in server.asked[1:]}
    assert len(proofs) == 3


def test_a_good_token_says_whose_and_for_what() -> None:
    """B-31: scope, client, end, context and person; the token's name is kept as a digest only."""
    grant = _introspection(Ehr()).check("opaque-1")
    assert (grant.issuer, grant.subject, grant.client_id) == (ISSUER, "person-7", "portal")
    assert (grant.patient, grant.encounter, grant.fhir_user) == ("pat-1", "enc-1", "Patient/pat-1")
    assert grant.scopes.allows("patient", "QuestionnaireResponse", "c")
    assert not grant.scopes.allows("patient", "QuestionnaireResponse", "d")
    assert grant.expires.timestamp() == ACTIVE["exp"]
    assert grant.jti_digest == hashlib.sha256(f"{ISSUER}\nopaque-1".encode()).hexdigest()


GOOD: dict[str, dict[str, Any]] = {
    "a backend's, without a person": {
        "iss": ...,
        "sub": ...,
        "fhirUser": ...,
        "patient": ...,
        "encounter": ...,
    },
    "for our base": {"aud": OUR_BASE, "client_id": "unlisted"},
    "for our base among others": {"aud": ["https://other.example", OUR_BASE], "client_id": "unlisted"},
    "for a listed audience": {"aud": "https://listed.example", "client_id": "unlisted"},
    "bearer": {"token_type": "Bearer"},
    "ended within the leeway": {"exp": MOMENT - 59},
    "with what other servers say": {
        "username": "x",
        "realm_access": {"roles": []},
        "cnf": None,
        "iat": MOMENT,
    },
}


@pytest.mark.parametrize("changed", GOOD.values(), ids=GOOD.keys())
def test_what_good_servers_vary_is_taken(changed: dict[str, Any]) -> None:
    assert _introspection(Ehr(**changed)).check("opaque-1").client_id in ("portal", "unlisted")


BAD: dict[str, dict[str, Any]] = {
    "inactive": {"active": False},
    "no word on being active": {"active": ...},
    "active as text": {"active": "true"},
    "active as number": {"active": 1},
    "active null": {"active": None},
    "active as list": {"active": [True]},
    "client missing": {"client_id": ...},
    "client empty": {"client_id": ""},
    "client as list": {"client_id": ["portal"]},
    "client null": {"client_id": None},
    "client unlisted": {"client_id": "stranger"},
    "client in capitals": {"client_id": "PORTAL"},
    "client with a blank": {"client_id": "portal "},
    "scope missing": {"scope": ...},
    "scope empty": {"scope": ""},
    "scope as list": {"scope": ["patient/*.rs"]},
    "scope null": {"scope": None},
    "scope of a person and a machine": {"scope": "patient/*.rs system/*.rs"},
    "issuer other": {"iss": "https://evil.example"},
    "issuer with a slash": {"iss": f"{ISSUER}/"},
    "issuer null": {"iss": None},
    "issuer as list": {"iss": [ISSUER]},
    "audience the record system": {"aud": ISS},
    "audience a listed client": {"aud": "portal"},
    "audience with a slash": {"aud": f"{OUR_BASE}/"},
    "audience longer": {"aud": f"{OUR_BASE}x"},
    "audience null": {"aud": None},
    "audience empty": {"aud": ""},
    "audience empty list": {"aud": []},
    "audience with a number": {"aud": [OUR_BASE, 7]},
    "end missing": {"exp": ...},
    "end passed": {"exp": MOMENT - 60},
    "end as text": {"exp": str(MOMENT + 900)},
    "end true": {"exp": True},
    "end null": {"exp": None},
    "end in two days": {"exp": MOMENT + 172_800},
    "not begun": {"nbf": MOMENT + 61},
    "from the future": {"iat": MOMENT + 61},
    "patient with a slash": {"patient": "Patient/pat-1"},
    "patient with a way up": {"patient": "../Binary/1"},
    "patient as list": {"patient": ["pat-1"]},
    "patient empty": {"patient": ""},
    "encounter with a query": {"encounter": "enc?x=1"},
    "subject empty": {"sub": ""},
    "subject as number": {"sub": 7},
    "a refresh token": {"token_type": "refresh_token"},
    "a refresh token by its type": {"typ": "Refresh"},
    "an identity token": {"token_use": "id"},
    "bound to a key": {"token_type": "DPoP"},
    "token type as list": {"token_type": ["Bearer"]},
}


@pytest.mark.parametrize("changed", BAD.values(), ids=BAD.keys())
def test_a_forged_or_misplaced_answer_opens_nothing(changed: dict[str, Any]) -> None:
    """T14a: an unlisted client's token without an audience, one for the record system; and all else that is off."""
    server = Ehr(**changed)
    with pytest.raises(TokenInvalid):
        _introspection(server).check("opaque-1")
    assert server.questions == 1


PEOPLE = {
    "of another server": "https://evil.example/fhir/Patient/pat-1",
    "of no kind we know": f"{ISS}/Device/1",
    "as a list": [f"{ISS}/Patient/pat-1"],
    "missing": ...,
}


@pytest.mark.parametrize("said", PEOPLE.values(), ids=PEOPLE.keys())
def test_a_person_we_cannot_place_is_nobody(said: Any) -> None:
    """T17: what follows from that, access decides."""
    assert _introspection(Ehr(fhirUser=said)).check("opaque-1").fhir_user is None


FORMS = ["", " ", "a b", "a\nb", "é", "a\x00", "=", "a=b", "x" * 16_385, "{}", 'a"b', "a,b"]


@pytest.mark.parametrize("token", FORMS)
def test_what_cannot_be_a_token_is_refused_unasked(token: str) -> None:
    """RFC 6750 section 2.1; and nothing of the size that a stranger chooses is passed on."""
    server = Ehr()
    with pytest.raises(TokenInvalid, match="form"):
        _introspection(server).check(token)
    assert server.asked == []


def test_a_token_of_every_letter_arrives_as_it_came() -> None:
    server, token = Ehr(), "AZaz09-._~+/=="
    _introspection(server).check(token)
    assert parse_qs(server.asked[-1][3].decode())["token"] == [token]


def _cut(_headers: dict[str, str], _body: bytes) -> Told:
    return 200, {"Content-Length": "500"}, b'{"active": true'


OUTAGES: dict[str, Told | Callable[..., Told]] = {
    "down": (500, {}, b"{}"),
    "in maintenance": (503, {"Retry-After": "60"}, b""),
    "we may not ask": (401, {}, b'{"error": "invalid_client"}'),
    "forbidden": (403, {}, b""),
    "moved": (302, {"Location": "https://evil.example/"}, b""),
    "gone": (404, {}, b""),
    "a bad question": (400, {}, b'{"error": "invalid_request"}'),
    "too many questions": (429, {}, b""),
    "created": (201, {}, json.dumps(ACTIVE).encode()),
    "no content": (204, {}, b""),
    "no JSON": (200, {}, b"<html>"),
    "nothing": (200, {}, b""),
    "a list": (200, {}, b"[true]"),
    "a member twice": (200, {}, json.dumps(ACTIVE).replace("{", '{"active": false, ', 1).encode()),
    "cut off": _cut,
    "too large": (200, {}, b" " * (64 * 1024) + json.dumps(ACTIVE).encode()),
    "not Unicode": (200, {}, b'{"active": true, "scope": "\xff"}'),
}


@pytest.mark.parametrize("told", OUTAGES.values(), ids=OUTAGES.keys())
def test_without_a_proper_answer_nothing_is_accepted_and_nothing_blamed(told: Any) -> None:
    """B-32: the client's token may be fine, so it is told to come again; and the next time we ask again."""
    server = Ehr()
    asking = _introspection(server)
    server.answers["/introspect"] = told
    with pytest.raises(ServerSilent):
        asking.check("opaque-1")
    server.says()
    assert asking.check("opaque-1").client_id == "portal"


def test_a_record_system_that_is_away_is_no_reason_to_accept() -> None:
    server = Ehr()
    server.answers[WELL_KNOWN] = (503, {}, b"")
    with pytest.raises(ServerSilent):
        _introspection(server).check("opaque-1")


@pytest.mark.parametrize(
    "document",
    [
        {"token_endpoint": f"{ISSUER}/token"},
        {"token_endpoint": f"{ISSUER}/token", "introspection_endpoint": "http://10.0.0.1/introspect"},
        {"token_endpoint": f"{ISSUER}/token", "introspection_endpoint": 7},
        {"introspection_endpoint": f"{ISSUER}/introspect"},
    ],
)
def test_without_a_usable_endpoint_nobody_is_asked(document: dict[str, Any]) -> None:
    """A-33: a discovered address is checked like any other. It is not the client's fault."""
    server = Ehr()
    server.answers[WELL_KNOWN] = _json(document)
    with pytest.raises(ServerSilent):
        _introspection(server).check("opaque-1")
    assert server.questions == 0


def test_a_server_that_takes_none_of_our_keys_is_an_outage() -> None:
    server = Ehr()
    registered = registration(ClientKind.ASYMMETRIC, keys=(our_key("RSA"),))
    with pytest.raises(ServerSilent):
        _introspection(server, registered=registered).check("opaque-1")
    assert server.questions == 0


def test_an_endpoint_that_moved_is_found_again() -> None:
    """A-34: after a failure the discovery document is read anew."""
    server = Ehr()
    asking = _introspection(server)
    asking.check("opaque-1")
    server.answers[WELL_KNOWN] = _json(
        {"token_endpoint": f"{ISSUER}/token", "introspection_endpoint": f"{ISSUER}/moved"}
    )
    server.answers["/moved"] = server.answers.pop("/introspect")
    with pytest.raises(ServerSilent):
        asking.check("opaque-2")
    assert asking.check("opaque-2").client_id == "portal"


def test_a_good_answer_serves_for_thirty_seconds() -> None:
    """T23: so long may a revoked token still be taken, and not a moment longer."""
    server, clock = Ehr(), Clock()
    asking = _introspection(server, clock)
    asking.check("opaque-1")
    server.says(active=False)
    clock.pass_time(seconds=29, milliseconds=999)
    assert asking.check("opaque-1").client_id == "portal"
    assert server.questions == 1
    clock.pass_time(milliseconds=1)
    with pytest.raises(TokenInvalid, match="inactive"):
        asking.check("opaque-1")
    assert server.questions == 2


def test_the_thirty_seconds_begin_with_the_question() -> None:
    """What a slow server says was true when it was asked, at best."""
    server, clock = Ehr(), Clock()
    asking = _introspection(server, clock)
    fast = server.answers["/introspect"]

    def slow(_headers: dict[str, str], _body: bytes) -> Told:
        clock.pass_time(seconds=4)
        return fast

    server.answers["/introspect"] = slow
    asking.check("opaque-1")
    clock.pass_time(seconds=26)
    asking.check("opaque-1")
    assert server.questions == 2


def test_no_answer_is_kept_beyond_the_tokens_own_end() -> None:
    server, clock = Ehr(exp=MOMENT + 10), Clock()
    asking = _introspection(server, clock)
    asking.check("opaque-1")
    clock.pass_time(seconds=9)
    asking.check("opaque-1")
    assert server.questions == 1
    server.says(active=False)
    clock.pass_time(seconds=1)
    with pytest.raises(TokenInvalid):
        asking.check("opaque-1")


def test_a_refusal_is_kept_for_five_seconds() -> None:
    """B-22: a client that insists costs the record system little, and a token made good is soon taken."""
    server, clock = Ehr(active=False), Clock()
    asking = _introspection(server, clock)
    for _ in range(20):
        with pytest.raises(TokenInvalid, match="inactive"):
            asking.check("opaque-1")
    assert server.questions == 1
    server.says()
    clock.pass_time(seconds=5)
    assert asking.check("opaque-1").client_id == "portal"


def test_a_clock_that_was_put_back_ends_what_was_kept() -> None:
    """Else a correction of an hour would keep a revoked token alive for an hour."""
    server, clock = Ehr(), Clock()
    asking = _introspection(server, clock)
    asking.check("opaque-1")
    server.says(active=False)
    clock.pass_time(hours=-1)
    with pytest.raises(TokenInvalid):
        asking.check("opaque-1")


def test_each_token_has_an_answer_of_its_own() -> None:
    server = Ehr()

    def by_token(_headers: dict[str, str], body: bytes) -> Told:
        return _json(ACTIVE if parse_qs(body.decode())["token"] == ["good"] else {"active": False})

    server.answers["/introspect"] = by_token
    asking = _introspection(server)
    assert asking.check("good").patient == "pat-1"
    for other in ("goo", "good.", "Good", "good="):
        with pytest.raises(TokenInvalid):
            asking.check(other)


def test_what_is_kept_is_bounded_and_holds_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of made-up tokens fills no memory; the newest answers stay."""
    monkeypatch.setattr(introspection, "MOST_KEPT", 16)
    server = Ehr()
    asking = _introspection(server)
    for number in range(50):
        asking.check(f"opaque-{number}")
    kept = asking._kept._answers
    assert len(kept) == 16
    assert "opaque" not in repr(list(kept.items()))
    asking.check("opaque-49")
    assert server.questions == 50
    asking.check("opaque-0")
    assert server.questions == 51
    assert MOST_KEPT <= 10_000


def test_so_few_questions_at_a_time_that_other_doors_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow authorization server holds some of our threads, never all; the others hear "later" at once."""
    monkeypatch.setattr(introspection, "_WAIT_SECONDS", 0.01)
    server, arrived, go = Ehr(), threading.Semaphore(0), threading.Event()
    good = server.answers["/introspect"]

    def held(_headers: dict[str, str], _body: bytes) -> Told:
        arrived.release()
        assert go.wait(30)
        return good

    server.answers["/introspect"] = held
    asking = _introspection(server)
    granted: list[TokenGrant] = []
    threads = [
        threading.Thread(target=lambda n=number: granted.append(asking.check(f"opaque-{n}")))
        for number in range(AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    try:
        assert all(arrived.acquire(timeout=30) for _ in threads)
        with pytest.raises(ServerSilent, match="too-many-questions"):
            asking.check("one-more")
    finally:
        go.set()
        for thread in threads:
            thread.join(30)
    assert len(granted) == AT_ONCE
    assert asking.check("one-more").client_id == "portal"


def test_no_problem_repeats_the_token() -> None:
    """Threat T22: neither what is logged of a refusal nor what is kept shows it."""
    server = Ehr(active=False)
    asking = _introspection(server)
    with pytest.raises(TokenInvalid) as refused:
        asking.check("secret-token")
    server.answers["/introspect"] = (500, {}, b"")
    with pytest.raises(ServerSilent) as silent:
        asking.check("secret-token-2")
    assert "secret" not in f"{refused.value}{refused.value!r}{silent.value}{silent.value!r}"


def test_signed_tokens_are_told_from_opaque_ones_by_their_form() -> None:
    """For a clinic that takes both: what looks signed is judged as signed, and never passed on instead."""
    signed = sign({"alg": "ES256", "typ": "at+jwt", "kid": "ec-1"}, {"sub": "x"}, ec_key())
    assert looks_signed(signed)
    assert looks_signed("eyJhbGciOiJub25lIn0.e30.")
    opaque = ["opaque", "a.b.c", "..", "a.b.c.d", "e30.e30.e30", "W10.x.y", "é.b.c", "", signed + ".x"]
    assert not any(looks_signed(one) for one in opaque)
    assert not looks_signed("A" * 5000 + ".b.c")
