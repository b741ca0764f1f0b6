"""Claims about the front server: pages from one folder alone, and all else as the service says it."""

import json
from pathlib import Path

import httpx2
import pytest
from werkzeug.test import Client

from tests.strangers.front import PAGES, front

INNER = "http://inner.example"


def service(request: httpx2.Request) -> httpx2.Response:
    """A service that says back what it was asked."""
    said = {
        "asked": str(request.url),
        "token": request.headers.get("authorization"),
        "body": request.read().decode(),
    }
    headers = {"Content-Type": "application/json", "ETag": 'W/"1"', "Connection": "close"}
    return httpx2.Response(422, stream=httpx2.ByteStream(json.dumps(said).encode()), headers=headers)


@pytest.fixture
def client(tmp_path: Path) -> Client:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "app.html").write_text("<p>app</p>", "utf-8")
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    return Client(front(INNER, tmp_path / "pages", httpx2.Client(transport=httpx2.MockTransport(service))))


def test_a_page_is_served(client: Client) -> None:
    answer = client.get(f"{PAGES}/app.html")
    assert (answer.status_code, answer.text) == (200, "<p>app</p>")


@pytest.mark.parametrize("name", ["none.html", "../secret.txt", "..%2fsecret.txt", ""])
def test_nothing_else_is(client: Client, name: str) -> None:
    assert client.get(f"{PAGES}/{name}").status_code == 404


def test_what_is_for_the_service_reaches_it_whole_and_its_answer_comes_back(client: Client) -> None:
    answer = client.post(
        "/c/fhir/QuestionnaireResponse?a=b%20c", data="{}", headers={"Authorization": "Bearer x"}
    )
    assert (answer.status_code, answer.headers["ETag"], "Connection" in answer.headers) == (
        422,
        'W/"1"',
        False,
    )
    assert answer.json == {
        "asked": f"{INNER}/c/fhir/QuestionnaireResponse?a=b%20c",
        "token": "Bearer x",
        "body": "{}",
    }
