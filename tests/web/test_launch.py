"""Coming in: only from the clinic's own record system, only in the browser that began, only through one's own door."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx2
import pytest

from service.audit.record import Deed, Outcome
from service.store import audit_trail
from tests.people import Browser, Visitor, arrived, clinician, officer, patient, sign_in
from tests.world import CLINIC, EHR, JOURNAL, OTHER, OTHER_EHR, World

ISS = f"{EHR}/fhir"
HOSTILE = [
    "", " ", "/", "x", "null", "None", "*", ISS + "x", ISS + "//", ISS + "/.", ISS + "/..", ISS + "/metadata",
    ISS + "?", ISS + "?x=1", ISS + "#", ISS + "#x", ISS + " ", " " + ISS, ISS + "\t", ISS + "\n", ISS + "%00",
    ISS.upper(), ISS.replace("http", "HTTP"), ISS.replace("http", "https"), ISS.replace("http:", ""),
    ISS.replace("localhost", "LOCALHOST"), ISS.replace("localhost", "Localhost"),
    ISS.replace("localhost", "localhost."), ISS.replace("localhost", "127.0.0.1"),
    ISS.replace("localhost", "127.1"), ISS.replace("localhost", "[::1]"), ISS.replace("localhost", "0"),
    ISS.replace("localhost", "0x7f000001"), ISS.replace("localhost", "2130706433"),
    ISS.replace("localhost", "0177.0.0.1"), ISS.replace("localhost", "[::ffff:127.0.0.1]"),
    ISS.replace("localhost", "lоcalhost"), ISS.replace("localhost", "ｌocalhost"), ISS.replace("8090", "08090"),
    ISS.replace("8090", "8092"), ISS.replace(":8090", ""), ISS.replace("8090", "８０９０"), ISS.replace("/fhir", ""),
    ISS.replace("/fhir", "/FHIR"), ISS.replace("/fhir", "//fhir"), ISS.replace("/fhir", "/%66hir"),
    ISS.replace("/fhir", "/x/../fhir"), ISS.replace("/fhir", "\\fhir"), ISS.replace("/fhir", "%2ffhir"),
    ISS.replace("//", "//user@"), ISS.replace("//", "//user:secret@"), ISS.replace("//", "///"),
    ISS.replace("//", "\\\\"), ISS.replace("//", "/\\"), ISS.replace("localhost:8090", "localhost:8090@evil.example"),
    ISS.replace("localhost:8090", "localhost:8090\\@evil.example"),
    ISS.replace("localhost:8090", "localhost:8090%2f@evil.example"),
    ISS.replace("localhost:8090", "localhost:8090.evil.example"),
    ISS.replace("localhost:8090", "evil.example/localhost:8090"), ISS.replace("localhost:8090", "evil.example#"),
    "http://evil.example/fhir", "https://evil.example/fhir", "http://169.254.169.254/latest/meta-data",
    "http://[fe80::1]/fhir", "file:///etc/passwd", "gopher://localhost:8090/fhir", "javascript:alert(1)",
    "data:text/html,x", "//localhost:8090/fhir", "localhost:8090/fhir", f"{JOURNAL}/{CLINIC}/fhir", JOURNAL,
    "http://localhost:6379/", "http://localhost:22/fhir", ISS * 2, ISS + "," + ISS, "x" * 5000, "\u202e" + ISS,
    f"[{ISS}]", f'"{ISS}"', f"<{ISS}>", "http://", "http:///fhir", "http://?", "http://#",
]  # fmt: skip


def records_of(world: World, deed: Deed, clinic: str = CLINIC) -> list[tuple[Outcome, str | None]]:
    log = audit_trail.records(world.desk.store, clinic, limit=1000)
    return [(one.record.outcome, one.record.reason) for one in log if one.record.deed is deed]


def test_a_record_system_nobody_configured_is_refused_before_anything_is_asked_of_it(world: World) -> None:
    assert len(set(HOSTILE)) >= 60
    browser = Browser(world)
    for kind in ("patient", "clinician", "officer"):
        for iss in HOSTILE:
            answer = browser.ask("GET", f"{JOURNAL}/launch/{kind}?iss={quote(iss, safe='')}&launch=x")
            assert answer.status_code == 400, iss
            assert "set-cookie" not in answer.headers
            assert "location" not in answer.headers
    assert world.net.asked == []


@pytest.mark.parametrize(
    "query", ["", "launch=x", f"iss={ISS}", f"iss={ISS}&launch=", f"iss={ISS}&iss={ISS}&launch=x"]
)
def test_a_launch_that_lacks_something_is_refused(world: World, query: str) -> None:
    assert Browser(world).ask("GET", f"{JOURNAL}/launch/patient?{query}").status_code == 400
    assert world.net.asked == []


@pytest.mark.parametrize("iss", [ISS, ISS + "/"])
def test_both_spellings_of_the_configured_one_are_it(world: World, iss: str) -> None:
    answer = Browser(world).ask("GET", f"{JOURNAL}/launch/patient", params={"iss": iss, "launch": "x"})

    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert answer.status_code == 303
    assert asked["aud"] == [iss]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["launch"] == ["x"]


@pytest.mark.parametrize("path", ["nobody", f"{CLINIC}/nobody", "no-such-clinic/patient", "callback/patient"])
def test_there_is_no_other_way_in(world: World, path: str) -> None:
    answer = Browser(world).ask("GET", f"{JOURNAL}/launch/{path}?iss={ISS}&launch=x")

    assert answer.status_code == 404
    assert "We could not sign you in" in answer.text


def test_a_bookmark_leads_through_the_clinics_sign_in_and_home(world: World) -> None:
    browser, _ = sign_in(world, "Patient/patient-six-done", "/portal/")

    home = arrived(browser.open(f"{JOURNAL}/launch/{CLINIC}/patient"))

    assert "Your journal" in home.text


# --- the way back ----------------------------------------------------------------------------------------------


def begun(world: World, person: str = "Patient/patient-six-done") -> tuple[Browser, str]:
    """A browser at the last step: the address with the code, not visited yet."""
    browser, page = sign_in(world, person, "/portal/")
    form = next(form for form in page.forms if any("Open Infusion Journal" in b[2] for b in form.buttons))
    button = next(b for b in form.buttons if "Open Infusion Journal" in b[2])
    fields = form.fields | ({button[0]: button[1]} if button[0] else {})
    content = urlencode(fields)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    first = browser.ask("POST", f"{EHR}/portal/open", content=content, headers=kind)
    return browser, browser.way_back(first.headers["location"], f"{JOURNAL}/launch/callback")


def changed(address: str, **query: str | None) -> str:
    """The address with parameters put differently; None takes one away."""
    given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()} | query
    kept = {name: value for name, value in given.items() if value is not None}
    return f"{address.split('?')[0]}?{urlencode(kept)}"


def is_in(answer: httpx2.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/journal/")


def test_the_way_back_opens_the_pages_once(world: World) -> None:
    browser, back = begun(world)

    first, again = browser.ask("GET", back), browser.ask("GET", back)

    assert is_in(first)
    assert (again.status_code, "StateMismatch" in again.text) == (400, True)


def test_a_launch_serves_once_even_with_its_cookie_put_back(world: World) -> None:
    """The second return is refused here, before the record system is asked for anything (A-52)."""
    browser, back = begun(world)
    cookies = "; ".join(
        f"{one.name}={one.value}" for one in browser.jar if one.name.startswith("__Host-launch-")
    )
    assert is_in(browser.ask("GET", back))
    before = len(world.net.asked)

    again = Browser(world).ask("GET", back, headers={"Cookie": cookies})

    assert (again.status_code, "StateMismatch" in again.text) == (400, True)
    assert len(world.net.asked) == before


WRONG: dict[str, dict[str, str | None]] = {
    "no state": {"state": None},
    "empty state": {"state": ""},
    "another state": {"state": "x" * 43},
    "a state that is not Unicode": {"state": "\x7f\u0101"},
    "no code": {"code": None},
    "a code with a blank": {"code": "a b"},
    "a code of another launch": {"code": "x" * 30},
    "an error instead": {"error": "access_denied"},
    "an error with a script": {"error": "<script>alert(1)</script>"},
    "another issuer": {"iss": "https://evil.example"},
    "the other clinic's issuer": {"iss": OTHER_EHR},
}


@pytest.mark.parametrize("name", WRONG)
def test_an_answer_that_does_not_fit_its_launch_signs_nobody_in(world: World, name: str) -> None:
    browser, back = begun(world)

    answer = browser.ask("GET", changed(back, **WRONG[name]))

    assert answer.status_code in (400, 401), answer.text
    assert "We could not sign you in" in answer.text
    assert "<script>" not in answer.text
    assert not [one for one in browser.jar if one.name.startswith("__Host-visit-")]


def test_another_browser_cannot_use_the_way_back_and_the_launch_is_not_lost_by_trying(world: World) -> None:
    """A link with somebody's code, sent to another person (login CSRF): the cookie of the launch is missing there."""
    browser, back = begun(world)
    other, _ = begun(world, "Patient/patient-two-in")

    for stranger in (Browser(world), other):
        assert stranger.ask("GET", back).status_code == 400
    assert (Outcome.REFUSED, "other-browser") in records_of(world, Deed.LOGIN)
    assert is_in(browser.ask("GET", back))


