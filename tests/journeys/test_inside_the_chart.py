"""Our pages inside the record system's, another site, in a browser that lets no site's cookies follow it there.

Chromium's own switch for that is on: whoever signs in inside the frame does so with cookies that are kept for this
one pair of sites (threat T27). A page of somebody whom no clinic listed shows none of ours (threat T28).
"""

import re
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserType, FrameLocator, Page, Request, Route, expect
from werkzeug.serving import make_server

from tests.journeys.conftest import House
from tests.journeys.test_signed_out_while_writing import end_visit_at

BLOCKED = ["--test-third-party-cookie-phaseout"]
PLANTED = "planted-for-every-site"


@pytest.fixture
def strict(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """A browser that blocks third-party cookies."""
    arguments = [*browser_type_launch_args["args"], *BLOCKED]
    opened = browser_type.launch(**(browser_type_launch_args | {"args": arguments}))
    yield opened
    opened.close()


@pytest.fixture
def stranger() -> Iterator[Callable[[str], str]]:
    """Puts an address into a frame of a page on a site of a stranger's; the page's own address."""
    app = Flask("stranger")
    framed: list[str] = []
    app.add_url_rule(
        "/", "page", lambda: f'<!doctype html><title>x</title><iframe src="{framed[-1]}"></iframe>'
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()

    def frame(address: str) -> str:
        framed.append(address)
        return f"http://localhost:{server.server_port}/"

    yield frame
    server.shutdown()
    thread.join()
    server.server_close()


def opens_inside(page: Page, heading: str) -> FrameLocator:
    """Press the chart's button for a frame, and wait for what stands in it."""
    page.get_by_role("button", name="Open it inside the chart").click()
    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("heading", level=1, name=heading)).to_be_visible()
    return inside


def requests_of(page: Page, house: House) -> list[Request]:
    """Collects the requests for our own pages; their cookies are read when all is over."""
    asked: list[Request] = []
    page.on("request", lambda one: asked.append(one) if one.url.startswith(house.stack.service_url) else None)
    return asked


def plants_a_cookie(page: Page, house: House) -> None:
    """Our host gives a cookie for every site, once; in a page of its own it comes back from then on."""
    house.watch.expects("favicon")
    given = {"Set-Cookie": f"{PLANTED}=x; Secure; SameSite=None; Path=/", "Content-Type": "text/plain"}
    page.route("**/health/live", lambda route: route.fulfill(status=200, headers=given, body=""), times=1)
    page.goto(f"{house.stack.service_url}/health/live")
    page.goto(f"{house.stack.service_url}/health/ready")


def said_in(asked: list[Request], path: str) -> str:
    """The cookies that went with the requests for addresses with this part."""
    return " ".join(one.all_headers().get("cookie", "") for one in asked if path in one.url)


def test_a_clinician_signs_in_inside_the_chart_without_third_party_cookies(
    house: House, strict: Browser, record_property: Callable[[str, object], None]
) -> None:
    """And stays signed in from page to page; signing out leaves no cookie of the visit behind."""
    maren = house.clinician(at=strict)
    asked = requests_of(maren.page, house)
    plants_a_cookie(maren.page, house)
    assert PLANTED in said_in(asked, "/health/ready"), "in a page of its own the cookie is sent"
    maren.opens_chart("patient-none-yet")
    inside = opens_inside(maren.page, "No entry yet")
    inside.get_by_role("link", name="Side by side").click()
    expect(inside.get_by_role("heading", level=1, name="Side by side")).to_be_visible()
    assert "__Host-visit-" in said_in(asked, "/chart/")
    assert PLANTED not in said_in(asked, "/chart/"), "third-party cookies are not blocked"
    assert [name for name in names(maren.page) if name.startswith("__Host-visit-")]

    inside.get_by_role("button", name="Sign out").click()
    expect(inside.get_by_role("heading", name="You are signed out")).to_be_visible()
    left = [name for name in names(maren.page) if name.startswith("__Host-")]
    record_property(
        "figures", f"framed-login third_party_cookies=blocked framed_login=pass cookies_left={len(left)}"
    )
    assert left == []


def names(page: Page) -> list[str]:
    """The cookies that this browser keeps, also those that are kept apart for a frame."""
    return [one.get("name", "") for one in page.context.cookies()]


def test_a_frame_that_keeps_no_cookie_offers_a_window_in_which_one_signs_in(
    house: House, strict: Browser
) -> None:
    """As in a browser that knows no partitions: the launch's cookie is taken from the answer that gives it."""
    house.watch.expects("400")
    maren = house.clinician(at=strict)
    maren.opens_chart("patient-none-yet")

    def drop(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        kept = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
        maren.page.context.clear_cookies(name=re.compile("^__Host-launch-"))
        route.fulfill(status=answer.status, headers=kept, body="")

    maren.page.context.route("**/launch/clinician*", drop, times=1)
    inside = opens_inside(maren.page, "Please open this in a new window")
    with maren.page.expect_popup() as opened:
        inside.get_by_role("link", name="Open in a new window").click()
    expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
    assert opened.value.url.startswith((house.stack.service_url, house.stack.sandbox_url))


def test_a_visit_that_ended_inside_the_chart_says_so_and_offers_a_window(
    house: House, strict: Browser
) -> None:
    """In that window the pretend record system asks no clinician which patient it is to be, so that it ends there."""
    for status in ("401", "400"):
        house.watch.expects(status)
    maren = house.clinician(at=strict)
    maren.opens_chart("patient-none-yet")
    inside = opens_inside(maren.page, "No entry yet")
    end_visit_at(
        maren, next(one.url for one in maren.page.frames if "/chart/" in one.url and one.parent_frame)
    )
    inside.get_by_role("link", name="Side by side").click()
    expect(inside.get_by_role("heading", level=1, name="You are not signed in")).to_be_visible()
    with maren.page.expect_popup() as opened:
        inside.get_by_role("link", name="Sign in again in a new window").click()
    expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
    assert opened.value.url.startswith((house.stack.service_url, house.stack.sandbox_url))


def test_a_strangers_page_shows_none_of_ours(
    house: House, stranger: Callable[[str], str], record_property: Callable[[str, object], None]
) -> None:
    """Signed in or not, patient's page or refusal: the frame stays empty, and the browser says why."""
    house.watch.expects("frame-ancestors")
    house.watch.expects("Framing")
    house.watch.expects("ERR_BLOCKED_BY_RESPONSE")
    for status in ("401", "404", "400"):
        house.watch.expects(status)
    tamsin = house.patient("patient-none-yet")
    tamsin.comes_from_the_portal()
    home, shown, tried = tamsin.page.url, 0, 0
    for address in (
        home,
        f"{home}nothing-here",
        f"{house.stack.service_url}/nowhere",
        f"{house.stack.service_url}/launch/patient?iss=x&launch=y",
        f"{house.stack.service_url}/launch/callback?state=x&code=y",
    ):
        tamsin.page.goto(stranger(address))
        tried += 1
        shown += "Infusion Journal" in (
            tamsin.page.frames[1].content() if len(tamsin.page.frames) > 1 else ""
        )
    record_property("figures", f"unlisted-frames tried={tried} shown={shown}")
    assert (tried, shown) == (5, 0)
