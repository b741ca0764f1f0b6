"""Reading what a record system says about its sign-in (SMART A-30 to A-35), from honest and hostile servers."""

import gzip
import json
from typing import Any

import httpx2
import pytest

from service.smart.discovery import Configurations, fetch, fetch_keys_address
from service.smart.problems import DiscoveryFailed, ServerSilent, SmartProblem
from tests.smart.people import ISS, ISSUER, Clock, Server

PATH = "/fhir/.well-known/smart-configuration"
GOOD = {
    "issuer": ISSUER,
    "jwks_uri": f"{ISSUER}/jwks",
    "authorization_endpoint": f"{ISSUER}/authorize?tenant=7",
    "token_endpoint": f"{ISSUER}/token",
    "capabilities": ["launch-ehr", "client-public"],
    "code_challenge_methods_supported": ["S256"],
    "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
}


def _json(value: Any, status: int = 200, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


def _server(answer: Any, path: str = PATH) -> Server:
    return Server({path: answer})


def _fetch(server: Server, iss: str = ISS, **more: Any) -> Any:
    return fetch(server.client(), iss, loopback_allowed=False, **more)


def test_a_good_document_is_read() -> None:
    """All endpoints absolute; the request asks for JSON and carries no cookie and no token."""
    server = _server(_json(GOOD))
    found = _fetch(server)
    assert found.token_endpoint == f"{ISSUER}/token"
    assert found.authorization_endpoint == f"{ISSUER}/authorize?tenant=7"
    assert found.assertion_algorithms == ("RS384", "ES384")
    assert found.advertises_s256
    _, _, headers, _ = server.asked[0]
    assert headers["HTTP_ACCEPT"] == "application/json"
    assert not {"HTTP_COOKIE", "HTTP_AUTHORIZATION"} & headers.keys()


def test_a_base_with_a_slash_at_its_end_is_the_same_place() -> None:
    """A-30: the path is appended to the base, and `iss` stays as it was given, since aud must equal it."""
    found = _fetch(_server(_json(GOOD)), iss=ISS + "/")
    assert found.iss == ISS + "/"


def test_relative_endpoints_are_resolved() -> None:
    """A-32: older servers write them relative to the base."""
    found = _fetch(_server(_json({**GOOD, "token_endpoint": "oauth/token", "jwks_uri": "/jwks"})))
    assert (found.token_endpoint, found.jwks_uri) == (f"{ISS}/oauth/token", f"{ISSUER}/jwks")


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


BAD = {
    "no token endpoint": _json(_without("token_endpoint")),
    "no authorization endpoint": _json(_without("authorization_endpoint")),
    "no capabilities": _json(_without("capabilities")),
    "no challenge methods": _json(_without("code_challenge_methods_supported")),
    "plain challenges only": _json({**GOOD, "code_challenge_methods_supported": ["plain"]}),
    "challenge methods as text": _json({**GOOD, "code_challenge_methods_supported": "S256"}),
    "token endpoint over http": _json({**GOOD, "token_endpoint": "http://ehr.example/token"}),
    "token endpoint inside": _json({**GOOD, "token_endpoint": "https://169.254.169.254/token"}),
    "token endpoint on this machine": _json({**GOOD, "token_endpoint": "https://localhost/token"}),
    "authorization endpoint as script": _json({**GOOD, "authorization_endpoint": "javascript:alert(1)"}),
    "authorization endpoint with fragment": _json(
        {**GOOD, "authorization_endpoint": "https://ehr.example/a#b"}
    ),
    "keys elsewhere inside": _json({**GOOD, "jwks_uri": "file:///etc/passwd"}),
    "endpoint as number": _json({**GOOD, "token_endpoint": 7}),
    "capabilities as object": _json({**GOOD, "capabilities": {"launch-ehr": True}}),
    "a list": _json([GOOD]),
    "a word": _json("yes"),
    "nothing": (200, {}, b""),
    "a login page": (200, {"Content-Type": "text/html"}, b"<html>sign in</html>"),
    "one member twice": (200, {}, json.dumps(GOOD)[:-1].encode() + b', "token_endpoint": "https://evil"}'),
    "not a number": (200, {}, b'{"token_endpoint": NaN}'),
    "half a character": (200, {}, json.dumps({**GOOD, "x": "\ud800"}).encode()),
    "bad unicode": (200, {}, b'{"token_endpoint": "\xff"}'),
    "nested without end": (200, {}, b"[" * 200_000),
    "a redirect": (302, {"Location": "https://evil.example/"}, b""),
    "a permanent redirect": (308, {"Location": "https://ehr.example/elsewhere"}, b""),
    "not found": (404, {}, b""),
    "not allowed": (401, {}, b""),
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD.keys())
def test_a_bad_document_ends_the_launch(answer: Any) -> None:
    """A-31, A-33: one request, no redirect followed, no launch."""
    server = _server(answer)
    with pytest.raises(DiscoveryFailed):
        _fetch(server)
    assert len(server.asked) == 1


SILENT = {
    "server error": (503, {}, b""),
    "too large": (200, {}, b'{"x": "' + b"a" * 300_000 + b'"}'),
    "a bomb": (200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 30_000_000)),
    "half a gzip": (200, {"Content-Encoding": "gzip"}, gzip.compress(json.dumps(GOOD).encode())[:-9]),
    "no gzip at all": (200, {"Content-Encoding": "gzip"}, b"{}"),
    "an encoding nobody asked for": (200, {"Content-Encoding": "br"}, b"{}"),
}


