"""Connections on real sockets: one deadline for the whole exchange, permitted addresses only (F19, F20, F22; T19)."""

import socket
import time
from collections.abc import Iterator

import httpx2
import pytest

from service.smart.connections import LOOPBACK, outbound_client
from service.smart.exchange import ExchangeFailed, Limits, send
from tests.smart.stalling import STALLS, Talk, talking_server


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with outbound_client(time.monotonic, permitted=LOOPBACK) as client:
        yield client


def _ask(
    http: httpx2.Client, url: str, *, seconds: float = 0.6, content: bytes | None = None
) -> ExchangeFailed | bytes:
    method = "POST" if content is not None else "GET"
    try:
        limits = Limits(seconds=seconds, max_bytes=10_000)
        return send(http, method, url, headers={}, content=content, limits=limits).body
    except ExchangeFailed as failed:
        return failed


@pytest.mark.parametrize("talk", STALLS.values(), ids=STALLS.keys())
def test_a_server_that_stalls_is_left_at_the_deadline(http: httpx2.Client, talk: Talk) -> None:
    """F19: however it stalls, the whole exchange ends in time; and the request counts as sent."""
    with talking_server(talk) as url:
        begun = time.monotonic()
        failed = _ask(http, url)
        held = time.monotonic() - begun
    assert isinstance(failed, ExchangeFailed)
    assert (failed.reason, failed.sent) == ("timeout", True)
    assert held < 1.6


def test_a_good_answer_is_read(http: httpx2.Client) -> None:
    """The ordinary case, so that the refusals below have their own causes."""
    with talking_server(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as url:
        assert _ask(http, url) == b"ok"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "cut-off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "cut-off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 99_999, "too-large"),
        (b"SSH-2.0-OpenSSH\r\n", "cut-off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "cut-off"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 1\r\n\r\nx", "encoding"),
    ],
    ids=["closed", "half a body", "too large", "not HTTP", "bad chunk", "unasked encoding"],
)
def test_a_broken_answer_is_no_answer(http: httpx2.Client, answer: bytes, reason: str) -> None:
    """F18, F21, F22: nothing half-read is ever used, and what was sent counts as sent."""
    with talking_server(lambda connection: connection.sendall(answer)) as url:
        failed = _ask(http, url, content=b"{}")
    assert isinstance(failed, ExchangeFailed)
    assert (failed.reason, failed.sent) == (reason, True)


def test_a_redirect_is_an_answer_and_is_not_followed(http: httpx2.Client) -> None:
    """F20: the token goes nowhere else."""
    hits = []
    with talking_server(lambda connection: hits.append(1)) as trap:
        reply = f"HTTP/1.1 307 Look\r\nLocation: {trap}/\r\nContent-Length: 0\r\n\r\n".encode()
        with talking_server(lambda connection: connection.sendall(reply)) as url:
            answer = send(http, "GET", url, headers={"Authorization": "Bearer secret"})
    assert answer.status == 307
    assert hits == []


def test_cookies_do_not_travel_between_calls(http: httpx2.Client) -> None:
    """A record system cannot mark us, and one clinic's cookie never reaches another."""
    seen: list[bytes] = []

    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    with talking_server(lambda connection: connection.sendall(answer), seen) as url:
        send(http, "GET", url, headers={})
        send(http, "GET", url, headers={})
    assert len(seen) == 2
    assert b"ookie" not in b"".join(seen)


def test_a_cookie_that_the_client_holds_is_not_sent() -> None:
    """Whoever put it there: two calls at one moment share a client."""
    seen: list[bytes] = []
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with (
        talking_server(lambda connection: connection.sendall(answer), seen) as url,
        httpx2.Client(cookies={"a": "b"}) as http,
    ):
        send(http, "GET", url, headers={})
    assert b"ookie" not in seen[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"])
def test_without_permission_this_machine_is_not_called(host: str) -> None:
    """T19: the address is judged when the name has been resolved, so a name that leads inside leads nowhere."""
    hits = []
    with talking_server(lambda connection: hits.append(1)) as url, outbound_client(time.monotonic) as http:
        failed = _ask(http, url.replace("127.0.0.1", host))
    assert isinstance(failed, ExchangeFailed)
    assert not failed.sent
    assert hits == []


def test_a_closed_port_means_not_sent(http: httpx2.Client) -> None:
    """C3: a refused connection has changed nothing."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        failed = _ask(http, f"http://127.0.0.1:{unused.getsockname()[1]}", content=b"{}")
    assert isinstance(failed, ExchangeFailed)
    assert (failed.reason, failed.sent) == ("not-connected", False)


def test_a_server_without_tls_means_not_sent(http: httpx2.Client) -> None:
    """D-14: TLS fails before anything of ours is on the wire."""
    with talking_server(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as url:
        failed = _ask(http, url.replace("http:", "https:"), content=b"{}")
    assert isinstance(failed, ExchangeFailed)
    assert not failed.sent


def test_a_name_that_does_not_exist_means_not_sent(http: httpx2.Client) -> None:
    """The reserved name .invalid never resolves."""
    failed = _ask(http, "https://ehr.invalid/", seconds=3)
    assert isinstance(failed, ExchangeFailed)
    assert not failed.sent


def test_the_environment_chooses_no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment would see every token; it plays no part."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with (
        talking_server(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as url,
        outbound_client(time.monotonic, permitted=LOOPBACK) as http,
    ):
        assert _ask(http, url) == b"ok"
