"""A sandbox in a folder of its own, with one app of every kind, and time that stands until a test moves it."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import flask
import httpx2
import pytest
from joserfc.jwk import ECKey, RSAKey

from service.sandbox.app import create_sandbox
from service.sandbox.config import RegisteredApp, SandboxConfig
from service.sandbox.parts import Parts
from tests.sandbox.actors import Clock, SmartApp, Visitor

BASE = "http://localhost:8090"
JOURNAL = "http://127.0.0.1:8080"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PATIENT_SCOPES = (
    "openid fhirUser launch launch/patient launch/encounter patient/Patient.r patient/Encounter.rs"
    " patient/QuestionnaireResponse.crus online_access offline_access"
)
STAFF_SCOPES = (
    "openid fhirUser launch launch/patient user/Patient.rs user/Encounter.rs user/DocumentReference.rs"
)
BACKEND_SCOPES = "system/DocumentReference.crs system/Patient.r system/Encounter.rs"


@dataclass
class Clinic:
    """The sandbox under test, its clock, its apps, and a way to its doors."""

    app: flask.Flask
    config: SandboxConfig
    clock: Clock
    keys: dict[str, Any]
    closing: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.closing.callback(self.parts.close)

    @property
    def parts(self) -> Parts:
        found: Parts = self.app.extensions["maple-grove"]
        return found

    def http(self) -> httpx2.Client:
        return self.closing.enter_context(httpx2.Client(transport=httpx2.WSGITransport(app=self.app)))

    def visitor(self, reference: str | None = None, jar: CookieJar | None = None) -> Visitor:
        """Somebody at a browser, fresh unless its cookies are given, signed in if a reference is given."""
        visitor = Visitor(self.app, BASE, jar)
        self.closing.callback(visitor.http.close)
        if reference is not None:
            visitor.sign_in(reference)
        return visitor

    def smart_app(self, client_id: str, scope: str | None = None) -> SmartApp:
        app = self.config.app(client_id)
        assert app is not None
        return SmartApp(
            http=self.http(),
            base_url=BASE,
            client_id=client_id,
            redirect_uri=app.redirect_uris[0] if app.redirect_uris else "",
            scope=app.scopes if scope is None else scope,
            key=self.keys.get(client_id),
            secret=app.secret,
            clock=self.clock,
        )

    def restarted(self, **changes: Any) -> "Clinic":
        """The same folder, opened anew."""
        self.parts.close()
        config = replace(self.config, **changes)
        return self.beside(create_sandbox(config), config)

    def beside(self, app: flask.Flask, config: SandboxConfig) -> "Clinic":
        """Another clinic that is closed together with this one."""
        return Clinic(app, config, self.clock, self.keys, self.closing)


@pytest.fixture(scope="session")
def app_keys() -> dict[str, Any]:
    return {
        "clinician-app": ECKey.generate_key("P-384", auto_kid=True),
        "backend-app": RSAKey.generate_key(2048, auto_kid=True),
        "backend-by-url": ECKey.generate_key("P-384", auto_kid=True),
    }


@pytest.fixture(scope="session")
def seeded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic made once and then copied, since the same folder gives the same clinic."""
    folder = tmp_path_factory.mktemp("clinic") / "folder"
    app = create_sandbox(SandboxConfig(folder=folder, base_url=BASE, apps=(), clock=Clock(NOON)))
    app.extensions["maple-grove"].close()
    return folder


@pytest.fixture
def registered(app_keys: dict[str, Any]) -> tuple[RegisteredApp, ...]:
    back, launch = f"{JOURNAL}/callback", f"{JOURNAL}/launch"
    return (
        RegisteredApp(
            client_id="patient-app",
            name="Journal",
            kind="public",
            redirect_uris=(back, f"{JOURNAL}/other"),
            launch_url=launch,
            standalone_url=JOURNAL,
            scopes=PATIENT_SCOPES,
            audience_hint="patient",
        ),
        RegisteredApp(
            client_id="asking-app",
            name="Stranger",
            kind="confidential-symmetric",
            redirect_uris=(back,),
            scopes=PATIENT_SCOPES,
            secret="a long secret of the tests",
            trusted=False,
        ),
        RegisteredApp(
            client_id="clinician-app",
            name="Journal for clinicians",
            kind="confidential-asymmetric",
            redirect_uris=(back,),
            launch_url=f"{launch}?view=chart",
            scopes=STAFF_SCOPES,
            jwks=public(app_keys["clinician-app"]),
            audience_hint="clinician",
        ),
        RegisteredApp(
            client_id="backend-app",
            name="Filing",
            kind="backend",
            scopes=BACKEND_SCOPES,
            jwks=public(app_keys["backend-app"]),
        ),
        RegisteredApp(
            client_id="backend-by-url",
            name="Filing by address",
            kind="backend",
            scopes=BACKEND_SCOPES,
            jwks_url=f"{JOURNAL}/jwks.json",
        ),
    )


@pytest.fixture
def clinic(
    tmp_path: Path, seeded_folder: Path, registered: tuple[RegisteredApp, ...], app_keys: dict[str, Any]
) -> Iterator[Clinic]:
    shutil.copytree(seeded_folder, tmp_path / "clinic")
    clock = Clock(NOON)
    config = SandboxConfig(
        folder=tmp_path / "clinic",
        base_url=BASE,
        apps=registered,
        audiences=(f"{JOURNAL}/fhir",),
        clock=clock,
    )
    made = Clinic(create_sandbox(config), config, clock, app_keys)
    with made.closing:
        yield made


def public(*keys: Any) -> dict[str, Any]:
    return {"keys": [{**key.as_dict(private=False), "kid": key.kid} for key in keys]}
