"""Searches over own and foreign data: pages while others write, and visits that come with what names them (T2, T3).

Searches drawn by chance are the proof search-oracle's.
"""

from dataclasses import replace
from typing import Any

import pytest

from service.cli.demo_clinic import CLINIC
from service.store import deeds, infusions
from service.store.course_deeds import RememberEncounters
from tests.people import app_of, backend_app, patient
from tests.web.fhir_answers import QR, issues
from tests.web.search_cases import KINDS, PEOPLE, Seen, searched_world, send
from tests.workflow.contexts import as_patient
from tests.world import World


@pytest.fixture
def seen(world: World) -> Seen:
    return searched_world(world)


@pytest.mark.parametrize(
    "order",
    [
        "",
        "_lastUpdated",
        "-_lastUpdated",
        "authored",
        "-authored",
        "status,-authored",
        "-status,_lastUpdated",
    ],
)
def test_each_response_is_visited_once_while_others_are_written(seen: Seen, order: str) -> None:
    """Keyset pages: what was there at the beginning comes exactly once, whatever is sent between two pages (I-75)."""
    world, app = seen.world, seen.apps["patient-six-done"]
    there = {one["id"] for one in seen.within["patient-six-done"][QR]}
    url: str | None = f"{QR}?_count=1&_sort={order}" if order else f"{QR}?_count=1"
    visited: list[str] = []
    while url is not None:
        answer = app.get(url.removeprefix(f"{world.base}/"))
        visited += [one["resource"]["id"] for one in answer.json().get("entry", [])]
        url = {link["relation"]: link["url"] for link in answer.json()["link"]}.get("next")
        world.clock.pass_time(minutes=1)
        if len(visited) < 4:
            send(world, "patient-six-done")

    assert len(visited) == len(set(visited))
    assert there <= set(visited)


@pytest.mark.parametrize("kind", KINDS)
def test_visits_come_with_what_names_them_and_nobody_elses(seen: Seen, kind: str) -> None:
    """From both sides: each included visit is one that a match of the page names, of a patient within reach (T3)."""
    reached = {
        "patient-six-done": ["six-done"],
        "patient-eight-done": ["eight-done"],
        "charted": ["six-done"],
    }
    for who, app in seen.apps.items():
        entries = app.get(f"{kind}?_count=200&_include={kind}:encounter").json()["entry"]
        named = {
            one["resource"]["encounter"]["reference"]
            for one in entries
            if one["search"]["mode"] == "match" and "encounter" in one["resource"]
        }
        included = [one["resource"] for one in entries if one["search"]["mode"] == "include"]
        assert {f"Encounter/{one['id']}" for one in included} == named
        prefixes = tuple(reached.get(who, ["six-done", "eight-done"]))
        assert all(one["id"].startswith(prefixes) for one in included)
        matches = [one["resource"]["id"] for one in entries if one["search"]["mode"] == "match"]
        assert sorted(matches) == sorted(one["id"] for one in seen.within[who][kind])


def test_visits_come_only_with_their_own_scope(world: World) -> None:
    patient(world).write("six-done-1", {"ai1.1": "words"})
    for kind in KINDS:
        app: Any = app_of(world, scope=f"patient/{kind}.rs patient/Encounter.r")
        answer = app.get(f"{kind}?_include={kind}:encounter")
        assert (answer.status_code, issues(answer)) == (403, ["forbidden"])
        assert "patient/Encounter.s" in answer.headers["www-authenticate"]


def test_a_visit_that_another_patient_has_under_the_same_name_does_not_come_with_it(world: World) -> None:
    """A response brings its own patient's visit alone, also for who reaches both patients (T3)."""
    for name, visits in PEOPLE.items():
        patient(world, name).write(f"{visits}-1", {"ai1.1": "words"})
    kept = infusions.encounters_of(world.desk.store, as_patient("patient-eight-done"), "patient-eight-done")
    crossing = (*kept, replace(kept[0], id="six-done-1"))
    change = RememberEncounters("patient-eight-done", crossing, world.clock())
    world.desk.writer.perform(deeds.Deed(CLINIC, changes=(change,)))
    app = backend_app(world, scope="system/QuestionnaireResponse.rs system/Encounter.rs")

    entries = app.get(f"{QR}?_include={QR}:encounter").json()["entry"]

    come = [one["resource"] for one in entries if one["search"]["mode"] == "include"]
    assert {(one["id"], one["subject"]["reference"]) for one in come} == {
        (f"{visits}-1", f"Patient/{name}") for name, visits in PEOPLE.items()
    }
    assert len(come) == 2
