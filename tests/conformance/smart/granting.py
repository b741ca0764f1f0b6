"""The sandbox as an app meets it: apps, requests, and what came back."""

from typing import Any

import httpx2

from tests.sandbox.actors import SmartApp, query
from tests.sandbox.conftest import BASE, Clinic

PATIENT = "Patient/patient-two-in"
SCOPE = "openid fhirUser launch/patient patient/Patient.r patient/Encounter.rs offline_access"
VISITS = "Encounter?patient=patient-two-in"
INTROSPECT = f"{BASE}/auth/introspect"
SYSTEM_SCOPE = "system/DocumentReference.crs system/Patient.r"


def an_app(clinic: Clinic, scope: str = SCOPE) -> SmartApp:
    """A public app for patients."""
    return clinic.smart_app("patient-app", scope)


def granted(clinic: Clinic, scope: str = SCOPE, **different: str | None) -> tuple[SmartApp, dict[str, Any]]:
    """The app and its token answer, after a patient signed in."""
    app = an_app(clinic, scope)
    answer = app.exchange(app.code(clinic.visitor(PATIENT), **different))
    assert answer.status_code == 200, answer.text
    return app, answer.json()


def came_back(clinic: Clinic, app: SmartApp, **different: str | None) -> dict[str, str]:
    """With what the browser came back from an authorize request that differs from a right one."""
    answer = clinic.visitor(PATIENT).open(app.authorize_address(**different))
    return query(answer.headers["Location"])


def as_system(app: SmartApp, **different: Any) -> httpx2.Response:
    """A backend service asks for a token."""
    return app.ask_token({"grant_type": "client_credentials", "scope": SYSTEM_SCOPE} | different)


def asked_about(clinic: Clinic, token: str | None) -> httpx2.Response:
    """What the sandbox says of a token to an app that may ask."""
    asker = clinic.smart_app("backend-app")
    form = asker.proof() | {"token": token}
    data = {name: value for name, value in form.items() if value is not None}
    return asker.http.post(INTROSPECT, data=data)
