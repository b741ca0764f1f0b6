"""Servers of tests on this machine: a port that nobody listens on, and a handler that says nothing of each request."""

import socket
from typing import Any

from werkzeug.serving import WSGIRequestHandler


class Quiet(WSGIRequestHandler):
    """Says nothing of requests, nor of clients that were killed while they were spoken to."""

    def log(self, *_said: Any) -> None:
        """Nothing."""


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
