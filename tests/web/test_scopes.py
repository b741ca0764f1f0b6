"""Scopes with search constraints at the FHIR base: they hold for every way to a resource (SMART B-14 to B-16; T16).

What a narrowed token sees is held against an oracle that looks only at the JSON an unlimited token was answered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from tests.factories import keyed, response
from tests.people import FORM, App, app_of, backend_app, staff_app
from tests.web.changing import made, put
from tests.web.fhir_answers import QR, Value, ids
from tests.world import World

STATUSES = "http://hl7.org/fhir/questionnaire-answers-status"
MADE_OF_THEM = "patient/Provenance.rs patient/DocumentReference.rs patient/Binary.rs patient/Encounter.rs"
STANDS = {1: "amended", 2: "completed", 3: "in-progress", 4: "entered-in-error", 5: "completed", 6: "stopped"}
KEY = "7b0e6d9e-6c1b-4a51-9f0e-2f0c2b8f7a1{}"
Oracle = Callable[[Value], bool]


@dataclass(frozen=True)
class Journal:
    """One patient's responses as an unlimited app reads them: the newest of each, and all sent versions by place."""

    world: World
    now: dict[str, Value]
    versions: dict[str, Value]

    def app(self, scope: str) -> App:
        return app_of(self.world, scope=f"{scope} {MADE_OF_THEM}")

    def of(self, ordinal: int) -> Value:
        place = f"Encounter/six-done-{ordinal}"
        return next(one for one in self.now.values() if one["encounter"]["reference"] == place)


@pytest.fixture
def journal(world: World) -> Journal:
    return written(world)


def written(world: World) -> Journal:
    """Six responses, of each status one or more, those sent filed in the record."""
    app = app_of(world, scope="patient/*.cruds")
    for ordinal, status in STANDS.items():
        world.clock.pass_time(seconds=1)
        more = {"encounter": f"six-done-{ordinal}", "identifier": keyed(KEY.format(ordinal))}
        made(world, app, status, ordinal=ordinal, words={f"ai{ordinal}.1": "my words"}, **more)
    while world.deliver():
        pass
    now = {one["id"]: one for one in (entry["resource"] for entry in app.get(QR).json()["entry"])}
    assert sorted(one["status"] for one in now.values()) == sorted(STANDS.values())
    versions: dict[str, Value] = {}
    for name in now:
        past = app.get(f"{QR}/{name}/_history")
        for one in past.json()["entry"] if past.status_code == 200 else ():
            said = one["resource"]
            versions[f"{QR}/{name}/_history/{said['meta']['versionId']}"] = said
    assert sorted(one["status"] for one in versions.values()) == [
        *("amended", "completed", "completed", "completed", "completed", "entered-in-error")
    ]
    return Journal(world, now, versions)


def _status(*said: str) -> Oracle:
    return lambda one: one["status"] in said


def _visit(*ordinals: int) -> Oracle:
    return lambda one: one["encounter"]["reference"] in {f"Encounter/six-done-{n}" for n in ordinals}


def _nothing(_: Value) -> bool:
    return False


def constrained(world: World) -> dict[str, Oracle]:
    """Constraints as they stand in a scope, and what each means."""
    second = response(world, 2)["questionnaire"]
    url = second.partition("|")[0]
    return {
        "status=completed": _status("completed"),
        "status=amended": _status("amended"),
        "status=completed,amended": _status("completed", "amended"),
        "status=in-progress": _status("in-progress"),
        "status=entered-in-error,stopped": _status("entered-in-error", "stopped"),
        f"status={STATUSES}|completed": _status("completed"),
        f"status={quote(f'{STATUSES}|amended', safe='')}": _status("amended"),
        "encounter=Encounter/six-done-2": _visit(2),
        "encounter=six-done-2,six-done-3": _visit(2, 3),
        "encounter=Encounter/nowhere": _nothing,
        f"questionnaire={second}": _visit(2),
        f"questionnaire={url}": _visit(2),
        f"questionnaire={url}|0.0.1": _nothing,
        f"questionnaire={url[:-1]}": _nothing,
        "status=completed&encounter=six-done-1": lambda one: _status("completed")(one) and _visit(1)(one),
        "status=completed&status=amended": _nothing,
    }


