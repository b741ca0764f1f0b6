"""Infusions are found where the record system has them: by polling, by notification, at launch and at sending.

Everything here is done at the record system's front desk, through its FHIR API; nothing is written to our tables.
"""

from datetime import timedelta

import pytest

from service.journal.assigned import AssignedStatus
from service.journal.infusions import DoubtReason
from tests.front_desk import FrontDesk
from tests.people import Patient, patient
from tests.workflow.courses import asked, course, kept, living, versions
from tests.world import CLINIC, JOURNAL, NOON, World, WorldWith

NONE_YET = "patient-none-yet"
TWO_IN = "patient-two-in"
WORDS = {"ai1.1": "The sea was calm."}
HOUR = timedelta(hours=1)
SECRET = "a-secret-that-both-sides-know"
NOTIFIED = f'[clinic.{CLINIC}.finding]\npoll_minutes = 0\nnotify_secret_file = "notify"\n'


@pytest.fixture(params=["by polling", "by notification"])
def heard(request: pytest.FixtureRequest, world_with: WorldWith) -> World:
    """A world that learns of visits in one of the two ways, and only in that one."""
    if request.param == "by polling":
        return world_with("")
    world = world_with(NOTIFIED, notify=SECRET)
    FrontDesk(world).subscribe(f"{JOURNAL}/{CLINIC}/fhir/notifications", f"Authorization: Bearer {SECRET}")
    return world


def news(world: World) -> None:
    """Whatever changed at the record system has had its time to arrive."""
    FrontDesk(world).told_all()
    world.find(minutes=6)


def capture(someone: Patient, words: dict[str, str] | None = None) -> str:
    """Write at once, before any infusion is known, and send; the key of the entry."""
    page = someone.browser.read(someone.get())
    writing = someone.browser.press(page, "Write now")
    key = writing.url.split("/")[6]
    saved = someone.type(key, 1, words or WORDS)
    assert saved.status_code == 200, saved.text
    sent = someone.send(key, saved.json()["revision"])
    assert sent.status_code == 303, sent.text
    return key


def test_a_new_infusion_is_assigned_its_set(heard: World) -> None:
    patient(heard, NONE_YET)
    desk = FrontDesk(heard)

    first = desk.book(NONE_YET, NOON - HOUR)
    news(heard)

    assert asked(heard, NONE_YET) == [(1, first, "requested")]
    (one,) = kept(heard, NONE_YET)
    assert one.questionnaire.startswith(
        "https://infusion-journal.example/fhir/Questionnaire/after-infusion-1|"
    )
    assert (one.evidence, one.rule_version, one.window_start) == ((first,), "1", NOON - timedelta(minutes=5))


def test_what_is_planned_or_of_another_kind_is_not_asked_for(heard: World) -> None:
    patient(heard, NONE_YET)
    desk = FrontDesk(heard)

    desk.book(NONE_YET, NOON + HOUR, status="planned")
    desk.book(NONE_YET, NOON - HOUR, type="follow-up-visit")
    news(heard)

    assert asked(heard, NONE_YET) == []


def test_a_cancelled_infusion_is_no_longer_asked_for_and_the_next_one_moves_up(heard: World) -> None:
    patient(heard, NONE_YET)
    desk = FrontDesk(heard)
    first = desk.book(NONE_YET, NOON - 30 * HOUR)
    second = desk.book(NONE_YET, NOON - HOUR)
    news(heard)
    assert living(heard, NONE_YET) == [(1, first, "requested"), (2, second, "requested")]

    desk.cancel(first)
    news(heard)

    assert living(heard, NONE_YET) == [(1, second, "requested")]
    assert (1, first, "cancelled") in asked(heard, NONE_YET)


def test_a_visit_noted_days_late_moves_what_was_not_started(heard: World) -> None:
    patient(heard, NONE_YET)
    desk = FrontDesk(heard)
    second = desk.book(NONE_YET, NOON - HOUR)
    news(heard)

    first = desk.book(NONE_YET, NOON - timedelta(days=3))
    news(heard)

    assert living(heard, NONE_YET) == [(1, first, "requested"), (2, second, "requested")]


