"""An app changes what its patient wrote: a response's steps, its versions, and what is never lost (B2, I-30)."""

import json
import threading
from uuid import uuid4

import httpx2
import pytest

from service.audit.record import Deed
from service.journal.entries import FilingState
from service.store import drafts, entries, filings
from tests.factories import keyed, response
from tests.people import App, app_of, backend_app, clinician, patient, staff_app
from tests.web.changing import answered, made, put, words_of, writer
from tests.web.fhir_answers import QR, Value, ids, issues
from tests.workflow.contexts import as_clinician, as_patient
from tests.workflow.remembered import log
from tests.world import CLINIC, OTHER, World

STATUSES = ("in-progress", "stopped", "completed", "amended", "entered-in-error")
# From what is kept to what may take its place; what changes nothing is another matter (questionnaires-sdc B2).
STEPS = {
    "in-progress": {"in-progress", "completed", "stopped", "entered-in-error"},
    "stopped": {"in-progress", "entered-in-error"},
    "completed": {"amended", "entered-in-error"},
    "amended": {"amended", "entered-in-error"},
    "entered-in-error": set[str](),
}


def validated(app: App, body: Value, place: str | None = None) -> httpx2.Response:
    return app.post(f"{QR}/{place or body['id']}/$validate?mode=update", body)


def places(answer: httpx2.Response) -> list[str]:
    return [one for issue in answer.json()["issue"] for one in issue.get("expression", [])]


def filings_of(world: World, name: str = "patient-six-done") -> list[FilingState]:
    return [one.state for one in filings.of_patient(world.desk.store, as_patient(name), name)]


def everybody_else(world: World) -> list[App]:
    return [staff_app(world), staff_app(world, chart="patient-six-done"), backend_app(world)]


# --- the steps -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES)
def test_every_step_of_the_table_and_no_other(world: World, before: str, after: str) -> None:
    """And $validate says the very same of it."""
    app = writer(world)
    kept, tag = made(world, app, before)
    voided = after == "entered-in-error" != before
    words = {} if voided else {"item": answered(kept, "other words")["item"]}
    body = kept | {"status": after} | words

    tried = validated(app, body)
    answer = put(app, body, tag)

    if after in STEPS[before]:
        assert (answer.status_code, answer.json()["status"]) == (200, after), answer.text
        assert issues(tried) == ["informational"]
        assert answer.headers["etag"] == f'W/"{answer.json()["meta"]["versionId"]}"'
        assert app.get(f"{QR}/{kept['id']}").json() == answer.json()
    else:
        assert (answer.status_code, issues(answer)) == (422, ["business-rule"])
        assert places(answer) == [f"{QR}.status"]
        assert tried.json() == answer.json()
        assert app.get(f"{QR}/{kept['id']}").json() == kept


@pytest.mark.parametrize("status", STATUSES)
def test_what_changes_nothing_keeps_its_version(world: World, status: str) -> None:
    app = writer(world)
    kept, tag = made(world, app, status)
    before = len(log(world))

    for body in (kept, kept | {"meta": {"versionId": "9", "lastUpdated": "1999-01-01T00:00:00Z"}}):
        answer = put(app, body, tag)
        assert (answer.status_code, answer.headers["etag"], answer.json()) == (200, tag, kept), answer.text
        assert issues(validated(app, body)) == ["informational"]
    # What it told is remembered as the read it is.
    assert {one.deed for one in log(world)[before:]} == {Deed.READ}


def test_what_an_app_leaves_out_of_what_we_fill_in_asks_for_no_change(world: World) -> None:
    app = writer(world)
    sent = response(world, identifier=keyed(str(uuid4())))
    kept = app.post(QR, sent)

    answer = put(app, sent | {"id": kept.json()["id"]}, kept.headers["etag"])

    assert (answer.status_code, answer.json()) == (200, kept.json())


# --- drafts ----------------------------------------------------------------------------------------------------