def _answers(app: App, places: Any) -> set[str]:
    """The places that are answered; any other is as if it were not there."""
    got = {place: app.get(place).status_code for place in places}
    assert set(got.values()) <= {200, 404}
    return {place for place, code in got.items() if code == 200}


def _seen(journal: Journal, app: App) -> dict[str, set[str]]:
    """What each interaction lets this app see of the responses, and of what is made of them."""
    names, pasts = list(journal.now), list(journal.versions)
    search = app.get(f"{QR}?_revinclude=Provenance:target&_total=accurate").json()
    matches = {one["resource"]["id"] for one in search.get("entry", []) if one["search"]["mode"] == "match"}
    included = {f"{QR}/{one['resource']['id']}" for one in search.get("entry", [])} - {
        f"{QR}/{name}" for name in matches
    }
    assert search["total"] == len(matches)
    assert app.get(f"{QR}?_summary=count").json()["total"] == len(matches)
    form = app.ask("POST", f"{QR}/_search", content="_sort=authored", headers=FORM)
    by_key = {name for name, one in journal.now.items() if ids(app.get(f"{QR}?{_key(one)}"))}
    history = {name: app.get(f"{QR}/{name}/_history") for name in names}
    return {
        "read": {one.removeprefix(f"{QR}/") for one in _answers(app, [f"{QR}/{name}" for name in names])},
        "search": matches,
        "search by form": set(ids(form)),
        "search by identifier": by_key,
        "vread": _answers(app, pasts),
        "history": {
            f"{QR}/{name}/_history/{one['resource']['meta']['versionId']}"
            for name, past in history.items()
            for one in (past.json()["entry"] if past.status_code == 200 else ())
        },
        "provenances": {_version(one) for one in _answers(app, [_provenance(one) for one in pasts])},
        "provenances found": {_version(f"Provenance/{one}") for one in ids(app.get("Provenance"))},
        "provenances included": {_version(f"Provenance/{one.removeprefix(f'{QR}/')}") for one in included},
        "documents": {
            one.partition("/")[2] for one in _answers(app, [f"DocumentReference/{n}" for n in names])
        },
        "documents found": set(ids(app.get("DocumentReference"))),
        "document versions": {
            one.replace("DocumentReference", QR)
            for one in _answers(app, [one.replace(QR, "DocumentReference") for one in pasts])
        },
        "bytes": {
            _version(one.replace("Binary", "Provenance"))
            for one in _answers(app, [_provenance(one).replace("Provenance", "Binary") for one in pasts])
        },
    }


def _key(one: Value) -> str:
    return f"identifier={quote(one['identifier']['system'] + '|' + one['identifier']['value'])}"


def _provenance(place: str) -> str:
    return "Provenance/" + place.removeprefix(f"{QR}/").replace("/_history/", ".")


def _version(provenance: str) -> str:
    name, _, number = provenance.removeprefix("Provenance/").rpartition(".")
    return f"{QR}/{name}/_history/{number}"


def _of_responses(interaction: str) -> bool:
    return interaction in (
        "read",
        "search",
        "search by form",
        "search by identifier",
        "documents",
        "documents found",
    )


def test_a_constraint_holds_for_every_way_to_a_response_and_to_what_is_made_of_it(
    journal: Journal, record_property: Callable[[str, object], None]
) -> None:
    """T16: constrained scopes x interactions; nothing more than the oracle allows, and of responses nothing less."""
    everything = _seen(journal, journal.app(f"patient/{QR}.rs"))
    assert everything["read"] == everything["search"] == set(journal.now)
    assert all(everything.values())
    cases = dropped = hidden = 0
    for constraint, meets in constrained(journal.world).items():
        now = {name for name, one in journal.now.items() if meets(one)}
        past = {place for place, one in journal.versions.items() if meets(one) and place.split("/")[1] in now}
        for interaction, found in _seen(journal, journal.app(f"patient/{QR}.rs?{constraint}")).items():
            allowed = (now if _of_responses(interaction) else past) & everything[interaction]
            cases += len(everything[interaction])
            dropped += len(found - allowed)
            hidden += len(allowed - found)
            assert found == allowed, (constraint, interaction)
    assert (dropped, hidden) == (0, 0)
    assert cases >= 1000
    record_property(
        "figures", f"constrained-scopes cases={cases} dropped_constraints={dropped} hidden={hidden}"
    )


