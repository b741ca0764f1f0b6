"""Any page may read discovery and metadata; with a token, only pages of origins that the clinic listed may call the
FHIR base, and no cookie is ever let through. At the sandbox an app in a browser may also fetch its token and read its
person. [SMART App Launch 2.2, app-launch, Considerations for CORS support]
"""

import pytest

from tests.conformance.smart.asking import QR, SET, fetched
from tests.conformance.smart.granting import PATIENT, granted
from tests.people import app_of
from tests.sandbox.conftest import BASE, Clinic
from tests.sandbox.conftest import JOURNAL as ITS_OWN
from tests.world import CLINIC, World, WorldWith

LISTED, STRANGE = "https://diary.example", "https://elsewhere.example"
TABLE = f'[clinic.{CLINIC}.api]\nclients = ["registry"]\norigins = ["{LISTED}"]\n'
ALLOWED = "access-control-allow-origin"


@pytest.fixture
def listing(world_with: WorldWith) -> World:
    return world_with(TABLE)


@pytest.mark.parametrize("base", [f"{CLINIC}/fhir", f"{CLINIC}/export/fhir"])
@pytest.mark.parametrize("path", [".well-known/smart-configuration", "metadata"])
def test_any_page_may_read_what_is_public(house: World, base: str, path: str) -> None:
    answer = fetched(house, f"{base}/{path}", Origin=STRANGE)

    assert (answer.status_code, answer.headers[ALLOWED]) == (200, "*")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (LISTED, LISTED),
        (STRANGE, None),
        (f"{LISTED}.evil.example", None),
        ("null", None),
        (f"{LISTED}:8443", None),
    ],
)
def test_only_a_listed_page_may_read_with_a_token(listing: World, origin: str, allowed: str | None) -> None:
    answer = app_of(listing).get(QR, Origin=origin)

    assert answer.status_code == 200
    assert answer.headers.get(ALLOWED) == allowed
    assert "access-control-allow-credentials" not in answer.headers


def test_a_clinic_that_lists_none_lets_no_page_read(house: World) -> None:
    assert ALLOWED not in app_of(house).get(QR, Origin=LISTED).headers
    assert app_of(house).get(SET, Origin=LISTED).headers.get(ALLOWED) == "*"


def test_at_the_sandbox_an_app_in_a_browser_gets_its_token_and_reads_its_person(clinic: Clinic) -> None:
    app, said = granted(clinic)
    form = {"grant_type": "refresh_token", "refresh_token": said["refresh_token"], "client_id": app.client_id}
    token = app.http.post(f"{BASE}/auth/token", data=form, headers={"Origin": STRANGE})
    shown = {"Authorization": f"Bearer {token.json()['access_token']}"}
    person = {
        origin: app.http.get(f"{BASE}/fhir/{PATIENT}", headers=shown | {"Origin": origin})
        for origin in (ITS_OWN, STRANGE)
    }

    assert (token.status_code, token.headers[ALLOWED]) == (200, "*")
    assert {one.status_code for one in person.values()} == {200}
    assert [one.headers.get(ALLOWED) for one in person.values()] == [ITS_OWN, None]
