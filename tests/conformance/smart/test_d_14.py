"""Calls to record systems go over TLS 1.2 or newer, and a certificate that nobody vouches for ends them before a token
is on the wire. [SMART App Launch 2.2, Backend Services, Protocol details]
"""

import ssl
import time
from pathlib import Path

import pytest

from service.smart.connections import LOOPBACK, outbound_client
from service.smart.exchange import ExchangeFailed, Limits, send
from tests.conformance.smart.tls_server import Listener, certified, listening

# supported_versions of the first message (RFC 8446 4.2.1): TLS 1.3 and 1.2, nothing older.
VERSIONS = bytes.fromhex("002b 0005 04 0304 0303")


def _ask(found: Listener, tls: ssl.SSLContext | None = None) -> int:
    limits = Limits(seconds=10.0, max_bytes=1000)
    with outbound_client(time.monotonic, permitted=LOOPBACK, tls=tls) as http:
        return send(http, "GET", found.url, headers={"Authorization": "Bearer t"}, limits=limits).status


def test_an_unknown_certificate_gets_no_token(tmp_path: Path) -> None:
    with listening(certified(tmp_path)) as found, pytest.raises(ExchangeFailed):
        _ask(found)

    assert found.hello
    assert found.read == []


def test_the_same_server_is_called_once_its_certificate_is_trusted(tmp_path: Path) -> None:
    certificate = certified(tmp_path)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with listening(certificate) as found:
        assert _ask(found, trusting) == 200

    assert b"Authorization: Bearer t" in found.read[0]


def test_no_version_below_1_2_is_offered(tmp_path: Path) -> None:
    with listening(certified(tmp_path)) as found, pytest.raises(ExchangeFailed):
        _ask(found)

    assert VERSIONS in found.hello
