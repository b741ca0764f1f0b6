"""A patient sends what was written, and what they keep private is seen by nobody else (product rules 16 to 19)."""

import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from service.journal.problems import AlreadySent, InfusionTaken
from service.store import drafts, entries, filings
from service.workflow.begin_entry import begin_entry
from service.workflow.submit_entry import submit_entry
from tests.factories import response
from tests.people import app_of, clinician, officer, patient
from tests.web.kept_words import WORDS, draft_of
from tests.workflow.contexts import as_clinician, as_patient
from tests.world import CLINIC, World

# --- send ------------------------------------------------------------------------------------------------------


def test_an_empty_entry_is_refused_and_offered_not_today_instead(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": " \n "})

    answer = ada.send(key, 2)

    assert answer.status_code == 422
    assert "Stop for today" in answer.text
    assert entries.by_key(world.desk.store, as_patient(), key) is None


def test_sending_twice_gives_the_same_receipt_and_one_entry(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": WORDS})

    first, second = ada.send(key, 2), ada.send(key, 2)

    assert first.headers["location"] == second.headers["location"]
    assert len(entries.newest_first(world.desk.store, as_patient())) == 1
    assert len(filings.of_patient(world.desk.store, as_patient(), "patient-six-done")) == 1


def test_many_presses_at_once_send_one_entry(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": WORDS})

    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda _: submit_entry(world.desk, as_patient(), key, 2), range(16)))

    assert len({receipt.entry.id for receipt in receipts}) == 1
    assert len({receipt.filing.id for receipt in receipts if receipt.filing}) == 1
    assert world.deliver() == 1


def test_a_change_whose_button_is_pressed_several_times_at_once_is_one_version_with_one_receipt(
    world: World,
) -> None:
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": WORDS})
    assert ada.post(f"entry/{key}/change").status_code == 303
    ada.type(key, 1, {"ai1.1": "other words"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ada.send(key, 2), range(4)))

    assert {one.headers.get("location") for one in answers} == {f"/journal/{ada.handle}/entry/{key}/receipt"}
    (entry,) = entries.newest_first(world.desk.store, as_patient())
    assert entry.version == 2


def test_what_was_saved_since_the_check_is_not_sent_unseen(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": WORDS})
    ada.type(key, 2, {"ai1.1": "something else"})

    answer = ada.send(key, 2)

    assert answer.status_code == 412
    assert "something else" in answer.text
    assert entries.by_key(world.desk.store, as_patient(), key) is None
    assert ada.send(key, 3).status_code == 303


def test_once_sent_the_draft_is_gone_and_nothing_can_be_typed_into_it(world: World) -> None:
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": WORDS})

    assert drafts.drafts_of(world.desk.store, as_patient()) == []
    assert ada.type(key, 2, {"ai1.1": "too late"}).json()["problem"] == "AlreadySent"
    assert ada.post(f"entry/{key}/prompt/1", revision="2", text="too late").status_code == 409
    assert ada.post(f"entry/{key}/stop").status_code == 409
    with pytest.raises(AlreadySent):
        begin_entry(world.desk, as_patient(), str(uuid4()), "six-done-1")


def test_a_draft_put_off_waits_while_another_entry_takes_the_infusion(world: World) -> None:
    """Put off on the page, written in the patient's own app: the page's words stay, and cannot be sent twice."""
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": WORDS})
    ada.post(f"entry/{key}/stop")
    assert app_of(world).post("QuestionnaireResponse", response(world)).status_code == 201

    with pytest.raises(InfusionTaken):
        submit_entry(world.desk, as_patient(), key, 3)
    assert draft_of(world, key) == {"ai1.1": WORDS}


def test_the_receipt_tells_how_far_it_is_and_can_be_opened_again(world: World) -> None:
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": WORDS})

    before = ada.get(f"entry/{key}/receipt").text
    world.deliver()
    after = ada.get(f"entry/{key}/receipt").text

    assert 'data-state="sent"' in before
    assert "In your record since" not in before
    assert 'data-state="filed"' in after
    assert "In your record since" in after
    assert 'class="infusion filed"' in ada.get().text


# --- private ---------------------------------------------------------------------------------------------------


def test_an_entry_kept_wholly_private_files_nothing_and_says_so(world: World) -> None:
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": "planted-secret"}, private=("ai1.1",))

    assert world.deliver() == 0
    assert "Kept in your journal" in ada.get(f"entry/{key}/receipt").text
    assert world.records().search("DocumentReference", []).resources == []


def test_a_private_answer_stands_in_nothing_that_anybody_else_sees(world: World) -> None:
    """Page, side by side, FHIR, filed PDF, log: there it looks like a skipped one (rule 16)."""
    ada = patient(world)
    ada.write("six-done-1", {"ai1.1": "shared-words", "ai1.3": "planted-secret"}, private=("ai1.3",))
    world.deliver()

    doctor, auditor, app = clinician(world), officer(world), app_of(world)
    seen = [
        doctor.home.text,
        doctor.get("side-by-side").text,
        app.get("QuestionnaireResponse").text,
        auditor.get().text,
        auditor.get("export.ndjson").text,
    ]

    assert "shared-words" in seen[0]
    assert "No answer shared" in seen[0]
    assert not any("planted-secret" in one for one in seen)
    found = entries.newest_first(world.desk.store, as_clinician())
    assert [one.link_id for one in found[0].answers] == ["ai1.1"]
    assert b"planted-secret" not in found[0].shared


def test_a_private_answer_and_a_skipped_one_are_told_apart_by_nobody_else(world: World) -> None:
    """Two entries that differ in one private answer alone give a clinician the same bytes but for names and times."""
    pages = []
    for private in ((), ("ai1.3",)):
        words = {"ai1.1": "shared"} | ({"ai1.3": "hidden"} if private else {})
        name = "patient-six-done" if private else "patient-eight-done"
        encounter = "six-done-1" if private else "eight-done-1"
        patient(world, name).write(encounter, words, private=private)
        page = clinician(world, name).home.text
        pages.append(re.findall(r"<main.*</main>", page, re.DOTALL)[0].count("No answer shared"))

    assert pages[0] == pages[1]


def test_ones_own_copy_holds_the_private_words_too(world: World) -> None:
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": "shared-words", "ai1.3": "planted-secret"}, private=("ai1.3",))

    copy = ada.get(f"entry/{key}/copy.pdf")

    assert copy.headers["content-type"] == "application/pdf"
    assert copy.headers["content-disposition"].startswith("attachment")
    assert copy.content.startswith(b"%PDF-")


def test_words_of_earlier_sets_stand_beside_the_prompts_that_ask_for_them(world: World) -> None:
    ada = patient(world)
    ada.write("six-done-1", {"ai1.5": "long walks"}, private=("ai1.5",))
    key = ada.begin("six-done-2")

    page = ada.get(f"entry/{key}/prompt/5").text

    assert "long walks" in page
    assert "What you wrote after infusion 1" in page
    assert "long walks" not in ada.get(f"entry/{key}/prompt/1").text


def test_the_notice_and_the_crisis_line_stand_wherever_one_can_write_and_on_the_receipt(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    pages = [
        ada.get().text,
        *(ada.get(f"entry/{key}/{page}").text for page in ("prompt/1", "prompt/5", "all", "check")),
    ]
    ada.type(key, 1, {"ai1.1": WORDS})
    ada.send(key, 2)
    pages.append(ada.get(f"entry/{key}/receipt").text)

    for page in pages:
        assert "988" in page


def test_a_silent_record_system_keeps_nobody_from_writing(world: World) -> None:
    ada = patient(world)
    world.servers.pop("http://localhost:8090")

    answer = ada.post("refresh")

    assert answer.headers["location"].endswith("?record=silent")
    assert "does not answer just now" in ada.get("?record=silent").text
    assert ada.write("six-done-1", {"ai1.1": WORDS})


def test_an_entry_names_its_infusion_as_it_was_when_it_was_begun(world: World) -> None:
    ada = patient(world)
    key = ada.write("six-done-4", {"ai4.1": WORDS})

    entry = entries.by_key(world.desk.store, as_patient(), key)

    assert entry is not None
    assert (entry.link.encounter_id, entry.link.ordinal) == ("six-done-4", 4)
    assert entry.link.evidence == ("six-done-4",)
    assert (entry.id, entry.version) == (world.desk.entry_id(CLINIC, key), 1)
