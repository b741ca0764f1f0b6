"""Assigned sets: kept version after version, found a page at a time, and written into the record system once each."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from service.access.context import Role
from service.journal.assigned import AssignedSet, AssignedStatus
from service.journal.conditions import Among, Comparison, Condition, During, Place
from service.journal.questions import AssignedQuery
from service.store import assigned
from service.store.assigned import Writing, claim_unwritten
from service.store.deeds import (
    Change,
    Deed,
    KeepAssigned,
    KeepMerge,
    NoteAssignedWritten,
    PostponeAssigned,
)
from service.store.engine import Store
from service.store.transaction import NotWritten
from service.store.writer import Writer
from tests.store.builders import NOW, PATIENT, assigned_set, context

LEASE = timedelta(minutes=2)
HOUR = timedelta(hours=1)


def do(writer: Writer, clinic: str, *changes: Change) -> None:
    writer.perform(Deed(clinic, changes=changes))


def kept(store: Store, clinic: str, name: str = "set-1") -> AssignedSet | None:
    return assigned.by_id(store, context(clinic=clinic), name)


# --- keeping -----------------------------------------------------------------------------------------------------


def test_a_set_is_read_back_as_it_was_kept(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, KeepAssigned(assigned_set()))
    assert kept(store, clinic) == assigned_set()
    answered = replace(
        assigned_set(version=2, status=AssignedStatus.COMPLETED, changed_at=NOW + HOUR), entry_id="entry-1"
    )
    do(writer, clinic, KeepAssigned(answered))
    assert kept(store, clinic) == answered
    assert kept(store, "elsewhere") is None


@pytest.mark.parametrize(
    "wrong",
    [assigned_set(version=3), assigned_set(version=2, patient="bo"), assigned_set("set-2", version=2)],
    ids=["one is missing", "another patient", "never begun"],
)
def test_a_version_follows_its_own_last_one(
    store: Store, writer: Writer, clinic: str, wrong: AssignedSet
) -> None:
    do(writer, clinic, KeepAssigned(assigned_set()))
    with pytest.raises(LookupError):
        do(writer, clinic, KeepAssigned(wrong))
    assert kept(store, clinic) == assigned_set()


def test_a_set_goes_along_with_a_merged_record(store: Store, writer: Writer, clinic: str) -> None:
    """Its patient's record goes on under another id, over two merges; the way back is closed."""
    moved = assigned_set(version=2, patient="cy")
    do(
        writer,
        clinic,
        KeepAssigned(assigned_set()),
        KeepMerge(PATIENT, "bo", NOW),
        KeepMerge("bo", "cy", NOW),
    )
    do(writer, clinic, KeepAssigned(moved))
    who = context(patients=frozenset({"cy"}), clinic=clinic)
    assert assigned.assigned_of(store, who, {"cy"}) == (moved,)
    with pytest.raises(LookupError):
        do(writer, clinic, KeepAssigned(assigned_set(version=3)))


def test_a_set_begins_once(writer: Writer, clinic: str) -> None:
    do(writer, clinic, KeepAssigned(assigned_set()))
    with pytest.raises(NotWritten):
        do(writer, clinic, KeepAssigned(assigned_set()))
    do(writer, f"{clinic}-too", KeepAssigned(assigned_set()))


# --- asking ------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(writer: Writer, clinic: str) -> str:
    """Five sets, two changed at one instant; the last is another patient's."""
    hours = (0, 1, 2, 2, 3)
    sets = [
        replace(
            assigned_set(
                f"s{number}",
                patient="bo" if number == 4 else PATIENT,
                encounter=f"enc-{number}",
                changed_at=NOW + hour * HOUR,
            ),
            authored_on=NOW - number * HOUR,
        )
        for number, hour in enumerate(hours)
    ]
    answered = replace(sets[1], version=2, status=AssignedStatus.COMPLETED)
    do(writer, clinic, *(KeepAssigned(one) for one in (*sets, answered)))
    return clinic


