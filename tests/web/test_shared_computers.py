"""What others find on a computer, in a proxy or in another page after a patient's visit: nothing (threats T30, T31)."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from service import paths
from tests.people import App, Browser, Visitor, app_of, clinician, each_visitor, officer, patient
from tests.web.probing import PAGES, WORDS, Probe, knock, probes
from tests.world import CLINIC, JOURNAL, World

ORIGINS = (
    "https://evil.example",
    "https://127.0.0.1:8080",
    "http://127.0.0.1:8081",
    "http://localhost:8090",
    f"{JOURNAL}.evil.example",
    "null",
    "*",
    "",
)  # fmt: skip
SCRIPTS = sorted(path for path in paths.static().rglob("*.js"))
FILES = {"copy.pdf": "application/pdf", "export.ndjson": "application/fhir+ndjson"}
# What a script could hear from, or say to, a page of somebody else; and what would outlive a visit.
UNHEARD = (
    "postMessage",
    "onmessage",
    "'message'",
    '"message"',
    "opener",
    "BroadcastChannel",
    "serviceWorker",
    "localStorage",
    "indexedDB",
    "caches.",
    "document.cookie",
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
    "srcdoc",
)  # fmt: skip


def answers_with_a_patient(world: World) -> Iterator[tuple[Probe, httpx2.Response]]:
    """Every door that is not open to everybody, by whoever it is for and by nobody."""
    visitors = each_visitor(world)
    ada, app = visitors["patient-page"], app_of(world)
    key = ada.write("six-done-1", {"ai1.1": WORDS})  # type: ignore[attr-defined]
    begun = ada.begin("six-done-2")  # type: ignore[attr-defined]
    entry = world.desk.entry_id(CLINIC, key)
    for probe in probes(world.app):
        if probe.policy in PAGES and "sign-out" not in probe.path:
            visitor = visitors[probe.policy]
            for one in (key, begun):
                filled = {"visit": visitor.handle, "key": one, "entry_id": entry}
                yield probe, knock(visitor.browser, probe, visitor.csrf, **filled)
        elif probe.policy.startswith("fhir-"):
            path = probe.path.format(visit="v", key=key, entry_id=entry).partition("/fhir/")[2]
            yield probe, app.ask(probe.method, path)
            yield probe, App(world).ask(probe.method, path)
        if probe.policy in PAGES:
            yield probe, knock(Browser(world), probe)
    for visitor in visitors.values():
        yield Probe("out", "POST", "", "patient-page"), visitor.post("sign-out")


def test_nothing_of_a_patients_is_kept_on_the_way_or_in_the_browser(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    """And an answer that rests on a cookie says so, for a proxy that minds nothing else."""
    seen = cacheable = without_vary = with_words = 0
    for probe, answer in answers_with_a_patient(world):
        seen += 1
        with_words += WORDS in answer.text
        cacheable += answer.headers.get("cache-control") != "no-store"
        varies = {one.strip() for one in answer.headers.get("vary", "").split(",")}
        without_vary += probe.policy in PAGES and probe.endpoint != "out" and "Cookie" not in varies
        assert not {"etag", "expires", "last-modified"} & set(answer.headers) or probe.policy.startswith(
            "fhir"
        )
    record_property(
        "figures", f"kept patient_responses={seen} cacheable={cacheable} without_vary={without_vary}"
    )
    assert (cacheable, without_vary) == (0, 0)
    assert seen >= 100
    assert with_words >= 5


def test_no_address_of_a_visit_names_anybody(world: World) -> None:
    """Browser histories and proxies keep addresses: there are opaque ids in them, and neither names nor record ids."""
    for who, chart in ((patient, "patient-six-done"), (clinician, "patient-six-done")):
        visitor: Visitor = who(world)
        linked = re.findall(r'(?:href|action|src)="([^"]+)"', visitor.home.text)
        assert len(linked) > 5
        for address in (*linked, visitor.home.url):
            assert chart not in address
            assert "Harrowgate" not in address


def test_what_is_written_is_not_filled_in_for_the_next_person(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    for path in (f"entry/{key}/prompt/1", f"entry/{key}/all"):
        areas = re.findall(r"<textarea[^>]*>", ada.get(path).text)
        assert areas
        assert all('autocomplete="off"' in area for area in areas)


def test_no_other_page_may_read_ours_with_our_cookies(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    """Every route of a visit with its cookie and each strange origin, and the browser's question before it."""
    visitors = each_visitor(world)
    asked, told = 0, []
    for probe in (one for one in probes(world.app) if one.policy in PAGES and "sign-out" not in one.path):
        visitor = visitors[probe.policy]
        url = JOURNAL + probe.path.format(visit=visitor.handle, key="k", entry_id="e")
        for origin in ORIGINS:
            headers = {"Origin": origin, "Access-Control-Request-Method": probe.method}
            for method in (probe.method, "OPTIONS"):
                answer = visitor.browser.ask(method, url, headers=headers)
                asked += 1
                told += [(url, origin, name) for name in answer.headers if name.startswith("access-control-")]
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    record_property("figures", f"cors probes={asked} credentials_to_foreign={len(told)}")
    assert told == []
    assert asked >= 400


def test_files_are_files_whatever_a_browser_thinks_of_them(world: World) -> None:
    ada, watching = patient(world), officer(world)
    key = ada.write("six-done-1", {"ai1.1": "<script>alert(1)</script>"})
    world.deliver()
    for answer, name in (
        (ada.get(f"entry/{key}/copy.pdf"), "copy.pdf"),
        (watching.get("export.ndjson"), "export.ndjson"),
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == FILES[name]
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_hears_other_pages_or_keeps_anything_for_good(script: Path) -> None:
    """And none writes mark-up: words get onto a page as text alone."""
    said = script.read_text("utf-8")
    assert [word for word in UNHEARD if word in said] == []


def test_there_are_scripts_to_read() -> None:
    assert len(SCRIPTS) >= 9
