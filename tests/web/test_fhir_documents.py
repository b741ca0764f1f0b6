"""The summaries as DocumentReferences: what is filed is what is served, and no further than its response reaches."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.documentreference import DocumentReference
from sqlalchemy import update

from service.audit.record import Deed
from service.journal.conditions import Comparison, During, Lacks, Period, meets
from service.journal.entries import EntryStatus, Link
from service.r4.document_reference import SEARCHED
from service.store import deeds, documents, entries
from service.store.row_security import tell, whole_house
from service.store.tables import entry_versions
from service.workflow.relink_entry import relink_entry
from tests.people import FORM, App, app_of, backend_app, patient, staff_app
from tests.web.fhir_answers import QR, Value, ids, issues
from tests.workflow.contexts import as_clinician
from tests.workflow.remembered import log
from tests.world import CLINIC, OTHER, World

DR = "DocumentReference"
SHARED, PRIVATE = "the harbour lay still", "kept for nobody else"
TYPES = (DR, "Binary", QR, "Encounter")


def scopes(level: str) -> str:
    return " ".join(f"{level}/{kind}.rs" for kind in TYPES)


def mine(world: World, name: str = "patient-six-done", **more: Any) -> App:
    return app_of(world, name, scope=scopes("patient"), **more)


def staff(world: World, name: str = "clinician-1", chart: str | None = None) -> App:
    return staff_app(world, name, chart, scope=scopes("user"))


def backend(world: World, **claims: Any) -> App:
    return backend_app(world, scope=scopes("system"), **claims)


def sent(world: World, name: str = "patient-six-done", ordinal: int = 1, clinic: str = CLINIC) -> str:
    """One entry with a private answer, as its patient wrote it on the page; its FHIR id."""
    visit = f"{name.removeprefix('patient-')}-{ordinal}"
    words = {f"ai{ordinal}.1": SHARED, f"ai{ordinal}.2": PRIVATE}
    world.clock.pass_time(seconds=1)
    key = patient(world, name, clinic).write(visit, words, private=(f"ai{ordinal}.2",))
    return world.desk.entry_id(clinic, key)


def filed(world: World, name: str = "patient-six-done", ordinal: int = 1, clinic: str = CLINIC) -> str:
    """An entry whose summary is in the record; its FHIR id."""
    entry = sent(world, name, ordinal, clinic)
    assert world.deliver(clinic)
    return entry


def moved(world: World, entry_id: str, encounter: str | None, name: str = "patient-six-done") -> None:
    """A clinician gives the entry another infusion, or none."""
    world.clock.pass_time(seconds=1)
    seen = entries.by_id(world.desk.store, as_clinician(name), entry_id)
    assert seen is not None
    relink_entry(world.desk, as_clinician(name), seen, Link(encounter))


def next_version(world: World, entry_id: str, **changes: Any) -> None:
    """A version that owes no document: nothing is left to share, or it was entered in error."""
    world.clock.pass_time(seconds=1)
    before = entries.whole(world.desk.store, CLINIC, entry_id)
    assert before is not None
    version = replace(before, version=before.version + 1, recorded_at=world.clock(), **changes)
    world.desk.writer.perform(deeds.Deed(CLINIC, changes=(deeds.SaveEntryVersion(version),)))


def there(world: World, clinic: str = CLINIC) -> list[Value]:
    """The documents that the record system holds."""
    found = world.records(clinic).search(DR, []).resources
    return [one if isinstance(one, dict) else json.loads(one) for one in found]


@pytest.mark.postgres
def test_it_is_the_same_on_postgresql(world_on_postgresql: World) -> None:
    world = world_on_postgresql
    entry = filed(world)
    theirs = filed(world, "patient-eight-done")
    moved(world, entry, "six-done-2")
    world.deliver()
    day = "2026-11-20"

    for app in (
        mine(world),
        staff(world, chart="patient-six-done"),
        backend(world),
    ):
        assert app.get(f"{DR}/{entry}/_history").json()["total"] == 2
        assert app.get(f"{DR}/{entry}/_history/1").json()["status"] == "superseded"
        assert app.get(f"Binary/{entry}.2").content.startswith(b"%PDF")
        for query in (
            f"relatesto={DR}/{entry}&status=current&type=74465-6&date={day}&_sort=status,-date",
            f"_id={entry}&encounter=six-done-2&period:missing=true&_total=accurate",
        ):
            assert ids(app.get(f"{DR}?{query}")) == [entry]
        for prefix in ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"):
            assert ids(app.get(f"{DR}?_id={entry}&period={prefix}{day}")) == []
    assert mine(world).get(f"{DR}/{theirs}").status_code == 404
    assert mine(world).get(f"Binary/{theirs}.1").status_code == 404
    first = backend(world).get(f"{DR}?_count=1").json()
    following = next(link["url"] for link in first["link"] if link["relation"] == "next")
    assert ids(backend(world).get(following.removeprefix(f"{world.base}/"))) == [theirs]


# --- the document --------------------------------------------------------------------------------------------------


def test_it_is_the_document_in_the_record_but_for_what_has_to_differ(world: World) -> None:
    """Every member as filed; its bytes are at the Binary, and it names the response that it tells of."""
    entry = filed(world)
    [theirs] = there(world)
    answer = mine(world).get(f"{DR}/{entry}")

    ours = answer.json()
    DocumentReference.model_validate(ours)
    assert (ours["id"], ours["meta"]["versionId"]) == (entry, "1")
    assert ours["meta"]["security"] == theirs["meta"]["security"]
    for name in ours.keys() - {"id", "meta", "content", "context"}:
        assert ours[name] == theirs[name], name
    assert theirs.keys() - {"id", "meta"} == ours.keys() - {"id", "meta"}
    assert ours["context"] == theirs["context"] | {"related": [{"reference": f"{QR}/{entry}/_history/1"}]}
    [content], [other] = ours["content"], theirs["content"]
    assert content["format"] == other["format"]
    assert content["attachment"].pop("url") == f"{world.base}/Binary/{entry}.1"
    data = other["attachment"].pop("data", None)
    if data is None:
        other["attachment"].pop("url")
    assert content["attachment"] == other["attachment"]


def test_its_hash_and_size_are_those_of_the_bytes_behind_its_address(world: World) -> None:
    entry = filed(world)
    app = mine(world)
    attachment = app.get(f"{DR}/{entry}").json()["content"][0]["attachment"]

    raw = app.get(attachment["url"].removeprefix(f"{world.base}/")).content

    assert attachment["size"] == len(raw)
    assert attachment["hash"] == base64.b64encode(hashlib.sha1(raw).digest()).decode()
    assert attachment["contentType"] == "application/pdf"


def test_what_it_refers_to_is_read_with_the_same_token(world: World) -> None:
    entry = filed(world)
    for app in (mine(world), staff(world), backend(world)):
        found = app.get(f"{DR}/{entry}").json()
        for one in (*found["context"]["encounter"], *found["context"]["related"]):
            assert app.get(one["reference"]).status_code == 200, one


def test_nothing_is_there_before_its_summary_was_made(world: World) -> None:
    """Sent, and the worker did not come yet: absent everywhere, for the patient as well."""
    entry = sent(world)
    for app in (mine(world), staff(world), backend(world)):
        for path in (
            f"{DR}/{entry}",
            f"{DR}/{entry}/_history",
            f"{DR}/{entry}/_history/1",
            f"Binary/{entry}.1",
        ):
            assert app.get(path).status_code == 404, path
        assert ids(app.get(DR)) == []
        assert app.get(f"{DR}?_summary=count").json()["total"] == 0


def test_private_answers_are_in_none_of_it_for_nobody(world: World) -> None:
    entry = filed(world)

    for app in (mine(world), staff(world), backend(world)):
        for path in (f"{DR}/{entry}", f"{DR}/{entry}/_history", DR):
            told = app.get(path)
            assert told.status_code == 200
            assert PRIVATE not in told.text
            assert SHARED not in told.text


# --- versions ------------------------------------------------------------------------------------------------------


def test_after_a_move_the_new_version_is_current_and_the_one_before_superseded(world: World) -> None:
    entry = filed(world)
    moved(world, entry, "six-done-2")
    app = mine(world)
    # Until the new document is made, the old one stands, as it does in the record.
    assert app.get(f"{DR}/{entry}").json()["meta"]["versionId"] == "1"
    before = app.get(f"{DR}/{entry}").headers["etag"]
    world.deliver()

    now = app.get(f"{DR}/{entry}", **{"If-None-Match": before})
    told = now.json()
    assert (now.status_code, now.headers["etag"]) == (200, 'W/"2"')
    assert (told["status"], told["context"]["encounter"]) == (
        "current",
        [{"reference": "Encounter/six-done-2"}],
    )
    [replaced] = told["relatesTo"]
    assert replaced == {"code": "replaces", "target": {"reference": f"{DR}/{entry}/_history/1"}}
    old = app.get(replaced["target"]["reference"]).json()
    assert (old["status"], old["meta"]["versionId"]) == ("superseded", "1")
    assert old["context"]["encounter"] == [{"reference": "Encounter/six-done-1"}]
    assert old["masterIdentifier"] != told["masterIdentifier"]
    assert old["identifier"][0] == told["identifier"][0]
    assert {one["status"] for one in there(world)} == {"current", "superseded"}
    assert {one["masterIdentifier"]["value"] for one in there(world)} == {
        one["masterIdentifier"]["value"] for one in (old, told)
    }


def test_the_history_has_each_version_once_the_newest_first(world: World) -> None:
    entry = filed(world)
    for where in ("six-done-2", None):
        moved(world, entry, where)
        world.deliver()
    app = mine(world)

    answer = app.get(f"{DR}/{entry}/_history")

    Bundle.model_validate(answer.json())
    told = [one["resource"] for one in answer.json()["entry"]]
    assert [one["meta"]["versionId"] for one in told] == ["3", "2", "1"]
    assert [one["status"] for one in told] == ["current", "superseded", "superseded"]
    assert answer.json()["total"] == 3
    for one in told:
        assert app.get(f"{DR}/{entry}/_history/{one['meta']['versionId']}").json() == one
    first = app.get(f"{DR}/{entry}/_history?_count=2").json()
    following = next(link["url"] for link in first["link"] if link["relation"] == "next")
    rest = app.get(following.removeprefix(f"{world.base}/")).json()
    assert [one["resource"]["meta"]["versionId"] for one in rest["entry"]] == ["1"]
    for version in ("0", "4", "01", "x", "99999999999"):
        assert app.get(f"{DR}/{entry}/_history/{version}").status_code == 404


def test_a_version_that_never_got_its_document_is_left_out(world: World) -> None:
    """Moved twice before the worker came: the first move's filing was cancelled unmade."""
    entry = filed(world)
    moved(world, entry, "six-done-2")
    moved(world, entry, "six-done-3")
    world.deliver()

    told = mine(world).get(f"{DR}/{entry}/_history").json()["entry"]

    assert [one["resource"]["meta"]["versionId"] for one in told] == ["3", "1"]
    assert told[0]["resource"]["relatesTo"][0]["target"]["reference"] == f"{DR}/{entry}/_history/1"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": EntryStatus.ENTERED_IN_ERROR}, "entered-in-error"),
        ({"status": EntryStatus.AMENDED}, "superseded"),
    ],
    ids=["in error", "all private"],
)
def test_an_entry_that_owes_no_document_any_more_takes_its_document_along(
    world: World, changes: dict[str, Any], status: str
) -> None:
    """A version of its own with the last document in it, so that nobody keeps the old status for the present one."""
    entry = filed(world)
    app = mine(world)
    before = app.get(f"{DR}/{entry}")
    next_version(world, entry, **changes)

    answer = app.get(f"{DR}/{entry}", **{"If-None-Match": before.headers["etag"]})

    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    told = answer.json()
    assert told["status"] == status
    assert told["content"] == before.json()["content"]
    assert "relatesTo" not in told
    assert ids(app.get(f"{DR}?status={status}")) == [entry]
    assert ids(app.get(f"{DR}?status=current")) == []
    assert app.get(f"{DR}/{entry}/_history/1").json()["status"] == status
    assert app.get(f"Binary/{entry}.1").status_code == 200
    assert app.get(f"Binary/{entry}.2").status_code == 404


