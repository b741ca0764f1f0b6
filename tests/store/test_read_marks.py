"""Marks of reading in both databases: kept once, within reach; the list of what is not read agrees with the rule."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.access.context import Role
from service.journal.entries import Cause, EntryStatus, EntryVersion
from service.journal.unread import ReadMark, reading
from service.store import entries, read_marks
from service.store.deeds import Deed, EntryIsAt, GuardFailed, KeepReadMark, NotReadSince, SaveEntryVersion
from service.store.engine import Store
from service.store.writer import Writer
from tests.store.builders import NOW, PATIENT, context, entry

LATER = NOW + timedelta(days=1)


def mark(entry_id: str = "entry-1", version: int = 1, person: str = "Practitioner/7") -> ReadMark:
    return ReadMark(entry_id, PATIENT, version, person, NOW)


def keep(writer: Writer, clinic: str, *versions: EntryVersion) -> None:
    for one in versions:
        writer.perform(Deed(clinic, (), (SaveEntryVersion(one),)))


def read(writer: Writer, clinic: str, new: ReadMark, since: int = 1) -> None:
    guards = (EntryIsAt(new.entry_id, PATIENT, new.version), NotReadSince(new.entry_id, since))
    writer.perform(Deed(clinic, guards, (KeepReadMark(new),)))


def not_read(store: Store, clinic: str) -> list[str]:
    return [one.entry_id for one in read_marks.not_read(store, clinic, LATER, 50)]


def test_a_mark_is_kept_with_who_and_when(store: Store, writer: Writer, clinic: str) -> None:
    keep(writer, clinic, entry())
    read(writer, clinic, mark())
    asked = context(Role.CLINICIAN, clinic=clinic, at=LATER)
    assert read_marks.marks_of(store, asked, ["entry-1", "absent"]) == {"entry-1": (mark(),), "absent": ()}


def test_the_second_mark_of_the_same_words_is_refused(store: Store, writer: Writer, clinic: str) -> None:
    keep(writer, clinic, entry(), replace(entry(version=2), cause=Cause.MOVED))
    read(writer, clinic, mark(version=2))
    with pytest.raises(GuardFailed):
        read(writer, clinic, mark(version=2, person="Practitioner/8"))
    found = read_marks.marks_of(store, context(clinic=clinic), ["entry-1"])
    assert found["entry-1"] == (mark(version=2),)


def test_no_mark_is_kept_of_a_version_that_is_not_the_newest(
    store: Store, writer: Writer, clinic: str
) -> None:
    keep(writer, clinic, entry(), entry(version=2, status=EntryStatus.AMENDED))
    with pytest.raises(GuardFailed):
        read(writer, clinic, mark(version=1))
    assert not_read(store, clinic) == ["entry-1"]


def test_marks_and_causes_of_others_are_not_there(store: Store, writer: Writer, clinic: str) -> None:
    keep(writer, clinic, entry())
    read(writer, clinic, mark())
    for asked in (
        context(Role.CLINICIAN, frozenset({"bo"}), clinic, at=LATER),
        context(Role.CLINICIAN, clinic="another", at=LATER),
        context(Role.NOBODY, clinic=clinic, at=LATER),
    ):
        assert read_marks.marks_of(store, asked, ["entry-1"]) == {"entry-1": ()}
        assert read_marks.causes_of(store, asked, ["entry-1"]) == {"entry-1": {}}


def test_what_is_held_or_a_mistake_is_on_no_list(store: Store, writer: Writer, clinic: str) -> None:
    keep(
        writer,
        clinic,
        entry("held", held_until=LATER + timedelta(hours=1)),
        entry("released", held_until=LATER),
    )
    keep(writer, clinic, entry("wrong"), entry("wrong", 2, status=EntryStatus.ENTERED_IN_ERROR))
    keep(writer, clinic, entry("stopped", status=EntryStatus.STOPPED))
    assert not_read(store, clinic) == ["released"]
    asked = context(Role.CLINICIAN, clinic=clinic, at=LATER)
    assert read_marks.causes_of(store, asked, ["held", "released"]) == {
        "held": {},
        "released": {1: Cause.SENT},
    }


def test_the_list_goes_on_behind_any_of_its_entries_the_oldest_first(
    store: Store, writer: Writer, clinic: str
) -> None:
    names = [f"entry-{number}" for number in range(5)]
    for number, name in enumerate(names):
        keep(writer, clinic, entry(name, authored=NOW - timedelta(hours=number // 2)))
    whole = read_marks.not_read(store, clinic, LATER, 50)
    assert [one.entry_id for one in whole] == ["entry-4", "entry-2", "entry-3", "entry-0", "entry-1"]
    first = read_marks.not_read(store, clinic, LATER, 2)
    assert first + read_marks.not_read(store, clinic, LATER, 50, first[-1]) == whole
    assert read_marks.not_read(store, f"{clinic}-x", LATER, 50) == ()


# Every way that four versions can have come to be, and every version that can have been marked.
WAYS = [(one, two, three) for one in Cause for two in Cause for three in Cause]


def test_the_list_says_what_the_rule_says(store: Store, writer: Writer, clinic: str) -> None:
    asked = context(Role.CLINICIAN, clinic=clinic, at=LATER)
    names = []
    for number, causes in enumerate(WAYS):
        marked = number % 5  # 0: none
        name = f"entry-{number}"
        versions = [entry(name), *(replace(entry(name, 2 + at), cause=one) for at, one in enumerate(causes))]
        changes = tuple(SaveEntryVersion(one) for one in versions)
        marks = (KeepReadMark(mark(name, marked)),) if marked else ()
        writer.perform(Deed(clinic, (), changes + marks))
        names.append(name)
    kept, made = read_marks.marks_of(store, asked, names), read_marks.causes_of(store, asked, names)
    newest = {one: entries.by_id(store, asked, one) for one in names}
    owed = {one for one, last in newest.items() if last and reading(last, made[one], kept[one]).is_owed}
    assert 0 < len(owed) < len(names)
    assert {one.entry_id for one in read_marks.not_read(store, clinic, LATER, 500)} == owed
