"""How each sent version came to be, as Provenance: found by what it is about, seen as far as its response (rule 11)."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.provenance import Provenance

from service.audit.record import Deed
from service.journal.entries import EntryVersion, Link
from service.journal.rulings import Reason
from service.store import entries
from service.workflow import read_provenance
from service.workflow.relink_entry import relink_entry
from tests.people import FORM, App, app_of, backend_app, patient, staff_app
from tests.web.fhir_answers import QR, ids, issues
from tests.workflow.contexts import as_clinician
from tests.workflow.remembered import log
from tests.world import CLINIC, OTHER, World

SCOPES = "patient/Provenance.rs patient/QuestionnaireResponse.rs"


def mine(world: World, name: str = "patient-six-done") -> App:
    return app_of(world, name, scope=SCOPES)


def staff(world: World, name: str = "clinician-1", chart: str | None = None) -> App:
    return staff_app(world, name, chart, scope="user/Provenance.rs user/QuestionnaireResponse.rs")


def backend(world: World, **claims: Any) -> App:
    return backend_app(world, scope="system/Provenance.rs system/QuestionnaireResponse.rs", **claims)


def sent(world: World, name: str = "patient-six-done", ordinal: int = 1) -> str:
    """One response, as its patient wrote it on the page; its FHIR id."""
    visit = f"{name.removeprefix('patient-')}-{ordinal}"
    world.clock.pass_time(seconds=1)
    return world.desk.entry_id(CLINIC, patient(world, name).write(visit, {f"ai{ordinal}.1": "my own words"}))


def moved(world: World, entry_id: str, encounter: str | None, **more: Any) -> EntryVersion:
    world.clock.pass_time(seconds=1)
    said = {"made_by": "Practitioner/clinician-1", "why": next(iter(Reason))} | more
    seen = entries.by_id(world.desk.store, as_clinician(), entry_id)
    assert seen is not None
    return relink_entry(world.desk, as_clinician(), seen, Link(encounter), **said)


def test_each_version_has_one_and_it_says_who_made_it_and_why(world: World) -> None:
    entry = sent(world)
    moved(world, entry, None, made_by="Practitioner/clinician-1", why=Reason.WRONG_VISIT)
    moved(world, entry, "six-done-2", made_by=None, why=None)

    for app in (mine(world), staff(world), staff(world, chart="patient-six-done"), backend(world)):
        told = [app.get(f"Provenance/{entry}.{n}") for n in (1, 2, 3)]
        assert [one.status_code for one in told] == [200] * 3
        first, second, third = (one.json() for one in told)
        for n, one in enumerate((first, second, third), 1):
            Provenance.model_validate(one)
            assert one["id"] == f"{entry}.{n}"
            assert one["target"] == [{"reference": f"{QR}/{entry}/_history/{n}"}]
            version = app.get(one["target"][0]["reference"]).json()
            assert (version["id"], version["meta"]["versionId"]) == (entry, str(n))
            assert one["recorded"] == version["meta"]["lastUpdated"]
        assert first["agent"][0]["who"] == {"reference": "Patient/patient-six-done"}
        assert second["agent"][0]["who"] == {"reference": "Practitioner/clinician-1"}
        assert second["reason"][0]["coding"][0]["code"] == Reason.WRONG_VISIT.value
        assert third["agent"][0]["who"] == {"type": "Device", "display": "Infusion Journal"}
        assert {one["activity"]["coding"][-1]["code"] for one in (second, third)} == {"detached", "attached"}


def test_a_provenance_never_changes(world: World) -> None:
    entry = sent(world)
    app, place = mine(world), f"Provenance/{entry}.1"
    before = app.get(place)
    moved(world, entry, "six-done-2")

    assert app.get(place).content == before.content
    assert (before.headers["etag"], before.headers["cache-control"]) == ('W/"1"', "no-store")
    again = app.get(place, **{"If-None-Match": before.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_each_parameter_finds_what_it_names_and_nothing_else(world: World) -> None:
    a, b = sent(world, ordinal=1), sent(world, ordinal=2)
    versions = [moved(world, a, "six-done-3"), moved(world, a, None)]
    app = mine(world)
    every = [f"{b}.1", f"{a}.3", f"{a}.2", f"{a}.1"]
    middle = quote(versions[0].recorded_at.isoformat())
    queries = {
        "": every,
        "patient=patient-six-done": every,
        "patient=Patient/patient-six-done": every,
        f"target={QR}/{a}": every[1:],
        f"target={QR}/{a}/_history/2": [f"{a}.2"],
        f"target={QR}/{a}/_history/2,{QR}/{b}": [f"{b}.1", f"{a}.2"],
        f"target={quote(world.base)}/{QR}/{b}": [f"{b}.1"],
        f"target={quote(world.base)}/{QR}/{b}/_history/1": [f"{b}.1"],
        f"target=https://elsewhere.example/{QR}/{b}": [],
        f"target={QR}/{a}/_history/4": [],
        f"target={QR}/{a}/_history/02": [],
        f"target={QR}/nothing": [],
        "target=Patient/patient-six-done": [],
        f"_id={a}.2": [f"{a}.2"],
        f"_id={a}.2,{b}.1,nothing,x.y,.1,{a}": [f"{b}.1", f"{a}.2"],
        f"_id={a}.2&target={QR}/{a}": [f"{a}.2"],
        f"_id={a}.2&target={QR}/{b}": [],
        f"_id={a}.2&target={QR}/{a}/_history/1": [],
        f"recorded=gt{middle}": [f"{a}.3"],
        f"recorded=lt{middle}": [f"{b}.1", f"{a}.1"],
        f"recorded=ge{middle}&target={QR}/{a}": [f"{a}.3", f"{a}.2"],
        "recorded=2026-11-20": every,
        "recorded=2026-11-21": [],
        "recorded=ge2026-11-20&recorded=lt2026-11-21": every,
    }
    for query, wanted in queries.items():
        answer = app.get(f"Provenance?{query}")
        assert ids(answer) == wanted, query
        Bundle.model_validate(answer.json())


def test_a_form_finds_what_the_address_finds(world: World) -> None:
    entry = sent(world)

    by_form = mine(world).ask(
        "POST", "Provenance/_search", content=f"target={QR}/{entry}".encode(), headers=FORM
    )

    assert ids(by_form) == [f"{entry}.1"]


REFUSED = [
    "_sort=recorded",
    "target:Patient=x",
    "target:not=x",
    "recorded:exact=2026",
    "recorded=zz2026",
    "_include=Provenance:target",
    "agent=Practitioner/clinician-1",
    "target=",
    f"target={QR}/x/_history",
    f"target={QR}/x/1",
    "patient=",
    "recorded=x",
    "_summary=most",
    "_elements=target.reference",
    "_total=maybe",
    "after=x",
]


def test_what_is_not_understood_is_refused_and_never_ignored(world: World) -> None:
    app = mine(world)

    for query in REFUSED:
        answer = app.get(f"Provenance?{query}", Prefer="handling=lenient")
        assert answer.status_code == 400, (query, answer.text)
        assert issues(answer)


def pages(world: World, app: App, query: str) -> list[list[str]]:
    """The ids on each page, following the links."""
    seen: list[list[str]] = []
    url: str | None = f"Provenance?{query}"
    while url is not None:
        answer = app.get(url.removeprefix(f"{world.base}/"))
        seen.append(ids(answer))
        url = {link["relation"]: link["url"] for link in answer.json()["link"]}.get("next")
        assert len(seen) < 50
    return seen


@pytest.mark.parametrize("size", [1, 2, 3, 50])
@pytest.mark.parametrize("at_once", [1, 2, 200])
def test_pages_visit_each_provenance_once(
    world: World, monkeypatch: pytest.MonkeyPatch, size: int, at_once: int
) -> None:
    """Whatever the size of a page, and however few entries are looked at for one."""
    monkeypatch.setattr(read_provenance, "_AT_ONCE", at_once)
    a, b, c = (sent(world, ordinal=n) for n in (1, 2, 3))
    for where in ("six-done-4", None, "six-done-5"):
        moved(world, b, where)
    app = mine(world)

    found = pages(world, app, f"_count={size}")

    assert [one for page in found for one in page] == [
        f"{c}.1",
        *(f"{b}.{n}" for n in (4, 3, 2, 1)),
        f"{a}.1",
    ]
    assert all(len(page) <= size for page in found)
    few = pages(world, app, f"_count={size}&target={QR}/{b}/_history/2")
    assert [one for page in few for one in page] == [f"{b}.2"]


def test_a_page_link_in_other_hands_reaches_no_further_than_they_do(world: World) -> None:
    theirs = sent(world, "patient-eight-done", 1)
    other = sent(world, "patient-eight-done", 2)
    chart = as_clinician("patient-eight-done")
    for where in ("eight-done-3", None):
        seen = entries.by_id(world.desk.store, chart, other)
        assert seen is not None
        relink_entry(world.desk, chart, seen, Link(where))
    own = sent(world)
    answer = mine(world, "patient-eight-done").get("Provenance?_count=1")
    link = next(one["url"] for one in answer.json()["link"] if one["relation"] == "next")

    refused = mine(world).get(link.removeprefix(f"{world.base}/"))

    assert (refused.status_code, theirs in refused.text, other in refused.text) == (400, False, False)
    # And a link bound to one patient by a parameter stays with that patient in the clinic's own hands.
    answer = backend(world).get("Provenance?_count=1&patient=patient-eight-done")
    link = next(one["url"] for one in answer.json()["link"] if one["relation"] == "next")
    bent = link.replace("patient-eight-done", "patient-six-done").removeprefix(f"{world.base}/")
    assert backend(world).get(bent).status_code == 400
    assert ids(backend(world).get("Provenance?patient=patient-six-done")) == [f"{own}.1"]


def test_a_foreign_provenance_looks_exactly_like_one_that_is_not(world: World) -> None:
    theirs = sent(world, "patient-eight-done")
    outsiders = [
        mine(world),
        app_of(world, clinic=OTHER, scope=SCOPES),
        staff(world, chart="patient-six-done"),
        staff(world, "clinician-2"),
        backend(world, client_id="somebody"),
    ]
    for app in outsiders:
        absent, foreign = app.get(f"Provenance/{uuid4()}.1"), app.get(f"Provenance/{theirs}.1")
        assert (foreign.status_code, foreign.content) == (404, absent.content)
        for query in (f"target={QR}/{theirs}", f"_id={theirs}.1", ""):
            assert ids(app.get(f"Provenance?{query}")) == []
        assert app.get("Provenance?patient=patient-eight-done").status_code == 403
    assert ids(staff(world).get("Provenance")) == ids(backend(world).get("Provenance")) == [f"{theirs}.1"]


@pytest.mark.parametrize(
    "name", ["{}", "{}.0", "{}.2", "{}.01", "{}.1.1", ".1", "x.1", "{}.99999999999999999999"]
)
def test_an_id_that_names_no_version_is_not_there(world: World, name: str) -> None:
    entry = sent(world)

    answer = mine(world).get(f"Provenance/{name.format(entry)}")

    assert (answer.status_code, issues(answer)) == (404, ["not-found"])


def test_a_draft_has_no_provenance(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "planted"})
    entry = world.desk.entry_id(CLINIC, key)

    for app in (mine(world), staff(world), backend(world)):
        assert ids(app.get("Provenance")) == ids(app.get(f"Provenance?target={QR}/{entry}")) == []
        assert app.get(f"Provenance/{entry}.1").status_code == 404


def test_a_tokens_scope_says_what_it_may(world: World) -> None:
    entry = sent(world)
    for scope, read, search in (
        ("patient/Provenance.r", 200, 403),
        ("patient/Provenance.s", 403, 200),
        ("patient/QuestionnaireResponse.rs patient/Task.rs", 403, 403),
    ):
        app = app_of(world, scope=scope)
        assert app.get(f"Provenance/{entry}.1").status_code == read
        assert app.get("Provenance").status_code == search
        assert app.ask("POST", "Provenance/_search", content=b"", headers=FORM).status_code == search
    assert App(world).get("Provenance").status_code == 401
    assert mine(world).ask("POST", "Provenance", content=b"{}").status_code == 405
    assert mine(world).get("Provenance", Accept="text/html").status_code == 406


def test_every_read_and_search_is_remembered_for_whom_it_was_about(world: World) -> None:
    entry, other = sent(world), sent(world, "patient-eight-done")
    count = len(log(world))

    mine(world).get(f"Provenance/{entry}.1")
    backend(world).get("Provenance?_count=2")
    backend(world).get(f"Provenance?target={QR}/nothing")

    told = [(one.deed, one.what, one.patient, one.query) for one in log(world)[count:]]
    assert told == [
        (Deed.READ, f"Provenance/{entry}.1", "patient-six-done", None),
        (Deed.SEARCH, "Provenance", "patient-eight-done", "_count=2"),
        (Deed.SEARCH, "Provenance", "patient-six-done", "_count=2"),
        (Deed.SEARCH, "Provenance", None, f"target={quote(f'{QR}/nothing', safe='')}"),
    ]
    assert other != entry


def test_a_provenance_is_asked_for_as_strangers_ask(world: World) -> None:
    entry, other = sent(world, ordinal=1), sent(world, ordinal=2)
    app = mine(world)
    queries = {
        f"target={entry}": [f"{entry}.1"],
        f"target:QuestionnaireResponse={entry}": [f"{entry}.1"],
        f"target={QR}/{entry}/_history/1": [f"{entry}.1"],
        f"target={QR}/{entry}/_history/2": [],
        f"target={QR}/{entry}&target={QR}/{other}": [],
        f"target={QR}/{entry},{QR}/{other}&_id:not={entry}.1": [f"{other}.1"],
        f"target=Patient/{entry}": [],
        "recorded=ap2026-11-20": [f"{other}.1", f"{entry}.1"],
        "recorded=ne2026-11-20": [],
        "_lastUpdated=2026&_lastUpdated=lt2027": [f"{other}.1", f"{entry}.1"],
        "target:missing=true": [],
    }
    for query, wanted in queries.items():
        answer = app.get(f"Provenance?{query}&_total=accurate")
        assert (ids(answer), answer.json()["total"]) == (wanted, len(wanted)), query