# --- searches ------------------------------------------------------------------------------------------------------


def test_each_parameter_finds_what_it_names_and_nothing_else(world: World) -> None:
    a, b = filed(world, ordinal=1), filed(world, ordinal=2)
    moved(world, a, "six-done-3")
    world.deliver()
    app = mine(world)
    told = {one: app.get(f"{DR}/{one}").json() for one in (a, b)}
    start = {
        one: quote(told[one]["context"]["period"]["start"])
        for one in told
        if "period" in told[one]["context"]
    }
    master = {one: told[one]["masterIdentifier"]["value"] for one in told}
    old = app.get(f"{DR}/{a}/_history/1").json()["masterIdentifier"]["value"]
    uri = quote("urn:ietf:rfc:3986|")
    every = [a, b]
    assert ids(app.get(f"{DR}?_sort=-date")) == every
    loinc = quote("http://loinc.org|74465-6")
    category = quote(
        "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category|clinical-note"
    )
    queries = {
        "": every,
        "_sort=date": every[::-1],
        "_sort=status,-_lastUpdated": every,
        "patient=patient-six-done": every,
        "patient=Patient/patient-six-done&type=74465-6": every,
        "subject=Patient/patient-six-done": every,
        "author=Patient/patient-six-done": every,
        "author=Practitioner/clinician-1": [],
        f"type={loinc}": every,
        "type=74465-6,x": every,
        "type=34133-9": [],
        "type:not=74465-6": [],
        "type:missing=false": every,
        f"category={category}": every,
        "category=clinical-note&date=2026-11-20": every,
        "category=other": [],
        "status=current": every,
        "status=current,superseded": every,
        "status=superseded": [],
        "status:not=current": [],
        "encounter=Encounter/six-done-3": [a],
        "encounter=six-done-1": [],
        "encounter:missing=true": [],
        f"_id={a}": [a],
        f"_id={a},{b},nothing": every,
        f"identifier={master[a]}": [a],
        f"identifier={uri}{master[b]}": [b],
        f"identifier={old}": [],
        f"identifier={told[a]['identifier'][0]['value']}": [a],
        f"identifier:not={master[a]}": [b],
        "identifier:missing=true": [],
        f"relatesto={DR}/{a}/_history/1": [a],
        f"relatesto={DR}/{a}": [a],
        f"relatesto=https://elsewhere.example/{DR}/{a}": [],
        f"relatesto={DR}/{b}": [],
        f"relatesto={DR}/{a}/_history/2": [],
        "relatesto:missing=true": [b],
        "relatesto:missing=false": [a],
        "date=2026-11-20": every,
        "date=ge2026-11-20&date=lt2026-11-21": every,
        "date=lt2026-11-20": [],
        f"date=gt{quote(told[b]['date'].replace('+00:00', 'Z'))}": [a],
        "_lastUpdated=2026": every,
        "_lastUpdated=gt2027": [],
        "period:missing=false": [one for one in every if one in start],
        f"period=eq{start[b]}": [],
        f"period=sa{start[b]}": [],
        f"period=ge{start[b]}": [b],
        f"period=lt{start[b]}": [],
        "period=2026": [b],
        "period=ge2026&type=74465-6": [b],
    }
    for query, wanted in queries.items():
        answer = app.get(f"{DR}?{query}")
        assert ids(answer) == wanted, query
        Bundle.model_validate(answer.json())
        assert app.get(f"{DR}?{query}&_total=accurate").json()["total"] == len(wanted), query
    by_form = app.ask("POST", f"{DR}/_search", content=f"_id={a}".encode(), headers=FORM)
    assert ids(by_form) == [a]


