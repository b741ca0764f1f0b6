"""No route leads where a request says, in whatever part of it the request says so (threat T20)."""

from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

import httpx2

from tests.people import FORM, Visitor, each_visitor, patient
from tests.web.probing import Probe, probes
from tests.world import CLINIC, EHR, JOURNAL, World

NAMES = (
    "next",
    "redirect_uri",
    "redirect",
    "url",
    "return_to",
    "go",
    "launch",
    "to",
    "back",
    "post_logout_redirect_uri",
)
TARGETS = (
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,evil.example",
    f"{JOURNAL}@evil.example/",
    "/%2f%2fevil.example",
    "\t//evil.example",
    "http://evil.example:8080/journal/",
)  # fmt: skip
HEADERS = (
    {"Host": "evil.example"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "javascript", "X-Forwarded-Port": "1"},
    {"X-Forwarded-Prefix": "//evil.example"},
    {"X-Original-URL": "//evil.example/", "X-Rewrite-URL": "//evil.example/"},
    {"Forwarded": "host=evil.example"},
    {"Referer": "https://evil.example/"},
)  # fmt: skip


def visitor_of(probe: Probe, visitors: dict[str, Visitor]) -> Visitor:
    return visitors.get(probe.policy, visitors["patient-page"])


def filled(world: World, probe: Probe, visitor: Visitor, key: str) -> str:
    return JOURNAL + probe.path.format(
        visit=visitor.handle, key=key, entry_id=world.desk.entry_id(CLINIC, key)
    )


def ask(visitor: Visitor, probe: Probe, url: str, fields: dict[str, str], **headers: str) -> httpx2.Response:
    if probe.method == "GET":
        return visitor.browser.ask("GET", url, headers=headers)
    content = urlencode(
        {"csrf": visitor.csrf, "revision": "1", "text": "x", "encounter": "six-done-2"} | fields
    )
    return visitor.browser.ask(probe.method, url, content=content, headers=FORM | headers)


def questions(url: str) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """Address, form fields and headers of each hostile request to one address."""
    for target in TARGETS:
        everywhere = dict.fromkeys(NAMES, target)
        yield f"{url}?{urlencode(everywhere)}", everywhere, {}
    for headers in HEADERS:
        yield url, {}, headers


def leads_out(answer: httpx2.Response) -> bool:
    return any(
        "evil" in value or "javascript:" in value
        for name, value in answer.headers.items()
        if name == "location"
    )


def test_nothing_in_a_request_chooses_where_it_leads(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    """Every route of the people's pages, signed in; the witness of every world judges each redirect besides."""
    visitors = each_visitor(world)
    sent = visitors["patient-page"].write("six-done-1", {"ai1.1": "words"})  # type: ignore[attr-defined]
    before, asked, out = world.witness.counted["redirects_observed"], 0, []
    for probe in (one for one in probes(world.app) if "sign-out" not in one.path and "/fhir" not in one.path):
        visitor = visitor_of(probe, visitors)
        for url, fields, headers in questions(filled(world, probe, visitor, sent)):
            answer = ask(visitor, probe, url, fields, **headers)
            asked += 1
            out += [(probe, url)] if leads_out(answer) else []
            assert answer.status_code < 500, (probe, url, answer.status_code)
    for visitor in visitors.values():
        answer = ask(
            visitor, Probe("out", "POST", "", ""), f"{visitor.url('sign-out')}?next=//evil.example", {}
        )
        assert (answer.status_code, leads_out(answer)) == (200, False)

    observed = world.witness.counted["redirects_observed"] - before
    record_property(
        "figures", f"ways-out requests={asked} redirects_observed={observed} external_unlisted={len(out)}"
    )
    assert out == []
    assert asked >= 500
    assert observed >= 50
    world.witness.hold()


def test_the_way_back_leads_to_our_own_pages_whatever_else_stands_in_it(world: World) -> None:
    """The answer of the record system with strangers' parameters, which the callback does not know."""
    ada = patient(world)
    for target in TARGETS:
        back = ada.browser.way_back(f"{JOURNAL}/launch/{CLINIC}/patient", f"{JOURNAL}/launch/callback")
        told = "&".join(f"{name}={quote(target, safe='')}" for name in NAMES)
        answer = ada.browser.ask("GET", f"{back}&{told}")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/journal/")


def test_the_record_system_itself_is_no_way_further(world: World) -> None:
    """What a launch says goes to its sign-in as one parameter, and names no other address."""
    ada = patient(world)
    for target in TARGETS:
        url = f"{JOURNAL}/launch/patient?iss={quote(f'{EHR}/fhir', safe='')}&launch={quote(target, safe='')}"
        answer = ada.browser.ask("GET", url)
        assert answer.headers["location"].startswith(f"{EHR}/auth/authorize?")
        assert "://evil" not in answer.headers["location"]
