"""Answers that unfold to n GiB, bodies and headers without an end: each is refused, and takes next to no memory.

A process of its own asks as the service does, for records, configurations, keys and tokens; its most memory is read
from the system before the first swelling answer and after the last one (fault matrix F22).
"""

import multiprocessing
import resource
import socket
import time
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import httpx2

from service.ehr.client import RecordSystem
from service.ehr.problems import RecordSystemProblem
from service.smart import discovery
from service.smart.connections import LOOPBACK, outbound_client
from service.smart.keys import RemoteKeys
from service.smart.problems import SmartProblem
from service.smart.registration import ClientKind, Registration
from service.smart.token_endpoint import Caller, ask_for_token
from tests.proofs.figures import Figures, at_most, exactly
from tests.smart.stalling import Talk, talking_server

DEFAULT_N = 10
CI_N = 1

_MIB = 2**20
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n"
_SMALL = _HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"

Ask = Callable[[httpx2.Client, str], object]


def _again_and_again(first: bytes, piece: bytes, times: int) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(first)
        for _ in range(times):
            connection.sendall(piece)

    return talk


def _unfolding(gib: int) -> Talk:
    """A mebibyte of blanks, compressed to what can be said over and over within one gzip stream."""
    packer = zlib.compressobj(9, wbits=31)
    first = packer.compress(b"{") + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(b" " * _MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return _again_and_again(_HEAD + b"Content-Encoding: gzip\r\n\r\n" + first, piece, gib * 1024)


def _bombs(gib: int) -> dict[str, Talk]:
    blanks = b" " * _MIB
    return {
        "unfolds": _unfolding(gib),
        "has a length": _again_and_again(
            _HEAD + b"Content-Length: %d\r\n\r\n{" % (gib * 2**30), blanks, gib * 1024
        ),
        "has no end": _again_and_again(_HEAD + b"\r\n{", blanks, gib * 1024),
        "comes in chunks": _again_and_again(
            _HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + blanks + b"\r\n", gib * 1024
        ),
        "is one chunk": _again_and_again(
            _HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", blanks, gib * 1024
        ),
        "has endless headers": _again_and_again(
            _HEAD, b"X-More: " + b"a" * 1000 + b"\r\n", gib * 1024 * 1024
        ),
        "is one header": _again_and_again(_HEAD + b"X-More: ", b"a" * _MIB, gib * 1024),
    }


def _asks() -> dict[str, Ask]:
    now = datetime(2026, 11, 20, tzinfo=UTC)

    def record(http: httpx2.Client, url: str) -> RecordSystem:
        return RecordSystem(url, http, lambda: "token")

    def token(http: httpx2.Client, url: str) -> object:
        caller = Caller(Registration("journal", ClientKind.PUBLIC), http, lambda: now, bytes)
        return ask_for_token(caller, f"{url}/token", {"grant_type": "client_credentials"}, iss=url)

    return {
        "a record": lambda http, url: record(http, url).read("Patient", "p"),
        "a search": lambda http, url: list(record(http, url).search("Encounter", {"patient": "p"})),
        "a write": lambda http, url: record(http, url).create(
            "DocumentReference", b"{}", may_repeat=lambda: False
        ),
        "a configuration": lambda http, url: discovery.fetch(http, url, loopback_allowed=True),
        "keys": lambda http, url: RemoteKeys(http, lambda: f"{url}/keys", lambda: now).find("k", "EC"),
        "a token": token,
    }


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Every kind of swelling answer to every kind of question, of n GiB."""
    bombs = _bombs(n)
    with ExitStack() as ending:
        small = ending.enter_context(talking_server(lambda connection: connection.sendall(_SMALL)))
        seen: dict[str, list[bytes]] = {name: [] for name in bombs}
        urls = {name: ending.enter_context(talking_server(talk, seen[name])) for name, talk in bombs.items()}
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        asking = multiprocessing.get_context("spawn").Process(target=_ask_all, args=(small, urls, theirs))
        asking.start()
        theirs.close()
        refused, increase = ours.recv()
        asking.join()
    report(f"refused: {refused}")
    return Figures(
        planned=len(bombs) * len(_asks()),
        injected=sum(len(one) for one in seen.values()),
        counted={
            "gib": n,
            "ways": len(bombs),
            "questions": len(_asks()),
            "refused": len(refused),
            "peak_rss_increase_mib": round(increase, 1),
        },
        bars={
            "refused": exactly(len(bombs) * len(_asks())),
            "peak_rss_increase_mib": at_most(50),
        },
    )


def _ask_all(small: str, urls: dict[str, str], told: Connection) -> None:
    """In a process of its own: which questions were refused, and by how many MiB its most memory grew."""
    with outbound_client(time.monotonic, permitted=LOOPBACK) as http:
        for ask in _asks().values():
            _is_refused(ask, http, small)
        before = _most_memory_mib()
        refused = [
            f"{question}: {way}"
            for way, url in urls.items()
            for question, ask in _asks().items()
            if _is_refused(ask, http, url)
        ]
        told.send((refused, _most_memory_mib() - before))


def _is_refused(ask: Ask, http: httpx2.Client, url: str) -> bool:
    try:
        ask(http, url)
    except (RecordSystemProblem, SmartProblem):
        return True
    return False


def _most_memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