REFUSED = [
    "_sort=type",
    "contenttype=application/pdf",
    "status=final",
    "status:exact=current",
    "period:exact=2026",
    "period=x",
    "date=zz2026",
    "relatesto=",
    "relatesto:Patient=x",
    "type=",
    "identifier:of-type=x",
    "_include=DocumentReference:patient",
    "_revinclude=Provenance:target",
    "_text=harbour",
    "after=x",
]


@pytest.mark.parametrize("query", REFUSED)
def test_what_is_not_understood_is_refused_and_never_ignored(world: World, query: str) -> None:
    answer = mine(world).get(f"{DR}?{query}", Prefer="handling=lenient")

    assert answer.status_code == 400, (query, answer.text)
    assert issues(answer)


def test_own_absolute_addresses_name_the_same_document(world: World) -> None:
    entry = filed(world)
    moved(world, entry, "six-done-2")
    world.deliver()
    address = quote(f"{world.base}/{DR}/{entry}")

    assert ids(mine(world).get(f"{DR}?relatesto={address}")) == [entry]
    assert ids(mine(world).get(f"{DR}?relatesto={address}/_history/1")) == [entry]


def test_the_parameters_that_the_statement_names_are_those_that_are_read(world: World) -> None:
    """Each is answered, with :missing too; what R4 has beside them is refused."""
    statement = App(world).get("metadata").json()
    [told] = [one for one in statement["rest"][0]["resource"] if one["type"] == DR]
    values = {"status": "current", "date": "2026", "period": "2026", "_lastUpdated": "2026"}
    people = dict.fromkeys(("author", "patient", "subject"), "patient-six-done")

    named = [one["name"] for one in told["searchParam"]]

    assert named == [one.name for one in SEARCHED]
    for name in named:
        for query in (f"{name}={(values | people).get(name, 'x')}", f"{name}:missing=true"):
            assert mine(world).get(f"{DR}?{query}").status_code == 200, query
    for name in ("facility", "format", "relation", "custodian", "security-label", "_tag", "_profile"):
        assert mine(world).get(f"{DR}?{name}=x").status_code == 400, name