def test_a_visit_noted_days_late_never_renames_what_was_written(heard: World) -> None:
    desk = FrontDesk(heard)
    known = desk.book(NONE_YET, NOON - HOUR)
    key = patient(heard, NONE_YET).write(known, WORDS)

    late = desk.book(NONE_YET, NOON - timedelta(days=3))
    news(heard)

    (entry,) = versions(heard, NONE_YET, key)
    assert (entry.link.ordinal, entry.link.encounter_id) == (1, known)
    opened = course(heard, NONE_YET).overview
    assert {(item.waits, item.reason) for item in opened.items} == {
        ("entry-differs", "ordinal"),
        ("set-written-already", "set-written-already"),
    }
    # Its set was written in this series already: nothing is asked until somebody decides (rule 9).
    assert living(heard, NONE_YET) == [(1, known, "completed")]
    assert [step.link.encounter_id for step in opened.steps if step.asked_already] == [late]


def test_a_visit_that_is_closed_days_later_stays_the_infusion_it_was(heard: World) -> None:
    patient(heard, NONE_YET)
    desk = FrontDesk(heard)
    monday = desk.book(NONE_YET, NOON - timedelta(days=4), status="in-progress")
    wednesday = desk.book(NONE_YET, NOON - timedelta(days=2))
    news(heard)
    before = living(heard, NONE_YET)

    desk.close(monday, NOON)
    news(heard)

    assert before == living(heard, NONE_YET) == [(1, monday, "requested"), (2, wednesday, "requested")]
    assert course(heard, NONE_YET).overview.course.doubts == ()


def test_a_visit_without_a_start_waits_for_a_person(heard: World) -> None:
    patient(heard, NONE_YET)
    desk = FrontDesk(heard)

    unclear = desk.book(NONE_YET, None)
    news(heard)

    assert asked(heard, NONE_YET) == []
    (doubt,) = course(heard, NONE_YET).overview.course.doubts
    assert (doubt.encounter_ids, doubt.reason) == ((unclear,), DoubtReason.NO_START)

    desk.change(unclear, period={"start": (NOON - HOUR).isoformat(), "end": NOON.isoformat()})
    news(heard)

    assert living(heard, NONE_YET) == [(1, unclear, "requested")]


def test_an_entry_written_at_once_is_connected_when_its_infusion_shows_up(heard: World) -> None:
    someone, desk = patient(heard, NONE_YET), FrontDesk(heard)
    key = capture(someone)
    heard.deliver()
    (first,) = desk.documents(NONE_YET)
    assert "encounter" not in first.get("context", {})

    infusion = desk.book(NONE_YET, NOON - 2 * HOUR)
    news(heard)
    heard.deliver()

    before, after = versions(heard, NONE_YET, key)
    assert (before.link.encounter_id, before.link.ordinal) == (None, None)
    assert (after.link.encounter_id, after.link.ordinal, after.cause, after.made_by) == (
        infusion,
        1,
        "attached",
        None,
    )
    assert after.answers == before.answers
    assert living(heard, NONE_YET) == [(1, infusion, "completed")]
    (current,) = desk.documents(NONE_YET, status="current")
    assert current["context"]["encounter"] == [{"reference": f"Encounter/{infusion}"}]
    assert current["relatesTo"] == [
        {"code": "replaces", "target": {"reference": f"DocumentReference/{first['id']}"}}
    ]
    assert desk.read("DocumentReference", first["id"])["status"] == "superseded"


def test_with_two_infusions_in_the_window_a_person_connects_it(heard: World) -> None:
    someone, desk = patient(heard, NONE_YET), FrontDesk(heard)
    key = capture(someone)

    desk.book(NONE_YET, NOON - 20 * HOUR)
    desk.book(NONE_YET, NOON - 2 * HOUR)
    news(heard)

    (entry,) = versions(heard, NONE_YET, key)
    assert entry.link.encounter_id is None
    (item,) = course(heard, NONE_YET).overview.items
    assert (item.waits, len(item.targets)) == ("entry-without-infusion", 2)