def test_a_draft_is_saved_and_stays_its_patients_alone(world: World) -> None:
    app, key = writer(world), str(uuid4())
    kept, tag = made(world, app, "in-progress", identifier=keyed(key))

    answer = put(app, answered(kept, "more words"), tag)

    assert words_of(answer.json()) == {"ai1.1": "more words"}
    assert answer.headers["location"] == f"{world.base}/{QR}/{kept['id']}"
    assert "more words" in patient(world).get(f"entry/{key}/prompt/1").text
    for other in everybody_else(world):
        assert other.get(f"{QR}/{kept['id']}").status_code == 404
        assert ids(other.get(QR)) == []
    assert (world.deliver(), filings_of(world)) == (0, [])


def test_a_completed_draft_goes_the_way_of_every_entry(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "in-progress")
    body = answered(kept, "my last words") | {"status": "completed"}

    answer = put(app, body, tag)

    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"1"')
    assert answer.headers["location"] == f"{world.base}/{QR}/{kept['id']}/_history/1"
    assert drafts.drafts_of(world.desk.store, as_patient()) == []
    assert app.get(f"{QR}/{kept['id']}/_history").json()["total"] == 1
    assert "my last words" in clinician(world).home.text
    world.deliver()
    assert filings_of(world) == [FilingState.FILED]
    (filed,) = world.records().search("DocumentReference", []).resources
    assert filed["context"]["encounter"] == [{"reference": "Encounter/six-done-1"}]


def test_the_bytes_that_complete_a_draft_are_kept(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "in-progress")
    body = answered(kept, "straße") | {"status": "completed"}
    raw = json.dumps(body, ensure_ascii=False, indent=3).encode()

    app.ask(
        "PUT",
        f"{QR}/{kept['id']}",
        content=raw,
        headers={"Content-Type": "application/fhir+json", "If-Match": tag},
    )

    (entry,) = entries.newest_first(world.desk.store, as_clinician())
    assert '"valueString": "straße"'.encode() in entry.shared


def test_an_incomplete_draft_is_kept_and_not_sent(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "in-progress")
    empty = {name: one for name, one in kept.items() if name != "item"}

    saved = put(app, empty, tag)
    sent = put(app, empty | {"status": "completed"}, saved.headers["etag"])

    assert (saved.status_code, words_of(saved.json())) == (200, {})
    assert (sent.status_code, issues(sent)) == (422, ["business-rule"])


def test_words_kept_private_on_the_page_stay_and_stay_private(world: World) -> None:
    """An app cannot know them: they outlive its saves, and go with the entry as the patient's own (rule 16)."""
    ada, app = patient(world), writer(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "for all", "ai1.2": "for me alone"}, ("ai1.2",))
    read = app.get(f"{QR}/{world.desk.entry_id(CLINIC, key)}")
    assert words_of(read.json()) == {"ai1.1": "for all"}

    saved = put(app, answered(read.json(), "for everybody"), read.headers["etag"])
    assert "for me alone" in ada.get(f"entry/{key}/all").text
    sent = put(app, saved.json() | {"status": "completed"}, saved.headers["etag"])

    assert "for me alone" not in saved.text + sent.text
    (entry,) = entries.newest_first(world.desk.store, as_patient())
    assert {(one.text, one.private) for one in entry.answers} == {
        ("for everybody", False),
        ("for me alone", True),
    }
    for other in everybody_else(world):
        assert "for me alone" not in other.get(f"{QR}/{entry.id}").text


@pytest.mark.parametrize("status", ["in-progress", "completed"])
def test_an_app_does_not_write_over_private_words(world: World, status: str) -> None:
    ada, app = patient(world), writer(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "for all", "ai1.2": "for me alone"}, ("ai1.2",))
    read = app.get(f"{QR}/{world.desk.entry_id(CLINIC, key)}")
    body = answered(read.json(), "words of an app", "ai1.2") | {"status": status}

    answer = put(app, body, read.headers["etag"])

    assert (answer.status_code, places(answer)) == (422, [f"{QR}.item.where(linkId='ai1.2')"])
    assert validated(app, body).json() == answer.json()
    assert "for me alone" in ada.get(f"entry/{key}/all").text