@pytest.mark.parametrize("answer", SILENT.values(), ids=SILENT.keys())
def test_an_answer_without_bounds_is_no_answer(answer: Any) -> None:
    """F22: size is capped after decoding, so a bomb never unfolds."""
    with pytest.raises(ServerSilent):
        _fetch(_server(answer))


def test_gzip_is_understood() -> None:
    """A compressed document within the cap is read like any other."""
    body = gzip.compress(json.dumps(GOOD).encode())
    assert _fetch(_server((200, {"Content-Encoding": "gzip"}, body))).advertises_s256


def test_a_profile_may_vouch_for_s256() -> None:
    """A-31: a server that takes S256 without saying so, by the clinic's own word."""
    answer = _json(_without("code_challenge_methods_supported"))
    assert not _fetch(_server(answer), requires_s256=False).advertises_s256


def test_backend_services_need_no_authorization_endpoint() -> None:
    """A server for backend services alone has neither authorization endpoint nor S256."""
    answer = _json({"token_endpoint": f"{ISSUER}/token", "capabilities": []})
    assert _fetch(_server(answer), for_launch=False).authorization_endpoint is None


def test_an_unfit_base_causes_no_request() -> None:
    """T4: http, this machine and private addresses are refused before anything is sent."""
    server = Server()
    for iss in ("http://ehr.example/fhir", "https://10.0.0.1/fhir", "http://localhost/fhir"):
        with pytest.raises(DiscoveryFailed):
            _fetch(server, iss=iss)
    assert server.asked == []


def test_a_dead_server_is_silent() -> None:
    """Nobody listens: the person is told to try again."""
    with httpx2.Client() as http, pytest.raises(ServerSilent):
        fetch(http, "http://127.0.0.1:9/fhir", loopback_allowed=True)


class TestConfigurations:
    """A-34: kept for an hour, asked again after a failure."""

    def test_one_request_an_hour(self) -> None:
        server, clock = _server(_json(GOOD)), Clock()
        known = Configurations(server.client(), clock, loopback_allowed=False)
        for _ in range(5):
            known.of(ISS)
            clock.pass_time(minutes=14)
        assert server.count(PATH) == 1
        clock.pass_time(minutes=1)
        known.of(ISS)
        assert server.count(PATH) == 2

    def test_forgotten_means_asked_again(self) -> None:
        server = _server(_json(GOOD))
        known = Configurations(server.client(), Clock(), loopback_allowed=False)
        known.of(ISS)
        known.forget(ISS)
        known.of(ISS)
        assert server.count(PATH) == 2

    def test_a_failure_is_not_kept(self) -> None:
        server = _server((503, {}, b""))
        known = Configurations(server.client(), Clock(), loopback_allowed=False)
        with pytest.raises(ServerSilent):
            known.of(ISS)
        server.answers[PATH] = _json(GOOD)
        assert known.of(ISS).advertises_s256

    def test_the_two_uses_are_checked_apart(self) -> None:
        """A document good for backend services alone does not pass for a launch because it is already known."""
        server = _server(_json(_without("authorization_endpoint")))
        known = Configurations(server.client(), Clock(), loopback_allowed=False)
        known.of(ISS, for_launch=False)
        with pytest.raises(DiscoveryFailed):
            known.of(ISS)


class TestKeysAddress:
    """A-81, A-85: the issuer's own document names its keys, and must name the issuer."""

    PATH = "/.well-known/openid-configuration"

    def test_the_configured_issuer_is_asked(self) -> None:
        server = _server(_json({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"}), self.PATH)
        assert fetch_keys_address(server.client(), ISSUER, loopback_allowed=False) == f"{ISSUER}/jwks"

    @pytest.mark.parametrize(
        "document",
        [
            {"issuer": ISSUER + "/", "jwks_uri": f"{ISSUER}/jwks"},
            {"issuer": "https://evil.example", "jwks_uri": f"{ISSUER}/jwks"},
            {"jwks_uri": f"{ISSUER}/jwks"},
            {"issuer": ISSUER},
            {"issuer": ISSUER, "jwks_uri": "http://ehr.example/jwks"},
            {"issuer": ISSUER, "jwks_uri": "https://192.168.0.1/jwks"},
        ],
    )
    def test_anything_else_is_refused(self, document: dict[str, str]) -> None:
        server = _server(_json(document), self.PATH)
        with pytest.raises(DiscoveryFailed):
            fetch_keys_address(server.client(), ISSUER, loopback_allowed=False)


def test_a_problem_says_its_sentence_and_a_fixed_word() -> None:
    """Nothing a stranger wrote is in the text of a problem."""
    server = _server(_json({**GOOD, "token_endpoint": "http://marker-7f3a.example/"}))
    with pytest.raises(SmartProblem) as caught:
        _fetch(server)
    assert "marker" not in str(caught.value)
    assert caught.value.sentence.endswith("Please tell your clinic.")
