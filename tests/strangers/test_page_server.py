"""Claims about the strangers' web server: pages from one folder alone, and a FHIR base of their own."""

from pathlib import Path

import httpx2
import pytest
from werkzeug.test import Client

from tests.strangers.page_server import ELSEWHERE, PAGES, page_server

BASE = "http://inner.example/c/fhir"


def service(request: httpx2.Request) -> httpx2.Response:
    """A service that says back what it was asked."""
    return httpx2.Response(200, json={"asked": str(request.url)})


@pytest.fixture
def client(tmp_path: Path) -> Client:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "app.html").write_text("<p>app</p>", "utf-8")
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    return Client(
        page_server(BASE, tmp_path / "pages", httpx2.Client(transport=httpx2.MockTransport(service)))
    )


def test_a_page_is_served(client: Client) -> None:
    answer = client.get(f"{PAGES}/app.html")
    assert (answer.status_code, answer.text) == (200, "<p>app</p>")


@pytest.mark.parametrize(
    "path", [*(f"{PAGES}/{one}" for one in ("none.html", "../secret.txt", "")), "/app.html", "/"]
)
def test_nothing_else_is(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_other_base_says_of_itself_what_ours_says(client: Client) -> None:
    answer = client.get(f"{ELSEWHERE}/.well-known/smart-configuration")
    assert answer.json == {"asked": f"{BASE}/.well-known/smart-configuration"}