def asked(*conditions: Condition) -> AssignedQuery:
    return AssignedQuery(conditions=conditions)


def since(field: str, at: datetime) -> During:
    return During(field, (Comparison("ge", at, at + HOUR),))


def before(field: str, at: datetime) -> During:
    return During(field, (Comparison("lt", at, at + HOUR),))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (AssignedQuery(), ["s0", "s1", "s2", "s3", "s4"]),
        (AssignedQuery(limit=2), ["s0", "s1"]),
        (asked(Among("id", frozenset({"s3", "s9"}))), ["s3"]),
        (asked(Among("id", frozenset())), []),
        (asked(Among("patient_id", frozenset({"bo"}))), ["s4"]),
        (asked(Among("status", frozenset({"completed", "failed"}))), ["s1"]),
        (asked(Among("encounter_id", frozenset({"enc-3", "enc-0"}))), ["s0", "s3"]),
        (asked(since("authored_on", NOW - HOUR)), ["s0", "s1"]),
        (asked(before("authored_on", NOW - HOUR)), ["s2", "s3", "s4"]),
        (asked(since("changed_at", NOW + 2 * HOUR)), ["s2", "s3", "s4"]),
        (asked(before("changed_at", NOW + 2 * HOUR)), ["s0", "s1"]),
        (
            asked(Among("patient_id", frozenset({PATIENT})), since("changed_at", NOW + HOUR)),
            ["s1", "s2", "s3"],
        ),
    ],
)
def test_a_query_finds_what_it_asks_for(
    store: Store, many: str, query: AssignedQuery, expected: list[str]
) -> None:
    who = context(Role.CLIENT, None, many)
    assert [one.id for one in assigned.find(store, who, query)] == expected
    assert assigned.count(store, who, replace(query, limit=1)) == len(
        assigned.find(store, who, replace(query, limit=50))
    )


def test_pages_meet_without_gap_or_overlap(store: Store, many: str) -> None:
    """Two sets changed at one instant at the edge of a page: the id breaks the tie."""
    who = context(Role.CLIENT, None, many)
    query = AssignedQuery(limit=1)
    seen: list[str] = []
    while page := assigned.find(store, who, query):
        seen += [one.id for one in page]
        query = replace(query, behind=Place((page[-1].changed_at,), page[-1].id))
    assert seen == ["s0", "s1", "s2", "s3", "s4"]


def test_sets_of_patients_come_in_the_order_of_their_assignment(store: Store, many: str) -> None:
    who = context(Role.CLINICIAN, None, many)
    assert [one.id for one in assigned.assigned_of(store, who, {PATIENT})] == ["s3", "s2", "s1", "s0"]
    assert assigned.assigned_of(store, who, ("bo", PATIENT))[0].id == "s4"
    assert assigned.assigned_of(store, context(clinic=many), {"bo"}) == ()


# --- writing into the record system --------------------------------------------------------------------------------


def claim(writer: Writer, clinic: str, minutes: int = 0, limit: int = 9) -> list[tuple[str, int]]:
    """What is claimed so many minutes later: ids and versions."""
    now = NOW + timedelta(minutes=minutes)
    taken = writer.run_alone(lambda connection: claim_unwritten(connection, clinic, now, LEASE, limit))
    return [(one.id, one.version) for one in taken]


def test_there_is_nothing_to_write_at_first(writer: Writer, clinic: str) -> None:
    assert claim(writer, clinic) == []


def test_whoever_claims_has_it_for_a_while(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, KeepAssigned(assigned_set()))
    assert claim(writer, "elsewhere") == []
    assert claim(writer, clinic) == [("set-1", 1)]
    assert claim(writer, clinic, 1) == []
    assert claim(writer, clinic, 2) == [("set-1", 1)]
    assert assigned.writing_of(store, clinic, "set-1") == Writing(0, 0, NOW + 2 * LEASE, None)
    assert assigned.writing_of(store, "elsewhere", "set-1") is None