@pytest.mark.postgres
def test_it_is_the_same_on_postgresql(world_on_postgresql: World) -> None:
    journal = written(world_on_postgresql)
    everything = _seen(journal, journal.app(f"patient/{QR}.rs"))
    for constraint in (
        "status=completed",
        "encounter=six-done-1",
        f"questionnaire={journal.of(1)['questionnaire']}",
    ):
        meets = constrained_by(constraint)
        now = {name for name, one in journal.now.items() if meets(one)}
        found = _seen(journal, journal.app(f"patient/{QR}.rs?{constraint}"))
        assert found["read"] == found["search"] == now
        past = {place for place, one in journal.versions.items() if meets(one) and place.split("/")[1] in now}
        assert found["vread"] == found["history"] == past & everything["vread"]
        assert found["documents"] == now & everything["documents"]


def constrained_by(constraint: str) -> Oracle:
    return _status("completed") if constraint.startswith("status") else _visit(1)


def test_several_scopes_are_a_union_and_each_keeps_its_own_limit(journal: Journal) -> None:
    """B-13: one constraint beside another widens; beside an unlimited scope it lifts nothing of other letters."""
    both = _seen(
        journal, journal.app(f"patient/{QR}.rs?status=completed patient/{QR}.rs?encounter=six-done-2")
    )
    assert (
        both["read"]
        == both["search"]
        == {name for name, one in journal.now.items() if one["status"] == "completed" or _visit(2)(one)}
    )
    lifted = _seen(journal, journal.app(f"patient/{QR}.rs?status=completed patient/{QR}.rs"))
    assert lifted["read"] == lifted["search"] == set(journal.now)
    apart = _seen(
        journal, journal.app(f"patient/{QR}.r?status=completed patient/{QR}.s?encounter=six-done-2")
    )
    # Both are kept to in both, which is less than was granted, and never more.
    assert apart["read"] == apart["search"] == {journal.of(2)["id"]}


def test_another_persons_level_lifts_no_limit(journal: Journal) -> None:
    """T15: a patient's token gets nothing from scopes of the user level, nor by a star of another type."""
    scope = f"patient/{QR}.rs?status=amended user/{QR}.rs user/*.*"
    assert _seen(journal, journal.app(scope))["read"] == {journal.of(1)["id"]}


def test_staff_and_services_are_narrowed_alike(journal: Journal) -> None:
    world, sent = journal.world, (2, 5)
    apps = (
        staff_app(world, chart="patient-six-done", scope=f"user/{QR}.rs?status=completed"),
        staff_app(world, chart="patient-six-done", scope=f"patient/{QR}.rs?status=completed"),
        backend_app(world, scope=f"system/{QR}.rs?status=completed"),
    )
    for app in apps:
        assert set(ids(app.get(QR))) == {journal.of(n)["id"] for n in sent}
        assert app.get(f"{QR}/{journal.of(1)['id']}").status_code == 404
        assert app.get(f"{QR}/{journal.of(1)['id']}/_history").status_code == 404
        assert app.get(f"{QR}/{journal.of(2)['id']}").status_code == 200


def test_what_is_not_seen_is_not_changed(journal: Journal) -> None:
    """An unlimited u beside a narrowed reading changes what is read, and finds nothing else to change."""
    app = journal.app(f"patient/{QR}.rs?status=amended patient/{QR}.u")
    for ordinal, status in STANDS.items():
        if ordinal == 1:
            continue
        tag = f'W/"{journal.of(ordinal)["meta"]["versionId"]}"'
        answer = put(app, journal.of(ordinal) | {"status": "entered-in-error"}, tag)
        assert answer.status_code == 405, (status, answer.text)
    mine = app.get(f"{QR}/{journal.of(1)['id']}")
    changed = put(app, mine.json() | {"status": "entered-in-error"}, mine.headers["etag"])
    assert (changed.status_code, changed.json()["status"]) == (200, "entered-in-error")
    assert app.get(f"{QR}/{journal.of(1)['id']}").status_code == 404


