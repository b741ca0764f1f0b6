"""The clinic's export base: what it tells, whom it gives a token, and that none passes at two bases (C2, C3, T18)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from joserfc.jwk import ECKey

from service.audit.record import Deed, Outcome, Record
from service.clinic import ClinicsUnreadable
from service.r4.capability_statement import EXPORT_OFFERED
from service.store import audit_trail
from service.web.guards import WIRING
from tests.people import App, backend_app
from tests.web.systems import (
    ARCHIVE,
    ARCHIVE_HOME,
    SCOPES,
    SIEM,
    System,
    key_of,
    key_server,
    public,
    registered,
    with_systems,
)
from tests.world import CLINIC, JOURNAL, OTHER, World, WorldWith

EVENTS = "AuditEvent?_count=1"


@pytest.fixture
def systems(world_with: WorldWith) -> World:
    return with_systems(world_with)


@pytest.fixture
def siem(systems: World) -> System:
    return System(systems)


def last(world: World, clinic: str = CLINIC) -> Record:
    return audit_trail.newest(world.desk.store, clinic, limit=1)[0].record


def error(answer: httpx2.Response) -> tuple[int, str]:
    """Status and error of a refusal, which nobody may keep."""
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert set(answer.json()) == {"error"}
    return answer.status_code, answer.json()["error"]


# --- what it tells ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", ["application/json", "application/fhir+json", "text/html"])
def test_discovery_names_our_own_token_endpoint_whatever_is_accepted(siem: System, accept: str) -> None:
    answer = siem.ask("GET", "fhir/.well-known/smart-configuration", headers={"Accept": accept})

    found = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert found["token_endpoint"] == f"{JOURNAL}/{CLINIC}/export/token"
    assert found["grant_types_supported"] == ["client_credentials"]
    assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert found["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert SCOPES in found["scopes_supported"]
    assert not {"issuer", "jwks_uri", "authorization_endpoint"} & set(found)


def test_every_scope_that_discovery_lists_is_granted(siem: System) -> None:
    found = siem.ask("GET", "fhir/.well-known/smart-configuration").json()
    for scope in found["scopes_supported"]:
        assert siem.ask_token(scope=scope).json()["scope"] == scope


def test_metadata_is_about_this_very_base_and_says_what_is_routed(siem: System) -> None:
    answer = siem.ask("GET", "fhir/metadata")

    statement = answer.json()
    CapabilityStatement.model_validate(statement)
    assert statement["implementation"]["url"] == f"{siem.home}/fhir"
    told = {
        one["type"]: {each["code"] for each in one["interaction"]} for one in statement["rest"][0]["resource"]
    }
    assert (
        told
        == {one.type: set(one.interactions) for one in EXPORT_OFFERED}
        == {"AuditEvent": {"read", "search-type"}}
    )
    routed = {
        rule.rule for rule in siem.world.app.url_map.iter_rules() if rule.rule.startswith("/<clinic>/export/")
    }
    assert {one.rpartition("/export/")[2] for one in routed} == {
        *("token", "fhir/metadata", "fhir/.well-known/smart-configuration"),
        *("fhir/AuditEvent", "fhir/AuditEvent/_search", "fhir/AuditEvent/<event_id>"),
    }


@pytest.mark.parametrize("path", ["fhir/metadata", "fhir/.well-known/smart-configuration", f"fhir/{EVENTS}"])
def test_a_clinic_that_is_not_has_no_export_base(systems: World, path: str) -> None:
    nobody = System(systems, clinic="no-such-clinic")
    assert nobody.ask("GET", path, headers={"Authorization": "Bearer x"}).status_code == 404
    assert nobody.ask_token().status_code == 404


# --- who gets a token ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", [SIEM, ARCHIVE])
def test_a_registered_client_gets_a_token_for_five_minutes(systems: World, client: str) -> None:
    """ES384 with a key that stands in the file, RS384 with one that the client publishes."""
    system = System(systems, client)

    answer = system.ask_token()

    given = answer.json()
    assert answer.status_code == 200, answer.text
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", 300, SCOPES)
    assert system.get(EVENTS, given["access_token"]).status_code == 200
    systems.clock.pass_time(seconds=301)
    late = system.get(EVENTS, given["access_token"])
    assert (late.status_code, late.headers["www-authenticate"]) == (
        401,
        'Bearer realm="Infusion Journal", error="invalid_token"',
    )


def test_a_grant_is_remembered_without_its_token(siem: System) -> None:
    token = siem.token()

    found = last(siem.world)

    assert (found.deed, found.outcome, found.agent.client) == (Deed.LOGIN, Outcome.SUCCESS, SIEM)
    assert (found.server, found.reason) == (f"{siem.home}/fhir", SCOPES)
    assert found.agent.token_digest
    assert token.encode() not in found.canonical()
    with siem.world.desk.store.reader.connect() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM client_tokens").all()
    assert len(kept) == 1
    assert token not in str(kept)


BROKEN: dict[str, tuple[Callable[[System], str], str]] = {
    "signed by another key": (
        lambda one: one.assertion(key=ECKey.generate_key("P-384", parameters={"kid": "siem-1"})),
        "signature",
    ),
    "unknown kid": (lambda one: one.assertion({"kid": "siem-9"}), "unknown-key"),
    "no kid": (lambda one: one.assertion({"kid": None}), "claim-kid"),
    "another type": (lambda one: one.assertion({"typ": "at+jwt"}), "type"),
    "no type": (lambda one: one.assertion({"typ": None}), "type"),
    "for another endpoint": (lambda one: one.assertion(aud=f"{JOURNAL}/{OTHER}/export/token"), "audience"),
    "for the base": (lambda one: one.assertion(aud=f"{one.home}/fhir"), "audience"),
    "for others too": (
        lambda one: one.assertion(aud=[f"{one.home}/token", "https://other.example"]),
        "audience",
    ),
    "no audience": (lambda one: one.assertion(aud=None), "claim-aud"),
    "another issuer": (lambda one: one.assertion(iss="archive"), "client"),
    "no issuer": (lambda one: one.assertion(iss=None), "claim-iss"),
    "ten minutes long": (
        lambda one: one.assertion(exp=int(one.world.clock().timestamp()) + 600),
        "lives-too-long",
    ),
    "over": (lambda one: one.assertion(exp=int(one.world.clock().timestamp()) - 61), "expired"),
    "endless": (lambda one: one.assertion(exp=None), "claim-exp"),
    "a text as its end": (lambda one: one.assertion(exp="tomorrow"), "claim-exp"),
    "made in the future": (
        lambda one: one.assertion(iat=int(one.world.clock().timestamp()) + 120),
        "iat-in-the-future",
    ),
    "no id": (lambda one: one.assertion(jti=None), "claim-jti"),
    "an empty id": (lambda one: one.assertion(jti=""), "claim-jti"),
    "keys from elsewhere": (
        lambda one: one.assertion({"jku": "https://evil.example/jwks"}),
        "key-set-address",
    ),
    "a key of its own": (
        lambda one: one.assertion({"jwk": public(key_of(SIEM))["keys"][0]}),
        "header-member",
    ),
    "cut": (lambda one: one.assertion()[:-20], "signature"),
    "no assertion at all": (lambda one: "x", "form"),
    "three parts of nothing": (lambda one: "e30.e30.e30", "claim-sub"),
    "too long": (lambda one: one.assertion(more="x" * 9000), "size"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_assertion_is_refused_and_remembered(siem: System, how: str) -> None:
    make, reason = BROKEN[how]

    answer = siem.ask_token(make(siem))

    assert error(answer) == (401, "invalid_client")
    found = last(siem.world)
    assert (found.deed, found.outcome, found.agent.role) == (Deed.REFUSAL, Outcome.REFUSED, "nobody")
    assert (found.what, found.reason) == ("export-token", reason)


def test_an_unsigned_assertion_and_one_signed_with_the_public_key_are_refused(siem: System) -> None:
    head, claims, _ = siem.assertion().split(".")
    for forged in (
        f"eyJhbGciOiJub25lIiwidHlwIjoiSldUIiwia2lkIjoic2llbS0xIn0.{claims}.x",
        f"{head}.{claims}.AAAA",
    ):
        assert error(siem.ask_token(forged)) == (401, "invalid_client")


def test_a_stranger_is_refused_and_not_named_in_the_log(systems: World) -> None:
    stranger = System(systems, "words-of-a-stranger")

    assert error(stranger.ask_token()) == (401, "invalid_client")
    assert (last(systems).agent.client, last(systems).reason) == (None, "unknown-client")
    assert "words-of-a-stranger" not in last(systems).canonical().decode()


def test_an_assertion_is_good_once_whatever_it_was_shown_for(siem: System) -> None:
    """C-32, T18: also one that was granted nothing is used up."""
    once, wasted = siem.assertion(), siem.assertion()

    assert siem.ask_token(once).status_code == 200
    assert error(siem.ask_token(once)) == (401, "invalid_client")
    assert last(siem.world).reason == "replayed"
    assert error(siem.ask_token(wasted, scope="system/Patient.rs")) == (400, "invalid_scope")
    assert error(siem.ask_token(wasted)) == (401, "invalid_client")


def test_two_clients_may_use_one_id(systems: World) -> None:
    for system in (System(systems), System(systems, ARCHIVE), System(systems, clinic=OTHER)):
        assert system.ask_token(system.assertion(jti="the-first")).status_code == 200


def test_what_has_expired_is_swept(siem: System) -> None:
    siem.token()
    siem.world.clock.pass_time(minutes=10)
    siem.token()
    with siem.world.desk.store.reader.connect() as connection:
        for table in ("client_tokens", "client_assertions"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 1


UNCLEAR: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "no grant type": ({"grant_type": None}, (400, "invalid_request")),
    "another grant type": ({"grant_type": "authorization_code"}, (400, "unsupported_grant_type")),
    "no assertion type": ({"client_assertion_type": None}, (401, "invalid_client")),
    "another assertion type": ({"client_assertion_type": "urn:x"}, (401, "invalid_client")),
    "no assertion": ({"client_assertion": None}, (401, "invalid_client")),
    "a secret beside it": ({"client_secret": "x"}, (400, "invalid_request")),
    "another client beside it": ({"client_id": ARCHIVE}, (401, "invalid_client")),
    "no scope": ({"scope": None}, (400, "invalid_scope")),
    "a scope not registered": ({"scope": "system/Patient.rs"}, (400, "invalid_scope")),
    "a scope of a person": ({"scope": "user/AuditEvent.rs"}, (400, "invalid_scope")),
    "both": ({"scope": "system/AuditEvent.rs user/AuditEvent.rs"}, (400, "invalid_scope")),
    "a scope with a limit that is not kept": (
        {"scope": "system/AuditEvent.rs?type=rest"},
        (400, "invalid_scope"),
    ),
    "writing": ({"scope": "system/AuditEvent.cud"}, (400, "invalid_scope")),
    "nonsense": ({"scope": "system/AuditEvent.sr"}, (400, "invalid_scope")),
    "endless": ({"scope": "system/AuditEvent.rs " * 400}, (400, "invalid_scope")),
}


@pytest.mark.parametrize("how", UNCLEAR)
def test_a_request_that_cannot_be_granted_says_so_by_rfc_6749(siem: System, how: str) -> None:
    fields, expected = UNCLEAR[how]

    assert error(siem.ask_token(**fields)) == expected
    assert last(siem.world).deed is Deed.REFUSAL


def test_a_body_that_is_no_form_is_no_request(siem: System) -> None:
    for content, kind in ((b"{}", "application/json"), (b"a=1&a=2", "application/x-www-form-urlencoded")):
        answer = siem.ask("POST", "token", content=content, headers={"Content-Type": kind})
        assert error(answer) == (400, "invalid_request")
    assert error(siem.ask_token(more="x" * 40_000)) == (400, "invalid_request")
    assert error(siem.ask_token(headers={"Authorization": "Basic eDp4"})) == (400, "invalid_request")
    assert siem.ask("GET", "token").status_code == 405


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("system/AuditEvent.r", "system/AuditEvent.r"),
        ("system/AuditEvent.read", "system/AuditEvent.read"),
        ("system/*.rs", "system/AuditEvent.rs"),
        ("system/AuditEvent.*", "system/AuditEvent.rs"),
        ("system/AuditEvent.cruds", "system/AuditEvent.rs"),
        ("system/Patient.rs system/AuditEvent.s openid", "system/AuditEvent.s"),
    ],
)
def test_what_is_granted_is_asked_for_and_registered(siem: System, asked: str, granted: str) -> None:
    assert siem.ask_token(scope=asked).json()["scope"] == granted


def test_the_keys_of_a_client_turn(systems: World) -> None:
    """C-37: a key that its client published a moment ago is found by one fetch, and one it took back is gone."""
    archive, shown = System(systems, ARCHIVE), public(key_of(ARCHIVE))
    systems.servers[ARCHIVE_HOME] = httpx2.WSGITransport(app=key_server(shown))
    assert archive.ask_token().status_code == 200
    shown["keys"] = public(key_of(ARCHIVE, 2))["keys"]
    systems.clock.pass_time(minutes=1)

    assert archive.ask_token(archive.assertion(key=key_of(ARCHIVE, 2))).status_code == 200
    assert (
        archive.ask_token(archive.assertion({"jku": f"{ARCHIVE_HOME}/jwks"}, key_of(ARCHIVE, 2))).status_code
        == 200
    )
    assert error(archive.ask_token()) == (401, "invalid_client")


@pytest.mark.parametrize("twice", [("EC", "EC"), ("EC", "RSA")])
def test_a_name_that_two_keys_have_is_nobodys_unless_their_kinds_differ(
    systems: World, twice: tuple[str, str]
) -> None:
    """C-34: exactly one key of that kid and kty."""
    first = ECKey.generate_key("P-384", parameters={"kid": "k"})
    second = key_of(ARCHIVE) if twice[1] == "RSA" else ECKey.generate_key("P-384")
    named = [{**one, "kid": "k"} for one in public(first, second)["keys"]]
    systems.servers[ARCHIVE_HOME] = httpx2.WSGITransport(app=key_server({"keys": named}))
    archive = System(systems, ARCHIVE)

    answer = archive.ask_token(archive.assertion(key=first))

    assert answer.status_code == (401 if twice == ("EC", "EC") else 200)


def test_a_client_whose_keys_cannot_be_fetched_is_not_proven(systems: World) -> None:
    systems.servers.pop(ARCHIVE_HOME)
    assert error(System(systems, ARCHIVE).ask_token()) == (401, "invalid_client")


def test_a_database_that_cannot_be_written_gives_no_token(siem: System) -> None:
    assertion = siem.assertion()
    siem.world.desk.writer.stop()

    answer = siem.ask_token(assertion)

    assert error(answer) == (503, "temporarily_unavailable")
    assert answer.headers["retry-after"]


# --- where a token passes --------------------------------------------------------------------------------------


def test_a_token_opens_its_own_clinics_export_base_and_nothing_else(systems: World) -> None:
    token = System(systems).token()
    record_systems = backend_app(systems, scope=SCOPES).token
    assert record_systems is not None

    assert System(systems).get(EVENTS, token).status_code == 200
    assert System(systems, clinic=OTHER).get(EVENTS, token).status_code == 401
    assert App(systems, token).get(EVENTS).status_code == 401
    assert App(systems, record_systems).get(EVENTS).status_code == 200
    assert System(systems).get(EVENTS, record_systems).status_code == 401


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", "Basic eDp4", "Bearer x", "Bearer a b"])
def test_without_a_token_of_ours_nothing_opens_and_the_log_says_so(siem: System, shown: str) -> None:
    answer = siem.ask("GET", f"fhir/{EVENTS}", headers={"Authorization": shown})

    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert last(siem.world).deed is Deed.REFUSAL


def test_a_token_opens_no_more_than_its_scope(siem: System) -> None:
    reading, searching = siem.token("system/AuditEvent.r"), siem.token("system/AuditEvent.s")
    name = last(siem.world).id

    assert siem.get(f"AuditEvent/{name}", reading).status_code == 200
    assert siem.get("AuditEvent", searching).status_code == 200
    for path, token, scope in ((f"AuditEvent/{name}", searching, "r"), ("AuditEvent", reading, "s")):
        refused = siem.get(path, token)
        assert refused.status_code == 403
        assert f'scope="system/AuditEvent.{scope}"' in refused.headers["www-authenticate"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["fhir/AuditEvent", "fhir/AuditEvent/x", "fhir/metadata"])
def test_nothing_is_written_here(siem: System, method: str, path: str) -> None:
    answer = siem.ask(method, path, content=b"{}", headers={"Authorization": f"Bearer {siem.token()}"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


# --- who is registered -----------------------------------------------------------------------------------------

KEY = '{ kty = "EC", kid = "k", crv = "P-384", x = "x", y = "y" }'
UNFIT = {
    "jwks = { keys = [] }": "each with its kty and its kid",
    'jwks = { keys = [{ kty = "EC" }] }': "each with its kty and its kid",
    f'jwks = {{ keys = [{KEY[:-2]}, d = "d" }}] }}': "private key",
    "jwks = { kyes = [] }": "jwks",
    "": "needs jwks_url or jwks",
    f'jwks_url = "https://siem.example/jwks"\njwks = {{ keys = [{KEY}] }}': "not both",
    'jwks_url = "http://siem.example/jwks"': "must be https",
    'jwks_url = "https://siem.example/jwks"\nscopes = "user/AuditEvent.rs"': "must be of the system",
    'jwks_url = "https://siem.example/jwks"\nscopes = " "': "must be of the system",
    'jwks_url = "https://siem.example/jwks"\nsecret = "x"': "secret",
    f"jwks = {{ keys = [{KEY}] }}": "siem: a key cannot be read",
}


@pytest.mark.parametrize("keys", UNFIT)
def test_a_client_that_could_not_prove_itself_keeps_the_service_from_starting(
    world_with: WorldWith, keys: str
) -> None:
    """The operator is told which place of the file to mend."""
    scopes = "" if "scopes" in keys else 'scopes = "system/AuditEvent.rs"\n'
    with pytest.raises(ClinicsUnreadable, match=UNFIT[keys]) as told:
        world_with(f'[[clinic.{CLINIC}.export_clients]]\nclient_id = "siem"\n{scopes}{keys}\n')
    assert f"clinic.{CLINIC}" in str(told.value)


def test_a_name_stands_once_in_a_clinic(world_with: WorldWith) -> None:
    with pytest.raises(ClinicsUnreadable, match="stands twice"):
        world_with(registered(CLINIC) + registered(CLINIC))


def test_whoever_is_taken_off_the_list_or_registered_for_less_is_out_at_once(siem: System) -> None:
    """T23: the token holds on, the right does not."""
    token, world = siem.token(), siem.world
    known = world.wiring.exports[CLINIC]
    less = replace(known.clients[SIEM], scopes="system/AuditEvent.r")

    for clients, status in (({SIEM: less}, 403), ({}, 401)):
        changed = replace(world.wiring, exports={CLINIC: replace(known, clients=clients)})
        world.app.extensions[WIRING] = changed
        assert siem.get(EVENTS, token).status_code == status
