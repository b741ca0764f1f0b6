"""The summary is filed in the first form that is taken, and as a document by the clinic's rules (rules 20 and 23)."""

import base64
import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from service.journal.entries import FilingState
from service.summary.content import CannotRender
from service.summary.problems import Cause
from service.summary.renditions import Rendition
from service.workflow.desk import Desk
from service.workflow.filings_by_command import try_again
from tests.factories import response
from tests.people import app_of
from tests.workflow.filing import (
    Carry,
    answer,
    delivered,
    documents,
    keep_rules,
    owed,
    sent,
    until_quiet,
    with_rules,
)
from tests.world import CLINIC, World

PDF, TEXT, XHTML, RTF = Rendition


class Takes:
    """Stands on the wire and refuses files of other types, or larger ones, as the status says."""

    def __init__(self, *types: str, status: int = 415, most: int = 10**9) -> None:
        self.types, self.status, self.most = types, status, most
        self.offered: list[str] = []

    def __call__(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if request.method != "POST" or not request.url.path.endswith("/DocumentReference"):
            return carry()
        attachment = json.loads(request.content)["content"][0]["attachment"]
        self.offered.append(attachment["contentType"])
        fits = attachment["contentType"] in self.types and attachment["size"] <= self.most
        return carry() if fits else answer(self.status)


def attachment_of(world: World) -> dict[str, Any]:
    (one,) = documents(world)
    found: dict[str, Any] = one["content"][0]["attachment"]
    return found


def said_in(world: World) -> bytes:
    return base64.b64decode(attachment_of(world)["data"])


def failing(world: World, desk: Desk, cause: Cause) -> Desk:
    """Nothing becomes a PDF any more."""

    def render(summary: Any, form: Rendition = PDF, /) -> bytes:
        if form is PDF:
            raise CannotRender(cause)
        return world.desk.render(summary, form)

    return replace(desk, render=render)


@pytest.mark.parametrize("status", [406, 413, 415])
def test_a_form_that_is_not_taken_is_followed_by_the_next(world: World, status: int) -> None:
    sent(world)
    world.net.meddler = takes = Takes(RTF.media_type, status=status)
    delivered(with_rules(world, renditions=(PDF, XHTML, RTF)))

    assert takes.offered == [PDF.media_type, XHTML.media_type, RTF.media_type]
    assert owed(world)[0].state is FilingState.FILED
    assert attachment_of(world)["contentType"] == RTF.media_type
    assert said_in(world).startswith(rb"{\rtf1")
    assert "application/pdf" in documents(world)[0]["description"]


def test_where_no_form_is_taken_a_person_is_told(world: World) -> None:
    sent(world)
    world.net.meddler = takes = Takes()
    delivered(with_rules(world, renditions=(PDF, TEXT)))

    assert (owed(world)[0].state, owed(world)[0].reason) == (FilingState.REFUSED, "form")
    assert takes.offered == [PDF.media_type, TEXT.media_type]


def test_after_a_person_mended_it_the_first_form_is_offered_again(world: World) -> None:
    sent(world)
    desk = with_rules(world, renditions=(PDF, TEXT))
    world.net.meddler = Takes()
    delivered(desk)
    world.net.meddler = takes = Takes(PDF.media_type)
    try_again(world.desk, CLINIC, owed(world)[0].id)
    delivered(desk)

    assert takes.offered == [PDF.media_type]
    assert said_in(world).startswith(b"%PDF")
    assert "description" not in documents(world)[0]


def test_a_form_that_was_refused_is_not_offered_again_after_a_lost_answer(world: World) -> None:
    """The next form is kept before it leaves, so the attempt after it begins there."""
    sent(world)
    desk = with_rules(world, renditions=(PDF, TEXT))
    takes = Takes(TEXT.media_type)
    lost = iter([True])

    def spoiled(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        said = takes(request, carry)
        is_create = request.method == "POST" and request.url.path.endswith("/DocumentReference")
        return answer(503) if is_create and takes.offered[-1] != PDF.media_type and any(lost) else said

    world.net.meddler = spoiled
    until_quiet(world, desk)

    assert takes.offered == [PDF.media_type, TEXT.media_type]
    assert len(documents(world)) == 1
    assert owed(world)[0].state is FilingState.FILED


def test_a_file_that_is_too_large_is_not_even_sent(world: World) -> None:
    sent(world)
    world.net.meddler = takes = Takes(PDF.media_type, TEXT.media_type)
    delivered(with_rules(world, renditions=(PDF, TEXT), most_bytes=6000))

    assert takes.offered == [TEXT.media_type]
    assert len(said_in(world)) <= 6000
    assert b"from my own app" in said_in(world)


def test_what_is_too_large_in_every_form_is_refused_and_never_cut(world: World) -> None:
    sent(world)
    delivered(with_rules(world, renditions=(PDF, TEXT), most_bytes=10))

    assert (owed(world)[0].state, owed(world)[0].reason) == (FilingState.REFUSED, "form")
    assert documents(world) == []


@pytest.mark.parametrize("cause", [Cause.CRASHED, Cause.TIMED_OUT, Cause.OUT_OF_MEMORY, Cause.TOO_MANY_PAGES])
def test_words_that_no_pdf_can_be_made_of_are_filed_as_plain_text(world: World, cause: Cause) -> None:
    sent(world)
    delivered(failing(world, world.desk, cause))

    assert owed(world)[0].state is FilingState.FILED
    assert attachment_of(world)["contentType"] == TEXT.media_type
    assert b"from my own app" in said_in(world)
    assert "could not be made" in documents(world)[0]["description"]


def test_beside_poisoned_words_the_others_are_filed_as_ever(world: World) -> None:
    """Every other entry is one that no PDF can be made of: none waits for another, and none stays behind."""
    for number in range(1, 7):
        sent(world, number)
    calls = 0

    def render(summary: Any, form: Rendition = PDF, /) -> bytes:
        nonlocal calls
        calls += form is PDF
        if form is PDF and calls % 2:
            raise CannotRender(Cause.OUT_OF_MEMORY)
        return world.desk.render(summary, form)

    delivered(replace(world.desk, render=render))

    assert [one.state for one in owed(world)] == [FilingState.FILED] * 6
    types = [one["content"][0]["attachment"]["contentType"] for one in documents(world)]
    assert sorted(types) == [PDF.media_type] * 3 + [TEXT.media_type] * 3


@pytest.mark.parametrize(
    ("most", "taken"),
    [(3_000, None), (10_000, TEXT), (30_000, TEXT), (1_000_000, PDF), (10_000_000, PDF)],
)
def test_under_any_limit_of_theirs_the_text_is_filed_whole_or_not_at_all(
    world: World, most: int, taken: Rendition | None
) -> None:
    """The record system says 413 beyond its limit: the next form goes, and of the words none is cut (F17)."""
    prompt_set = world.desk.library.for_ordinal(1)
    assert prompt_set is not None
    words = " ".join(f"word{number}" for number in range(450))
    said = response(world, words={prompt_set.prompts[0].link_id: words})
    assert app_of(world).post("QuestionnaireResponse", said).status_code == 201
    world.net.meddler = Takes(PDF.media_type, TEXT.media_type, status=413, most=most)
    delivered(with_rules(world, renditions=(PDF, TEXT)))

    if taken is None:
        assert (owed(world)[0].state, documents(world)) == (FilingState.REFUSED, [])
        return
    assert owed(world)[0].state is FilingState.FILED
    assert attachment_of(world)["contentType"] == taken.media_type
    if taken is TEXT:
        assert all(f"word{number}".encode() in said_in(world) for number in range(450))


def test_a_renderer_that_is_only_busy_is_waited_for(world: World) -> None:
    sent(world)
    delivered(failing(world, world.desk, Cause.BUSY))

    assert (owed(world)[0].state, owed(world)[0].reason) == (FilingState.DUE, "cannot-render")
    assert documents(world) == []


def test_our_own_base_serves_the_form_that_was_filed(world: World) -> None:
    sent(world)
    keep_rules(world, renditions=(TEXT,))
    world.deliver()

    app = app_of(world, scope="patient/*.rs")
    entry = owed(world)[0].entry_id
    told = app.get(f"DocumentReference/{entry}").json()["content"][0]["attachment"]
    file = app.get(f"Binary/{entry}.1")

    assert told["contentType"] == TEXT.media_type == attachment_of(world)["contentType"]
    assert file.headers["content-type"] == TEXT.media_type
    assert file.headers["content-disposition"] == 'attachment; filename="summary.txt"'
    assert file.content == said_in(world)


def test_a_record_system_without_patients_as_authors_gets_none_rather_than_another(world: World) -> None:
    sent(world)
    delivered(with_rules(world, patient_author=False, patient_asserted=False, doc_status="preliminary"))

    (document,) = documents(world)
    assert "author" not in document
    assert "security" not in document["meta"]
    assert document["docStatus"] == "preliminary"
