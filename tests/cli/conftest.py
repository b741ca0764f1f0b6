"""A record system over real HTTP, and beside it an operator's folder whose clinics file names it."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from service.audit.record import Record, read_canonical
from service.cli.demo_clinic import BACKEND, clinics_file, registered_apps
from service.keyring import SIGNING, make_keyring
from service.sandbox.app import create_sandbox
from service.sandbox.config import RegisteredApp, SandboxConfig
from service.settings import PREFIX, read_settings
from service.smart.signing_keys import load_signing_key, public_jwks
from service.store import audit_trail
from service.store.migrating import upgrade
from service.wiring import wire

JOURNAL = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Place:
    """An operator's folder, and the record system's address."""

    folder: Path
    sandbox_url: str

    def change(self, before: str, instead: str) -> None:
        """Edit the clinics file."""
        file = self.folder / "clinics.toml"
        written = file.read_text("utf-8")
        assert before in written
        file.write_text(written.replace(before, instead), "utf-8")


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The demo's record system, which knows the key of our worker without asking our service for it."""
    folder = tmp_path_factory.mktemp("record-system")
    make_keyring(folder / "secrets")
    (folder / "sandbox").mkdir()
    server = make_server("127.0.0.1", 0, lambda environ, start: app(environ, start), threaded=True)
    url = f"http://localhost:{server.server_port}"
    apps = tuple(_with_its_key(one, folder) for one in registered_apps(JOURNAL, folder))
    app = create_sandbox(SandboxConfig(folder=folder / "sandbox", base_url=url, apps=apps))
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield Place(folder, url)
    server.shutdown()
    server.server_close()
    serving.join()
    app.extensions["maple-grove"].close()


@pytest.fixture
def place(running_sandbox: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A folder of this test's own, named by the environment, with an empty database."""
    (tmp_path / "clinics.toml").write_text(clinics_file(running_sandbox.sandbox_url), "utf-8")
    upgrade(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    name_by_environment(tmp_path, running_sandbox.folder / "secrets", monkeypatch)
    return Place(tmp_path, running_sandbox.sandbox_url)


def name_by_environment(folder: Path, secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    said = {
        "PUBLIC_URL": "https://journal.example",
        "FOLDER": folder,
        "CLINICS_FILE": folder / "clinics.toml",
        "SECRETS_DIR": secrets,
    }
    for name, value in said.items():
        monkeypatch.setenv(PREFIX + name, str(value))


def log(clinic: str) -> list[Record]:
    """What the database that the environment names remembers of this clinic."""
    wiring = wire(read_settings())
    try:
        with audit_trail.snapshot(wiring.desk.store, clinic) as (_, entries):
            return [read_canonical(one.canonical) for one in entries if one.canonical is not None]
    finally:
        wiring.stop()


def _with_its_key(app: RegisteredApp, folder: Path) -> RegisteredApp:
    if app.client_id != BACKEND:
        return app
    key = load_signing_key((folder / "secrets" / SIGNING).read_text())
    return replace(app, jwks_url=None, jwks=public_jwks([key]))