def test_the_secret_of_another_launch_does_not_fit_under_this_ones_name(world: World) -> None:
    """Whoever can set a cookie of this name in a browser still does not know what stands in the right one."""
    browser, back = begun(world)
    other, _ = begun(world, "Patient/patient-two-in")
    (name,) = (one.name for one in browser.jar if one.name.startswith("__Host-launch-"))
    (secret,) = (one.value for one in other.jar if one.name.startswith("__Host-launch-"))

    assert Browser(world).ask("GET", back, headers={"Cookie": f"{name}={secret}"}).status_code == 400
    assert is_in(browser.ask("GET", back))


def test_a_launch_lives_ten_minutes(world: World) -> None:
    browser, back = begun(world)
    world.clock.pass_time(minutes=10)

    assert browser.ask("GET", back).status_code == 400


def test_two_launches_in_two_tabs_of_one_browser_both_arrive(world: World) -> None:
    browser, first = begun(world)
    second = browser.way_back(f"{JOURNAL}/launch/{CLINIC}/patient", f"{JOURNAL}/launch/callback")

    assert is_in(browser.ask("GET", first))
    assert is_in(browser.ask("GET", second))


def test_a_silent_record_system_at_the_token_is_told_as_such(world: World) -> None:
    browser, back = begun(world)
    world.servers.pop(EHR)

    answer = browser.ask("GET", back)

    assert answer.status_code == 503
    assert "does not answer just now" in answer.text


