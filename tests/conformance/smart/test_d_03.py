"""Every token request carries an assertion of its own, a repeated one as well. [SMART App Launch 2.2, Client
Authentication: Asymmetric, Signature Verification]
"""

from urllib.parse import parse_qs

import pytest

from service.smart.problems import ServerSilent
from tests.conformance.smart.working import record_system, worker


def test_no_assertion_is_sent_twice() -> None:
    server = record_system()
    server.answers["/token"] = (503, {}, b"")
    tokens = worker(server)
    for _ in range(20):
        with pytest.raises(ServerSilent):
            tokens.token()

    sent = [
        parse_qs(body.decode())["client_assertion"][0]
        for _, path, _, body in server.asked
        if path == "/token"
    ]
    assert len(sent) == len(set(sent)) == 20
