"""The past of a response: each sent version under its own address, and its history; drafts have none (I-59, I-60)."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from fhir.resources.R4B.bundle import Bundle

from service.audit.record import Deed
from service.journal.entries import EntryVersion, Link
from service.store import entries
from service.workflow.relink_entry import relink_entry
from tests.factories import keyed, response
from tests.people import App, app_of, backend_app, patient, staff_app
from tests.web.fhir_answers import QR, issues
from tests.workflow.contexts import as_clinician
from tests.workflow.remembered import log
from tests.world import CLINIC, OTHER, World


def sent(world: World, name: str = "patient-six-done", encounter: str = "six-done-1") -> str:
    """One response, as its patient wrote it on the page; its FHIR id."""
    return world.desk.entry_id(CLINIC, patient(world, name).write(encounter, {"ai1.1": "my own words"}))


def moved(world: World, entry_id: str, encounter: str | None) -> EntryVersion:
    """A person moves the entry to another infusion, or takes it off."""
    world.clock.pass_time(minutes=1)
    seen = entries.by_id(world.desk.store, as_clinician(), entry_id)
    assert seen is not None
    return relink_entry(world.desk, as_clinician(), seen, Link(encounter), made_by="Practitioner/clinician-1")


def everybody(world: World) -> list[App]:
    return [
        app_of(world),
        staff_app(world),
        staff_app(world, chart="patient-six-done"),
        backend_app(world),
    ]


def test_every_version_stays_at_its_own_address(world: World) -> None:
    entry = sent(world)
    first = app_of(world).get(f"{QR}/{entry}")
    moved(world, entry, None)
    moved(world, entry, "six-done-2")

    for app in everybody(world):
        past = [app.get(f"{QR}/{entry}/_history/{n}") for n in (1, 2, 3)]
        assert [one.status_code for one in past] == [200] * 3
        assert past[0].content == first.content
        assert past[2].content == app.get(f"{QR}/{entry}").content
        assert [one.headers["etag"] for one in past] == ['W/"1"', 'W/"2"', 'W/"3"']
        assert [one.json()["meta"]["versionId"] for one in past] == ["1", "2", "3"]
        assert [one.json().get("encounter", {}).get("reference") for one in past] == [
            "Encounter/six-done-1",
            None,
            "Encounter/six-done-2",
        ]
        assert {one.headers["cache-control"] for one in past} == {"no-store"}
        again = app.get(f"{QR}/{entry}/_history/2", **{"If-None-Match": 'W/"2"'})
        assert (again.status_code, again.content) == (304, b"")


def test_the_history_is_newest_first_and_says_how_each_version_came(world: World) -> None:
    entry = sent(world)
    moved(world, entry, "six-done-2")
    app = app_of(world)

    answer = app.get(f"{QR}/{entry}/_history")

    bundle = answer.json()
    Bundle.model_validate(bundle)
    assert (bundle["type"], bundle["total"]) == ("history", 2)
    assert bundle["link"] == [{"relation": "self", "url": f"{world.base}/{QR}/{entry}/_history"}]
    newest, oldest = bundle["entry"]
    for part, n in ((newest, 2), (oldest, 1)):
        assert part["resource"] == app.get(f"{QR}/{entry}/_history/{n}").json()
        assert part["fullUrl"] == f"{world.base}/{QR}/{entry}"
        assert part["response"]["etag"] == f'W/"{n}"'
        assert part["response"]["lastModified"] == part["resource"]["meta"]["lastUpdated"]
    assert (newest["request"], newest["response"]["status"]) == (
        {"method": "PUT", "url": f"{QR}/{entry}"},
        "200",
    )
    assert (oldest["request"], oldest["response"]["status"]) == ({"method": "POST", "url": QR}, "201")


def test_a_history_comes_in_pages_and_from_an_instant_on(world: World) -> None:
    entry = sent(world)
    versions = [moved(world, entry, where) for where in ("six-done-2", None, "six-done-3", None)]
    app, place = app_of(world), f"{QR}/{entry}/_history"
    since = quote(versions[1].recorded_at.isoformat())

    def numbers(query: str) -> list[str]:
        return [one["resource"]["meta"]["versionId"] for one in app.get(f"{place}?{query}").json()["entry"]]

    seen: list[str] = []
    url: str | None = f"{place}?_count=2"
    while url is not None:
        page = app.get(url.removeprefix(f"{world.base}/")).json()
        assert page["total"] == 5
        seen += [one["resource"]["meta"]["versionId"] for one in page["entry"]]
        url = {link["relation"]: link["url"] for link in page["link"]}.get("next")
    assert seen == ["5", "4", "3", "2", "1"]
    assert numbers(f"_since={since}") == ["5", "4", "3"]
    assert numbers(f"_since={since}&_count=1") == ["5"]
    later = app.get(f"{place}?_since=2027-01-01T00:00:00Z").json()
    assert (later["total"], later.get("entry")) == (0, None)
    Bundle.model_validate(later)


@pytest.mark.parametrize(
    "query",
    [
        "_at=2026",
        "_since=x",
        "_since=",
        "_count=0",
        "after=x",
        "after=0",
        "_sort=x",
        "status=completed",
        "_since=2026&_since=2026",
    ],
)
def test_what_a_history_is_not_asked_by_is_refused(world: World, query: str) -> None:
    entry = sent(world)

    assert app_of(world).get(f"{QR}/{entry}/_history?{query}").status_code == 400


NO_VERSIONS = ["0", "2", "01", "-1", "1.0", "x", "1%00", "99999999999999999999", "1/"]


def test_there_is_no_version_but_those_that_were_sent(world: World) -> None:
    entry = sent(world)

    for app in everybody(world):
        for number in NO_VERSIONS:
            answer = app.get(f"{QR}/{entry}/_history/{number}")
            assert (answer.status_code, issues(answer)) == (404, ["not-found"]), number


def test_a_draft_has_no_past_not_even_for_its_patient(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    assert ada.type(key, 1, {"ai1.1": "planted"}).status_code == 200
    entry = world.desk.entry_id(CLINIC, key)
    assert app_of(world).get(f"{QR}/{entry}").json()["status"] == "in-progress"

    for app in everybody(world):
        for path in (f"{QR}/{entry}/_history", f"{QR}/{entry}/_history/1", f"{QR}/{entry}/_history/2"):
            assert (app.get(path).status_code, app.get(path).content) == (
                404,
                app.get(f"{QR}/{uuid4()}/_history").content,
            )
    ada.send(key, 2)
    assert app_of(world).get(f"{QR}/{entry}/_history").json()["total"] == 1


def test_what_is_private_is_in_no_version(world: World) -> None:
    ada = patient(world)
    words = {"ai1.1": "for all", "ai1.2": "for me alone"}
    entry = world.desk.entry_id(CLINIC, ada.write("six-done-1", words, private=("ai1.2",)))
    moved(world, entry, "six-done-2")

    for app in everybody(world):
        for path in ("_history", "_history/1", "_history/2"):
            told = app.get(f"{QR}/{entry}/{path}").text
            assert "for all" in told
            assert "for me alone" not in told


def test_a_foreign_past_looks_exactly_like_one_that_is_not(world: World) -> None:
    theirs = sent(world, "patient-eight-done", "eight-done-1")
    outsiders = [
        app_of(world),
        app_of(world, clinic=OTHER),
        staff_app(world, chart="patient-six-done"),
        staff_app(world, "clinician-2"),
        backend_app(world, client_id="somebody"),
    ]
    for app in outsiders:
        for path in ("_history", "_history/1"):
            absent, foreign = app.get(f"{QR}/{uuid4()}/{path}"), app.get(f"{QR}/{theirs}/{path}")
            assert (foreign.status_code, foreign.content) == (404, absent.content)


def test_the_past_needs_the_scope_to_read(world: World) -> None:
    entry = sent(world)
    for scope, status in (("patient/QuestionnaireResponse.r", 200), ("patient/QuestionnaireResponse.s", 403)):
        for path in ("_history", "_history/1"):
            assert app_of(world, scope=scope).get(f"{QR}/{entry}/{path}").status_code == status
    assert App(world).get(f"{QR}/{entry}/_history").status_code == 401


@pytest.mark.parametrize("path", ["_history", "_history/1"])
def test_nobody_rewrites_the_past(world: World, path: str) -> None:
    entry = sent(world)
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        assert app_of(world).ask(method, f"{QR}/{entry}/{path}", content=b"{}").status_code == 405
    kept = entries.versions_of(world.desk.store, as_clinician(), entry)
    assert [one.version for one in kept] == [1]


def test_every_version_shown_is_remembered_and_no_other(world: World) -> None:
    entry = sent(world)
    moved(world, entry, "six-done-2")
    count = len(log(world))
    app = app_of(world)

    app.get(f"{QR}/{entry}/_history/1")
    app.get(f"{QR}/{entry}/_history?_count=1")
    app.get(f"{QR}/{entry}/_history")
    app.get(f"{QR}/{entry}/_history?_since=2027")

    told = [(one.deed, one.what, one.patient) for one in log(world)[count:]]
    versions = [f"{QR}/{entry}/_history/{n}" for n in (1, 2, 2, 1, 2)]
    assert told == [(Deed.READ, what, "patient-six-done") for what in versions]


def test_where_an_app_was_told_its_response_stands_there_it_stands(world: World) -> None:
    made: Any = app_of(world).post(QR, response(world, identifier=keyed(str(uuid4()))))

    place = made.headers["location"].removeprefix(f"{world.base}/")

    assert app_of(world).get(place).content == made.content


def test_a_published_set_is_at_its_one_version_for_everybody(world: World) -> None:
    """Rule 4: what is published under an id never changes, so its past is that version alone."""
    read = App(world).get("Questionnaire/after-infusion-1").json()
    version, past = (App(world).get(f"Questionnaire/after-infusion-1/_history{one}") for one in ("/1", ""))

    said = version.json()
    assert (said["meta"].pop("versionId"), said["meta"].pop("lastUpdated")[:10]) == ("1", read["date"])
    assert said == read
    assert (
        version.headers["access-control-allow-origin"] == past.headers["access-control-allow-origin"] == "*"
    )
    [only] = past.json()["entry"]
    assert only["resource"] == version.json()
    assert only["request"] == {"method": "POST", "url": "Questionnaire"}
    assert "entry" not in App(world).get("Questionnaire/after-infusion-1/_history?_since=2027").json()
    for path in (
        "Questionnaire/after-infusion-1/_history/2",
        "Questionnaire/x/_history",
        "Questionnaire/x/_history/1",
    ):
        assert App(world).get(path).status_code == 404
    assert (
        App(world, clinic="no-such-clinic").get("Questionnaire/after-infusion-1/_history").status_code == 404
    )
