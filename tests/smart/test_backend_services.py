"""The worker's token: asked for seldom, shared by threads, checked for what it grants (D-01 to D-15; F13)."""

import json
import threading
from typing import Any
from urllib.parse import parse_qs

import pytest

from service.smart.backend_services import BackendTokens
from service.smart.discovery import Configurations
from service.smart.problems import DiscoveryFailed, ScopeMissing, ServerSilent, TokenRefused
from service.smart.registration import ClientKind
from tests.smart.people import ISS, ISSUER, Clock, Server, caller, registration

SCOPE = "system/DocumentReference.crs system/Encounter.rs"
WELL_KNOWN = "/fhir/.well-known/smart-configuration"


def _json(value: Any, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {}, json.dumps(value).encode()


def _answer(number: int = 1, **changed: Any) -> tuple[int, dict[str, str], bytes]:
    members = {"access_token": f"t-{number}", "token_type": "bearer", "expires_in": 300, "scope": SCOPE}
    return _json({name: value for name, value in {**members, **changed}.items() if value is not ...})


class Ehr(Server):
    """A record system whose token endpoint numbers its tokens."""

    def __init__(self, **changed: Any) -> None:
        super().__init__()
        self.answers[WELL_KNOWN] = _json({"token_endpoint": f"{ISSUER}/token", "capabilities": []})
        self.answers["/token"] = lambda *_: _answer(self.count("/token"), **changed)


def _tokens(server: Server, clock: Clock | None = None) -> BackendTokens:
    clock = clock or Clock()
    asking = caller(server, clock, registration(ClientKind.ASYMMETRIC))
    configurations = Configurations(server.client(), clock, loopback_allowed=False)
    return BackendTokens(asking, ISS, configurations, SCOPE)


def test_the_request_is_as_the_standard_says() -> None:
    """D-10: the grant, the scopes and a signed assertion; nothing else."""
    server = Ehr()
    _tokens(server).token()
    form = parse_qs(server.asked[-1][3].decode())
    assert form.keys() == {"grant_type", "scope", "client_assertion_type", "client_assertion"}
    assert (form["grant_type"], form["scope"]) == (["client_credentials"], [SCOPE])


def test_a_token_serves_for_four_fifths_of_its_life() -> None:
    """D-11: renewed at 80 %, so that it never ends in the middle of a call."""
    server, clock = Ehr(), Clock()
    tokens = _tokens(server, clock)
    for _ in range(8):
        assert tokens.token() == "t-1"
        clock.pass_time(seconds=29)
    clock.pass_time(seconds=8)
    assert tokens.token() == "t-2"
    assert server.count("/token") == 2


def test_a_refused_token_is_replaced_once() -> None:
    """F13: forgetting an older token does not throw away the newer one."""
    server = Ehr()
    tokens = _tokens(server)
    first = tokens.token()
    tokens.forget(first)
    second = tokens.token()
    tokens.forget(first)
    assert tokens.token() == second
    assert server.count("/token") == 2


def test_fifty_threads_cause_one_request() -> None:
    """T22: one in flight, however many ask."""
    server = Ehr()
    tokens, seen = _tokens(server), []
    threads = [threading.Thread(target=lambda: seen.append(tokens.token())) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {"t-1"}
    assert server.count("/token") == 1


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        ("system/Encounter.rs", ("c", "r", "s")),
        ("system/DocumentReference.read system/Encounter.read", ("c",)),
        ("system/DocumentReference.rs system/*.s", ("c",)),
    ],
)
def test_a_missing_scope_is_named(granted: str, missing: tuple[str, ...]) -> None:
    """D-13, F14: by meaning, whatever the spelling."""
    with pytest.raises(ScopeMissing) as caught:
        _tokens(Ehr(scope=granted)).token()
    assert {f"system/DocumentReference.{letter}" for letter in missing} <= set(caught.value.missing)


@pytest.mark.parametrize(
    "granted", ["system/DocumentReference.* system/Encounter.*", "system/*.cruds", SCOPE + " system/X.d"]
)
def test_other_spellings_of_enough_are_enough(granted: str) -> None:
    """Epic answers in v1 spelling (E-06)."""
    assert _tokens(Ehr(scope=granted)).token() == "t-1"


@pytest.mark.parametrize("name", ["access_token", "token_type", "expires_in", "scope"])
def test_every_member_is_required(name: str) -> None:
    """D-11."""
    with pytest.raises(TokenRefused):
        _tokens(Ehr(**{name: ...})).token()


def test_a_failure_is_not_remembered() -> None:
    """A-34: after a failure the configuration is read again, and the next call tries anew."""
    server = Ehr()
    good = server.answers["/token"]
    tokens = _tokens(server)
    server.answers["/token"] = (503, {}, b"")
    with pytest.raises(ServerSilent):
        tokens.token()
    server.answers["/token"] = good
    assert tokens.token().startswith("t-")
    assert server.count(WELL_KNOWN) == 2


def test_a_hostile_configuration_gets_no_assertion() -> None:
    """T18: our assertion goes to no address that may not be called."""
    server = Ehr()
    server.answers[WELL_KNOWN] = _json({"token_endpoint": "http://evil.example/token"})
    with pytest.raises(DiscoveryFailed):
        _tokens(server).token()
    assert server.count("/token") == 0