def test_outside_the_window_a_person_connects_it(heard: World) -> None:
    someone, desk = patient(heard, NONE_YET), FrontDesk(heard)
    key = capture(someone)

    desk.book(NONE_YET, NOON - 25 * HOUR)
    desk.book(NONE_YET, NOON + 3 * HOUR)
    news(heard)

    assert [one.link.encounter_id for one in versions(heard, NONE_YET, key)] == [None]


def test_an_infusion_cancelled_after_writing_marks_the_entry_and_moves_nothing(heard: World) -> None:
    desk = FrontDesk(heard)
    first, second = desk.book(NONE_YET, NOON - 50 * HOUR), desk.book(NONE_YET, NOON - HOUR)
    key = patient(heard, NONE_YET).write(first, WORDS)

    desk.mark_wrong(first)
    news(heard)

    (entry,) = versions(heard, NONE_YET, key)
    assert (entry.link.ordinal, entry.link.encounter_id) == (1, first)
    opened = course(heard, NONE_YET).overview
    assert {item.reason for item in opened.items} == {"withdrawn", "set-written-already"}
    # The second is the first one now, and its set was written in this series: not asked again by recomputing (rule 9).
    assert [step.link.encounter_id for step in opened.steps if step.asked_already] == [second]
    assert living(heard, NONE_YET) == [(1, first, "completed")]


def test_somebody_never_seen_here_is_found_over_the_whole_clinic(world: World) -> None:
    infusion = FrontDesk(world).book(NONE_YET, NOON - HOUR)

    world.find(minutes=6)

    assert asked(world, NONE_YET) == [(1, infusion, "requested")]


def test_a_draft_is_connected_while_it_is_written(world: World) -> None:
    someone, desk = patient(world, NONE_YET), FrontDesk(world)
    page = someone.browser.press(someone.browser.read(someone.get()), "Write now")
    key = page.url.split("/")[6]
    saved = someone.type(key, 1, WORDS).json()

    infusion = desk.book(NONE_YET, NOON - HOUR)
    world.find(minutes=6)

    again = someone.type(key, saved["revision"], WORDS | {"ai1.2": "And more."})
    assert again.status_code == 200, again.text
    assert someone.send(key, again.json()["revision"]).status_code == 303
    (entry,) = versions(world, NONE_YET, key)
    assert (entry.link.encounter_id, entry.link.ordinal) == (infusion, 1)
    assert living(world, NONE_YET) == [(1, infusion, "completed")]


def test_sending_looks_once_more(world: World) -> None:
    someone, desk = patient(world, NONE_YET), FrontDesk(world)
    page = someone.browser.press(someone.browser.read(someone.get()), "Write now")
    key = page.url.split("/")[6]
    saved = someone.type(key, 1, WORDS).json()
    infusion = desk.book(NONE_YET, NOON - HOUR)

    assert someone.send(key, saved["revision"]).status_code == 303

    (entry,) = versions(world, NONE_YET, key)
    assert (entry.link.encounter_id, entry.version) == (infusion, 1)


def test_not_today_declines_and_nothing_is_asked_again(world: World) -> None:
    someone, desk = patient(world, NONE_YET), FrontDesk(world)
    infusion = desk.book(NONE_YET, NOON - HOUR)
    someone.post("refresh")
    key = someone.begin(infusion)

    someone.post(f"entry/{key}/stop")

    assert asked(world, NONE_YET) == [(1, infusion, "rejected")]
    someone.type(key, 2, WORDS)
    someone.send(key, 3)
    world.find(minutes=6)
    assert asked(world, NONE_YET) == [(1, infusion, "completed")]


def test_after_its_window_a_set_reads_failed_and_can_still_be_written(world: World) -> None:
    someone, desk = patient(world, NONE_YET), FrontDesk(world)
    infusion = desk.book(NONE_YET, NOON - HOUR)
    someone.post("refresh")

    world.find(minutes=91 * 24 * 60)

    assert asked(world, NONE_YET) == [(1, infusion, AssignedStatus.FAILED.value)]
    patient(world, NONE_YET).write(infusion, WORDS)
    assert asked(world, NONE_YET) == [(1, infusion, "completed")]
