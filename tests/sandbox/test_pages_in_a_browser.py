"""The record system in a real browser, with an app at another host: launches in a tab and in a frame, and the
accessibility of every page in both colour schemes at phone width."""

import base64
import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask
import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from werkzeug.serving import make_server

from service.sandbox.app import create_sandbox
from service.sandbox.config import RegisteredApp, SandboxConfig
from tests.sandbox.actors import s256

SCOPES = "openid fhirUser launch launch/patient launch/encounter patient/Patient.r patient/Encounter.rs user/Patient.r"


def tiny_app(calls: dict[str, str]) -> flask.Flask:
    """An app by somebody else: it launches, at once or from a link, comes back, and writes its context on a page."""
    app = flask.Flask("tiny")

    @app.get("/launch")
    def launch() -> Any:
        state, verifier = secrets.token_urlsafe(), secrets.token_urlsafe(48)
        calls[state], calls[f"{state} client"] = verifier, flask.request.args["client"]
        given = flask.request.args
        asked = {"state": state, "code_challenge": s256(verifier), "launch": given["launch"]}
        address = authorize_address(given["iss"], given["client"], flask.request.host_url, **asked)
        return (
            f"<a href='{escape(address)}'>Go on</a>" if given["client"] == "slow" else flask.redirect(address)
        )

    @app.get("/callback")
    def callback() -> str:
        form = {
            "grant_type": "authorization_code",
            "code": flask.request.args["code"],
            "redirect_uri": f"{flask.request.host_url}callback",
            "code_verifier": calls[flask.request.args["state"]],
            "client_id": calls[f"{flask.request.args['state']} client"],
        }
        token = httpx2.post(calls["token_url"], data=form, trust_env=False).json()
        return f"<h1>{token['patient']} {token.get('encounter')}</h1>"

    return app


def authorize_address(iss: str, client_id: str, host: str, **more: str) -> str:
    right = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": f"{host}callback",
        "scope": "launch patient/Patient.r",
        "state": "a-state",
        "aud": iss,
        "code_challenge": s256("x" * 43),
        "code_challenge_method": "S256",
    }
    return f"{iss.removesuffix('/fhir')}/auth/authorize?{urlencode(right | more)}"


@contextmanager
def served(app: Any, host: str) -> Iterator[str]:
    server = make_server(host, 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def addresses(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Where the sandbox and the tiny app are: two hosts, as in real life two sites."""
    calls: dict[str, str] = {}
    doors: dict[str, Any] = {}
    with ExitStack() as stack:
        tiny = stack.enter_context(served(tiny_app(calls), "127.0.0.1"))
        base = stack.enter_context(served(lambda environ, start: doors["app"](environ, start), "localhost"))
        apps = (
            registered("tiny", "Tiny app", tiny, audience_hint="clinician"),
            registered("slow", "Slow app", tiny, audience_hint="clinician"),
            registered("portal", "Portal app", tiny, audience_hint="patient"),
            registered("office", "Office app", tiny, audience_hint="officer"),
            registered("asking", "Asking app", tiny, trusted=False),
        )
        doors["app"] = create_sandbox(SandboxConfig(folder=tmp_path / "clinic", base_url=base, apps=apps))
        stack.callback(doors["app"].extensions["maple-grove"].close)
        calls["token_url"] = f"{base}/auth/token"
        file_a_document(doors["app"])
        yield base, tiny


def registered(client_id: str, name: str, tiny: str, **more: Any) -> RegisteredApp:
    return RegisteredApp(
        client_id=client_id,
        name=name,
        kind="public",
        redirect_uris=(f"{tiny}/callback",),
        launch_url=f"{tiny}/launch?client={client_id}",
        scopes=SCOPES,
        **more,
    )


def file_a_document(app: flask.Flask) -> None:
    app.extensions["maple-grove"].records.create(
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "type": {"coding": [{"system": "http://loinc.org", "code": "74465-6", "display": "Summary"}]},
            "category": [{"text": "Clinical note"}],
            "subject": {"reference": "Patient/patient-two-in"},
            "content": [
                {"attachment": {"contentType": "text/plain", "data": base64.b64encode(b"A summary").decode()}}
            ],
        }
    )


def sign_in(page: Page, base: str, reference: str) -> None:
    page.goto(f"{base}/sign-in")
    page.click(f"button[value='{reference}']")
    page.wait_for_load_state()


def test_an_app_opens_from_the_chart_in_a_new_tab(page: Page, addresses: tuple[str, str]) -> None:
    """The form's way leads through the app and back to us; the content policy must let it."""
    base, tiny = addresses
    sign_in(page, base, "Practitioner/clinician-1")
    page.click("text=Rowan Lindqvist")
    page.get_by_label("Tiny app, about this visit").select_option(index=1)
    chosen = page.get_by_label("Tiny app, about this visit").input_value()
    with page.expect_popup() as opened:
        page.click("text=Open Tiny app in a new tab")
    assert opened.value.locator("h1").inner_text() == f"patient-two-in {chosen}"
    assert opened.value.url.startswith(tiny)


def test_an_app_opens_inside_the_chart(page: Page, addresses: tuple[str, str]) -> None:
    """Our cookie arrives in a frame that another site leads back to us, so nobody has to sign in again."""
    base, _ = addresses
    sign_in(page, base, "Practitioner/clinician-1")
    page.click("text=Rowan Lindqvist")
    page.locator("form", has_text="Slow app").get_by_text("Open it inside the chart").click()
    page.frame_locator("iframe").get_by_text("Go on").click()
    assert page.frame_locator("iframe").locator("h1").inner_text() == "patient-two-in None"


def test_a_filed_document_opens_in_the_browser(page: Page, addresses: tuple[str, str]) -> None:
    base, _ = addresses
    sign_in(page, base, "Patient/patient-two-in")
    with page.expect_popup() as opened:
        page.click("text=Summary")
    assert opened.value.locator("body").inner_text() == "A summary"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_has_no_barrier(
    page: Page, addresses: tuple[str, str], scheme: Any
) -> None:
    """No axe finding at WCAG 2.2 AA, and no sideways scrolling at 320 px."""
    base, tiny = addresses
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 320, "height": 720})
    page.goto(f"{base}/")
    check(page)
    page.goto(f"{base}/sign-in")
    check(page)
    sign_in(page, base, "Patient/patient-two-in")
    check(page)
    page.goto(
        authorize_address(f"{base}/fhir", "asking", f"{tiny}/", scope="launch/patient patient/Encounter.rs")
    )
    assert page.locator("input[type=checkbox]").count() == 1
    check(page)
    sign_in(page, base, "Practitioner/clinician-1")
    check(page)
    page.click("text=Rowan Lindqvist")
    check(page)
    page.goto(f"{base}/staff")
    check(page)
    scope = "launch/patient launch/encounter patient/Encounter.rs"
    page.goto(authorize_address(f"{base}/fhir", "asking", f"{tiny}/", scope=scope))
    check(page)
    page.click("text=Rowan Lindqvist")
    check(page)
    assert messages == []


def check(page: Page) -> None:
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    assert found.response["violations"] == [], found.generate_report()
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(sideways) == 0, page.url
