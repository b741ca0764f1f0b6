"""Bodies that do not arrive whole, on real sockets against the server that ships: never a 2xx, nothing kept (T34).

The servers below hand on a body that was cut short as if it were whole; so does every fake.
"""

import json
import re
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest

from service.cli.demo_check import open_journal, sign_in
from service.cli.demo_stack import ANY_PORT, Stack, running
from service.cli.walking import Walker

LIMIT = 2 * 1024 * 1024


@dataclass(frozen=True)
class Sitting:
    """A running service and a patient in it, as raw bytes need to know them."""

    stack: Stack
    host: str
    port: int
    visit: str
    cookie: str
    csrf: str
    key: str

    def request(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        said = {
            "Host": f"{self.host}:{self.port}",
            "Cookie": self.cookie,
            "X-CSRF": self.csrf,
            "Connection": "close",
        }
        lines = [
            f"{method} {path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in (said | headers).items()),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def send(self, raw: bytes, *, hang_up: bool = False) -> bytes:
        """What comes back. `hang_up` closes the sending half when everything is sent, as an aborted upload does."""
        with socket.create_connection((self.host, self.port), timeout=20) as connection:
            connection.sendall(raw)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
            found = b""
            while piece := connection.recv(65536):
                found += piece
        return found

    @property
    def writings(self) -> dict[str, tuple[str, dict[str, str], bytes]]:
        """Every kind of write: a path, its headers, and a body that would be taken whole."""
        form = urlencode({"revision": "1", "text": "x" * 400, "go": "next"}).encode()
        whole = urlencode({"revision": "1", "text-ai1.1": "x" * 400, "go": "check"}).encode()
        typed = {"revision": 1, "answers": [{"linkId": "ai1.1", "text": "x" * 400}]}
        kinds = {"Content-Type": "application/x-www-form-urlencoded"}
        entry = f"/journal/{self.visit}/entry/{self.key}"
        return {
            "POST prompt": (f"POST {entry}/prompt/1", kinds, form),
            "POST all": (f"POST {entry}/all", kinds, whole),
            "POST send": (f"POST {entry}/send", kinds, b"revision=1&submission=" + b"x" * 200),
            "POST begin": (
                f"POST /journal/{self.visit}/begin",
                kinds,
                urlencode({"key": str(uuid4()), "encounter": "six-done-2"}).encode(),
            ),
            "PUT draft": (
                f"PUT {entry}/draft",
                {"Content-Type": "application/json"},
                json.dumps(typed).encode(),
            ),
        }

    def state(self) -> list[object]:
        """All that the database holds of drafts and entries."""
        with sqlite3.connect(f"file:{self.stack.folder / 'journal.sqlite'}?mode=ro", uri=True) as database:
            drafts = database.execute("SELECT key, revision, status FROM drafts ORDER BY key").fetchall()
            return [*drafts, *database.execute("SELECT key, version FROM entries ORDER BY key").fetchall()]


@pytest.fixture(scope="module")
def sitting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sitting]:
    folder: Path = tmp_path_factory.mktemp("sockets")
    with ExitStack() as closing:
        stack = closing.enter_context(running(folder, ANY_PORT, ANY_PORT))
        walker = Walker()
        closing.callback(walker.close)
        sign_in(walker, stack, "Patient/patient-six-done", "/portal/")
        home = open_journal(walker, stack)
        page = walker.press(home, "Start writing: Infusion 1")
        parts = urlsplit(page.url)
        csrf = re.search(r'<meta name="csrf" content="([^"]+)"', page.text)
        assert csrf is not None
        visit, key = parts.path.split("/")[2], parts.path.split("/")[4]
        secret = next(one.value for one in walker.jar if one.name == f"__Host-visit-{visit}")
        cookie = f"__Host-visit-{visit}={secret}"
        assert parts.hostname is not None
        assert parts.port is not None
        yield Sitting(stack, parts.hostname, parts.port, visit, cookie, csrf[1], key)


Framing = Callable[[bytes], tuple[dict[str, str], bytes]]


def chunked(body: bytes, *, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"%x\r\n%s\r\n%s" % (len(body), body, end)


BROKEN: dict[str, Framing] = {
    "shorter than it says": lambda body: ({"Content-Length": str(len(body) + 50)}, body),
    "cut in the middle": lambda body: ({"Content-Length": str(len(body))}, body[: len(body) // 2]),
    "cut before the last byte": lambda body: ({"Content-Length": str(len(body))}, body[:-1]),
    "nothing of it": lambda body: ({"Content-Length": str(len(body))}, b""),
    "chunked and whole": lambda body: ({"Transfer-Encoding": "chunked"}, chunked(body)),
    "chunked and aborted": lambda body: ({"Transfer-Encoding": "chunked"}, chunked(body, end=b"")),
    "chunked and cut in a chunk": lambda body: ({"Transfer-Encoding": "chunked"}, chunked(body)[:60]),
    "chunked with a false size": lambda body: ({"Transfer-Encoding": "chunked"}, b"zz\r\n" + body),
    "chunked and with a length": lambda body: (
        {"Transfer-Encoding": "chunked", "Content-Length": str(len(body))},
        chunked(body),
    ),
    "without a length": lambda body: ({}, body),
    "a length below nothing": lambda body: ({"Content-Length": "-1"}, body),
    "a length that is no number": lambda body: ({"Content-Length": "many"}, body),
    "a length with a plus": lambda body: ({"Content-Length": f"+{len(body)}"}, body),
    "a length with a blank": lambda body: ({"Content-Length": f"{len(body)} 1"}, body),
    "a length in hex": lambda body: ({"Content-Length": hex(len(body))}, body),
    "longer than fits": lambda body: ({"Content-Length": str(LIMIT + 1)}, body),
    "longer than can be": lambda body: ({"Content-Length": "9" * 30}, body),
}


def status(answer: bytes) -> int:
    """The status of the first answer; 0 where the connection just ended."""
    match = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return int(match[1]) if match else 0


@pytest.mark.parametrize("name", BROKEN)
def test_a_body_that_did_not_arrive_whole_is_never_taken(sitting: Sitting, name: str) -> None:
    before = sitting.state()
    for route, (target, headers, body) in sitting.writings.items():
        framing, sent = BROKEN[name](body)
        method, path = target.split(" ")

        answer = sitting.send(sitting.request(method, path, headers | framing, sent), hang_up=True)

        assert not 200 <= status(answer) < 400, (route, answer[:200])
        assert status(answer) < 500 or status(answer) == 501, (route, answer[:200])
    assert sitting.state() == before


@pytest.mark.parametrize("name", ["chunked and whole", "without a length"])
def test_a_body_that_does_not_say_how_long_it_is_is_asked_to(sitting: Sitting, name: str) -> None:
    for target, headers, body in sitting.writings.values():
        framing, sent = BROKEN[name](body)
        method, path = target.split(" ")
        assert (
            status(sitting.send(sitting.request(method, path, headers | framing, sent), hang_up=True)) == 411
        )


def test_a_body_with_two_lengths_is_never_taken(sitting: Sitting) -> None:
    before = sitting.state()
    for target, headers, body in sitting.writings.values():
        method, path = target.split(" ")
        raw = sitting.request(method, path, headers | {"Content-Length": str(len(body))}, body)
        twice = raw.replace(
            b"Content-Length:", f"Content-Length: {len(body) - 30}\r\nContent-Length:".encode(), 1
        )
        assert not 200 <= status(sitting.send(twice, hang_up=True)) < 400
    assert sitting.state() == before


def test_the_same_bodies_whole_are_taken(sitting: Sitting) -> None:
    """What the others prove is worth something only because this is so."""
    target, headers, body = sitting.writings["PUT draft"]
    method, path = target.split(" ")
    length = {"Content-Length": str(len(body))}

    assert status(sitting.send(sitting.request(method, path, headers | length, body))) == 200
    assert (sitting.key, 2, "in-progress") in sitting.state()
    # The same again, as after a reply that was lost.
    assert status(sitting.send(sitting.request(method, path, headers | length, body))) == 200


@pytest.mark.parametrize(
    "path", ["/%c0%af", "/%00", "/journal/%ff/", "/maple-grove/fhir/QuestionnaireResponse/%00"]
)
def test_a_path_that_is_not_unicode_is_no_fault_of_ours(sitting: Sitting, path: str) -> None:
    found = status(sitting.send(sitting.request("GET", path, {}, b"")))

    assert found in (400, 401, 404)


def test_the_spare_connections_of_a_browser_keep_nobody_waiting(sitting: Sitting) -> None:
    """A browser opens some in advance and sends nothing; gunicorn lets each hold a thread for five seconds."""
    waiting = [socket.create_connection((sitting.host, sitting.port), timeout=20) for _ in range(6)]
    began = time.monotonic()
    try:
        assert status(sitting.send(sitting.request("GET", "/health/live", {}, b""))) == 200
        assert time.monotonic() - began < 4
    finally:
        for one in waiting:
            one.close()


def test_the_log_of_the_server_names_nobody_and_quotes_nothing(sitting: Sitting) -> None:
    told = (sitting.stack.folder / "service.log").read_text()

    for secret in ("Harrowgate", sitting.cookie.split("=")[1], sitting.csrf, "x" * 40):
        assert secret not in told
