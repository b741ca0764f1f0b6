"""Nobody is signed in by a record system that plays false, nor by a way back that was changed (threats T21, T22)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from service.cli.demo_clinic import CLINIC
from service.store.row_security import whole_house
from service.store.tables import visits
from service.web import guards
from tests.people import Browser, sign_in
from tests.web.deviating_servers import DOCUMENTS, IDENTITIES, RETURNS, TOKEN_ANSWERS, Answered
from tests.web.overhearing import Overheard, listen, noting
from tests.world import EHR, JOURNAL, World

CALLBACK = f"{JOURNAL}/launch/callback"
START = f"{JOURNAL}/launch/{CLINIC}/patient"


class Trial:
    """Launch after launch in one world: how many deviated, and how many of those signed somebody in."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.browser, _ = sign_in(world, "Patient/patient-six-done", "/portal/")
        self.deviations = self.completed = self.honest = self.arrived = 0
        self.verifiers: set[str] = set()

    def way_back(self, browser: Browser | None = None) -> str:
        """A launch up to its last step: the address with the code, not visited yet."""
        return (browser or self.browser).way_back(START, CALLBACK)

    def deviates(self, answer: httpx2.Response) -> None:
        """A launch that went wrong ends on a page of ours that says so; no cookie, and no more visits than before."""
        self.deviations += 1
        self.completed += self._is_in(answer)
        assert answer.status_code in (400, 401, 503), (answer.status_code, answer.headers)
        assert "We could not sign you in" in answer.text or "open this in a new window" in answer.text
        assert "<script>" not in answer.text
        assert "evil.example" not in answer.text

    def comes_in(self) -> None:
        """An honest launch in between, so that the refusals have causes of their own."""
        self.honest += 1
        self.arrived += self._is_in(self.browser.ask("GET", self.way_back()))

    def visits(self) -> int:
        with self.world.desk.store.asking(whole_house()) as connection:
            return int(connection.execute(select(func.count()).select_from(visits)).scalar_one())

    def _is_in(self, answer: httpx2.Response) -> bool:
        given = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-visit-")]
        return bool(given) or answer.headers.get("location", "").startswith("/journal/")


def changed(address: str, query: dict[str, str | None]) -> str:
    given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    kept = {name: value for name, value in (given | query).items() if value is not None}
    return f"{CALLBACK}?{urlencode(kept)}"


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def _the_server_deviates(trial: Trial, overheard: Overheard) -> None:
    for answered in (*TOKEN_ANSWERS.values(), *IDENTITIES.values()):
        back = trial.way_back()
        trial.world.net.meddler = noting(overheard, answered.meddler(trial.world))
        trial.deviates(trial.browser.ask("GET", back))
        trial.world.net.meddler = noting(overheard)


def _its_documents_deviate(trial: Trial, overheard: Overheard) -> None:
    """What is known of a server is kept for an hour, so each is read anew."""
    for answered in DOCUMENTS.values():
        trial.world.clock.pass_time(hours=2)
        trial.world.net.meddler = noting(overheard, answered.meddler(trial.world))
        answer = trial.browser.ask("GET", START)
        if answer.status_code == 303:
            assert answer.headers["location"].startswith(f"{EHR}/auth/authorize?")
            answer = trial.browser.ask("GET", trial.browser.way_back(answer.headers["location"], CALLBACK))
        trial.deviates(answer)
        trial.world.net.meddler = noting(overheard)
    trial.world.clock.pass_time(seconds=10)  # a moment's pause after a failure is ours (fault F27)


def _the_way_back_deviates(trial: Trial) -> None:
    for query in RETURNS.values():
        trial.deviates(trial.browser.ask("GET", changed(trial.way_back(), query)))


def _launches_are_mixed(trial: Trial) -> None:
    """Two tabs with each other's codes, another person's, another browser, a made cookie, too late, a second time."""
    one, two = trial.way_back(), trial.way_back()
    code = {name: parse_qs(urlsplit(two).query)[name][0] for name in ("code",)}
    trial.deviates(trial.browser.ask("GET", changed(one, dict(code))))
    bob, _ = sign_in(trial.world, "Patient/patient-two-in", "/portal/")
    theirs, mine = trial.way_back(bob), trial.way_back()
    stolen: dict[str, str | None] = {"code": parse_qs(urlsplit(theirs).query)["code"][0]}
    trial.deviates(trial.browser.ask("GET", changed(mine, stolen)))
    trial.deviates(Browser(trial.world).ask("GET", trial.way_back()))
    trial.deviates(bob.ask("GET", trial.way_back()))
    guessed = trial.way_back()
    [name] = [one.name for one in trial.browser.jar if guards.short_digest(state_of(guessed)) in one.name]
    trial.deviates(Browser(trial.world).ask("GET", guessed, headers={"Cookie": f"{name}={'x' * 43}"}))
    late = trial.way_back()
    trial.world.clock.pass_time(minutes=11)
    trial.deviates(trial.browser.ask("GET", late))
    again = trial.way_back()
    assert trial.browser.ask("GET", again).status_code == 303
    trial.deviates(trial.browser.ask("GET", again))


def test_no_deviation_signs_anybody_in_and_no_token_is_told(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    overheard = Overheard()
    listen(world, overheard)
    with capture_logs() as lines:
        overheard.lines = lines
        world.net.meddler = noting(overheard)
        trial = Trial(world)
        for step in (_the_server_deviates, _its_documents_deviate):
            trial.comes_in()
            step(trial, overheard)
        trial.comes_in()
        _the_way_back_deviates(trial)
        _launches_are_mixed(trial)
        trial.comes_in()

    told = overheard.markers_in_output()
    record_property(
        "figures",
        f"oauth-deviations deviations={trial.deviations} logins_completed={trial.completed} "
        f"happy_paths={100 * trial.arrived // trial.honest}% "
        f"token_markers={len(overheard.secrets)} token_markers_in_output={len(told)}",
    )
    assert trial.deviations >= len(TOKEN_ANSWERS) + len(IDENTITIES) + len(DOCUMENTS) + len(RETURNS) + 7 >= 100
    assert (trial.completed, trial.arrived) == (0, trial.honest)
    assert trial.visits() == trial.honest + 1  # and the launch that was tried a second time
    assert len(overheard.secrets) > 200
    assert told == []
    assert len(lines) > 50


def test_every_launch_shows_a_challenge_of_its_own(world: World) -> None:
    """S256 always, and no verifier, state or nonce serves two launches."""
    browser, _ = sign_in(world, "Patient/patient-six-done", "/portal/")
    asked: list[dict[str, list[str]]] = []
    for _ in range(20):
        asked.append(parse_qs(urlsplit(browser.ask("GET", START).headers["location"]).query))

    assert {one["code_challenge_method"][0] for one in asked} == {"S256"}
    for name in ("state", "nonce", "code_challenge"):
        assert len({one[name][0] for one in asked}) == 20


@pytest.mark.parametrize("answered", [TOKEN_ANSWERS["no scope"], IDENTITIES["another nonce"]])
def test_what_meddles_on_the_wire_is_met_by_a_launch(world: World, answered: Answered) -> None:
    """A deviation that never reached the service would prove nothing."""
    met: list[Any] = []
    trial, meddle = Trial(world), answered.meddler(world)
    back = trial.way_back()

    def meddler(request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
        answer = meddle(request, carry)
        met.append((request.url.path, answer.status_code))
        return answer

    world.net.meddler = meddler
    trial.deviates(trial.browser.ask("GET", back))
    assert ("/auth/token", 200) in met
