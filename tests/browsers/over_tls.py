"""The demo with the service reached over TLS, by a certificate that nobody signed.

WebKit keeps a Secure cookie of a page that came over TLS alone, also on this machine. The record system stays on plain
http, with cookies of which nothing is said: it is the pretended one, and what is tried is ours.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from werkzeug.serving import make_server

from service.cli.demo_clinic import CLINIC, READER, clinics_file, registered_apps
from service.cli.server import gunicorn
from service.keyring import make_keyring
from service.sandbox.app import create_sandbox
from service.sandbox.config import RegisteredApp, SandboxConfig
from service.settings import PREFIX
from service.store.migrating import upgrade
from tests.killing.stage import fill
from tests.loopback import Quiet, free_port
from tests.strangers.patients import Stranger

_STARTS_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class House:
    """Where the two halves are reached."""

    service_url: str
    sandbox_url: str


@contextmanager
def running(folder: Path, patients: tuple[Stranger, ...]) -> Iterator[House]:
    """Both halves, with these patients in the records."""
    port, sandbox_port = free_port(), free_port()
    house = House(f"https://127.0.0.1:{port}", f"http://localhost:{sandbox_port}")
    make_keyring(folder / "secrets")
    (folder / "clinics.toml").write_text(clinics_file(house.sandbox_url), "utf-8")
    upgrade(f"sqlite:///{folder / 'journal.sqlite'}")
    with ExitStack() as ending:
        ending.enter_context(_record_system(folder, house, sandbox_port, patients))
        ending.enter_context(_service(folder, house, port))
        yield house


@contextmanager
def _record_system(folder: Path, house: House, port: int, patients: tuple[Stranger, ...]) -> Iterator[None]:
    (folder / "sandbox").mkdir()
    fill(folder / "sandbox", patients)
    app = create_sandbox(
        SandboxConfig(
            folder=folder / "sandbox",
            base_url=house.sandbox_url,
            apps=_known_by_key(registered_apps(house.service_url, folder)),
            audiences=(f"{house.service_url}/{CLINIC}/fhir",),
        )
    )
    app.config.update(SESSION_COOKIE_SECURE=False, SESSION_COOKIE_SAMESITE=None)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


def _known_by_key(apps: tuple[RegisteredApp, ...]) -> tuple[RegisteredApp, ...]:
    """The worker's key is entered by hand: no record system fetches it from a certificate that nobody signed."""
    key = next(one.jwks for one in apps if one.client_id == READER)
    return tuple(one if one.jwks_url is None else replace(one, jwks_url=None, jwks=key) for one in apps)


@contextmanager
def _service(folder: Path, house: House, port: int) -> Iterator[None]:
    certificate, key = _certificate(folder)
    command = [*gunicorn("127.0.0.1", port, threads=8), "--certfile", str(certificate), "--keyfile", str(key)]
    said = {
        "PUBLIC_URL": house.service_url,
        "FOLDER": str(folder),
        "CLINICS_FILE": str(folder / "clinics.toml"),
        "SECRETS_DIR": str(folder / "secrets"),
        "MODE": "demo",
    }
    environment = os.environ | {PREFIX + name: value for name, value in said.items()}
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _until_ready(house, process, folder)
        yield
    finally:
        process.terminate()
        process.wait(40)


def _until_ready(house: House, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + _STARTS_WITHIN
    with httpx2.Client(verify=False, trust_env=False) as http:
        while time.monotonic() < until and process.poll() is None:
            try:
                if http.get(f"{house.service_url}/health/ready").status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.1)
    sys.stderr.write((folder / "service.log").read_text()[-2000:])
    raise RuntimeError("the service did not start")


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "certificate-key.pem"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files
