"""A create under an identifier makes one response however often it comes, and answers as asked (I-20 to I-40)."""

import threading
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from service.audit.record import Deed
from service.store import drafts, entries
from tests.factories import keyed, response
from tests.people import App, app_of
from tests.web.fhir_answers import QR, Value, issues
from tests.workflow.contexts import as_patient
from tests.workflow.remembered import log
from tests.world import World

SYSTEM = "urn:ietf:rfc:3986|"


def once(app: App, body: Value, asked: str | None = None, **headers: str) -> httpx2.Response:
    """Sent on the condition that nothing stands under its identifier."""
    condition = asked or f"identifier={SYSTEM}{body['identifier']['value']}"
    return app.post(QR, body, **({"If-None-Exist": condition} | headers))


def kept(world: World) -> int:
    store, reach = world.desk.store, as_patient()
    return len(entries.newest_first(store, reach)) + len(drafts.drafts_of(store, reach))


@pytest.mark.parametrize("status", ["completed", "in-progress"])
def test_the_same_again_changes_nothing_and_says_where_it_stands(world: World, status: str) -> None:
    app, body = app_of(world), response(world, identifier=keyed(str(uuid4())), status=status)

    first, again = once(app, body), once(app, body)

    assert (first.status_code, again.status_code, kept(world)) == (201, 200, 1)
    assert first.headers["location"] == again.headers["location"]
    assert first.headers["etag"] == again.headers["etag"]
    assert first.json() == again.json()
    # Without its system an identifier is the same one, and another spelling of the words changes nothing.
    other = once(app, body | {"item": []}, f"identifier={body['identifier']['value']}")
    assert (other.status_code, other.json()) == (200, first.json())


def test_what_was_begun_here_is_there_even_for_a_completed_one(world: World) -> None:
    app, body = app_of(world), response(world, identifier=keyed(str(uuid4())), status="in-progress")
    once(app, body)

    answer = once(app, body | {"status": "completed"})

    assert (answer.status_code, answer.json()["status"]) == (200, "in-progress")
    # Without the condition the app completes what it began.
    assert app.post(QR, body | {"status": "completed"}).status_code == 201


def test_where_a_draft_is_said_to_stand_it_is_read(world: World) -> None:
    """It has no versions to be read (I-59), so its place names none."""
    app, body = app_of(world), response(world, identifier=keyed(str(uuid4())), status="in-progress")

    for answer in (once(app, body), once(app, body)):
        place = answer.headers["location"].removeprefix(f"{world.base}/")
        assert place == f"{QR}/{answer.json()['id']}"
        assert app.get(place).json() == answer.json()


@pytest.mark.parametrize("query", ["_format=json&_pretty=true", "_pretty=false", ""])
def test_a_create_says_how_the_answer_looks(world: World, query: str) -> None:
    answer = app_of(world).post(f"{QR}?{query}", response(world))

    assert answer.status_code == 201


@pytest.mark.parametrize("query", ["identifier=x", "_summary=true", "status=completed", "x=y", "_pretty=1&y"])
def test_a_create_is_asked_by_nothing_else(world: World, query: str) -> None:
    answer = app_of(world).post(f"{QR}?{query}", response(world))

    assert (answer.status_code, issues(answer), kept(world)) == (400, ["not-supported"], 0)


@pytest.mark.parametrize("kind", ["application/fhir+json", "application/json"])
@pytest.mark.parametrize(
    ("version", "spoken"), [("4.0", True), ("3.0", False), ("4.3", False), ("5.0", False)]
)
def test_one_version_of_fhir_is_spoken_and_understood(
    world: World, kind: str, version: str, spoken: bool
) -> None:
    """fhir-rest H-05, in both directions."""
    app, named = app_of(world), f"{kind}; fhirVersion={version}"

    got = app.get(QR, Accept=named)
    sent = app.post(QR, response(world), **{"Content-Type": named})

    assert (got.status_code, sent.status_code) == ((200, 201) if spoken else (406, 415))
    assert app.get(QR, Accept=f"{named}, application/fhir+json;q=0.5").status_code == 200