def test_neither_the_page_nor_an_app_overwrites_the_other_silently(world: World) -> None:
    ada, app = patient(world), writer(world)
    key = ada.begin("six-done-1")
    assert ada.type(key, 1, {"ai1.1": "of the page"}).status_code == 200
    read = app.get(f"{QR}/{world.desk.entry_id(CLINIC, key)}")

    ada.type(key, 2, {"ai1.1": "of the page, later"})
    late = put(app, answered(read.json(), "of the app"), read.headers["etag"])
    assert (late.status_code, issues(late)) == (412, ["conflict"])

    again = app.get(f"{QR}/{read.json()['id']}")
    assert put(app, answered(again.json(), "of the app"), again.headers["etag"]).status_code == 200
    assert ada.type(key, 3, {"ai1.1": "of the page, last"}).status_code == 412
    assert words_of(app.get(f"{QR}/{read.json()['id']}").json()) == {"ai1.1": "of the app"}


def test_what_the_page_wrote_in_is_still_not_completed_unread_by_a_create(world: World) -> None:
    ada, app = patient(world), writer(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "for all", "ai1.2": "for me alone"}, ("ai1.2",))
    read = app.get(f"{QR}/{world.desk.entry_id(CLINIC, key)}")
    put(app, answered(read.json(), "of the app"), read.headers["etag"])

    answer = app.post(QR, response(world, identifier=keyed(key)))

    assert answer.status_code == 412
    assert "for me alone" in ada.get(f"entry/{key}/all").text


def test_not_today_is_told_by_the_task_alone_and_can_be_resumed(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "in-progress", encounter="six-done-1")
    tasks = app_of(world, scope="patient/Task.rs")

    stopped = put(app, kept | {"status": "stopped"}, tag)

    assert "rejected" in tasks.get("Task").text
    for other in everybody_else(world):
        assert other.get(f"{QR}/{kept['id']}").status_code == 404
    resumed = put(app, stopped.json() | {"status": "in-progress"}, stopped.headers["etag"])
    assert (resumed.status_code, words_of(resumed.json())) == (200, words_of(kept))


def test_a_draft_put_aside_does_not_come_back_to_an_infusion_that_was_answered(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "stopped")
    assert app.post(QR, response(world)).status_code == 201
    body = kept | {"status": "in-progress"}

    answer = put(app, body, tag)

    assert (answer.status_code, issues(answer)) == (409, ["conflict"])
    assert validated(app, body).json() == answer.json()


def test_a_draft_entered_in_error_is_void_and_none_of_its_words_are_shown(world: World) -> None:
    """Kept for its patient; others learn no word of what was never sent, and the infusion is free again (R-21)."""
    app, key = writer(world), str(uuid4())
    kept, tag = made(world, app, "in-progress", words={"ai1.1": "planted-words"}, identifier=keyed(key))

    answer = put(app, kept | {"status": "entered-in-error"}, tag)

    assert (answer.status_code, answer.json()["status"]) == (200, "entered-in-error")
    for one in (*everybody_else(world), app):
        for path in (f"{QR}/{kept['id']}", f"{QR}/{kept['id']}/_history", QR):
            assert "planted-words" not in one.get(path).text
    (entry,) = entries.newest_first(world.desk.store, as_patient())
    assert [(one.text, one.private) for one in entry.answers] == [("planted-words", True)]
    assert (drafts.drafts_of(world.desk.store, as_patient()), filings_of(world)) == ([], [])
    assert app.post(QR, response(world)).status_code == 201


