"""The whole demo in one place: a folder, the sandbox EHR in this process, the service in a process of its own.

The service is reached at http://127.0.0.1 and the sandbox at http://localhost: cookies ignore ports, so one name
would share a jar; two names are cross-site, as a record system and its apps are.
"""

import json
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
from werkzeug.serving import BaseWSGIServer, make_server

from service.cli.demo_clinic import CLINIC, PROFILES, clinics_file, registered_apps
from service.cli.server import gunicorn
from service.holding import hold_folder
from service.keyring import make_keyring
from service.sandbox.app import create_sandbox
from service.sandbox.config import SandboxConfig
from service.sandbox.imitations import IMITATIONS, NONE
from service.settings import PREFIX

USUAL_PORTS = (8080, 8090)
ANY_PORT = 0
STARTS_WITHIN = 30.0
_PATIENCE = (
    5  # seconds for a request that is under way when the demo is stopped: a browser may hold half a one open
)


class CannotStart(RuntimeError):
    """The demo cannot start; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A running demo: where its two halves are reached, and the environment that names its service."""

    folder: Path
    service_url: str
    sandbox_url: str
    environment: dict[str, str]
    service: subprocess.Popen[bytes]

    @property
    def fhir_base(self) -> str:
        """The clinic's FHIR base of our service."""
        return f"{self.service_url}/{CLINIC}/fhir"


@contextmanager
def running(
    folder: Path,
    port: int | None,
    sandbox_port: int | None,
    *,
    filing: bool = True,
    imitate: str | None = None,
) -> Iterator[Stack]:
    """Start both halves in this folder, and stop them at the end; CannotStart or FolderInUse say why not.

    With `imitate` the sandbox has another record system's habits, and the clinic the profile for it.
    """
    folder = folder.resolve()
    _prepare(folder)
    service_port, ehr_port = _ports(folder, port, sandbox_port)
    service_url, sandbox_url = f"http://127.0.0.1:{service_port}", f"http://localhost:{ehr_port}"
    profile = PROFILES[imitate] if imitate else "embedded"
    (folder / "clinics.toml").write_text(clinics_file(sandbox_url, profile), "utf-8")
    with ExitStack() as ending:
        service = _start_service(folder, service_url, service_port)
        ending.callback(_end, service)
        # In this process, while the other one starts.
        config = _sandbox_config(folder, service_url, sandbox_url, filing, imitate)
        sandbox = _start_sandbox(config, ehr_port)
        ending.callback(sandbox.server_close)
        ending.callback(sandbox.shutdown)
        _wait_until_ready(service_url, service, folder)
        yield Stack(folder, service_url, sandbox_url, _environment(folder, service_url), service)


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sandbox").mkdir(exist_ok=True)
        hold_folder(folder, only_ask=True)
        make_keyring(folder / "secrets")
    except OSError as error:
        raise CannotStart(
            f"{folder} cannot be written ({error.strerror}): name another with FOLDER=…"
        ) from error


def _ports(folder: Path, port: int | None, sandbox_port: int | None) -> tuple[int, int]:
    """The ports asked for, else those of last time, else the usual ones, else free ones."""
    memory = folder / "ports.json"
    last = json.loads(memory.read_text()) if memory.exists() else USUAL_PORTS
    chosen = (_port(port, last[0], "127.0.0.1"), _port(sandbox_port, last[1], "localhost"))
    memory.write_text(json.dumps(chosen))
    return chosen


def _port(asked: int | None, wanted: int, host: str) -> int:
    if asked == ANY_PORT:
        return _any_port(host)
    if asked is not None:
        if not _is_free(asked, host):
            raise CannotStart(f"Port {asked} is taken: name another with PORT=…, or leave it out.")
        return asked
    return wanted if _is_free(wanted, host) else _any_port(host)


def _is_free(port: int, host: str) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_address(host), port))
        except OSError:
            return False
    return True


def _any_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((_address(host), 0))
        port: int = probe.getsockname()[1]
        return port


def _address(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host


def _sandbox_config(
    folder: Path, service_url: str, sandbox_url: str, filing: bool, imitate: str | None
) -> SandboxConfig:
    return SandboxConfig(
        folder=folder / "sandbox",
        base_url=sandbox_url,
        apps=registered_apps(service_url, folder),
        audiences=(f"{service_url}/{CLINIC}/fhir",),
        filing=filing,
        imitation=IMITATIONS[imitate] if imitate else NONE,
    )


def _start_sandbox(config: SandboxConfig, port: int) -> BaseWSGIServer:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", port, create_sandbox(config), threaded=True)
    threading.Thread(target=server.serve_forever, name="sandbox", daemon=True).start()
    return server


def _start_service(folder: Path, service_url: str, port: int) -> subprocess.Popen[bytes]:
    log = (folder / "service.log").open("ab")
    with log:
        return subprocess.Popen(
            gunicorn("127.0.0.1", port, threads=8, patience=_PATIENCE),
            env=_environment(folder, service_url),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _environment(folder: Path, service_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | {
        f"{PREFIX}PUBLIC_URL": service_url,
        f"{PREFIX}FOLDER": str(folder),
        f"{PREFIX}CLINICS_FILE": str(folder / "clinics.toml"),
        f"{PREFIX}SECRETS_DIR": str(folder / "secrets"),
        f"{PREFIX}MODE": "demo",
    }


def _wait_until_ready(service_url: str, service: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    with httpx2.Client(trust_env=False, timeout=2.0) as http:
        while time.monotonic() < deadline:
            if service.poll() is not None:
                break
            if _answers(http, f"{service_url}/health/ready"):
                return
            time.sleep(0.03)
    raise CannotStart(f"The service did not start: the end of {folder / 'service.log'} says why.")


def _answers(http: httpx2.Client, url: str) -> bool:
    try:
        return http.get(url).status_code == 200
    except httpx2.HTTPError:
        return False


def _end(service: subprocess.Popen[bytes]) -> None:
    """Let it end by itself; where it does not, or somebody presses Ctrl-C again, its worker ends with it.

    It stays in the demo's own group of processes: who kills that group kills the service, too.
    """
    if service.poll() is not None:
        return
    service.terminate()
    try:
        service.wait(timeout=2 * _PATIENCE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        for pid in (*_workers_of(service), service.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        service.wait()


def _workers_of(service: subprocess.Popen[bytes]) -> list[int]:
    """Its own children, where the system tells (Linux): a parent that is killed tells them nothing."""
    children = Path(f"/proc/{service.pid}/task/{service.pid}/children")
    return [int(pid) for pid in children.read_text().split()] if children.exists() else []
