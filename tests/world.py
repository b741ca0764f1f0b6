"""A whole small world in one process: our service, two record systems with the same patients, and time that we move.

The database, the keys, the launches and the record systems are real; only the network between them is a function
call, and the clock is the test's own. What people do in it stands in tests/people.py.
"""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import flask
import httpx2
import pytest
from jinja2 import FileSystemBytecodeCache

from service import wiring as wires
from service.app import create_app
from service.cli.demo_clinic import CLINIC, clinics_file, registered_apps
from service.keyring import make_keyring
from service.sandbox.app import create_sandbox
from service.sandbox.config import RegisteredApp, SandboxConfig
from service.sandbox.imitations import NONE, Imitation
from service.settings import Settings
from service.store.migrating import upgrade
from service.summary.rendering import Limits, RenderingChild
from service.summary.renditions import Rendition
from service.wiring import Wiring
from service.workflow.deliver_entry import deliver_next
from service.workflow.desk import Desk
from service.workflow.find_infusions import find_infusions
from tests.every_answer import ANSWERS, Witness
from tests.front_desk import front_desk_app
from tests.store.plain_role import migrated_for_a_plain_role

JOURNAL = "http://127.0.0.1:8080"
EHR = "http://localhost:8090"
OTHER_EHR = "http://localhost:8091"
OTHER = "cedar-hill"
NOON = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)  # noon at the clinic
HOMES = {CLINIC: EHR, OTHER: OTHER_EHR}

Servers = dict[str, httpx2.BaseTransport]
Meddler = Callable[[httpx2.Request, Callable[[], httpx2.Response]], httpx2.Response]


class Clock:
    """The time as the test says it is; every look at it takes a millisecond, so that no two deeds coincide."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._set_by = timedelta(0)
        self._turn = threading.Lock()

    def __call__(self) -> datetime:
        with self._turn:
            self._now += timedelta(milliseconds=1)
            return self._now + self._set_by

    def steady(self) -> float:
        """Seconds that pass, whatever the wall shows."""
        with self._turn:
            return (self._now - NOON).total_seconds()

    def set_wall(self, **span: float) -> None:
        """Somebody sets the clock on the wall forward or back; no time passes."""
        with self._turn:
            self._set_by += timedelta(**span)

    def pass_time(self, **span: float) -> None:
        with self._turn:
            self._now += timedelta(**span)


@dataclass
class Network(httpx2.BaseTransport):
    """Every server of this world by its origin; whatever leads elsewhere is noted and does not arrive.

    `meddler` stands on the wire: it may answer itself, fail, or spoil what the server said.
    """

    servers: Servers
    asked: list[str] = field(default_factory=list)
    meddler: Meddler | None = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(f"{request.method} {request.url}")
        server = self.servers.get(f"{request.url.scheme}://{request.url.host}:{request.url.port}")
        if server is None:
            raise httpx2.ConnectError("there is nobody at this address")
        if self.meddler is not None:
            return self.meddler(request, lambda: server.handle_request(request))
        return server.handle_request(request)


@dataclass
class Sandbox(httpx2.BaseTransport):
    """One clinic's record system, which starts when somebody first asks it for anything."""

    folder: Path
    clinic: str
    servers: Servers
    clock: Clock
    imitation: Imitation = NONE

    @cached_property
    def app(self) -> flask.Flask:
        config = SandboxConfig(
            folder=self.folder / self.clinic,
            base_url=HOMES[self.clinic],
            apps=registered_apps(JOURNAL, self.folder) + extra_apps(JOURNAL),
            audiences=(f"{JOURNAL}/{self.clinic}/fhir",),
            clock=self.clock,
            imitation=self.imitation,
        )
        made = create_sandbox(config, Network(self.servers))
        made.jinja_env.bytecode_cache = _compiled(self.folder)
        return made

    @property
    def parts(self) -> Any:
        return self.app.extensions["maple-grove"]

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.WSGITransport(app=self.app).handle_request(request)

    def close(self) -> None:
        if "app" in self.__dict__:
            self.parts.close()