def test_a_draft_without_an_infusion_comes_to_the_one_it_names(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "in-progress", encounter=None)
    assert "encounter" not in kept
    at = {"encounter": {"reference": "Encounter/six-done-1"}}

    other = put(app, kept | {"encounter": {"reference": "Encounter/six-done-2"}}, tag)
    answer = put(app, kept | at, tag)

    assert (other.status_code, places(other)) == (422, [f"{QR}.questionnaire"])
    assert (answer.status_code, answer.json()["encounter"]) == (200, at["encounter"])
    assert app.post(QR, response(world)).status_code == 409
    moved = put(app, kept | {"encounter": {"reference": "Encounter/six-done-2"}}, answer.headers["etag"])
    assert (moved.status_code, places(moved)) == (422, [f"{QR}.encounter"])


def test_a_draft_and_what_it_became_are_never_taken_for_one_another(world: World) -> None:
    """A revision's ETag is no version's: an app that has the draft is told of the entry, and changes what it saw."""
    app = writer(world)
    kept, tag = made(world, app, "in-progress")
    sent = put(app, kept | {"status": "completed"}, tag)
    void = kept | {"status": "entered-in-error"}

    assert (tag, sent.headers["etag"]) == ('W/"0.1"', 'W/"1"')
    assert app.get(f"{QR}/{kept['id']}", **{"If-None-Match": tag}).status_code == 200
    assert put(app, void, tag).status_code == 412


# --- what was sent ---------------------------------------------------------------------------------------------


