"""Servers on real sockets that talk as they are told, and six ways to let others wait (fault F19)."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[[socket.socket], None]
_PATIENCE = 5.0


@contextmanager
def talking_server(talk: Talk, seen: list[bytes] | None = None) -> Iterator[str]:
    """A server that reads one request a connection and then talks as told, to many at once; `seen` collects them."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    kept = [] if seen is None else seen
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                talks.append(threading.Thread(target=answer, args=(connection,)))
                talks[-1].start()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(_PATIENCE)
            kept.append(connection.recv(65536))
            talk(connection)

    talks = [threading.Thread(target=serve)]
    talks[0].start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        for one in talks:
            one.join(_PATIENCE + 1)
        listener.close()


def _silent(connection: socket.socket) -> None:
    """Until the other side has gone."""
    while connection.recv(65536):
        pass


def _trickle(first: bytes, piece: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(first)
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            time.sleep(0.05)
            connection.sendall(piece)

    return talk


STALLS: dict[str, Talk] = {
    "says nothing": _silent,
    "a header a moment": _trickle(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"),
    "a letter of a header a moment": _trickle(b"HTTP/1.1 200 OK\r\nX-", b"a"),
    "a byte of the body a moment": _trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"a"),
    "a chunk a moment": _trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "continue for ever": _trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}
