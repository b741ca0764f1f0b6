"""An app can give back its tokens: an access token dies alone, a refresh token with everything that came of its grant.
[RFC 7009 2.1; SMART App Launch 2.2, conformance, Metadata]
"""

from tests.conformance.smart.granting import VISITS, granted
from tests.sandbox.conftest import BASE, Clinic


def test_discovery_names_the_endpoint_and_it_works(clinic: Clinic) -> None:
    app, first = granted(clinic)
    second = app.refresh(first["refresh_token"]).json()
    said = app.http.get(f"{BASE}/fhir/.well-known/smart-configuration").json()
    where = said["revocation_endpoint"]

    assert (
        app.http.post(where, data={"client_id": app.client_id, "token": first["access_token"]}).status_code
        == 200
    )
    assert app.read(VISITS, first["access_token"]).status_code == 401
    assert app.read(VISITS, second["access_token"]).status_code == 200
    app.http.post(where, data={"client_id": app.client_id, "token": second["refresh_token"]})
    assert app.read(VISITS, second["access_token"]).status_code == 401
    assert app.refresh(second["refresh_token"]).status_code in (400, 401)
