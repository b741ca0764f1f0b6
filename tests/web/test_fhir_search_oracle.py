"""Searches drawn by chance over own and foreign data: what is found is what a naive look at the JSON says (T2, T3)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service.cli.demo_clinic import CLINIC
from service.store import deeds, infusions
from service.store.course_deeds import RememberEncounters
from tests.factories import keyed, response
from tests.people import FORM, App, app_of, backend_app, patient, staff_app
from tests.web.fhir_answers import QR, issues
from tests.web.searching import PREFIXES, RESPONSES, TASKS, Asked, Kind, Value, walked, written
from tests.workflow.contexts import as_patient
from tests.world import OTHER, World

PEOPLE = {"patient-six-done": "six-done", "patient-eight-done": "eight-done"}
KINDS = {QR: RESPONSES, "Task": TASKS}
DATES = (
    "2026",
    "2025-12",
    "2026-11",
    "2026-11-20",
    "2026-11-21",
    "2026-11-20T20:0{}Z",
    "2026-11-20T12:0{}-08:00",
)
INSTANTS = ("2026-11-20T20:0{}:30Z", "2026-11-21T01:0{}:00+05:00")
PATIENTS = ("patient", "subject", "author", "source", "owner")
UNKNOWN = (
    "_has:Task:patient:status",
    "patient.name",
    "status:above",
    "_text",
    "_filter",
    "colour",
    "encounter:not",
)
BOUND = settings(
    max_examples=250,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Seen:
    """Who may ask, and all that each of them has within reach, by resource type."""

    world: World
    apps: dict[str, App]
    within: dict[str, dict[str, list[Value]]]

    @property
    def everything(self) -> dict[str, list[Value]]:
        """Every resource there is, whoever reaches it."""
        return {
            kind: [*{one["id"]: one for reach in self.within.values() for one in reach[kind]}.values()]
            for kind in KINDS
        }


@pytest.fixture
def seen(world: World) -> Seen:
    """Two patients with sent responses, unattached ones and drafts; a namesake of one of them at another clinic."""
    for name, visits in PEOPLE.items():
        ada = patient(world, name)
        for ordinal in (1, 2):
            ada.write(f"{visits}-{ordinal}", {f"ai{ordinal}.1": "words"})
            world.clock.pass_time(minutes=1)
        ada.begin(f"{visits}-3")
        stopped = ada.begin(f"{visits}-4")
        ada.post(f"entry/{stopped}/stop", revision="1")
        world.clock.pass_time(minutes=1)
        send(world, name)
    send(world, "patient-six-done", OTHER)
    scope = "{0}/QuestionnaireResponse.rs {0}/Task.rs {0}/Encounter.rs"
    apps = {name: app_of(world, name, scope=scope.format("patient")) for name in PEOPLE} | {
        "staff": staff_app(world, scope=scope.format("user")),
        "charted": staff_app(world, chart="patient-six-done", scope=scope.format("user")),
        "backend": backend_app(world, scope=scope.format("system")),
    }
    within = {
        who: {kind: walked(app, world.base, f"{kind}?_count=200") for kind in KINDS}
        for who, app in apps.items()
    }
    assert [len(within[who][QR]) for who in apps] == [5, 5, 6, 3, 6]
    return Seen(world, apps, within)


def send(world: World, name: str, clinic: str = CLINIC) -> None:
    """A response without an infusion."""
    sent = response(world, 5, name, None, identifier=keyed(str(uuid4())))
    answer = app_of(world, name, clinic, scope="patient/QuestionnaireResponse.crs").post(QR, sent)
    assert answer.status_code == 201, answer.text


def of(name: str, modifier: str = "") -> Callable[[tuple[str, ...]], Asked]:
    """This parameter with the values that are drawn."""
    return lambda values: Asked(name, modifier, values)


def parameters(kind: Kind, base: str, everything: list[Value]) -> Iterator[st.SearchStrategy[Asked]]:
    """How each parameter may be asked, with values of own and foreign resources."""

    def lists(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
        return st.lists(st.sampled_from(sorted(set(values))), min_size=1, max_size=3).map(tuple)

    dates = [date.format(minute) for date in (*DATES, *INSTANTS) for minute in range(4)]
    for name in kind.dates:
        some = [f"{prefix}{date}" for prefix in PREFIXES for date in dates]
        yield lists(some).map(of(name))
    for name in kind.references:
        named = {str(kind.key(one, name)) for one in everything} - {"None"}
        forms = [form for one in named for form in (one, one.split("/")[1], f"{base}/{one}")]
        beside = (
            []
            if name in PATIENTS
            else ["Patient/patient-six-done", "nothing", f"https://x.example/r4/{forms[0]}"]
        )
        yield lists([*forms, *beside]).map(of(name))
    for name, (_, system) in kind.tokens.items():
        codes = [str(kind.key(one, name)) for one in everything]
        forms = [f"{code}" for code in codes] + [f"{system}|{code}" for code in codes]
        forms += ["urn:other|x", *([f"{system}|"] if system else [])]
        yield from (lists(forms).map(of(name, modifier)) for modifier in ("", "not"))
    for name in (*kind.dates, *kind.references, *kind.tokens):
        yield st.sampled_from([("true",), ("false",)]).map(of(name, "missing"))
    if kind is RESPONSES:
        said = [one["questionnaire"] for one in everything]
        forms = [*said, *(one.split("|")[0] for one in said), f"{said[0]}9", said[0][:-8]]
        yield lists(forms).map(of("questionnaire"))


SORTED = {
    QR: ["_lastUpdated", "authored", "status"],
    "Task": ["_lastUpdated", "modified", "authored-on", "status"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_found_is_what_an_oracle_finds_and_never_outside_the_compartment(
    seen: Seen, kind: str
) -> None:
    """Any mix of parameters, orders and page sizes; by form as by address; unknown ones refused in any handling."""
    looked, world = KINDS[kind], seen.world
    many = st.one_of(*parameters(looked, world.base, seen.everything[kind]))
    orders = st.lists(
        st.builds(lambda down, name: down + name, st.sampled_from(["", "-"]), st.sampled_from(SORTED[kind])),
        max_size=2,
        unique_by=lambda name: name.removeprefix("-"),
    )
    counted = {"cases": 0, "outside": 0}

    @BOUND
    @given(
        who=st.sampled_from(list(seen.apps)),
        asked=st.lists(many, max_size=3),
        order=orders,
        size=st.sampled_from([1, 2, 3, 200]),
        unknown=st.sampled_from([None, None, None, *UNKNOWN]),
        prefer=st.sampled_from([{}, {"Prefer": "handling=strict"}, {"Prefer": "handling=lenient"}]),
    )
    def holds(
        who: str, asked: list[Asked], order: list[str], size: int, unknown: str | None, prefer: dict[str, str]
    ) -> None:
        app, within = seen.apps[who], seen.within[who][kind]
        pairs = (
            [one.pair for one in asked] + [("_sort", ",".join(order))] * bool(order) + [("_count", str(size))]
        )
        if unknown is not None:
            refused = app.get(f"{kind}?{written([*pairs, (unknown, 'x')])}", **prefer)
            assert (refused.status_code, issues(refused)) == (400, ["not-supported"])
            return
        answer = app.get(f"{kind}?{written(pairs)}", **prefer)
        if names_a_stranger(seen, who, asked):
            assert answer.status_code == 403, (who, pairs, answer.text)
            return
        wanted = [one for one in within if all(looked.meets(one, each) for each in asked)]
        assert answer.status_code == 200, (who, pairs, answer.text)
        found = walked(app, world.base, f"{kind}?{written(pairs)}")
        assert sorted(one["id"] for one in found) == sorted(one["id"] for one in wanted), (who, pairs)
        assert is_sorted(looked, found, order), (pairs, found)
        form = app.ask("POST", f"{kind}/_search", content=written(pairs).encode(), headers=FORM | prefer)
        assert form.json().get("entry") == answer.json().get("entry")
        [own] = [link["url"] for link in answer.json()["link"] if link["relation"] == "self"]
        assert sorted(parse_qsl(urlsplit(own).query, keep_blank_values=True)) == sorted(pairs)
        counted["cases"] += 1
        counted["outside"] += len([one for one in found if one not in within])

    holds()
    assert counted["cases"] > 80
    assert counted["outside"] == 0


def names_a_stranger(seen: Seen, who: str, asked: list[Asked]) -> bool:
    """Whether somebody with one patient asks for another by name (fhir-rest D-01)."""
    own = {"charted": "patient-six-done"}.get(who, who)
    if own not in PEOPLE:
        return False
    named = {
        value.rpartition("/")[2]
        for one in asked
        if one.name in PATIENTS and one.modifier != "missing"
        for value in one.values
    }
    return not named <= {own}


def is_sorted(kind: Kind, found: list[Value], order: list[str]) -> bool:
    """Whether each two neighbours stand in this order."""
    for here, there in pairwise(found):
        for name in order:
            mine, theirs = (kind.key(one, name.removeprefix("-")) for one in (here, there))
            if mine != theirs:
                if (mine > theirs) != name.startswith("-"):
                    return False
                break
            if name.removeprefix("-") in kind.dates:
                break  # within one second their order cannot be told from what is shown
    return True


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
