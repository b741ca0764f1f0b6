"""A server on this machine that speaks TLS with a certificate nobody vouches for, and what reached it."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Listener:
    """Where it stands, the first bytes it got, and what it could read of the requests."""

    url: str
    hello: bytes = b""
    read: list[bytes] = field(default_factory=list)


@contextmanager
def listening(certificate: Path) -> Iterator[Listener]:
    """One connection is taken and answered."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        found = Listener(f"https://localhost:{server.getsockname()[1]}/")
        thread = Thread(target=_serve, args=(server, context, found))
        thread.start()
        try:
            yield found
        finally:
            thread.join(15)


def _serve(server: socket.socket, context: ssl.SSLContext, found: Listener) -> None:
    connection, _ = server.accept()
    connection.settimeout(10)
    with connection:
        found.hello = connection.recv(4096, socket.MSG_PEEK)
        try:
            with context.wrap_socket(connection, server_side=True) as secured:
                found.read.append(secured.recv(4096))
                secured.sendall(_ANSWER)
        except (ssl.SSLError, OSError):
            return


def certified(folder: Path) -> Path:
    """A file with a key and a certificate for localhost, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(minutes=10))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(private + made.public_bytes(Encoding.PEM))
    return folder / "server.pem"
