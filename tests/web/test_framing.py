"""Who may show our pages inside theirs, and what a frame gets whose browser keeps no cookie of ours (T27, T28)."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx2
import pytest

from service.web.guards import WIRING
from service.workflow.deliver_entry import forget_expired
from tests.people import Browser, Visitor, clinician, officer, patient, sign_in
from tests.web.probing import knock, probes
from tests.world import CLINIC, HOMES, JOURNAL, OTHER, World

LISTS: dict[str, tuple[str, ...]] = {
    "none": (),
    "one": ("https://ehr.example",),
    "two": ("https://ehr.example", "https://portal.example:8443"),
    "its own": (HOMES[CLINIC],),
}
UNLISTED = ("https://evil.example", "https://ehr.example.evil.example", "*", "'self'", HOMES[OTHER])
WHO = (patient, clinician, officer)
FRAMED = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}


def allow(world: World, clinic: str, ancestors: tuple[str, ...]) -> None:
    """The clinic's list as it says from now on."""
    desk = world.app.extensions[WIRING].desk
    home = replace(desk.clinic(clinic), frame_ancestors=ancestors)
    changed = replace(desk, clinics={**desk.clinics, clinic: home})
    world.app.extensions[WIRING] = replace(world.app.extensions[WIRING], desk=changed)


def ancestors_of(answer: httpx2.Response) -> list[str]:
    policy = answer.headers["content-security-policy"]
    [named] = [part.split()[1:] for part in policy.split(";") if part.split()[0] == "frame-ancestors"]
    return named


def pages_of(visitor: Visitor) -> Iterator[httpx2.Response]:
    """Every page and form of a visit, its refusals and errors among them, with the signing out last."""
    world = visitor.world
    for probe in probes(world.app):
        if "{visit}" in probe.path and "sign-out" not in probe.path:
            yield knock(visitor.browser, probe, visitor.csrf, visit=visitor.handle)
    yield visitor.post("sign-out", csrf="forged")
    yield visitor.post("sign-out")


def strangers(world: World) -> Iterator[httpx2.Response]:
    """Pages that belong to no visit: nobody's list applies to them."""
    for path in (
        "/",
        "/nowhere",
        "/journal/none/",
        "/chart/none/",
        "/compliance/none/",
        "/launch/patient",
        "/launch/x",
    ):
        yield Browser(world).ask("GET", f"{JOURNAL}{path}")
    yield Browser(world).ask("GET", f"{JOURNAL}/launch/callback?state=none&code=x", headers=FRAMED)
    yield Browser(world).ask("DELETE", f"{JOURNAL}/journal/none/")


