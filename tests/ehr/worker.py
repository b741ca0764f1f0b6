"""The journal's worker before the sandbox: a token of its own, and scopes that a test may choose."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

import flask
import httpx2

from service.ehr.client import RecordSystem
from service.sandbox.app import create_sandbox
from service.sandbox.config import RegisteredApp, SandboxConfig
from service.smart.backend_services import BackendTokens
from service.smart.discovery import Configurations
from service.smart.registration import ClientKind, Registration
from service.smart.signing_keys import public_jwks
from service.smart.token_endpoint import Caller
from tests.smart.people import our_key

BASE = "http://localhost:8090"
ISS = f"{BASE}/fhir"
SCOPES = "system/Patient.rs system/Encounter.rs system/DocumentReference.crus"
ALL_SCOPES = (
    f"{SCOPES} system/Encounter.c system/Appointment.rs system/EpisodeOfCare.rs system/Procedure.rs "
    "system/MedicationAdministration.rs system/Task.crus"
)
WORKER = Registration("journal-worker", ClientKind.ASYMMETRIC, keys=(our_key(),))


def sandbox(folder: Path, *, filing: bool = True, scopes: str = SCOPES) -> flask.Flask:
    app = RegisteredApp(
        client_id="journal-worker",
        name="Journal worker",
        kind="backend",
        scopes=scopes,
        jwks=public_jwks([our_key()]),
    )
    return create_sandbox(SandboxConfig(folder=folder, base_url=BASE, apps=(app,), filing=filing))


def worker_record(http: httpx2.Client, *, scopes: str = SCOPES) -> RecordSystem:
    configurations = Configurations(http, _now, loopback_allowed=True)
    tokens = BackendTokens(Caller(WORKER, http, _now, secrets.token_bytes), ISS, configurations, scopes)
    return RecordSystem(ISS, http, tokens.token, renew=tokens.forget)


def _now() -> datetime:
    return datetime.now(UTC)
