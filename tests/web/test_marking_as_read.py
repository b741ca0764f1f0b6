"""The pages of reading: a clinician marks, the list says what nobody has read, and the patient sees the day."""

import re

import httpx2
import pytest

from tests.people import Clinician, Patient, app_of, clinician, patient
from tests.web.test_visits import plain
from tests.workflow import holding as held
from tests.workflow.deciding import id_of
from tests.workflow.remembered import log
from tests.world import World, WorldWith

holding = held.holding
NAME = "patient-six-done"
FIRST, LATER = "the lake was quite still", "the lake was never still"
BUTTON, SEEN = "I have read this", "Seen by your care team on"
DAY = "Friday, 20 November 2026"
PERSON = "Practitioner/clinician-1"


def sent(world: World, private: tuple[str, ...] = ()) -> tuple[Patient, str]:
    ada = patient(world)
    return ada, ada.write("six-done-1", {"ai1.1": FIRST}, private)


def change(ada: Patient, key: str) -> None:
    ada.post(f"entry/{key}/change")
    assert ada.type(key, 1, {"ai1.1": LATER}).status_code == 200
    assert ada.post(f"entry/{key}/send", revision="2").status_code == 303


def press(doctor: Clinician, entry_id: str, version: str = "1") -> httpx2.Response:
    return doctor.post(f"entry/{entry_id}/read", version=version)


def follow(doctor: Clinician, answer: httpx2.Response) -> str:
    assert answer.status_code == 303
    return plain(doctor.browser.ask("GET", str(answer.url.join(answer.headers["location"]))).text)


def told(ada: Patient, key: str) -> tuple[str, str]:
    """What home and receipt say."""
    return plain(ada.get().text), plain(ada.get(f"entry/{key}/receipt").text)


def unread_of(doctor: Clinician) -> str:
    return plain(doctor.get("worklist").text.partition('id="unread"')[2].partition("</section>")[0])


def test_looking_alone_marks_nothing_and_pressing_does(world: World) -> None:
    ada, key = sent(world)
    doctor, entry_id = clinician(world), id_of(world, key)
    for _ in range(2):
        page = doctor.get(f"entry/{entry_id}").text
        assert BUTTON in page
        assert "Read not yet" in plain(page)
        assert "Not read yet" in plain(doctor.get().text)
    assert SEEN not in "".join(told(ada, key))

    page = follow(doctor, press(doctor, entry_id))

    assert "It is kept that you have read this." in page
    assert f"Read by {PERSON} on {DAY}" in page
    assert BUTTON not in page
    assert "Not read yet" not in page


def test_pressed_again_it_tells_who_did_and_changes_nothing(world: World) -> None:
    _, key = sent(world)
    doctor, entry_id = clinician(world), id_of(world, key)
    press(doctor, entry_id)
    world.clock.pass_time(minutes=10)
    page = follow(doctor, press(doctor, entry_id))
    assert f"It was marked as read before, by {PERSON} on {DAY}" in page
    assert len([one for one in log(world) if one.reason == "marked-as-read"]) == 1


def test_a_newer_version_is_shown_and_not_marked(world: World) -> None:
    ada, key = sent(world)
    doctor, entry_id = clinician(world), id_of(world, key)
    doctor.get(f"entry/{entry_id}")
    change(ada, key)

    answer = press(doctor, entry_id)

    assert answer.status_code == 409
    page = plain(answer.text)
    assert "so it is not marked as read" in page
    assert LATER in page
    assert FIRST not in page
    assert 'name="version" value="2"' in answer.text
    assert SEEN not in "".join(told(ada, key))
    assert "It is kept" in follow(doctor, press(doctor, entry_id, "2"))


@pytest.mark.parametrize("version", ["", "x", "-1", "1.0", "٢", "9" * 10])
def test_a_form_without_a_plain_version_is_not_readable(world: World, version: str) -> None:
    _, key = sent(world)
    assert press(clinician(world), id_of(world, key), version).status_code == 400