UNNAMED: dict[str, Value] = {
    "author": {"display": "somebody"},
    "source": {"identifier": {"value": "1"}},
    "encounter": {"display": "the first"},
    "identifier": {"system": "urn:ietf:rfc:3986"},
}


@pytest.mark.parametrize("name", UNNAMED)
def test_an_element_of_ours_that_names_nobody_is_refused_and_never_filled_in(world: World, name: str) -> None:
    """Filled in beside what stands there it would stand twice in what is kept."""
    answer = app_of(world).post(QR, response(world) | {name: UNNAMED[name]})

    told = [(one["code"], one["expression"]) for one in answer.json()["issue"]]
    assert (answer.status_code, ("value", [f"{QR}.{name}"]) in told, kept(world)) == (422, True, 0), told


REFUSED = [
    "",
    "identifier",
    "identifier=",
    "status=completed",
    "identifier={key}&status=completed",
    "identifier={key}&identifier={key}",
    "identifier={key},urn:uuid:other",
    "identifier:missing=true",
    "_id=x",
    "patient=patient-six-done",
    "identifier=urn:uuid:another",
    "?identifier={key}",
    "QuestionnaireResponse?identifier={key}",
]


@pytest.mark.parametrize("asked", REFUSED)
def test_a_condition_that_is_not_the_responses_own_identifier_is_refused(world: World, asked: str) -> None:
    body = response(world, identifier=keyed(str(uuid4())))
    condition = asked.format(key=body["identifier"]["value"])

    for prefer in ("handling=strict", "handling=lenient"):
        answer = app_of(world).post(QR, body, **{"If-None-Exist": condition, "Prefer": prefer})
        assert (answer.status_code, kept(world)) == (400, 0), answer.text
        assert issues(answer)


def test_a_response_without_an_identifier_cannot_be_made_once(world: World) -> None:
    answer = app_of(world).post(QR, response(world), **{"If-None-Exist": f"identifier=urn:uuid:{uuid4()}"})

    assert (answer.status_code, kept(world)) == (400, 0)


def test_the_condition_needs_the_scope_to_search(world: World) -> None:
    body = response(world, identifier=keyed(str(uuid4())))

    answer = once(app_of(world, scope="patient/QuestionnaireResponse.c"), body)

    assert (answer.status_code, issues(answer), kept(world)) == (403, ["forbidden"], 0)
    assert 'scope="patient/QuestionnaireResponse.s"' in answer.headers["www-authenticate"]


def test_what_another_patient_wrote_under_it_is_not_shown(world: World) -> None:
    body = response(world, identifier=keyed(str(uuid4())))
    theirs = response(
        world, 1, "patient-eight-done", "eight-done-1", identifier=keyed(body["identifier"]["value"][9:])
    )
    assert once(app_of(world, "patient-eight-done"), theirs).status_code == 201

    answer = once(app_of(world), body)

    assert answer.status_code != 200
    assert "eight-done" not in answer.text


@pytest.mark.parametrize("status", ["completed", "in-progress"])
def test_whether_another_sent_or_still_writes_under_it_is_not_told(world: World, status: str) -> None:
    """A draft is its patient's alone, and so is that there is one (rule 13, threat T4)."""
    told = []
    for theirs in ("completed", "in-progress"):
        body = response(world, 3, "patient-eight-done", None, identifier=keyed(str(uuid4())), status=theirs)
        assert app_of(world, "patient-eight-done").post(QR, body).status_code == 201
        mine = response(world, 3, encounter=None, identifier=body["identifier"], status=status)
        told += [
            (one.status_code, one.text) for one in (app_of(world).post(QR, mine), once(app_of(world), mine))
        ]

    assert told == [told[0]] * 4
    assert (told[0][0], kept(world)) == (409, 0)


