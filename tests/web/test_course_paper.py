"""A whole series as one PDF, made for the clinician who has the chart open: what was shared, and nothing else."""

import io

from pypdf import PdfReader

from service.audit.record import Deed
from tests.people import clinician, patient
from tests.web.changing import answered, made, put, writer
from tests.workflow.remembered import log
from tests.world import World


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_each_shared_answer_stands_there_once_and_no_private_one(world: World) -> None:
    ada = patient(world)
    ada.write("six-done-1", {"ai1.1": "the lake house"})
    ada.write("six-done-2", {"ai2.1": "Привет from the second", "ai2.2": "my secret"}, ("ai2.2",))
    paper = clinician(world).get("course.pdf")

    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    assert paper.headers["cache-control"] == "no-store"
    text = text_of(paper.content)
    assert [text.count(words) for words in ("the lake house", "Привет from the second", "my secret")] == [
        1,
        1,
        0,
    ]
    assert text.index("the lake house") < text.index("Привет from the second")
    assert "Harrowgate" in text


def test_it_is_remembered_as_printed_entry_by_entry(world: World) -> None:
    ada = patient(world)
    keys = [ada.write(f"six-done-{n}", {f"ai{n}.1": "words"}) for n in (1, 2)]
    clinician(world).get("course.pdf")

    printed = [one for one in log(world) if one.deed is Deed.PRINT]
    ids = [world.desk.entry_id("maple-grove", key) for key in keys]
    assert [one.what for one in printed] == [f"QuestionnaireResponse/{one}/_history/1" for one in ids]
    assert {one.patient for one in printed} == {"patient-six-done"}


def test_where_nothing_was_shared_there_is_nothing_to_be_had(world: World) -> None:
    assert clinician(world).get("course.pdf").status_code == 404
    patient(world, "patient-eight-done").write("eight-done-1", {"ai1.1": "somebody else's"})
    assert clinician(world).get("course.pdf").status_code == 404


def test_it_has_the_newest_words_and_nothing_entered_in_error(world: World) -> None:
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    put(app, answered(body, "the newer words") | {"status": "amended"}, tag)
    wrong, its_tag = made(world, app, "completed", encounter="six-done-2", ordinal=2)
    put(app, wrong | {"status": "entered-in-error"}, its_tag)

    text = text_of(clinician(world).get("course.pdf").content)
    assert text.count("the newer words") == 1
    assert "from my own app" not in text