@dataclass
class World:
    """The running service and what it lives among. `net` is the way of the service to the record systems."""

    folder: Path
    clock: Clock
    servers: Servers
    net: Network
    wiring: Wiring
    app: flask.Flask
    sandboxes: dict[str, Sandbox]
    closing: ExitStack
    witness: Witness

    @property
    def desk(self) -> Desk:
        return self.wiring.desk

    @property
    def base(self) -> str:
        """The FHIR base of the first clinic."""
        return f"{JOURNAL}/{CLINIC}/fhir"

    def records(self, clinic: str = CLINIC) -> Any:
        """The record system's own store: what it really holds."""
        return self.sandboxes[clinic].parts.records

    def browser_network(self) -> Network:
        """A way for browsers and apps, apart from the service's own."""
        return Network(self.servers)

    def deliver(self, clinic: str = CLINIC, owner: str = "worker") -> int:
        """Let the worker file what is due now; how many attempts it made."""
        attempts = 0
        while deliver_next(self.desk, clinic, owner):
            attempts += 1
        return attempts

    def find(self, clinic: str = CLINIC, owner: str = "worker", minutes: float = 0) -> int:
        """Let the worker look for new infusions, after some time went by; how many patients it looked at."""
        self.clock.pass_time(minutes=minutes)
        looked = 0
        while found := find_infusions(self.desk, clinic, owner):
            looked += found
        return looked


def extra_apps(service_url: str) -> tuple[RegisteredApp, ...]:
    """Apps of other makers that the demo has no use for."""
    return (
        RegisteredApp(
            client_id="ward-tool",
            name="A tool for staff",
            kind="public",
            redirect_uris=(f"{service_url}/ward-tool",),
            scopes="openid fhirUser launch/patient user/QuestionnaireResponse.rs",
        ),
        front_desk_app(),
    )


def make_template(folder: Path) -> None:
    """What every world begins with: keys, an empty migrated database, two record systems with their people."""
    make_keyring(folder / "secrets")
    upgrade(f"sqlite:///{folder / 'journal.sqlite'}")
    for clinic, home in HOMES.items():
        config = SandboxConfig(folder=folder / clinic, base_url=home, apps=(), clock=lambda: NOON)
        create_sandbox(config).extensions["maple-grove"].close()
    (folder / "clinics.toml").write_text(two_clinics(), "utf-8")
    (folder / "templates").mkdir()


def two_clinics() -> str:
    """The demo's clinic, and a second one at another record system whose patients have the same ids."""
    first = f'{clinics_file(EHR)}\n[clinic.{CLINIC}.api]\nclients = ["registry"]\n\n'
    second = clinics_file(OTHER_EHR).replace(f"clinic.{CLINIC}", f"clinic.{OTHER}")
    return first + second.replace("Maple Grove Ketamine Clinic", "Cedar Hill Clinic")


def start(folder: Path, child: RenderingChild, patch: pytest.MonkeyPatch, **settings: Any) -> World:
    """A running world in this folder, which make_template has prepared; its `closing` ends it."""
    clock, closing = Clock(), ExitStack()
    servers: Servers = {}
    net = Network(servers)
    # Every part reads the clock that the wiring hands out.
    patch.setattr(wires, "now", clock)
    patch.setattr(wires, "steady", clock.steady)
    http = closing.enter_context(httpx2.Client(transport=net, trust_env=False))
    said: dict[str, Any] = {
        "public_url": JOURNAL,
        "folder": folder,
        "clinics_file": folder / "clinics.toml",
        "secrets_dir": folder / "secrets",
    }
    wiring = wires.wire(Settings(**said | settings), http)
    closing.callback(wiring.stop)
    desk = replace(wiring.desk, render=lambda summary, form=Rendition.PDF: child.render(summary, 30.0, form))
    wiring = replace(wiring, desk=desk)
    wiring.desk.writer.start()
    app = create_app(wiring)
    app.jinja_env.bytecode_cache = _compiled(folder)
    witness = Witness(app)
    app.wsgi_app = witness  # type: ignore[method-assign]
    closing.callback(witness.hold)
    sandboxes = {clinic: Sandbox(folder, clinic, servers, clock) for clinic in HOMES}
    servers[JOURNAL] = httpx2.WSGITransport(app=app)
    for clinic, sandbox in sandboxes.items():
        servers[HOMES[clinic]] = sandbox
        closing.callback(sandbox.close)
    return World(folder, clock, servers, net, wiring, app, sandboxes, closing, witness)


