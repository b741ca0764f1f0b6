"""The server as `serve` starts it: gunicorn in a process of its own, with its worker inside."""

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import httpx2

from service.cli.server import gunicorn
from service.settings import PREFIX
from tests.killing.stage import Stage

THREADS = 8
_STARTS_WITHIN = 60.0


def served(made: Stage, environment: Mapping[str, str] = MappingProxyType({})) -> subprocess.Popen[bytes]:
    """Start it on the stage's port, and return when it is ready; whoever asked ends it."""
    folder, port = made.place.folder, made.place.port
    said = {
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "FOLDER": str(folder),
        "CLINICS_FILE": str(folder / "clinics.toml"),
        "SECRETS_DIR": str(folder / "secrets"),
        "DATABASE_URL": made.place.database,
        "MODE": "demo",
    }
    settings = {PREFIX + name: value for name, value in said.items()}
    service = subprocess.Popen(
        gunicorn("127.0.0.1", port, threads=THREADS),
        env={**os.environ, **settings, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < until and service.poll() is None:
        try:
            if made.http.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return service
        except httpx2.HTTPError:
            time.sleep(0.05)
    service.kill()
    raise RuntimeError("the service did not start")


def worker_of(service: subprocess.Popen[bytes]) -> int:
    """The process that answers requests: gunicorn's only child, whichever it is now."""
    children = Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()
    return int(children[0])