def test_sets_are_written_in_the_order_of_their_change(writer: Writer, many: str) -> None:
    assert claim(writer, many, limit=2) == [("s0", 1), ("s1", 2)]
    assert claim(writer, many, limit=9) == [("s2", 1), ("s3", 1), ("s4", 1)]


def test_what_was_written_is_not_claimed_until_it_changes(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, KeepAssigned(assigned_set()))
    claim(writer, clinic)
    do(writer, clinic, NoteAssignedWritten("set-1", 1))
    assert claim(writer, clinic, 60) == []
    assert assigned.writing_of(store, clinic, "set-1") == Writing(1, 0, None, None)
    do(writer, clinic, KeepAssigned(assigned_set(version=2)))
    assert claim(writer, clinic) == [("set-1", 2)]


def test_a_change_while_it_is_being_written_is_written_afterwards(writer: Writer, clinic: str) -> None:
    """One at a time: the new version waits for the word of the old one, or for the end of its lease."""
    do(writer, clinic, KeepAssigned(assigned_set()))
    claim(writer, clinic)
    do(writer, clinic, KeepAssigned(assigned_set(version=2)))
    assert claim(writer, clinic, 1) == []
    do(writer, clinic, NoteAssignedWritten("set-1", 1))
    assert claim(writer, clinic, 1) == [("set-1", 2)]


def test_what_stands_there_is_looked_at_now_and_then_and_a_new_version_is_owed_at_once(
    writer: Writer, clinic: str
) -> None:
    def look(minutes: float) -> list[str]:
        now = NOW + timedelta(minutes=minutes)
        taken = writer.run_alone(lambda each: assigned.claim_standing(each, clinic, now, HOUR, 9))
        return [one.id for one in taken]

    do(writer, clinic, KeepAssigned(assigned_set()), KeepAssigned(assigned_set("set-2")))
    do(writer, clinic, NoteAssignedWritten("set-1", 1))
    assert [look(0), look(59), look(60)] == [["set-1"], [], ["set-1"]]
    ended = replace(assigned_set(version=2), status=AssignedStatus.COMPLETED)
    do(writer, clinic, KeepAssigned(ended))
    assert ("set-1", 2) in claim(writer, clinic, 61)
    do(writer, clinic, NoteAssignedWritten("set-1", 2))
    assert look(600) == []


def test_late_word_of_an_older_version_takes_nothing_back(store: Store, writer: Writer, clinic: str) -> None:
    versions = (KeepAssigned(assigned_set()), KeepAssigned(assigned_set(version=2)))
    do(writer, clinic, *versions, NoteAssignedWritten("set-1", 2), NoteAssignedWritten("set-1", 1))
    assert assigned.writing_of(store, clinic, "set-1") == Writing(2, 0, None, None)
    assert claim(writer, clinic, 60) == []


def test_a_failed_write_is_tried_again_later(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, KeepAssigned(assigned_set()))
    claim(writer, clinic)
    do(writer, clinic, PostponeAssigned("set-1", NOW + HOUR, "silent"))
    assert claim(writer, clinic, 59) == []
    assert assigned.writing_of(store, clinic, "set-1") == Writing(0, 1, NOW + HOUR, "silent")
    assert claim(writer, clinic, 60) == [("set-1", 1)]
    do(writer, clinic, PostponeAssigned("set-1", NOW + 2 * HOUR, "refused"))
    assert assigned.writing_of(store, clinic, "set-1") == Writing(0, 2, NOW + 2 * HOUR, "refused")
    do(writer, clinic, NoteAssignedWritten("set-1", 1))
    assert assigned.writing_of(store, clinic, "set-1") == Writing(1, 0, None, None)


@pytest.mark.parametrize("change", [NoteAssignedWritten("none", 1), PostponeAssigned("none", NOW, "silent")])
def test_word_of_a_set_that_is_not_there_is_an_error(writer: Writer, clinic: str, change: Change) -> None:
    with pytest.raises(LookupError):
        do(writer, clinic, change)
