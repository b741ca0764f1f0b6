"""A small TCP proxy that cuts or stalls a connection after so many bytes: the wire itself, between real sockets."""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

Way = Literal["asking", "answering"]
_PIECE = 4096


@dataclass(frozen=True, slots=True)
class Trouble:
    """After `after` bytes in one direction: the connection is cut, or stands still for so many seconds."""

    way: Way
    after: int
    stalls_for: float | None = None


@dataclass
class Proxy:
    """Listens on 127.0.0.1 and passes everything on to `upstream`: a port of this machine, or a socket's path.

    `arm` orders one trouble, which the next connection to get so far meets; `cuts` and `stalls` count what happened.
    """

    upstream: int | str
    cuts: int = 0
    stalls: int = 0
    _armed: Trouble | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _open: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, trouble: Trouble | None) -> None:
        """Order this trouble in the place of any other."""
        with self._turn:
            self._armed = trouble

    def close(self) -> None:
        """Listen no longer, and cut what is open."""
        for one in (self._listening, *self._open):
            _end(one)

    def cut_all(self) -> None:
        """Cut what is open; what comes next goes to where `upstream` is now."""
        for one in self._open:
            _end(one)

    def _accept(self) -> None:
        while True:
            try:
                asking, _ = self._listening.accept()
            except OSError:
                return
            try:
                answering = _connected(self.upstream)
            except OSError:
                _end(asking)
                continue
            self._open += [asking, answering]
            for way, source, sink in (("asking", asking, answering), ("answering", answering, asking)):
                threading.Thread(target=self._pass_on, args=(way, source, sink), daemon=True).start()

    def _pass_on(self, way: Way, source: socket.socket, sink: socket.socket) -> None:
        passed = 0
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                passed += len(piece)
                trouble = self._met(way, passed)
                if trouble is not None and trouble.stalls_for is None:
                    sink.sendall(piece[: max(len(piece) - (passed - trouble.after), 0)])
                    break
                if trouble is not None:
                    time.sleep(trouble.stalls_for or 0)
                sink.sendall(piece)
        _end(source)
        _end(sink)

    def _met(self, way: Way, passed: int) -> Trouble | None:
        """The ordered trouble, where this connection has come so far; it happens once."""
        with self._turn:
            trouble = self._armed
            if trouble is None or trouble.way != way or passed < trouble.after:
                return None
            self._armed = None
            self.cuts += trouble.stalls_for is None
            self.stalls += trouble.stalls_for is not None
            return trouble


def _connected(upstream: int | str) -> socket.socket:
    if isinstance(upstream, int):
        return socket.create_connection(("127.0.0.1", upstream))
    local = socket.socket(socket.AF_UNIX)
    local.connect(upstream)
    return local


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
