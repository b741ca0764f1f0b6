"""A visit cannot be chosen beforehand, carried over, or opened by what belongs to another (threats T22 and T25)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx2

from tests.people import Browser, Visitor, clinician, officer, patient, sign_in
from tests.world import CLINIC, EHR, JOURNAL, World

CALLBACK = f"{JOURNAL}/launch/callback"
START = f"{JOURNAL}/launch/{CLINIC}/patient"
WHO = (patient, clinician, officer)


def secrets_of(browser: Browser) -> dict[str, str]:
    """The visits' cookies of this browser."""
    return {one.name: one.value or "" for one in browser.jar if one.name.startswith("__Host-visit-")}


def with_cookies(world: World, url: str, cookies: dict[str, str]) -> httpx2.Response:
    told = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Browser(world).ask("GET", url, headers={"Cookie": told})


def planted(world: World) -> dict[str, str]:
    """Cookies that somebody puts into a browser before its person comes: made up, and of their own visit."""
    theirs = patient(world, "patient-two-in")
    return secrets_of(theirs.browser) | {f"__Host-visit-{uuid4()}": "x" * 43, "session": "s", "sid": "1"}


def test_nothing_that_was_there_before_opens_the_visit_that_begins(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    """Planted cookies, ids in the address, other visits' secrets, visits that ended: each tried on each new visit."""
    survived: list[str] = []
    attempts, seen = 0, set[str]()
    for number in range(12):
        who = WHO[number % 3]
        before: Visitor = who(world)
        ended: Visitor = who(world)
        assert ended.post("sign-out").status_code == 200
        old = secrets_of(before.browser)
        stale = secrets_of(ended.browser) or {f"__Host-visit-{ended.handle}": "x" * 43}
        new: Visitor = who(world)
        [(name, secret)] = secrets_of(new.browser).items()
        assert name not in old
        assert secret not in (*old.values(), *seen)
        seen |= {secret, *old.values()}
        [(old_name, old_secret)] = old.items()
        tries = {
            "another visit's cookie": with_cookies(world, new.home.url, old),
            "another visit's secret": with_cookies(world, new.home.url, {name: old_secret}),
            "its secret at another visit": with_cookies(world, before.home.url, {old_name: secret}),
            "its secret under another name": with_cookies(world, new.home.url, {old_name: secret}),
            "no cookie": with_cookies(world, new.home.url, {}),
            "an empty secret": with_cookies(world, new.home.url, {name: ""}),
            "the handle as the secret": with_cookies(world, new.home.url, {name: new.handle}),
            "the secret in the address": with_cookies(
                world, f"{new.home.url}?{name}={secret}&secret={secret}", {}
            ),
            "a visit that ended": with_cookies(world, ended.home.url, stale | {name: secret}),
            "the name without its prefix": with_cookies(
                world, new.home.url, {name.removeprefix("__Host-"): secret}
            ),
        }
        attempts += len(tries)
        survived += [what for what, answer in tries.items() if answer.status_code != 401]
        assert new.get().status_code == 200

    record_property("figures", f"fixation attempts={attempts} survived={len(survived)}")
    assert survived == []
    assert attempts == 120


def test_a_browser_full_of_planted_cookies_gets_a_visit_of_its_own(world: World) -> None:
    for _ in range(5):
        cookies, (browser, _) = planted(world), sign_in(world, "Patient/patient-six-done", "/portal/")
        back = browser.way_back(START, CALLBACK)
        launches = {one.name: one.value or "" for one in browser.jar if one.name.startswith("__Host-launch-")}
        answer = with_cookies(world, back, cookies | launches)
        [given] = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-visit-")]
        name, _, secret = given.partition(";")[0].partition("=")
        assert name not in cookies
        assert secret not in cookies.values()
        assert with_cookies(world, JOURNAL + answer.headers["location"], cookies).status_code == 401


def test_a_launch_begun_by_somebody_else_ends_in_no_visit_here(world: World) -> None:
    """Somebody else's launch cookie without their answer, and their answer without the cookie, sign nobody in."""
    mine, _ = sign_in(world, "Patient/patient-six-done", "/portal/")
    theirs, _ = sign_in(world, "Patient/patient-two-in", "/portal/")
    back = theirs.way_back(START, CALLBACK)
    mine.way_back(START, CALLBACK)

    assert mine.ask("GET", back).status_code == 400
    assert secrets_of(mine) == {}


def test_no_secret_of_a_visit_stands_on_its_pages_or_in_its_addresses(world: World) -> None:
    for who in WHO:
        visitor: Visitor = who(world)
        [secret] = secrets_of(visitor.browser).values()
        answer = visitor.get()
        assert secret not in answer.text
        assert secret not in str(answer.url)
        assert not [
            value for name, value in answer.headers.items() if secret in value and name != "set-cookie"
        ]


def test_fifty_requests_at_the_end_of_a_token_renew_it_once_each_time(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    """Three times over, and no spent refresh token is ever sent again (A-93)."""
    ada, spent, most = patient(world), list[int](), 50
    for _ in range(3):
        world.clock.pass_time(minutes=61)
        before = world.net.asked.count(f"POST {EHR}/auth/token")
        with ThreadPoolExecutor(most) as pool:
            answers = [one.status_code for one in pool.map(lambda _: ada.get(), range(most))]
        assert set(answers) == {200}
        spent.append(world.net.asked.count(f"POST {EHR}/auth/token") - before)

    record_property(
        "figures",
        f"refresh parallel_requests={most} expiries={len(spent)} refresh_calls_per_expiry={max(spent)}",
    )
    assert spent == [1, 1, 1]