def periods() -> list[tuple[datetime | None, datetime | None]]:
    """Every way in which a period can lie to the day that is asked for, its very limits as well."""
    day = datetime(2026, 11, 20, tzinfo=UTC)
    moments = [None, *(day + timedelta(hours=hours) for hours in (-2, -1, 0, 1, 24, 25))]
    return [(a, b) for a in moments for b in moments if a is None or b is None or a <= b]


@pytest.mark.parametrize("prefix", ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"])
def test_a_period_is_compared_as_the_rules_compare_it(world: World, prefix: str) -> None:
    """The database against `journal.conditions`, over every way in which a period can lie to a day."""
    entry = filed(world)
    day = datetime(2026, 11, 20, tzinfo=UTC)
    asked = During("period", (Comparison(prefix, day, day + timedelta(days=1)),))
    for begins, ends in periods():
        with world.desk.store.writer_engine.begin() as connection:
            tell(connection, whole_house())
            connection.execute(update(entry_versions).values(infusion_start=begins, infusion_end=ends))
        known = Period(begins, ends) if begins or ends else None
        found = documents.count(world.desk.store, as_clinician(), [asked])
        assert found == int(meets(asked, {"period": known})), (prefix, begins, ends)
        lacks = documents.count(world.desk.store, as_clinician(), [Lacks("period")])
        assert lacks == int(known is None)
    assert entry


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("order", ["", "&_sort=status", "&_sort=-_lastUpdated", "&_sort=date,status"])
def test_pages_visit_each_document_once(world: World, size: int, order: str) -> None:
    three = [filed(world, ordinal=n) for n in (1, 2, 3)]
    app, seen = mine(world), []
    url: str | None = f"{DR}?_count={size}{order}"
    while url is not None:
        answer = app.get(url.removeprefix(f"{world.base}/"))
        page = ids(answer)
        assert len(page) <= size
        seen += page
        url = {link["relation"]: link["url"] for link in answer.json()["link"]}.get("next")

    assert sorted(seen) == sorted(three)
    if not order:
        assert seen == three[::-1]


def test_a_page_link_in_other_hands_is_none(world: World) -> None:
    for ordinal in (1, 2):
        filed(world, "patient-eight-done", ordinal)
    answer = mine(world, "patient-eight-done").get(f"{DR}?_count=1")
    link = next(one["url"] for one in answer.json()["link"] if one["relation"] == "next")

    assert mine(world).get(link.removeprefix(f"{world.base}/")).status_code == 400
    assert mine(world, "patient-eight-done").get(link.removeprefix(f"{world.base}/")).status_code == 200


def test_the_visits_come_with_their_documents_where_the_token_may(world: World) -> None:
    entry = filed(world)
    query = f"{DR}?_include=DocumentReference:encounter"

    found = mine(world).get(query).json()["entry"]

    assert [(one["resource"]["id"], one["search"]["mode"]) for one in found] == [
        (entry, "match"),
        ("six-done-1", "include"),
    ]
    assert app_of(world, scope=f"patient/{DR}.rs").get(query).status_code == 403


def test_parts_are_shown_as_asked_and_say_so(world: World) -> None:
    entry = filed(world)
    app = mine(world)
    for path in (f"{DR}/{entry}", DR):
        for query, has in (("_elements=date", False), ("_summary=true", True), ("_summary=data", True)):
            told = app.get(f"{path}?{query}").json()
            one = told["entry"][0]["resource"] if path == DR else told
            assert one["meta"]["tag"][0]["code"] == "SUBSETTED"
            assert one["status"] == "current"
            assert one["content"]
            assert ("type" in one) == has, query
    assert app.get(f"{DR}?_summary=count").json()["total"] == 1


# --- who ------------------------------------------------------------------------------------------------------------


def test_a_foreign_document_looks_exactly_like_one_that_is_not(world: World) -> None:
    """To another patient, the other clinic, another chart, staff without reach, a client nobody listed."""
    theirs = filed(world, "patient-eight-done")
    outsiders = [
        mine(world),
        app_of(world, clinic=OTHER, scope=scopes("patient")),
        app_of(world, "patient-eight-done", clinic=OTHER, scope=scopes("patient")),
        staff(world, chart="patient-six-done"),
        staff(world, "clinician-2"),
        backend(world, client_id="somebody"),
    ]
    for app in outsiders:
        for path in (f"{DR}/{{}}", f"{DR}/{{}}/_history", f"{DR}/{{}}/_history/1"):
            absent, foreign = app.get(path.format(uuid4())), app.get(path.format(theirs))
            assert (foreign.status_code, foreign.content) == (404, absent.content), path
        for query in (f"_id={theirs}", "", f"relatesto={DR}/{theirs}"):
            assert ids(app.get(f"{DR}?{query}")) == []
            assert app.get(f"{DR}?{query}&_total=accurate").json()["total"] == 0
    assert mine(world).get(f"{DR}?patient=patient-eight-done").status_code == 403
    assert mine(world).get(f"{DR}?author=patient-eight-done").status_code == 403
    for app in (mine(world, "patient-eight-done"), staff(world, chart="patient-eight-done"), backend(world)):
        assert ids(app.get(DR)) == [theirs]


def test_a_tokens_scope_says_what_it_may(world: World) -> None:
    entry = filed(world)
    for scope, read, search in (
        (f"patient/{DR}.r", 200, 403),
        (f"patient/{DR}.s", 403, 200),
        (f"patient/{QR}.rs patient/Binary.r", 403, 403),
    ):
        app = app_of(world, scope=scope)
        assert app.get(f"{DR}/{entry}").status_code == read
        assert app.get(f"{DR}/{entry}/_history").status_code == read
        assert app.get(DR).status_code == search
    assert App(world).get(f"{DR}/{entry}").status_code == 401
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        where = DR if method == "POST" else f"{DR}/{entry}"
        assert mine(world).ask(method, where, content=b"{}").status_code == 405
    assert mine(world).get(DR, Accept="text/html").status_code == 406


def test_every_read_and_search_is_remembered_for_whom_it_was_about(world: World) -> None:
    entry, other = filed(world), filed(world, "patient-eight-done")
    count = len(log(world))

    mine(world).get(f"{DR}/{entry}")
    mine(world).get(f"{DR}/{entry}/_history/1")
    backend(world).get(f"{DR}?_count=2")
    backend(world).get(f"{DR}?_id=nothing")
    backend(world).get(f"{DR}?_id={entry}&_include=DocumentReference:encounter")

    told = [(one.deed, one.what, one.patient) for one in log(world)[count:]]
    assert told == [
        (Deed.READ, f"{DR}/{entry}/_history/1", "patient-six-done"),
        (Deed.READ, f"{DR}/{entry}/_history/1", "patient-six-done"),
        (Deed.SEARCH, DR, "patient-eight-done"),
        (Deed.SEARCH, DR, "patient-six-done"),
        (Deed.SEARCH, DR, None),
        (Deed.SEARCH, DR, "patient-six-done"),
        (Deed.READ, "Encounter/six-done-1", "patient-six-done"),
    ]
    assert other != entry


def test_what_one_has_already_is_not_sent_again(world: World) -> None:
    entry = filed(world)
    first = mine(world).get(f"{DR}/{entry}")

    again = mine(world).get(f"{DR}/{entry}", **{"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "no-store"
    assert mine(world).ask("HEAD", f"{DR}/{entry}").headers["etag"] == first.headers["etag"]
