"""The stage: a record system on a real socket in this process, and the children that are started and end."""

import logging
import multiprocessing
import os
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx2
from joserfc import jwt
from werkzeug.serving import make_server

from service.cli.demo_clinic import CLINIC, clinics_file, registered_apps
from service.keyring import make_keyring
from service.sandbox.app import create_sandbox
from service.sandbox.config import SandboxConfig
from service.sandbox.imitations import Imitation
from service.sandbox.records.people import seed
from service.sandbox.records.store import Records
from service.store.migrating import upgrade
from tests.killing import player
from tests.killing.orders import Order, Place
from tests.killing.proxy import Proxy
from tests.loopback import Quiet, free_port
from tests.strangers.patients import Stranger, resources

PATIENCE = 60.0
# What each rung rests on, and nothing of what the others do.
_HABITS = {
    "A": Imitation(put_creates=True, conditional=False),
    "B": Imitation(),
    "C": Imitation(conditional=False),
    "D": Imitation(conditional=False, identifier_search="passed over"),
}
_spawning = multiprocessing.get_context("forkserver")


@dataclass
class Stage:
    """One service's place, its record system, and the shared clock.

    The wire to the record system, and on PostgreSQL the one to the database, are proxies that cut and stall.
    `to_kill` names the process that the record system's side kills once it has committed the next write (K6).
    """

    place: Place
    sandbox: Any
    sandbox_url: str
    shift: Any
    http: httpx2.Client
    wires: tuple[Proxy, ...]
    to_kill: int | None = None
    killed_from_there: int = 0
    server: BaseProcess | None = field(default=None, repr=False)

    @property
    def base(self) -> str:
        """The clinic's FHIR base of our server."""
        return f"http://127.0.0.1:{self.place.port}/{CLINIC}/fhir"

    def now(self) -> datetime:
        """The time as every process of the stage reads it."""
        return datetime.now(UTC) + timedelta(seconds=self.shift.value)

    def pass_time(self, **span: float) -> None:
        """All clocks go forward at once."""
        self.shift.value += timedelta(**span).total_seconds()

    def token(self, patient: str) -> str:
        """A token of the patient's own app, from the record system's authorization server."""
        key = self.sandbox.extensions["maple-grove"].tokens.keys.access
        now = int(self.now().timestamp())
        said = {
            "iss": self.sandbox_url,
            "sub": "somebody",
            "aud": self.base,
            "iat": now,
            "exp": now + 600,
            "jti": secrets.token_hex(8),
            "client_id": "diary-app",
            "scope": "patient/QuestionnaireResponse.crus",
            "patient": patient,
            "fhirUser": f"{self.sandbox_url}/fhir/Patient/{patient}",
        }
        header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
        return jwt.encode(header, said, key, algorithms=["ES256"])

    def worker(self, order: Order) -> BaseProcess:
        """Start a worker; whoever asked waits for its end."""
        process = _spawning.Process(target=player.deliver, args=(self.place, self.shift, order), daemon=True)
        process.start()
        return process

    def serve(self, order: Order | None = None) -> BaseProcess:
        """Start the server, and return when it listens."""
        ours, theirs = _spawning.Pipe()
        process = _spawning.Process(
            target=player.serve, args=(self.place, self.shift, order or Order(), theirs), daemon=True
        )
        process.start()
        theirs.close()
        if not ours.poll(PATIENCE):
            raise RuntimeError("the server did not start")
        ours.recv()
        ours.close()
        self.server = process
        return process

    def end_server(self) -> None:
        """End the server, if there is one, as a machine that fails does."""
        if self.server is not None and self.server.is_alive():
            self.server.kill()
        if self.server is not None:
            self.server.join(PATIENCE)
        self.server = None

    def post(self, patient: str, body: dict[str, Any]) -> int | None:
        """The status that a create got, or None where no answer came; one that was taken before is found again."""
        name = body["identifier"]
        headers = {
            "Authorization": f"Bearer {self.token(patient)}",
            "Content-Type": "application/fhir+json",
            "If-None-Exist": f"identifier={name['system']}|{name['value']}",
        }
        with suppress(httpx2.HTTPError):
            return self.http.post(
                f"{self.base}/QuestionnaireResponse", json=body, headers=headers
            ).status_code
        return None


@contextmanager
def stage(
    folder: Path, database: str, rung: str, patients: tuple[Stranger, ...], to_database: Proxy | None = None
) -> Iterator[Stage]:
    """Everything a service needs, with these patients in the records; ended whole, whatever happened."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    port, sandbox_port = free_port(), free_port()
    wire = Proxy(sandbox_port)
    sandbox_url = f"http://localhost:{wire.port}"
    (folder / "sandbox").mkdir(parents=True)
    make_keyring(folder / "secrets")
    (folder / "clinics.toml").write_text(clinics_file(sandbox_url), "utf-8")
    upgrade(database)
    fill(folder / "sandbox", patients)
    origin = f"http://127.0.0.1:{port}"
    config = SandboxConfig(
        folder=folder / "sandbox",
        base_url=sandbox_url,
        apps=registered_apps(origin, folder),
        audiences=(f"{origin}/{CLINIC}/fhir",),
        imitation=_HABITS[rung],
    )
    _spawning.set_forkserver_preload(["tests.killing.warm"])
    with ExitStack() as ending:
        http = ending.enter_context(httpx2.Client(trust_env=False, timeout=30.0))
        app = create_sandbox(config)
        wires = (wire,) if to_database is None else (wire, to_database)
        place, shift = Place(folder, database, rung, port), _spawning.Value("d", 0.0)
        made = Stage(place, app, sandbox_url, shift, http, wires)
        server = make_server(
            "127.0.0.1", sandbox_port, _killing(app.wsgi_app, made), threaded=True, request_handler=Quiet
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ending.callback(server.server_close)
        ending.callback(server.shutdown)
        ending.callback(wire.close)
        ending.callback(made.end_server)
        yield made


def _killing(app: Any, made: Stage) -> Any:
    """The record system; once it has committed a document, the process that waits for the answer may be killed."""

    def called(environ: dict[str, Any], start_response: Any) -> Any:
        answer = app(environ, start_response)
        is_write = (
            environ["REQUEST_METHOD"] in ("POST", "PUT") and "/DocumentReference" in environ["PATH_INFO"]
        )
        if made.to_kill is not None and is_write:
            victim, made.to_kill = made.to_kill, None
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                made.killed_from_there += 1
        return answer

    return called


def fill(folder: Path, patients: tuple[Stranger, ...]) -> None:
    """The records of a new record system in this folder: the demo's people, and these patients."""
    now = datetime.now(UTC)
    records = Records(folder / "records.sqlite", lambda: now)
    seed(records, now)
    records.place(resources(patients, now))
    records.close()