def test_every_visit_has_a_name_and_a_secret_of_its_own(world: World) -> None:
    """T25: nothing of an earlier visit becomes the next one's, and neither stands in an address."""
    browser, first = begun(world)
    one = browser.ask("GET", first)
    second = browser.way_back(f"{JOURNAL}/launch/{CLINIC}/patient", f"{JOURNAL}/launch/callback")
    two = browser.ask("GET", second)

    cookies = {c.name: c.value or "" for c in browser.jar if c.name.startswith("__Host-visit-")}
    assert len(cookies) == len(set(cookies.values())) == 2
    for answer in (one, two):
        assert not any(secret in answer.headers["location"] for secret in cookies.values())


# --- who may come in by which door -----------------------------------------------------------------------------


def refused(page: object) -> bool:
    text = getattr(page, "text", "")
    return "We could not sign you in" in text and "NotForThisPerson" in text


def launch_by(world: World, person: str, then: str, kind: str, clinic: str = CLINIC) -> str:
    """Sign in as somebody at the record system and open one of our doors; the last page's text and status."""
    browser, _ = sign_in(world, person, then, clinic)
    return browser.open(f"{JOURNAL}/launch/{clinic}/{kind}").text


@pytest.mark.parametrize(
    ("person", "then", "kind"),
    [
        ("Practitioner/clinician-1", "/chart", "officer"),
        ("Practitioner/manager-1", "/staff", "officer"),
        ("Patient/patient-six-done", "/portal/", "officer"),
        ("RelatedPerson/related-two-in", "/portal/", "patient"),
        ("RelatedPerson/related-two-in", "/portal/", "clinician"),
        ("Patient/patient-six-done", "/portal/", "clinician"),
    ],
)
def test_somebody_else_at_a_door_is_refused_and_remembered(
    world: World, person: str, then: str, kind: str
) -> None:
    text = launch_by(world, person, then, kind)

    assert "We could not sign you in" in text
    refusals = [one for one in records_of(world, Deed.LOGIN) if one[0] is Outcome.REFUSED]
    assert len(refusals) == 1


