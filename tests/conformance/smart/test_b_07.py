"""A listed page may send the headers that FHIR asks for, and read those that FHIR answers with. [Our rule; FHIR R4
http, Access Control; Fetch standard, CORS protocol]
"""

import pytest

from tests.conformance.smart.asking import QR
from tests.people import App, app_of
from tests.world import CLINIC, World, WorldWith

LISTED = "https://diary.example"
SENT = {
    *("Authorization", "Content-Type", "Accept", "Prefer"),
    *("If-Match", "If-None-Match", "If-None-Exist"),
}
READ = {"ETag", "Location", "Content-Location", "Last-Modified", "Retry-After", "X-Request-Id"}


@pytest.fixture
def listing(world_with: WorldWith) -> World:
    return world_with(f'[clinic.{CLINIC}.api]\norigins = ["{LISTED}"]\n')


def _words(text: str) -> set[str]:
    return {one.strip() for one in text.split(",")}


@pytest.mark.parametrize(("path", "method"), [(QR, "GET"), (QR, "POST"), (f"{QR}/x", "PUT")])
def test_the_browsers_question_is_answered_without_a_token(listing: World, path: str, method: str) -> None:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "if-match"}
    answer = App(listing).ask("OPTIONS", path, headers={"Origin": LISTED} | asked)

    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert method in _words(answer.headers["access-control-allow-methods"])
    assert _words(answer.headers["access-control-allow-headers"]) >= SENT


def test_the_answer_says_what_a_page_may_read(listing: World) -> None:
    answer = app_of(listing).get(QR, Origin=LISTED)

    assert _words(answer.headers["access-control-expose-headers"]) >= READ
