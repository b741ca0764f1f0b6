"""The witness that stands around every world's service: what it takes for wrong, and what for right."""

from typing import Any

import pytest

from tests.every_answer import Witness, is_well_kept, line
from tests.people import Browser, patient
from tests.world import CLINIC, EHR, JOURNAL, World

WELL_KEPT = (
    "__Host-a=b; Secure; HttpOnly; Path=/; SameSite=None; Partitioned",
    "__Host-a=b; Secure; HttpOnly; Path=/; SameSite=Lax",
    "__Host-a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Secure; HttpOnly; Path=/; SameSite=Lax",
)
ILL_KEPT = (
    "a=b; Secure; HttpOnly; Path=/; SameSite=Lax",
    "__Host-a=b; HttpOnly; Path=/; SameSite=Lax",
    "__Host-a=b; Secure; Path=/; SameSite=Lax",
    "__Host-a=b; Secure; HttpOnly; Path=/journal; SameSite=Lax",
    "__Host-a=b; Secure; HttpOnly; Path=/; Domain=clinic.example; SameSite=Lax",
    "__Host-a=b; Secure; HttpOnly; Path=/",
    "__Host-a=b; Secure; HttpOnly; Path=/; SameSite=None",
    "__Host-a=b; Secure; HttpOnly; Path=/; SameSite=Lax; Partitioned",
    "__Host-a=; Max-Age=0; Secure; HttpOnly; Path=/",
)
WAYS_HOME = ("/journal/v/", "/", f"{EHR}/auth/authorize?x=1")
WAYS_OUT = (
    "//evil.example/",
    "/\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    f"{EHR}.evil.example/",
    "http://localhost:8090@evil.example/",
    "evil",
    "",
)
HTML = ("Content-Type", "text/html; charset=utf-8")


def told(world: World, monkeypatch: pytest.MonkeyPatch, path: str, status: str, *headers: Any) -> Witness:
    """What a witness makes of one such answer at this path."""

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        start_response(status, list(headers))
        return [b""]

    monkeypatch.setattr(world.app, "wsgi_app", answer)
    witness = Witness(world.app)
    witness({"REQUEST_METHOD": "GET", "PATH_INFO": path}, lambda *_: None)
    return witness


@pytest.mark.parametrize("cookie", WELL_KEPT)
def test_a_cookie_of_this_host_alone_is_well_kept(cookie: str) -> None:
    assert is_well_kept(cookie)


@pytest.mark.parametrize("cookie", ILL_KEPT)
def test_a_cookie_that_lacks_a_word_is_not(cookie: str) -> None:
    assert not is_well_kept(cookie)


@pytest.mark.parametrize("way", WAYS_HOME)
def test_a_way_home_is_no_fault(world: World, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    witness = told(world, monkeypatch, "/launch/callback", "303 SEE OTHER", ("Location", way))
    witness.hold()
    assert witness.counted["redirects_observed"] == 1


@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_way_out_is_a_fault(world: World, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    witness = told(world, monkeypatch, "/launch/callback", "303 SEE OTHER", ("Location", way))
    with pytest.raises(AssertionError, match="external_unlisted"):
        witness.hold()


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Content-Security-Policy", "default-src 'none'")],
        [("Content-Security-Policy", "frame-ancestors 'none'"), ("X-Frame-Options", "DENY")],
    ],
)
def test_a_page_that_says_not_who_may_frame_it_is_a_fault(
    world: World, monkeypatch: pytest.MonkeyPatch, headers: list[tuple[str, str]]
) -> None:
    with pytest.raises(AssertionError, match="missing_csp"):
        told(world, monkeypatch, "/nowhere", "404 NOT FOUND", HTML, *headers).hold()


@pytest.mark.parametrize("kept", [None, "no-cache", "private, max-age=60", "max-age=0"])
def test_a_patients_page_that_may_be_kept_is_a_fault(
    world: World, monkeypatch: pytest.MonkeyPatch, kept: str | None
) -> None:
    headers = [("Cache-Control", kept)] if kept else []
    for path in ("/journal/v/", f"/{CLINIC}/fhir/QuestionnaireResponse/x"):
        with pytest.raises(AssertionError, match="cacheable"):
            told(world, monkeypatch, path, "200 OK", *headers).hold()


def test_every_world_is_watched_and_counted(world: World) -> None:
    """From the sign-in on: redirects, cookies, pages and a patient's answers, none of them wrong."""
    ada = patient(world)
    assert ada.post("sign-out").status_code == 200
    assert Browser(world).ask("GET", f"{JOURNAL}/nowhere").status_code == 404

    counted = world.witness.counted
    world.witness.hold()
    assert counted["redirects_observed"] == 2
    assert counted["set_cookie_seen"] == 6  # the launch's, given and taken back; the visit's two, likewise
    assert counted["html_responses"] >= 3
    assert counted["patient_responses"] >= 2
    assert "external_unlisted=0" in line([dict(counted)])
    assert line([{"redirects_observed": 1}, {"redirects_observed": 2}]).startswith(
        "every-answer redirects_observed=3 external_unlisted=0"
    )
