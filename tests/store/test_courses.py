"""How far each patient's course is known: revisions, looks paid and owed, episodes, rulings, merged records."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from service.access.context import Role
from service.journal.match import EncounterSeen
from service.journal.rulings import Reason, Ruling, RulingKind
from service.journal.series import EpisodeSeen
from service.store import courses, infusions, merges, rulings
from service.store.courses import CourseRow
from service.store.deeds import (
    Change,
    CourseIsAt,
    Deed,
    DropMerge,
    GuardFailed,
    KeepAssigned,
    KeepMerge,
    NoteOpenItems,
    NoteUnchanged,
    OweLook,
    PostponeLook,
    RememberEncounters,
    SaveRuling,
)
from service.store.engine import Store
from service.store.transaction import NotWritten
from service.store.writer import Writer
from tests.store.builders import NOW, PATIENT, assigned_set, context, ruling

MINUTE = timedelta(minutes=1)


def do(writer: Writer, clinic: str, *changes: Change) -> None:
    writer.perform(Deed(clinic, changes=changes))


def row(store: Store, clinic: str, patient: str = PATIENT) -> CourseRow | None:
    return courses.course_row(store, context(Role.WORKER, None, clinic), patient)


def look(
    patient: str = PATIENT, at: datetime = NOW, began: datetime | None = None, etag: str | None = None
) -> RememberEncounters:
    return RememberEncounters(patient, (), at, look_began=began, etag=etag)


def test_nothing_is_known_at_first(store: Store, clinic: str) -> None:
    assert row(store, clinic) is None
    assert courses.episodes_of(store, context(clinic=clinic), PATIENT) == ()


def test_a_look_is_remembered(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, look(etag='W/"1"'))
    assert row(store, clinic) == CourseRow(1, NOW, 'W/"1"')
    do(writer, clinic, look(at=NOW + MINUTE))
    assert row(store, clinic) == CourseRow(2, NOW + MINUTE, None)
    assert row(store, clinic, "bo") is None


def test_a_look_that_found_no_change_keeps_what_was_seen(store: Store, writer: Writer, clinic: str) -> None:
    seen = EncounterSeen("enc-1", PATIENT, "finished", start=NOW)
    episode = EpisodeSeen("episode-1", PATIENT, "active")
    do(writer, clinic, RememberEncounters(PATIENT, (seen,), NOW, (episode,), etag='W/"1"'))
    do(writer, clinic, OweLook(PATIENT, NOW), NoteUnchanged(PATIENT, NOW + MINUTE, NOW))
    assert row(store, clinic) == CourseRow(1, NOW + MINUTE, 'W/"1"')
    assert infusions.encounters_of(store, context(clinic=clinic), PATIENT) == (seen,)
    assert courses.episodes_of(store, context(clinic=clinic), PATIENT) == (episode,)
    assert courses.looks_due(store, clinic, NOW + MINUTE, 9) == ()


def test_what_was_decided_on_an_older_course_does_not_happen(
    store: Store, writer: Writer, clinic: str
) -> None:
    do(writer, clinic, look())
    stale = Deed(clinic, (CourseIsAt(PATIENT, 1),), (SaveRuling(ruling()), KeepAssigned(assigned_set())))
    writer.perform(stale)
    again = replace(stale, changes=(SaveRuling(ruling("other")), KeepAssigned(assigned_set("other"))))
    with pytest.raises(GuardFailed):
        writer.perform(again)
    assert rulings.rulings_of(store, context(clinic=clinic), {PATIENT}) == (ruling(),)


def test_episodes_seen_now_take_the_place_of_those_before(store: Store, writer: Writer, clinic: str) -> None:
    who = context(clinic=clinic)
    open_one = EpisodeSeen("b", PATIENT, "active", start=NOW)
    ended = EpisodeSeen("a", PATIENT, "finished", NOW, NOW + timedelta(days=40))
    do(writer, clinic, RememberEncounters(PATIENT, (), NOW, (open_one, ended)))
    assert courses.episodes_of(store, who, PATIENT) == (ended, open_one)
    do(writer, clinic, look())
    assert courses.episodes_of(store, who, PATIENT) == ()


def test_an_episode_of_another_patient_is_refused(store: Store, writer: Writer, clinic: str) -> None:
    with pytest.raises(ValueError, match="another patient"):
        do(writer, clinic, RememberEncounters(PATIENT, (), NOW, (EpisodeSeen("e", "bo", "active"),)))
    assert row(store, clinic) is None


# --- looks that are owed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owed", "began", "still"),
    [
        (NOW, NOW, ()),
        (NOW - MINUTE, NOW, ()),
        (NOW + MINUTE, NOW, (PATIENT,)),
        (NOW, None, (PATIENT,)),
    ],
    ids=["owed as it began", "owed before", "owed while it went on", "begun nobody knows when"],
)
def test_a_look_pays_what_was_owed_when_it_began(
    store: Store, writer: Writer, clinic: str, owed: datetime, began: datetime | None, still: tuple[str, ...]
) -> None:
    do(writer, clinic, OweLook(PATIENT, owed))
    do(writer, clinic, look(at=NOW + 2 * MINUTE, began=began))
    assert courses.looks_due(store, clinic, NOW + timedelta(days=1), 9) == still


@pytest.mark.parametrize("second", [NOW - MINUTE, NOW + MINUTE])
def test_the_earlier_look_stays_owed(store: Store, writer: Writer, clinic: str, second: datetime) -> None:
    do(writer, clinic, OweLook(PATIENT, NOW), OweLook(PATIENT, second))
    due = min(NOW, second)
    assert courses.looks_due(store, clinic, due - timedelta(seconds=1), 9) == ()
    assert courses.looks_due(store, clinic, due, 9) == (PATIENT,)
    assert row(store, clinic) == CourseRow(0, None, None)


def test_who_waited_longest_is_looked_at_first(store: Store, writer: Writer, clinic: str) -> None:
    owed = (("cy", 2), ("ada", 1), ("bo", 1), ("di", 9))
    do(writer, clinic, *(OweLook(name, NOW + minutes * MINUTE) for name, minutes in owed))
    assert courses.looks_due(store, clinic, NOW + 2 * MINUTE, 9) == ("ada", "bo", "cy")
    assert courses.looks_due(store, clinic, NOW + 2 * MINUTE, 2) == ("ada", "bo")
    assert courses.looks_due(store, "elsewhere", NOW + 2 * MINUTE, 9) == ()


def test_whoever_was_not_looked_at_for_long_is_known(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, look("old"), look("older", NOW - MINUTE), look("new", NOW + MINUTE))
    do(writer, clinic, SaveRuling(ruling(patient="never")))
    assert courses.known_patients(store, clinic, NOW + MINUTE, 9) == ("never", "older", "old")
    assert courses.known_patients(store, clinic, NOW + MINUTE, 2) == ("never", "older")
    assert courses.known_patients(store, "elsewhere", NOW + MINUTE, 9) == ()


def test_a_look_that_is_owed_can_be_put_off(store: Store, writer: Writer, clinic: str) -> None:
    """Later than it was owed, never earlier; and nothing is owed by putting it off."""
    do(writer, clinic, OweLook(PATIENT, NOW), PostponeLook(PATIENT, NOW + MINUTE), PostponeLook("bo", NOW))
    do(writer, clinic, PostponeLook(PATIENT, NOW))
    assert courses.looks_due(store, clinic, NOW, 9) == ()
    assert courses.looks_due(store, clinic, NOW + MINUTE, 9) == (PATIENT,)


def test_patients_with_open_items_are_found(store: Store, writer: Writer, clinic: str) -> None:
    counts = (("ada", 2), ("bo", 0), ("cy", 1))
    do(writer, clinic, look(), *(NoteOpenItems(name, count) for name, count in counts))
    assert row(store, clinic) == CourseRow(1, NOW, None, 2)
    assert courses.with_open_items(store, clinic, 9) == ("ada", "cy")
    assert courses.with_open_items(store, clinic, 1) == ("ada",)
    assert courses.with_open_items(store, "elsewhere", 9) == ()


# --- what people decided -----------------------------------------------------------------------------------------


def test_a_ruling_is_read_back_as_it_was_said(store: Store, writer: Writer, clinic: str) -> None:
    full = Ruling(
        id="ruling-2",
        patient_id=PATIENT,
        kind=RulingKind.SEPARATE,
        said_by="Practitioner/7",
        said_at=NOW + MINUTE,
        why=Reason.DOCUMENTED_TWICE,
        encounter_ids=("enc-1", "enc-2"),
        beside=("enc-3",),
        at=NOW - MINUTE,
        set_url=None,
        entry_id="entry-1",
        about="ruling-1",
    )
    asked = replace(ruling("ruling-3", kind=RulingKind.ASK_SET), set_url="https://clinic.example/set|1")
    do(writer, clinic, SaveRuling(full), SaveRuling(asked), SaveRuling(ruling("of bo", "bo")))
    assert rulings.rulings_of(store, context(clinic=clinic), {PATIENT}) == (asked, full)
    everybody = context(Role.CLINICIAN, None, clinic)
    assert [one.id for one in rulings.rulings_of(store, everybody, {PATIENT, "bo"})] == [
        "of bo", "ruling-3", "ruling-2",
    ]  # fmt: skip
    assert rulings.rulings_of(store, everybody, ()) == ()


def test_a_ruling_is_never_replaced(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, SaveRuling(ruling()))
    with pytest.raises(NotWritten):
        do(writer, clinic, SaveRuling(ruling(kind=RulingKind.GIVEN)))
    assert rulings.rulings_of(store, context(clinic=clinic), {PATIENT}) == (ruling(),)


# --- merged records ----------------------------------------------------------------------------------------------


def test_a_merged_record_goes_on_under_the_last_id(store: Store, writer: Writer, clinic: str) -> None:
    kept = (("a", "c"), ("b", "c"), ("c", "d"))
    do(writer, clinic, *(KeepMerge(old, new, NOW) for old, new in kept))
    assert merges.merged_into(store, clinic, "d") == ("a", "b", "c")
    assert merges.merged_into(store, clinic, "c") == ("a", "b")
    assert merges.merged_into(store, clinic, "a") == ()
    assert [merges.survivor(store, clinic, name) for name in ("a", "c", "d")] == ["d", "d", None]
    assert merges.survivor(store, "elsewhere", "a") is None
    assert merges.merged_into(store, "elsewhere", "d") == ()


def test_a_merge_is_replaced_and_taken_back(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, KeepMerge("a", "b", NOW), KeepMerge("a", "c", NOW + MINUTE))
    assert merges.survivor(store, clinic, "a") == "c"
    assert merges.merged_into(store, clinic, "b") == ()
    do(writer, "elsewhere", DropMerge("a"))
    assert merges.survivor(store, clinic, "a") == "c"
    do(writer, clinic, DropMerge("a"))
    assert merges.survivor(store, clinic, "a") is None


@pytest.mark.parametrize(
    "change",
    [
        look("a"),
        SaveRuling(ruling(patient="a")),
        KeepAssigned(assigned_set(patient="a")),
        DropMerge("a"),
        KeepMerge("x", "c", NOW),
    ],
    ids=["a look", "a ruling", "an assigned set", "no longer merged", "another one merged"],
)
def test_a_course_rests_on_the_records_it_took_in(
    store: Store, writer: Writer, clinic: str, change: Change
) -> None:
    do(writer, clinic, KeepMerge("a", "b", NOW), KeepMerge("b", "c", NOW))
    before = row(store, clinic, "c")
    assert before is not None
    do(writer, clinic, change)
    with pytest.raises(GuardFailed):
        writer.perform(Deed(clinic, (CourseIsAt("c", before.revision),)))


def test_a_merge_that_is_confirmed_again_changes_nothing(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, KeepMerge("a", "b", NOW))
    before = row(store, clinic, "b")
    do(writer, clinic, KeepMerge("a", "b", NOW + MINUTE))
    assert row(store, clinic, "b") == before
    assert merges.merged_into(store, clinic, "b", NOW + MINUTE) == ("a",)


def test_a_merge_that_was_not_confirmed_since_can_be_left_out(
    store: Store, writer: Writer, clinic: str
) -> None:
    do(writer, clinic, KeepMerge("a", "c", NOW), KeepMerge("b", "c", NOW + MINUTE))
    assert merges.merged_into(store, clinic, "c", NOW + MINUTE) == ("b",)
    assert merges.directly_into(store, clinic, "c") == ("a", "b")


def test_changes_of_a_circle_end(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, KeepMerge("a", "b", NOW), KeepMerge("b", "a", NOW), look("a"))
    for name in ("a", "b"):
        writer.perform(Deed(clinic, (CourseIsAt(name, 2),)))


def test_merges_in_a_circle_have_no_survivor(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, KeepMerge("a", "b", NOW), KeepMerge("b", "a", NOW))
    with pytest.raises(ValueError, match="circle"):
        merges.survivor(store, clinic, "a")
    assert merges.merged_into(store, clinic, "a") == ("b",)