def test_only_the_care_team_is_offered_the_button(world: World) -> None:
    _, key = sent(world)
    other, entry_id = clinician(world, name="clinician-2"), id_of(world, key)
    assert BUTTON not in other.get(f"entry/{entry_id}").text
    assert "Read not yet" in plain(other.get(f"entry/{entry_id}").text)
    assert press(other, entry_id).status_code == 404


def test_the_patient_sees_the_day_and_no_name_and_after_a_change_that_it_was_before(world: World) -> None:
    ada, key = sent(world)
    press(clinician(world), id_of(world, key))
    for page in told(ada, key):
        assert f"{SEEN} {DAY}" in page
        assert "before your change" not in page
        assert "clinician-1" not in page
    change(ada, key)
    for page in told(ada, key):
        assert f"{SEEN} {DAY}, before your change" in page
    chart = plain(clinician(world).get(f"entry/{id_of(world, key)}").text)
    assert f"Read by {PERSON} on {DAY}" in chart
    assert "before the patient changed it. Not read since" in chart


def test_a_mistake_and_what_is_private_are_offered_to_nobody(world: World) -> None:
    ada, key = sent(world)
    ada.post(f"entry/{key}/mistake")
    private = ada.begin("six-done-2")
    saved = ada.type(private, 1, {"ai2.1": FIRST}, ("ai2.1",))
    ada.send(private, saved.json()["revision"])
    doctor = clinician(world)
    for one in (key, private):
        page = doctor.get(f"entry/{id_of(world, one)}").text
        assert page
        assert BUTTON not in page
        assert press(doctor, id_of(world, one)).status_code == 409
    assert "Everything that was shared has been read." in unread_of(doctor)


def test_the_worklist_counts_what_is_not_read_without_a_word_of_it(world: World) -> None:
    ada, key = sent(world)
    doctor = clinician(world, "patient-two-in")
    listed = unread_of(doctor)
    assert "Not read yet (1)" in listed
    assert "Infusion 1" in listed
    assert f"Sent on {DAY}" in listed
    assert FIRST not in doctor.get("worklist").text
    press(clinician(world), id_of(world, key))
    assert "Not read yet (0)" in unread_of(doctor)
    change(ada, key)
    assert f"Changed by the patient on {DAY}, not read since" in unread_of(doctor)


def test_what_is_held_is_on_no_page_of_a_clinician(holding: World) -> None:
    ada, key = sent(holding)
    doctor = clinician(holding)
    assert "Not read yet (0)" in unread_of(doctor)
    assert press(doctor, id_of(holding, key)).status_code == 404
    assert "Take it back to change it" in ada.get(f"entry/{key}/receipt").text


def test_a_clinic_may_not_tell_its_patients(world_with: WorldWith) -> None:
    table = held.holding_table().replace('release = "next-morning"', 'release = "on-submit"')
    world = world_with(f"{table}\ntell_when_read = false\n")
    ada, key = sent(world)
    doctor = clinician(world)
    assert "The patient sees" not in doctor.get(f"entry/{id_of(world, key)}").text
    press(doctor, id_of(world, key))
    assert SEEN not in "".join(told(ada, key))
    assert f"Read by {PERSON}" in plain(doctor.get(f"entry/{id_of(world, key)}").text)


def test_nothing_of_it_stands_in_what_software_reads_or_in_the_record(world: World) -> None:
    _, key = sent(world)
    world.deliver()
    app = app_of(world, scope="patient/*.rs")
    paths = [f"QuestionnaireResponse/{id_of(world, key)}", "Provenance", "DocumentReference", "Task"]

    def answers() -> list[str]:
        return [re.sub(r"[0-9a-f-]{36}", "", app.get(one).text) for one in paths]

    before = answers()
    press(clinician(world), id_of(world, key))
    world.deliver()
    assert answers() == before
