"""The sandbox, the service and the strangers' web server, each at an origin of its own: all on this machine."""

import logging
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from werkzeug.serving import BaseWSGIServer, make_server

from service.cli.demo_clinic import CLINIC, clinics_file, registered_apps
from service.cli.server import gunicorn
from service.keyring import make_keyring
from service.sandbox.app import create_sandbox
from service.sandbox.config import RegisteredApp, SandboxConfig, utc_now
from service.sandbox.records.people import seed
from service.sandbox.records.store import Records
from service.settings import PREFIX
from tests.loopback import free_port
from tests.strangers.page_server import ELSEWHERE, PAGES, page_server
from tests.strangers.patients import Stranger, resources

APP = "pocket-journal"
APP_NAME = "Pocket Journal"
SCOPES = "openid fhirUser launch launch/patient patient/QuestionnaireResponse.crs"
_STARTS_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class House:
    """What is running, by origin: the service, the record system, and the strangers' pages twice.

    Pages from `pages` may call the clinic's FHIR base, since the clinic lists that origin, those from `unlisted` not.
    """

    origin: str
    sandbox: str
    pages: str
    unlisted: str

    @property
    def base(self) -> str:
        """The clinic's FHIR base of our service."""
        return f"{self.origin}/{CLINIC}/fhir"

    @property
    def elsewhere(self) -> str:
        """A FHIR base that names the sandbox's authorization server, which does not know it."""
        return f"{self.pages}{ELSEWHERE}"

    @property
    def redirect(self) -> str:
        """Where the strangers' app takes its codes."""
        return f"{self.pages}{PAGES}/smart-js.html"


@contextmanager
def running(folder: Path, pages: Path, patients: tuple[Stranger, ...]) -> Iterator[House]:
    """Start all of it in this folder with these people in the records, and end it; RuntimeError where it cannot start.

    `pages` is a folder of files, which the strangers' web server has below PAGES.
    """
    service_port, sandbox_port, *page_ports = (free_port() for _ in range(4))
    listed, unlisted = (f"http://127.0.0.1:{port}" for port in page_ports)
    house = House(f"http://127.0.0.1:{service_port}", f"http://localhost:{sandbox_port}", listed, unlisted)
    (folder / "sandbox").mkdir()
    make_keyring(folder / "secrets")
    lists = f'\n[clinic.{CLINIC}.api]\norigins = ["{house.pages}"]\n'
    (folder / "clinics.toml").write_text(f"{clinics_file(house.sandbox)}{lists}", "utf-8")
    _fill(folder / "sandbox", patients)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    config = SandboxConfig(
        folder=folder / "sandbox",
        base_url=house.sandbox,
        apps=(*registered_apps(house.origin, folder), _app(house)),
        audiences=(house.base,),
    )
    with ExitStack() as ending:
        service = _start_service(folder, house.origin, service_port)
        ending.callback(_end, service)
        sandbox = make_server("127.0.0.1", sandbox_port, create_sandbox(config), threaded=True)
        http = ending.enter_context(httpx2.Client(trust_env=False, timeout=30.0))
        theirs = page_server(house.base, pages, http)
        servers = (make_server("127.0.0.1", port, theirs, threaded=True) for port in page_ports)
        for server in (sandbox, *servers):
            _serve(server, ending)
        _wait_until_ready(house.origin, service, folder)
        yield house


def _app(house: House) -> RegisteredApp:
    """The one registration that all strangers use: a public app, for a browser or a phone."""
    return RegisteredApp(
        client_id=APP,
        name=APP_NAME,
        kind="public",
        redirect_uris=(house.redirect,),
        launch_url=house.redirect,
        iss=house.base,
        scopes=SCOPES,
        audience_hint="patient",
    )


def _fill(folder: Path, patients: tuple[Stranger, ...]) -> None:
    now = utc_now()
    records = Records(folder / "records.sqlite", lambda: now)
    seed(records, now)
    records.place(resources(patients, now))
    records.close()


def _serve(server: BaseWSGIServer, ending: ExitStack) -> None:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ending.callback(server.server_close)
    ending.callback(server.shutdown)


def _start_service(folder: Path, public: str, port: int) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    ours = {
        f"{PREFIX}PUBLIC_URL": public,
        f"{PREFIX}FOLDER": str(folder),
        f"{PREFIX}CLINICS_FILE": str(folder / "clinics.toml"),
        f"{PREFIX}SECRETS_DIR": str(folder / "secrets"),
        f"{PREFIX}MODE": "demo",
    }
    with (folder / "service.log").open("ab") as log:
        return subprocess.Popen(
            gunicorn("127.0.0.1", port, threads=8),
            env=kept | ours,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _wait_until_ready(inner: str, service: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    with httpx2.Client(trust_env=False, timeout=2.0) as http:
        while time.monotonic() < deadline and service.poll() is None:
            try:
                if http.get(f"{inner}/health/ready").status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.05)
    said = (folder / "service.log").read_text("utf-8", "replace")
    raise RuntimeError(f"the service did not start: {said[-1500:]}")


def _end(service: subprocess.Popen[bytes]) -> None:
    service.terminate()
    try:
        service.wait(timeout=25)
    except subprocess.TimeoutExpired:
        service.kill()
        service.wait()
