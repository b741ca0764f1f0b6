"""Every route that changes something refuses what did not come from our own page, or from an app's own token (T26)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
import pytest

from service.store.row_security import whole_house
from tests.people import FORM, Patient, Visitor, each_visitor, patient
from tests.web.probing import PAGES, WORDS, Probe, probes
from tests.world import CLINIC, JOURNAL, World

SAFE = ("GET", "HEAD", "OPTIONS")
JSON = {"Content-Type": "application/json"}
SIMPLE = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "text/plain;charset=UTF-8",
    "",
)
ELSEWHERE = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:8090"},
    {"Origin": f"{JOURNAL}.evil.example"},
    {"Origin": JOURNAL.replace("http:", "https:")},
    {"Origin": f"{JOURNAL}/"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": ""},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": JOURNAL, "Sec-Fetch-Site": "cross-site"},
)  # fmt: skip


@dataclass(frozen=True)
class Forged:
    """One forged request: what is wrong with it, its form token (None: none at all), headers, and kind of content."""

    wrong: str
    token: str | None
    headers: dict[str, str]
    simple: str | None = None


def forged(own: str, other: str) -> Iterator[Forged]:
    """Without a token, with another session's or a made one, from elsewhere with the right one, or JSON in disguise."""
    for name, token in {
        "none": None,
        "empty": "",
        "made": "x" * 64,
        "other": other,
        "cut": own[:-1],
        "twice": own * 2,
    }.items():
        yield Forged(f"token {name}", token, {})
        yield Forged(f"token {name}, null origin", token, {"Origin": "null"})
        yield Forged(f"token {name}, our origin", token, {"Origin": JOURNAL, "Sec-Fetch-Site": "same-origin"})
    for headers in ELSEWHERE:
        yield Forged(f"from {headers}", own, headers)
    for kind in SIMPLE:
        yield Forged(f"sent as {kind}", None, {}, kind)


def send(visitor: Visitor, probe: Probe, one: Forged, key: str) -> httpx2.Response:
    """The forged request, as a page of somebody else's could make a browser send it with its cookies."""
    url = JOURNAL + probe.path.format(visit=visitor.handle, key=key, entry_id=key)
    fields = {
        "revision": "1",
        "version": "1",
        "text": WORDS,
        "text-ai2.1": WORDS,
        "key": str(uuid4()),
        "encounter": "six-done-3",
    }
    if one.simple is not None:
        body = json.dumps({"revision": 1, "answers": [], "csrf": visitor.csrf})
        return visitor.browser.ask(
            probe.method, url, content=body, headers={"Content-Type": one.simple} | one.headers
        )
    if probe.method == "PUT":
        token = {"X-CSRF": one.token} if one.token is not None else {}
        saved = {"revision": 1, "answers": [{"linkId": "ai2.1", "text": WORDS, "private": False}]}
        return visitor.browser.ask("PUT", url, content=json.dumps(saved), headers=JSON | token | one.headers)
    told = fields | ({"csrf": one.token} if one.token is not None else {})
    return visitor.browser.ask(probe.method, url, content=urlencode(told), headers=FORM | one.headers)


KEPT = ("drafts", "entries", "visits")


def state(world: World) -> list[object]:
    """All that a form could change, but for the times at which a visit was seen."""
    with world.desk.store.asking(whole_house()) as connection:
        return [
            sorted(
                repr(
                    {
                        name: value
                        for name, value in row._mapping.items()
                        if name not in ("seen_at", "expires_at")
                    }
                )
                for row in connection.exec_driver_sql(f"SELECT * FROM {table}")
            )
            for table in KEPT
        ]


def test_no_forged_request_changes_anything(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    visitors = each_visitor(world)
    ada = visitors["patient-page"]
    assert isinstance(ada, Patient)
    key, other = ada.begin("six-done-2"), patient(world, "patient-two-in").csrf
    ada.type(key, 1, {"ai2.1": "Mine."})
    before, sent, accepted = state(world), 0, []
    unsafe = [one for one in probes(world.app) if one.method not in SAFE and one.policy in PAGES]
    for probe in unsafe:
        visitor = visitors[probe.policy]
        for one in forged(visitor.csrf, other):
            answer = send(visitor, probe, one, key)
            sent += 1
            accepted += [(probe.path, one.wrong, answer.status_code)] if answer.status_code < 400 else []
            assert answer.status_code in (400, 403, 415), (probe, one, answer.status_code)

    others = _of_apps_and_systems(world, visitors)
    record_property(
        "figures",
        f"csrf probes={sent + len(others)} page_routes={len(unsafe)} api_routes={len({p for p, _ in others})} "
        f"accepted={len(accepted) + sum(status < 400 for _, status in others)}",
    )
    assert accepted == []
    assert len(unsafe) >= 15
    assert sent >= len(unsafe) * 30
    assert all(400 <= status < 500 for _, status in others), others
    assert state(world) == before
    assert all(visitor.get().status_code == 200 for visitor in visitors.values())


def _of_apps_and_systems(world: World, visitors: dict[str, Visitor]) -> list[tuple[str, int]]:
    """A browser with everybody's cookies at each unsafe route of the API: cookies are worth nothing there."""
    told: list[tuple[str, int]] = []
    for probe in (one for one in probes(world.app) if one.method not in SAFE and one.policy not in PAGES):
        url = JOURNAL + probe.path.format(visit="v", key="k", entry_id="e")
        for visitor in visitors.values():
            for kind in SIMPLE:
                headers = {"Content-Type": kind, "Origin": "https://evil.example", "X-CSRF": visitor.csrf}
                answer = visitor.browser.ask(probe.method, url, content=b"{}", headers=headers)
                told.append((probe.path, answer.status_code))
    return told


def test_a_route_that_only_shows_changes_nothing(world: World) -> None:
    """No unsafe GET: each page's state is the same after every route was opened, but for what its reading leaves."""
    ada = patient(world)
    key = ada.begin("six-done-2")
    before = state(world)
    for probe in (one for one in probes(world.app) if one.method == "GET" and one.policy == "patient-page"):
        answer = ada.browser.ask("GET", JOURNAL + probe.path.format(visit=ada.handle, key=key, entry_id=key))
        assert answer.status_code < 500
    assert state(world) == before


@pytest.mark.parametrize("kind", SIMPLE)
def test_the_api_takes_no_content_that_a_page_may_send_unasked(world: World, kind: str) -> None:
    """Even with a good token a body in disguise is refused, so that a page could not send it without a question."""
    from tests.people import app_of

    app = app_of(world, scope="patient/QuestionnaireResponse.crus")
    answer = app.ask("POST", "QuestionnaireResponse", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415, answer.text
    assert CLINIC in str(answer.url)