def test_staff_at_the_patients_door_are_refused(world: World) -> None:
    """A clinician who picks a patient there is still no patient: rights come from who one is (A-86)."""
    browser, _ = sign_in(world, "Practitioner/clinician-1", "/chart")
    page = browser.open(f"{JOURNAL}/launch/{CLINIC}/patient")
    if any(b[0] == "patient" for form in page.forms for b in form.buttons):
        chosen = next(b for form in page.forms for b in form.buttons if b[0] == "patient")
        page = browser.press(page, chosen[2], patient=chosen[1])

    assert "We could not sign you in" in page.text
    assert (Outcome.REFUSED, "person") in records_of(world, Deed.LOGIN)


def test_the_officer_of_one_clinic_is_nobody_at_the_others_door(world: World) -> None:
    assert officer(world).home.status == 200
    assert "Cedar" not in officer(world).home.text
    assert "Maple" not in officer(world, OTHER).home.text


@pytest.mark.parametrize("who", [patient, clinician, officer])
def test_signing_out_ends_the_visit_at_once_whatever_the_browser_keeps(world: World, who: object) -> None:
    visitor: Visitor = who(world)  # type: ignore[operator]
    kept = {one.name: one.value for one in visitor.browser.jar}

    answer = visitor.post("sign-out")

    assert answer.status_code == 200
    assert f"__Host-visit-{visitor.handle}=;" in answer.headers["set-cookie"]
    again = Browser(world)
    cookies = "; ".join(f"{name}={value}" for name, value in kept.items())
    assert again.ask("GET", visitor.home.url, headers={"Cookie": cookies}).status_code == 401


def test_a_visit_ends_after_two_idle_hours_and_after_twelve_in_any_case(world: World) -> None:
    idle, busy = patient(world), patient(world)
    for _ in range(6):
        world.clock.pass_time(minutes=119)
        assert busy.get().status_code == 200
    assert idle.get().status_code == 401
    world.clock.pass_time(minutes=30)
    assert busy.get().status_code == 401


def test_a_visit_lives_on_with_tokens_the_record_system_renews_and_waits_while_it_is_silent(
    world: World,
) -> None:
    ada = patient(world)
    world.clock.pass_time(minutes=61)
    before = len([one for one in world.net.asked if one.endswith("/auth/token")])

    assert ada.get().status_code == 200
    assert ada.get().status_code == 200
    assert len([one for one in world.net.asked if one.endswith("/auth/token")]) == before + 1

    world.clock.pass_time(minutes=61)
    silent = world.servers.pop(EHR)
    answer = ada.get()
    assert (answer.status_code, "SignInPaused" in answer.text) == (503, True)

    world.servers[EHR] = silent
    assert ada.get().status_code == 200


def refuse_tokens(request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
    """A record system that ended somebody's access."""
    if not request.url.path.endswith("/auth/token"):
        return carry()
    kind = {"Content-Type": "application/json"}
    return httpx2.Response(400, headers=kind, stream=httpx2.ByteStream(b'{"error": "invalid_grant"}'))


def test_a_refusal_to_renew_ends_the_visit_for_good(world: World) -> None:
    ada = patient(world)
    world.clock.pass_time(minutes=61)

    world.net.meddler = refuse_tokens
    assert ada.get().status_code == 401
    world.net.meddler = None
    assert ada.get().status_code == 401


def test_names_come_from_the_record_system_and_are_data_on_our_pages(world: World) -> None:
    records = world.records()
    named = records.read("Patient", "patient-six-done")
    named["name"] = [{"text": '<img src=x onerror="alert(1)">'}]
    records.update("Patient", "patient-six-done", named)

    page = patient(world).home.text

    assert "&lt;img" in page
    assert "<img" not in page


def test_a_launch_and_a_sign_in_leave_their_records(world: World) -> None:
    ada = patient(world)

    assert records_of(world, Deed.LAUNCH) == [(Outcome.SUCCESS, None)]
    assert records_of(world, Deed.LOGIN) == [(Outcome.SUCCESS, None)]
    assert re.fullmatch(r"[0-9a-f-]{36}", ada.handle)


def test_many_requests_at_the_end_of_a_token_renew_it_once(world: World) -> None:
    """A refresh token serves once: a second one in flight would end the visit (A-93, threat T22)."""
    ada = patient(world)
    world.clock.pass_time(minutes=61)
    before = len([one for one in world.net.asked if one.endswith("/auth/token")])

    with ThreadPoolExecutor(8) as pool:
        answers = [one.status_code for one in pool.map(lambda _: ada.get(), range(24))]

    assert set(answers) == {200}
    assert len([one for one in world.net.asked if one.endswith("/auth/token")]) == before + 1
