"""An app that may ask is told about a token; one that does not prove itself, or may not, is told nothing. [SMART App
Launch 2.2, Token Introspection; RFC 7662 2.1]
"""

from tests.conformance.smart.granting import INTROSPECT, asked_about, granted
from tests.sandbox.conftest import Clinic


def test_who_may_ask(clinic: Clinic) -> None:
    app, said = granted(clinic)
    token = said["access_token"]

    assert asked_about(clinic, token).status_code == 200
    assert app.http.post(INTROSPECT, data={"token": token}).status_code in (400, 401)
    not_asking = clinic.smart_app("clinician-app")
    refused = not_asking.http.post(INTROSPECT, data=not_asking.proof() | {"token": token})
    assert "patient" not in refused.text
