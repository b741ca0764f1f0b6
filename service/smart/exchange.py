"""One request and its answer, bounded: whole-request deadline, size cap after decoding, no redirects.

Every call this service makes to a record system goes through `send`: what comes back is a stranger's. The deadline
bounds the whole exchange when the client is one of connections.outbound_client, and one read with any other.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from service.smart.strict_json import read_object

MEBIBYTE = 1024 * 1024


class ExchangeFailed(Exception):
    """No complete answer came; `sent` says whether the other side may have received the request."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: status, headers (names in lower case, several values joined by commas) and the decoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; NotStrict where it is none."""
        return read_object(self.body)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a whole request may take, in seconds, and how many decoded bytes its answer may have."""

    seconds: float = 10.0
    max_bytes: int = MEBIBYTE


def send(
    http: httpx2.Client,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes | None = None,
    limits: Limits = Limits(),
) -> Answer:
    """Send one request and read its whole answer; ExchangeFailed where none came within the limits.

    A redirect is an answer like any other and is never followed (threat T19, fault F20).
    """
    try:
        return _send(http, method, url, headers=headers, content=content, limits=limits)
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
        raise ExchangeFailed("not-connected", sent=False) from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:
        raise ExchangeFailed("bad-request", sent=False) from error
    except httpx2.TimeoutException as error:
        raise ExchangeFailed("timeout", sent=True) from error
    except httpx2.HTTPError as error:
        raise ExchangeFailed("cut-off", sent=True) from error


def _send(
    http: httpx2.Client,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes | None,
    limits: Limits,
) -> Answer:
    asked = {"Accept-Encoding": "gzip", **headers}
    request = http.build_request(
        method, url, headers=asked, content=content, timeout=httpx2.Timeout(limits.seconds)
    )
    # A cookie or a password that a client object picked up elsewhere has no business here.
    request.headers.pop("Cookie", None)
    response = http.send(request, stream=True, follow_redirects=False, auth=None)
    try:
        body = b"".join(_bounded(response, limits.max_bytes))
    finally:
        response.close()
    http.cookies.clear()
    return Answer(response.status_code, dict(response.headers.items()), body)


def _bounded(response: httpx2.Response, max_bytes: int) -> Iterator[bytes]:
    decoder = _Decoder(response.headers.get("content-encoding", "identity"))
    left = max_bytes
    for chunk in response.iter_raw():
        decoded = decoder.decode(chunk, left + 1)
        left -= len(decoded)
        if left < 0:
            raise ExchangeFailed("too-large", sent=True)
        yield decoded
    if not decoder.is_complete:
        raise ExchangeFailed("cut-off", sent=True)


class _Decoder:
    """Undoes gzip a bounded piece at a time, so that a bomb never unfolds in memory (fault F22)."""

    def __init__(self, encoding: str) -> None:
        if encoding not in ("identity", "gzip"):
            raise ExchangeFailed("encoding", sent=True)
        self._inflate = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        self._seen = False

    def decode(self, chunk: bytes, at_most: int) -> bytes:
        if self._inflate is None:
            return chunk
        self._seen = self._seen or bool(chunk)
        try:
            return self._inflate.decompress(chunk, at_most)
        except zlib.error as error:
            raise ExchangeFailed("encoding", sent=True) from error

    @property
    def is_complete(self) -> bool:
        return self._inflate is None or self._inflate.eof or not self._seen