def test_an_amendment_is_a_new_version_and_its_document_replaces_the_one_before(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed")
    world.deliver()
    world.clock.pass_time(minutes=1)

    answer = put(app, answered(kept, "amended words") | {"status": "amended"}, tag)
    world.deliver()

    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    assert answer.headers["location"] == f"{world.base}/{QR}/{kept['id']}/_history/2"
    assert filings_of(world) == [FilingState.FILED, FilingState.FILED]
    first, second = world.records().search("DocumentReference", []).resources
    old, new = (first, second) if "relatesTo" in second else (second, first)
    assert new["relatesTo"][0]["code"] == "replaces"
    assert new["relatesTo"][0]["target"] == {"reference": f"DocumentReference/{old['id']}"}
    assert (old["status"], new["status"]) == ("superseded", "current")
    past = app.get(f"{QR}/{kept['id']}/_history").json()
    assert [one["resource"] for one in past["entry"]] == [answer.json(), kept]
    assert [one["request"]["method"] for one in past["entry"]] == ["PUT", "POST"]
    assert app.get(f"{QR}/{kept['id']}/_history/1").json() == kept
    assert app.get(f"{QR}/{kept['id']}/_history/2").json() == answer.json()


def test_an_amendment_before_filing_files_once(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed")
    put(app, answered(kept, "amended words") | {"status": "amended"}, tag)

    world.deliver()

    assert filings_of(world) == [FilingState.CANCELLED, FilingState.FILED]
    assert len(world.records().search("DocumentReference", []).resources) == 1


def test_private_words_go_along_with_an_amendment(world: World) -> None:
    app = writer(world)
    words = {"ai1.1": "for all", "ai1.2": "for me alone"}
    entry = world.desk.entry_id(CLINIC, patient(world).write("six-done-1", words, private=("ai1.2",)))
    read = app.get(f"{QR}/{entry}")

    covered = put(app, answered(read.json(), "x", "ai1.2") | {"status": "amended"}, read.headers["etag"])
    answer = put(app, answered(read.json(), "better") | {"status": "amended"}, read.headers["etag"])

    assert (covered.status_code, answer.status_code) == (422, 200)
    (kept,) = entries.newest_first(world.desk.store, as_patient())
    assert {(one.text, one.private) for one in kept.answers} == {("better", False), ("for me alone", True)}
    assert "for me alone" not in answer.text + staff_app(world).get(f"{QR}/{entry}/_history").text


def test_words_taken_out_do_not_stand_on_in_an_old_narrative(world: World) -> None:
    """An app that reads, changes and sends back has the narrative of before in its hands."""
    app = writer(world)
    entry = world.desk.entry_id(CLINIC, patient(world).write("six-done-1", {"ai1.1": "taken-out"}))
    read = app.get(f"{QR}/{entry}")
    assert "taken-out" in read.json()["text"]["div"]

    answer = put(app, answered(read.json(), "instead") | {"status": "amended"}, read.headers["etag"])

    assert (answer.status_code, "taken-out" in answer.text) == (200, False)
    assert "taken-out" not in staff_app(world).get(f"{QR}/{entry}").text
    own = answer.json() | {
        "text": read.json()["text"] | {"div": '<div xmlns="http://www.w3.org/1999/xhtml">I</div>'}
    }
    kept = put(app, own, answer.headers["etag"])
    assert kept.json()["text"]["div"].endswith(">I</div>")


def test_entered_in_error_voids_without_losing_a_word(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed")

    changed = put(app, answered(kept, "other words") | {"status": "entered-in-error"}, tag)
    answer = put(app, kept | {"status": "entered-in-error"}, tag)

    assert (changed.status_code, places(changed)) == (422, [f"{QR}.item"])
    assert (answer.status_code, answer.headers["etag"], words_of(answer.json())) == (
        200,
        'W/"2"',
        words_of(kept),
    )
    assert (world.deliver(), filings_of(world)) == (0, [FilingState.CANCELLED])
    assert app.get(f"{QR}/{kept['id']}/_history/1").json() == kept
    # The infusion is free for another entry.
    assert app.post(QR, response(world)).status_code == 201


def test_what_stands_in_the_record_is_struck_when_an_entry_is_voided(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed")
    world.deliver()

    put(app, kept | {"status": "entered-in-error"}, tag)

    assert (world.deliver(), filings_of(world)) == (1, [FilingState.FILED, FilingState.FILED])
    there = world.records().search("DocumentReference", []).resources
    assert [document["status"] for document in there] == ["entered-in-error"]


REBOUND: dict[str, tuple[Value, str]] = {
    "another patient": ({"subject": {"reference": "Patient/patient-two-in"}}, "subject"),
    "no patient": ({"subject": None}, "subject"),
    "an absolute patient": (
        {"subject": {"reference": "http://x.example/Patient/patient-six-done"}},
        "subject",
    ),
    "a version of the patient": (
        {"subject": {"reference": "Patient/patient-six-done/_history/1"}},
        "subject",
    ),
    "another author": ({"author": {"reference": "Practitioner/clinician-1"}}, "author"),
    "an author without a name": ({"author": {"display": "x"}}, "author"),
    "another source": ({"source": {"reference": "Patient/patient-two-in"}}, "source"),
    "another infusion": ({"encounter": {"reference": "Encounter/six-done-2"}}, "encounter"),
    "others' infusion": ({"encounter": {"reference": "Encounter/two-in-1"}}, "encounter"),
    "another identifier": ({"identifier": keyed("7b0e6d9e-6c1b-4a51-9f0e-2f0c2b8f7a10")}, "identifier"),
    "an excerpt": ({"meta": {"tag": [{"code": "SUBSETTED"}]}}, "meta.tag"),
    "a label": ({"meta": {"security": [{"code": "R"}]}}, "meta.security"),
    "something inside": ({"contained": [{"resourceType": "Patient", "id": "x"}]}, "contained"),
    "the future": ({"authored": "2026-11-20T20:30:00Z"}, "authored"),
    "no time": ({"authored": None}, "authored"),
    "no answer": ({"item": None}, "item"),
}


@pytest.mark.parametrize("status", ["completed", "in-progress"])
@pytest.mark.parametrize("name", REBOUND)
def test_what_a_response_is_about_never_changes(world: World, name: str, status: str) -> None:
    """Threats T5 and T10: refused with its place, never put right in silence; $validate says the same."""
    change, place = REBOUND[name]
    app = writer(world)
    kept, tag = made(world, app, status)
    after = "amended" if status == "completed" else "completed"
    changed = answered(kept, "other words") | {"status": after} | change
    body = {element: one for element, one in changed.items() if one is not None}

    answer = put(app, body, tag)

    assert answer.status_code == 422, answer.text
    assert f"{QR}.{place}" in places(answer)
    assert validated(app, body).json() == answer.json()
    assert app.get(f"{QR}/{kept['id']}").json() == kept


def test_what_was_sent_comes_to_an_infusion_by_the_clinic_alone(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed", encounter=None)
    at = {"encounter": {"reference": "Encounter/six-done-1"}}

    answer = put(app, answered(kept, "other words") | {"status": "amended"} | at, tag)

    assert (answer.status_code, places(answer)) == (422, [f"{QR}.encounter"])


def test_an_amendment_that_leaves_its_infusion_out_keeps_it(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed")
    body = {
        n: one for n, one in answered(kept, "other").items() if n not in ("encounter", "author", "source")
    }

    answer = put(app, body | {"status": "amended"}, tag)

    told = [answer.json()[name] for name in ("encounter", "author", "source", "identifier")]
    assert told == [kept[name] for name in ("encounter", "author", "source", "identifier")]


# --- conditions and refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["in-progress", "completed"])
def test_only_the_version_that_was_read_is_changed(world: World, status: str) -> None:
    app = writer(world)
    kept, tag = made(world, app, status)
    after = answered(kept, "other words") | {"status": "amended" if status == "completed" else status}

    refused = {
        None: (400, "required"),
        "": (400, "value"),
        "*": (400, "value"),
        "1": (400, "value"),
        'W/"1': (400, "value"),
        'W/"2"': (412, "conflict"),
        'W/"01"': (412, "conflict"),
        '"2", "3"': (412, "conflict"),
    }
    for wanted, (code, issue) in refused.items():
        answer = put(app, after, wanted)
        assert (answer.status_code, issues(answer)) == (code, [issue]), wanted
    assert put(app, after, tag, **{"If-None-Match": "*"}).status_code == 412
    assert put(app, after, tag, **{"If-None-Match": tag}).status_code == 412
    assert put(app, after, f'"7", {tag}', **{"If-None-Match": 'W/"7"'}).status_code == 200


@pytest.mark.parametrize("named", [None, "another", 7])
def test_the_id_is_that_of_the_address(world: World, named: object) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed")
    body = {n: one for n, one in kept.items() if n != "id"} | ({} if named is None else {"id": named})

    answer = put(app, body | {"status": "amended"}, tag, kept["id"])

    assert answer.status_code == 400
    if named != 7:
        assert validated(app, body | {"status": "amended"}, kept["id"]).json() == answer.json()


def test_nothing_is_made_by_its_id_and_what_is_others_looks_like_nothing(world: World) -> None:
    theirs, tag = made(
        world,
        writer(world, "patient-eight-done"),
        "completed",
        subject={"reference": "Patient/patient-eight-done"},
        encounter="eight-done-1",
    )
    begun, _ = made(
        world,
        writer(world, "patient-two-in"),
        "in-progress",
        subject={"reference": "Patient/patient-two-in"},
        encounter="two-in-1",
    )
    body = response(world)

    told = []
    for one in (str(uuid4()), theirs["id"], begun["id"]):
        answer = put(writer(world), body | {"id": one}, tag)
        headers = {
            name: said for name, said in answer.headers.items() if name not in ("date", "x-request-id")
        }
        told.append((answer.status_code, answer.content, headers))

    assert told[0] == told[1] == told[2]
    assert told[0][0] == 405
    assert "PUT" not in told[0][2]["allow"]
    assert [one.deed for one in log(world)[-3:]] == [Deed.REFUSAL] * 3


def test_a_token_of_the_other_clinic_changes_nothing(world: World) -> None:
    kept, tag = made(world, writer(world), "completed")
    there = app_of(world, clinic=OTHER, scope="patient/QuestionnaireResponse.crus")

    assert put(there, kept | {"status": "amended"}, tag).status_code == 405
    assert put(App(world, there.token), kept | {"status": "amended"}, tag).status_code == 401


def test_only_the_patient_writes_and_only_with_the_scope_to_update(world: World) -> None:
    kept, tag = made(world, writer(world), "completed")
    body = answered(kept, "other words") | {"status": "amended"}
    for app in (
        staff_app(world, chart="patient-six-done", scope="user/QuestionnaireResponse.crus"),
        staff_app(world, scope="user/QuestionnaireResponse.crus"),
        backend_app(world, scope="system/QuestionnaireResponse.crus"),
        app_of(world, scope="patient/QuestionnaireResponse.crs"),
    ):
        answer = put(app, body, tag)
        assert (answer.status_code, issues(answer)) == (403, ["forbidden"])
    assert put(App(world), body, tag).status_code == 401
    assert app_of(world).get(f"{QR}/{kept['id']}").json() == kept


@pytest.mark.parametrize("query", ["status=completed", "_id=x", "x=y"])
def test_an_update_is_asked_by_nothing_but_its_address(world: World, query: str) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed")

    assert put(app, kept, tag, f"{kept['id']}?{query}").status_code == 400
    assert put(app, kept, tag, f"{kept['id']}?_format=json&_pretty=true").status_code == 200


def test_a_body_of_another_kind_is_refused(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed")

    for kind in ("text/plain", "application/xml", "application/fhir+json; fhirVersion=5.0"):
        assert put(app, kept, tag, **{"Content-Type": kind}).status_code == 415
    assert put(app, {"resourceType": "Observation", "id": kept["id"]}, tag).status_code == 400


def test_the_answer_is_as_long_as_is_preferred(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed")

    short = put(app, answered(kept, "other") | {"status": "amended"}, tag, Prefer="return=minimal")
    told = put(app, kept | {"status": "amended"}, short.headers["etag"], Prefer="return=OperationOutcome")

    assert (short.status_code, short.content) == (200, b"")
    assert issues(told) == ["informational"]


def test_of_many_at_once_one_changes_it(world: World) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed")
    answers: list[httpx2.Response] = []
    barrier = threading.Barrier(6)

    def send(number: int) -> None:
        barrier.wait()
        answers.append(put(app, answered(kept, f"words {number}") | {"status": "amended"}, tag))

    senders = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()

    assert sorted(one.status_code for one in answers) == [200] + [412] * 5
    assert app.get(f"{QR}/{kept['id']}/_history").json()["total"] == 2


@pytest.mark.parametrize("status", ["in-progress", "completed"])
def test_each_change_is_remembered_without_a_word(world: World, status: str) -> None:
    app = writer(world)
    kept, tag = made(world, app, status)
    before = len(log(world))

    put(
        app, answered(kept, "planted-words") | {"status": "amended" if status == "completed" else status}, tag
    )

    told = [one for one in log(world)[before:] if one.what and one.what.startswith(QR)]
    what = f"{QR}/{kept['id']}" + ("/_history/2" if status == "completed" else "")
    assert [(one.deed, one.what, one.patient) for one in told] == [(Deed.UPDATE, what, "patient-six-done")]
    assert "planted-words" not in repr(log(world)[before:])


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_nothing_is_patched_or_deleted(world: World, method: str) -> None:
    app = writer(world)
    kept, tag = made(world, app, "completed")

    answer = app.ask(method, f"{QR}/{kept['id']}", content=b"[]", headers={"If-Match": tag})

    assert (answer.status_code, issues(answer)) == (405, ["not-supported"])
    assert {one.strip() for one in answer.headers["allow"].split(",")} == {"GET", "HEAD", "OPTIONS", "PUT"}
    assert app.get(f"{QR}/{kept['id']}").json() == kept