@pytest.mark.parametrize("theirs", [(), ("https://other.example",)], ids=["other none", "other one"])
@pytest.mark.parametrize("name", LISTS)
def test_each_page_names_its_own_clinics_list_and_nobody_else(
    world: World, name: str, theirs: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    allow(world, CLINIC, LISTS[name])
    allow(world, OTHER, theirs)
    html = missing = unlisted = 0
    for clinic, listed in ((CLINIC, LISTS[name]), (OTHER, theirs)):
        for who in WHO:
            for answer in pages_of(who(world, clinic=clinic)):
                named = ancestors_of(answer)
                html += "text/html" in answer.headers.get("content-type", "")
                missing += not named
                unlisted += bool(set(named) & (set(UNLISTED) - set(listed)))
                assert named == (list(listed) or ["'none'"]), (answer.url, answer.status_code)
    for answer in strangers(world):
        html += "text/html" in answer.headers.get("content-type", "")
        assert ancestors_of(answer) == ["'none'"], answer.url

    record_property(
        "figures",
        f"framing list={name!r} other={len(theirs)} html_responses={html} missing_csp={missing} "
        f"unlisted_framing={unlisted}",
    )
    assert html >= 100


def back_without_cookie(
    world: World, kind: str = "patient", headers: dict[str, str] | None = None
) -> httpx2.Response:
    """A launch comes back in a browser that did not keep the cookie it began with."""
    browser, _ = sign_in(world, "Patient/patient-six-done", "/portal/")
    back = browser.way_back(f"{JOURNAL}/launch/{CLINIC}/{kind}", f"{JOURNAL}/launch/callback")
    return Browser(world).ask("GET", back, headers=FRAMED if headers is None else headers)


@pytest.mark.parametrize("headers", [FRAMED, {}], ids=["says that it is framed", "says nothing"])
def test_a_frame_without_cookies_offers_a_window_of_its_own(world: World, headers: dict[str, str]) -> None:
    """No second try that would end the same: one link, and the page can be shown where it is needed."""
    answer = back_without_cookie(world, headers=headers)

    assert answer.status_code == 400
    assert "Please open this in a new window" in answer.text
    assert f'href="/launch/{CLINIC}/patient" target="_blank" rel="noopener"' in answer.text
    assert ancestors_of(answer) == [HOMES[CLINIC]]
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers


def test_the_window_that_it_offers_leads_in(world: World) -> None:
    answer = back_without_cookie(world)
    [href] = [part.split('"')[0] for part in answer.text.split('href="')[1:] if part.startswith("/launch/")]
    browser, _ = sign_in(world, "Patient/patient-six-done", "/portal/")

    assert "Your journal" in browser.open(f"{JOURNAL}{href}").text


def test_a_page_of_its_own_is_told_as_before(world: World) -> None:
    """Somebody else's link in a window of its own: nothing there to open anew, and nobody may frame it."""
    answer = back_without_cookie(world, headers={"Sec-Fetch-Dest": "document"})

    assert answer.status_code == 400
    assert "We could not sign you in" in answer.text
    assert ancestors_of(answer) == ["'none'"]


def test_where_nobody_may_frame_no_window_is_offered(world: World) -> None:
    allow(world, CLINIC, ())
    answer = back_without_cookie(world)

    assert "We could not sign you in" in answer.text
    assert ancestors_of(answer) == ["'none'"]


def test_a_cookie_is_taken_back_with_the_words_it_was_given_with(world: World) -> None:
    """A browser keeps a partitioned cookie apart, and lets go of it only for an answer that says so too."""
    for ancestors in LISTS.values():
        allow(world, CLINIC, ancestors)
        allow(world, OTHER, ancestors)
        for who in WHO:
            visitor = who(world)
            both = visitor.post("sign-out").headers.get_list("set-cookie")
            assert {one.partition("=")[0] for one in both} == {
                f"__Host-{what}-{visitor.handle}" for what in ("visit", "home")
            }
            for taken in both:
                assert ("Partitioned" in taken) is bool(ancestors)
                assert ("SameSite=None" in taken) is bool(ancestors)
                assert "Max-Age=0" in taken


@pytest.mark.parametrize("is_cleared", [False, True], ids=["still there", "cleared away"])
@pytest.mark.parametrize("who", WHO)
def test_a_visit_that_ended_inside_a_frame_says_so_there(
    world: World, who: Callable[..., Visitor], is_cleared: bool
) -> None:
    """One link to a window of its own: a sign-in page of the record system's may not stand in a frame."""
    allow(world, OTHER, ("https://other.example",))
    visitor = who(world)
    world.clock.pass_time(hours=13)
    if is_cleared:
        forget_expired(world.desk)

    answer = visitor.browser.ask("GET", visitor.home.url, headers=FRAMED)

    assert answer.status_code == 401
    assert ancestors_of(answer) == [HOMES[CLINIC]]
    kind = {patient: "patient", clinician: "clinician", officer: "officer"}[who]
    assert f'href="/launch/{CLINIC}/{kind}" target="_blank" rel="noopener">Sign in again' in answer.text
    assert "set-cookie" not in answer.headers


def test_in_a_window_of_its_own_the_patient_signs_in_there(world: World) -> None:
    """The tab keeps what was not saved, so it is the tab to go on in."""
    ada = patient(world)
    world.clock.pass_time(hours=13)

    answer = ada.browser.ask("GET", ada.home.url, headers={"Sec-Fetch-Dest": "document"})

    assert f'href="/launch/{CLINIC}/patient">Sign in again' in answer.text
    assert "_blank" not in answer.text


@pytest.mark.parametrize("named", ["", ".", "nowhere", f"{CLINIC}.x", f"{CLINIC} https://evil.example", "*"])
def test_what_a_cookie_says_of_a_clinic_that_is_none_frames_nothing(world: World, named: str) -> None:
    ada = patient(world)
    cookie = {"Cookie": f"__Host-visit-{ada.handle}=guessed; __Host-home-{ada.handle}={named}"}

    answer = Browser(world).ask("GET", ada.home.url, headers=FRAMED | cookie)

    assert answer.status_code == 401
    assert ancestors_of(answer) == ["'none'"]


def test_what_a_cookie_says_of_a_clinic_lets_nobody_in(world: World) -> None:
    """A secret belongs to its visit, whatever clinic stands beside it; the visit's own clinic says who may frame."""
    ada = patient(world)
    [kept] = [one for one in ada.browser.jar if one.name == f"__Host-visit-{ada.handle}"]
    secret = kept.value or ""
    allow(world, OTHER, ("https://other.example",))

    for value, named, status in ((secret, OTHER, 200), (secret, "", 200), (f"x{secret[1:]}", CLINIC, 401)):
        cookie = {"Cookie": f"__Host-visit-{ada.handle}={value}; __Host-home-{ada.handle}={named}"}
        answer = Browser(world).ask("GET", ada.home.url, headers=FRAMED | cookie)
        assert (answer.status_code, ancestors_of(answer)) == (status, [HOMES[CLINIC]])


def test_signed_out_nothing_of_the_clinic_is_left(world: World) -> None:
    ada = patient(world)
    ada.post("sign-out")

    answer = ada.browser.ask("GET", ada.home.url, headers=FRAMED)

    assert ancestors_of(answer) == ["'none'"]
