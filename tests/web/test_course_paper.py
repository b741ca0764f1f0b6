"""A whole series as one PDF, made for the clinician who has the chart open: what was shared, and nothing else."""

import io
import re

from pypdf import PdfReader

from service.audit.record import Deed
from tests.people import clinician, patient
from tests.web.changing import answered, made, put, writer
from tests.workflow.holding import holding, until_morning
from tests.workflow.remembered import log
from tests.world import World

__all__ = ["holding"]


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


def test_its_patient_gets_the_very_paper_that_the_clinic_does(world: World) -> None:
    """Nothing of theirs alone is in it: that stands in their own copies (rule 16)."""
    ada = patient(world)
    assert "as your clinic sees it" not in ada.get().text
    assert ada.get("course.pdf").status_code == 404
    ada.write("six-done-1", {"ai1.1": "the lake house", "ai1.2": "my secret"}, ("ai1.2",))

    assert "as your clinic sees it" in ada.get().text
    paper = ada.get("course.pdf")

    assert (paper.status_code, paper.headers["cache-control"]) == (200, "no-store")
    text = text_of(paper.content)
    assert ("the lake house" in text, "my secret" in text) == (True, False)
    doctors = text_of(clinician(world).get("course.pdf").content)
    assert _without_its_making(text) == _without_its_making(doctors)
    assert [one.agent.role for one in log(world) if one.deed is Deed.PRINT] == ["patient", "clinician"]


def test_what_is_held_is_in_nobodys_paper(holding: World) -> None:
    ada = patient(holding)
    ada.write("six-done-1", {"ai1.1": "only mine until the morning"})
    assert ada.get("course.pdf").status_code == 404
    assert "as your clinic sees it" not in ada.get().text
    until_morning(holding)
    assert "only mine until the morning" in text_of(patient(holding).get("course.pdf").content)


def _without_its_making(text: str) -> str:
    """The words without when it was put together and what this making of it is called."""
    return re.sub(r"urn:uuid: ?[0-9a-f -]+|\d{2}:\d{2}", "", text)
