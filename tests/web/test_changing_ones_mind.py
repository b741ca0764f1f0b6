"""The receipt says where an entry is, and lets its patient change their mind (product rules 15 to 17 and 19)."""

import re

import pytest

from service.store import drafts, entries
from tests.people import Patient, clinician, patient
from tests.workflow.contexts import as_patient
from tests.workflow.holding import holding, until_morning
from tests.world import World

__all__ = ["holding"]

FIRST, LATER, MINE = "the first words", "the later words", "for me alone"


def written(world: World) -> tuple[Patient, str]:
    ada = patient(world)
    return ada, ada.write("six-done-1", {"ai1.1": FIRST, "ai1.2": MINE}, ("ai1.2",))


def receipt(ada: Patient, key: str) -> str:
    return re.sub(r"</?time[^>]*>", "", ada.get(f"entry/{key}/receipt").text)


def test_the_receipt_says_until_when_it_is_held_and_takes_it_back(holding: World) -> None:
    ada, key = written(holding)
    shown = receipt(ada, key)
    assert "Held until Saturday, 21 November 2026, 09:00" in shown
    assert "Take it back to change it" in shown
    assert "Held until Saturday, 21 November 2026, 09:00" in re.sub(r"</?time[^>]*>", "", ada.get().text)

    answer = ada.post(f"entry/{key}/take-back")

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/journal/{ada.handle}/entry/{key}/check",
    )
    page = ada.get(f"entry/{key}/check").text
    assert FIRST in page
    assert MINE in page
    assert "Until 09:00 on the morning after" in page
    assert ada.get(f"entry/{key}/receipt").headers["location"].endswith("/check")


def test_too_late_is_said_plainly_and_changes_nothing(holding: World) -> None:
    _, key = written(holding)
    until_morning(holding)
    ada = patient(holding)
    answer = ada.post(f"entry/{key}/take-back")
    assert answer.status_code == 409
    assert "It is too late to take this back" in answer.text
    assert "Change what I wrote" in receipt(ada, key)
    assert "Take it back" not in receipt(ada, key)


def test_a_change_is_written_sent_and_its_receipt_is_honest_about_the_record(world: World) -> None:
    ada, key = written(world)
    world.deliver()
    assert ada.post(f"entry/{key}/change").status_code == 303
    assert "You began to change this" in receipt(ada, key)
    assert "You began to change this" in ada.get().text
    assert "Send the change" in ada.get(f"entry/{key}/check").text
    assert ada.type(key, 1, {"ai1.1": LATER}).status_code == 200

    assert ada.send(key, 2).status_code == 303

    shown = receipt(ada, key)
    assert "<h1>Change sent</h1>" in shown
    assert "Until then your record shows what you sent before." in shown
    world.deliver()
    assert "It takes the place of what you sent before" in receipt(ada, key)
    doctor = clinician(world)
    page = doctor.get(f"entry/{world.desk.entry_id('maple-grove', key)}").text
    assert LATER in page
    assert MINE not in page


def test_the_same_words_again_are_no_change(world: World) -> None:
    ada, key = written(world)
    ada.post(f"entry/{key}/change")
    answer = ada.send(key, 1)
    assert "unchanged" in answer.headers["location"]
    assert "Nothing was changed" in ada.browser.ask("GET", ada.url(answer.headers["location"])).text
    assert "Nothing was changed" not in receipt(ada, key)


def test_a_change_can_be_left(world: World) -> None:
    ada, key = written(world)
    ada.post(f"entry/{key}/change")
    ada.type(key, 1, {"ai1.1": LATER})
    assert ada.post(f"entry/{key}/leave").headers["location"].endswith("/receipt")
    assert drafts.drafts_of(world.desk.store, as_patient()) == []
    assert ada.post(f"entry/{key}/leave").status_code == 303


def test_a_mistake_is_confirmed_on_a_page_of_its_own(world: World) -> None:
    ada, key = written(world)
    asked = ada.get(f"entry/{key}/mistake")
    assert "<h1>Was this sent by mistake?</h1>" in asked.text
    assert entries.by_key(world.desk.store, as_patient(), key).version == 1  # type: ignore[union-attr]

    assert ada.post(f"entry/{key}/mistake").status_code == 303

    shown = receipt(ada, key)
    assert "<h1>Marked as a mistake</h1>" in shown
    assert "Change what I wrote" not in shown
    assert "Marked as a mistake" in ada.get().text
    assert ada.get(f"entry/{key}/mistake").status_code == 303
    assert "Start writing" in ada.get().text


def test_what_is_held_is_taken_back_rather_than_marked_as_a_mistake(holding: World) -> None:
    ada, key = written(holding)
    assert "entered by mistake" not in receipt(ada, key)
    assert ada.get(f"entry/{key}/mistake").status_code == 303


@pytest.mark.parametrize("way", ["take-back", "change", "leave", "mistake"])
def test_nobody_changes_what_another_wrote(world: World, way: str) -> None:
    _, key = written(world)
    bob = patient(world, "patient-eight-done")
    assert bob.post(f"entry/{key}/{way}").status_code == 404
    entry = entries.by_key(world.desk.store, as_patient(), key)
    assert entry is not None
    assert entry.version == 1
