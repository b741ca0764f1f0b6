"""The demo ends soon, whatever hangs on it, and leaves neither its port nor its folder taken."""

import os
import signal
import socket
import time
from pathlib import Path

from service.cli.demo_stack import ANY_PORT, running
from service.holding import hold_folder

SOON = 16.0  # it takes six or eleven; a busy machine may take longer


def is_taken(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) == 0


def test_half_a_request_holds_nothing_up_for_long(tmp_path: Path) -> None:
    """Browsers open connections ahead, and a laptop that was closed never ends its request."""
    held: list[socket.socket] = []
    with running(tmp_path, ANY_PORT, ANY_PORT) as stack:
        for url in (stack.service_url, stack.sandbox_url):
            for words in (b"", b"GET / HTTP/1.1\r\nHost: half"):
                one = socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])))
                one.sendall(words)
                held.append(one)
        time.sleep(0.5)  # so that they are taken up
        begun = time.monotonic()
    took = time.monotonic() - begun
    for one in held:
        one.close()
    assert took < SOON
    assert not is_taken(stack.service_url)
    assert not is_taken(stack.sandbox_url)
    hold_folder(tmp_path, only_ask=True)


def test_a_service_that_does_not_end_by_itself_is_ended_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    """Its first process is stopped, as by a debugger, and cannot tell its worker anything."""
    with running(tmp_path, ANY_PORT, ANY_PORT) as stack:
        os.kill(stack.service.pid, signal.SIGSTOP)
        begun = time.monotonic()
    assert time.monotonic() - begun < SOON
    # The worker is nobody's child any more: when the system has cleared it away is the system's to say.
    until = time.monotonic() + SOON
    while is_taken(stack.service_url) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_taken(stack.service_url)
    hold_folder(tmp_path, only_ask=True)