def test_many_at_once_make_one(world: World) -> None:
    app, body = app_of(world), response(world, identifier=keyed(str(uuid4())))
    answers: list[httpx2.Response] = []
    barrier = threading.Barrier(8)

    def send() -> None:
        barrier.wait()
        answers.append(once(app, body))

    senders = [threading.Thread(target=send) for _ in range(8)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()

    # Those that came while the first was being kept are told of it as their own.
    assert {201} <= {one.status_code for one in answers} <= {200, 201}
    assert len({one.content for one in answers}) == 1
    assert len({one.headers["location"] for one in answers}) == 1
    assert kept(world) == 1


def test_a_match_is_remembered(world: World) -> None:
    app, body = app_of(world), response(world, identifier=keyed(str(uuid4())))
    once(app, body)
    before = len(log(world))

    once(app, body)

    told = [(one.deed, one.what, one.patient) for one in log(world)[before:]]
    assert told == [(Deed.SEARCH, QR, "patient-six-done")]


PREFERRED: dict[str, Any] = {
    "": QR,
    "return=representation": QR,
    "return=minimal": None,
    "return=OperationOutcome": "OperationOutcome",
    "respond-async, return=OperationOutcome": "OperationOutcome",
    "return=something": QR,
}


@pytest.mark.parametrize("prefer", PREFERRED)
def test_the_answer_is_as_long_as_is_preferred(world: World, prefer: str) -> None:
    app, body = app_of(world), response(world, identifier=keyed(str(uuid4())))
    for status in (201, 200):
        answer = once(app, body, Prefer=prefer)
        told = answer.json()["resourceType"] if answer.content else None
        assert (answer.status_code, told) == (status, PREFERRED[prefer])
        assert answer.headers["location"]
        assert answer.headers["etag"]
        assert answer.headers["last-modified"]


def test_a_failure_says_why_whatever_is_preferred(world: World) -> None:
    answer = app_of(world).post(QR, response(world, status="amended"), Prefer="return=minimal")

    assert (answer.status_code, bool(issues(answer))) == (422, True)


HEADED = [
    "metadata",
    "Questionnaire",
    "Questionnaire/after-infusion-1",
    "CodeSystem/journal-themes",
    QR,
    f"{QR}/{{id}}",
    f"{QR}/{{id}}/_history",
    f"{QR}/{{id}}/_history/1",
]


@pytest.mark.parametrize("path", HEADED)
def test_head_tells_what_get_tells_without_the_body(world: World, path: str) -> None:
    app = app_of(world)
    made = app.post(QR, response(world, identifier=keyed(str(uuid4())))).json()["id"]
    path = path.format(id=made)
    got = app.get(path)
    before = len(log(world))

    head = app.ask("HEAD", path)

    different = {"date", "x-request-id"}
    assert (head.status_code, head.content) == (200, b"")
    assert {n: v for n, v in head.headers.items() if n not in different} == {
        n: v for n, v in got.headers.items() if n not in different
    }
    # What was told is remembered like a read, and a stranger is told nothing.
    assert len(log(world)) - before == (1 if path.startswith(QR) else 0)
    assert App(world).ask("HEAD", path).status_code == (401 if path.startswith(QR) else 200)


def test_options_tell_what_a_public_address_offers_and_nothing_to_strangers_elsewhere(world: World) -> None:
    answer = App(world).ask("OPTIONS", "Questionnaire")

    assert (answer.status_code, answer.content) == (200, b"")
    assert {"GET", "HEAD", "OPTIONS"} == {one.strip() for one in answer.headers["allow"].split(",")}
    assert App(world).ask("OPTIONS", QR).status_code == 401


@pytest.mark.parametrize("encounter", ["six-done-1", "eight-done-1", "nobodys"])
def test_a_visit_that_cannot_be_looked_up_just_now_is_no_refusal_for_good(
    world: World, encounter: str
) -> None:
    """A client that was told no would not come again. Whose visit it is makes no difference."""
    app, body = app_of(world, "patient-six-done"), response(world, encounter=encounter)
    world.net.meddler = lambda request, carry: (
        httpx2.Response(503, stream=httpx2.ByteStream(b"")) if "/Encounter" in request.url.path else carry()
    )

    for place in (QR, f"{QR}/$validate"):
        answer = app.post(place, body)
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (503, "transient")
        assert "retry-after" in answer.headers
    assert kept(world) == 0

    world.net.meddler = None
    assert app.post(QR, body).status_code == (201 if encounter == "six-done-1" else 422)