def _compiled(folder: Path) -> FileSystemBytecodeCache:
    """Templates compiled once for all worlds of this run: they are the same in each."""
    return FileSystemBytecodeCache(str((folder / "templates").resolve()))


def copy_world(template: Path, folder: Path) -> None:
    """A world's beginning of its own; the compiled templates alone are shared."""
    shutil.copytree(template, folder, ignore=shutil.ignore_patterns("templates"))
    (folder / "templates").symlink_to(template / "templates")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world's beginning, made once and copied."""
    folder = tmp_path_factory.mktemp("world") / "template"
    folder.mkdir()
    make_template(folder)
    return folder


@pytest.fixture(scope="session")
def rendering_child() -> Iterator[RenderingChild]:
    """The child that renders, shared: it keeps nothing from one summary to the next."""
    child = RenderingChild(Limits())
    yield child
    child.close()


WorldWith = Callable[..., World]


@pytest.fixture
def world_with(
    tmp_path: Path,
    template: Path,
    rendering_child: RenderingChild,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> Iterator[WorldWith]:
    """Makes the test's world with these tables of clinics.toml, in place of those that stand there."""
    made: list[World] = []

    def make(tables: str, **secrets: str) -> World:
        folder = tmp_path / "world"
        copy_world(template, folder)
        clinics = folder / "clinics.toml"
        clinics.write_text(with_tables(clinics.read_text("utf-8"), tables), "utf-8")
        for name, secret in secrets.items():
            (folder / "secrets" / name).write_text(secret, "utf-8")
        made.append(start(folder, rendering_child, monkeypatch))
        return made[0]

    yield make
    for one in made:
        record_property(ANSWERS, dict(one.witness.counted))
        one.closing.close()


def with_tables(written: str, tables: str) -> str:
    """The file with these tables instead of the same ones in it."""
    for header in re.findall(r"(?m)^\[[^\]\n]+\]$", tables):
        written = re.sub(rf"(?ms)^{re.escape(header)}$.*?(?=^\[|\Z)", "", written)
    return f"{written}\n{tables}\n"


@pytest.fixture
def world(
    tmp_path: Path,
    template: Path,
    rendering_child: RenderingChild,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> Iterator[World]:
    """A world of this test's own."""
    copy_world(template, tmp_path / "world")
    made = start(tmp_path / "world", rendering_child, monkeypatch)
    with made.closing:
        yield made
        record_property(ANSWERS, dict(made.witness.counted))


@pytest.fixture
def world_on_postgresql(
    tmp_path: Path,
    template: Path,
    rendering_child: RenderingChild,
    monkeypatch: pytest.MonkeyPatch,
    postgres_url: str,
) -> Iterator[World]:
    """A world whose service keeps everything in PostgreSQL, as a role that owns nothing there."""
    copy_world(template, tmp_path / "world")
    (tmp_path / "world" / "journal.sqlite").unlink()
    with migrated_for_a_plain_role(postgres_url) as url:
        made = start(tmp_path / "world", rendering_child, monkeypatch, database_url=url)
        with made.closing:
            yield made
    shutil.rmtree(tmp_path / "world")