def test_a_narrowed_scope_writes_nothing(journal: Journal) -> None:
    """Constraints on c, u and d are not evaluated, so they grant nothing (B-16)."""
    app = journal.app(f"patient/{QR}.cruds?status=completed")
    one = app.get(f"{QR}/{journal.of(2)['id']}")
    assert one.status_code == 200
    assert put(app, one.json() | {"status": "amended"}, one.headers["etag"]).status_code == 403
    assert app.post(QR, response(journal.world)).status_code == 403
    assert app.post(f"{QR}/{journal.of(2)['id']}/$validate?mode=update", one.json()).status_code == 403


def test_to_send_does_not_lift_the_limit_of_reading(journal: Journal) -> None:
    """`rs?status=completed` and `c`: nothing is told of what is not seen, and nothing of it is overwritten (B-46)."""
    app = journal.app(f"patient/{QR}.rs?status=completed patient/{QR}.c")
    for ordinal in (1, 3, 4, 6):
        there = journal.of(ordinal)
        again = response(
            journal.world,
            ordinal,
            encounter=f"six-done-{ordinal}",
            identifier=keyed(KEY.format(ordinal)),
            words={f"ai{ordinal}.1": "other words"},
        )
        for headers in ({}, {"If-None-Exist": _key(there)}):
            answer = app.post(QR, again, **headers)
            assert answer.status_code in (409, 412), (there["status"], answer.text)
            assert there["id"] not in answer.text
        assert app.get(f"{QR}/{there['id']}").status_code == 404
        path = f"{QR}/{there['id']}/$validate?mode=update"
        assert app.post(path, there).status_code == 404
    unlimited = app_of(journal.world, scope=f"patient/{QR}.rs")
    assert {
        one["id"]: one for one in (e["resource"] for e in unlimited.get(QR).json()["entry"])
    } == journal.now
    of_mine = f"{QR}/{journal.of(2)['id']}/$validate?mode=update"
    assert app.post(of_mine, journal.of(2)).status_code == 200


UNKEPT = (
    "authored=gt2020-01-01",
    "author=Patient/patient-six-done",
    "status:not=completed",
    "status=Completed",
    "status=done",
    "status=completed,done",
    "status=|completed",
    f"status={STATUSES}|",
    "status=http://example.org|completed",
    "status=completed,",
    "status=completed%2C",
    "status=completed&authored=gt2020",
    "encounter=Patient/six-done-1",
    "encounter=https://ehr.example/Encounter/six-done-1",
    "encounter:missing=true",
    "encounter.status=finished",
    "questionnaire=|1.0.0",
    "questionnaire=http://a|",
    "questionnaire=http://a|1|2",
    "questionnaire=http://a%5C,b",
    "_has:Provenance:target:agent=x",
    "_filter=status%20eq%20completed",
)
OF_OTHERS = (
    "patient/*.rs?status=completed",
    "patient/Encounter.rs?status=finished",
    "patient/DocumentReference.rs?status=current",
    "patient/Binary.r?contenttype=application/pdf",
    "patient/Provenance.rs?target=x",
)


def test_a_constraint_that_cannot_be_kept_grants_nothing(world: World) -> None:
    """B-16: 403, as if the scope were not there; of types that nobody evaluates, any constraint."""
    for constraint in UNKEPT:
        app = app_of(world, scope=f"patient/{QR}.rs?{constraint}")
        assert (app.get(QR).status_code, app.get(f"{QR}/x").status_code) == (403, 403), constraint
    for scope in OF_OTHERS:
        app = app_of(world, scope=scope)
        for kind in (QR, "Task", "Encounter", "DocumentReference", "Provenance"):
            assert app.get(kind).status_code == 403, (scope, kind)


def test_the_offer_says_which_constraints_are_kept(world: World) -> None:
    told = App(world).get("metadata").json()["rest"][0]["security"]["description"]
    assert f"{QR} by encounter, questionnaire, status; Task by encounter, status." in told
