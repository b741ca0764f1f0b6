"""How connections to record systems are opened: to permitted addresses only, and never for longer than allowed.

The timeouts of an HTTP library bound one read each; a server that sends a byte a second would hold a worker for
hours (fault F19). In this transport every connect, read and write ends at one instant, the request's deadline.
Names are resolved here and checked before connecting, so a name that leads inside leads nowhere (threat T19).
"""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import httpcore2
import httpx2

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
T = TypeVar("T")
_PIECE = 65536
_FAILURES: tuple[tuple[type[Exception], type[httpx2.TransportError]], ...] = (
    (httpcore2.ConnectTimeout, httpx2.ConnectTimeout),
    (httpcore2.PoolTimeout, httpx2.PoolTimeout),
    (httpcore2.WriteTimeout, httpx2.WriteTimeout),
    (httpcore2.TimeoutException, httpx2.ReadTimeout),
    (httpcore2.ConnectError, httpx2.ConnectError),
    (httpcore2.NetworkError, httpx2.ReadError),
    (httpcore2.UnsupportedProtocol, httpx2.UnsupportedProtocol),
    (httpcore2.LocalProtocolError, httpx2.LocalProtocolError),
    (httpcore2.ProtocolError, httpx2.RemoteProtocolError),
)


def outbound_client(
    monotonic: Callable[[], float],
    *,
    permitted: Sequence[Network] = (),
    tls: ssl.SSLContext | None = None,
    connections: int = 20,
) -> httpx2.Client:
    """A client for calls to record systems, to public addresses and the `permitted` networks alone.

    The request's timeout bounds the whole exchange, measured by `monotonic` in seconds. Proxies and .netrc of the
    environment play no part.
    """
    transport = OutboundTransport(
        _Network(tuple(permitted), monotonic), tls or ssl.create_default_context(), connections, monotonic
    )
    return httpx2.Client(transport=transport, trust_env=False, follow_redirects=False)


class OutboundTransport(httpx2.BaseTransport):
    """HTTP/1.1 with pooled connections, where every timeout of a request is one and the same deadline."""

    def __init__(
        self,
        network: httpcore2.NetworkBackend,
        tls: ssl.SSLContext,
        connections: int,
        monotonic: Callable[[], float],
    ) -> None:
        self._monotonic = monotonic
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=4.0,
            network_backend=network,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request; errors are those of httpx2."""
        seconds = float(request.extensions.get("timeout", {}).get("read") or 10.0)
        until = self._monotonic() + seconds
        # The streams below read these as an instant; the pool, which only waits, as a span.
        timeouts = {"connect": until, "read": until, "write": until, "pool": seconds}
        asked = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.read(),
            extensions={"timeout": timeouts},
        )
        answer = _translated(lambda: self._pool.handle_request(asked))
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close every pooled connection."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Any:
        pieces = self._answer.iter_stream()
        while (piece := _translated(lambda: next(pieces, None))) is not None:
            yield piece

    def close(self) -> None:
        self._answer.close()


class _Network(httpcore2.NetworkBackend):
    """Opens sockets to permitted addresses; `timeout` is an instant of the monotonic clock."""

    def __init__(self, permitted: tuple[Network, ...], monotonic: Callable[[], float]) -> None:
        self._permitted = permitted
        self._monotonic = monotonic
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError("no permitted address")
        for address in self._addresses(host, port):
            try:
                left = _left(self._monotonic, timeout, httpcore2.ConnectTimeout)
                stream = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
                return _Stream(stream, self._monotonic)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError("name not resolved") from error
        # One name with a public and a private address is no accident worth connecting to.
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        return addresses if all(self._permits(address) for address in addresses) else []

    def _permits(self, written: str) -> bool:
        address = ipaddress.ip_address(written.split("%", 1)[0])
        return (address.is_global and not address.is_multicast) or any(
            address in network for network in self._permitted
        )


class _Stream(httpcore2.NetworkStream):
    """A socket whose every wait ends at the deadline it is given."""

    def __init__(self, stream: httpcore2.NetworkStream, monotonic: Callable[[], float]) -> None:
        self._stream = stream
        self._monotonic = monotonic

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._monotonic, timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            left = _left(self._monotonic, timeout, httpcore2.WriteTimeout)
            self._stream.write(buffer[start : start + _PIECE], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(self._monotonic, timeout, httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._monotonic)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(monotonic: Callable[[], float], until: float | None, passed: type[Exception]) -> float:
    left = (until if until is not None else 0.0) - monotonic()
    if left <= 0:
        raise passed("deadline")
    return left


def _translated(call: Callable[[], T]) -> T:
    try:
        return call()
    except Exception as error:
        for theirs, ours in _FAILURES:
            if isinstance(error, theirs):
                raise ours(str(error)) from error
        raise
