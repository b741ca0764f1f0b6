"""Who reads what: clinic, patients and role stand in the SQL of every question (T7, rules 13, 16 and 29)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from service.access.context import AccessContext, Role
from service.journal.conditions import Among, Comparison, Condition, During, Place, Sort, Versioned
from service.journal.entries import Answer, EntryStatus
from service.journal.match import EncounterSeen
from service.journal.questions import AssignedQuery, EntryQuery
from service.journal.series import EpisodeSeen
from service.store import assigned, courses, drafts, entries, filings, infusions, rulings
from service.store.deeds import (
    Deed,
    KeepAssigned,
    QueueFiling,
    RememberEncounters,
    SaveDraft,
    SaveEntryVersion,
    SaveRuling,
)
from service.store.engine import Store
from service.store.writer import Writer
from tests.store.builders import (
    NOW,
    PATIENT,
    QUESTIONNAIRE,
    assigned_set,
    context,
    draft,
    entry,
    filing,
    ruling,
)

PRIVATE = (Answer("q0", "for everybody"), Answer("q1", "for me alone", private=True))

Question = Callable[[Store, AccessContext], object]

QUESTIONS: dict[str, Question] = {
    "by_id": lambda store, who: entries.by_id(store, who, "entry-1"),
    "by_key": lambda store, who: entries.by_key(store, who, "key-of-entry-1"),
    "version_of": lambda store, who: entries.version_of(store, who, "entry-1", 1),
    "versions_of": lambda store, who: entries.versions_of(store, who, "entry-1"),
    "newest_first": entries.newest_first,
    "find": lambda store, who: entries.find(
        store, who, EntryQuery(conditions=(Among("id", frozenset({"entry-1"})),))
    ),
    "count": lambda store, who: entries.count(store, who, EntryQuery()),
    "unattached": entries.unattached,
    "draft": lambda store, who: drafts.draft(store, who, "key-1"),
    "drafts_of": drafts.drafts_of,
    "of_entry": lambda store, who: filings.of_entry(store, who, "entry-1"),
    "of_patient": lambda store, who: filings.of_patient(store, who, PATIENT),
    "encounters_of": lambda store, who: infusions.encounters_of(store, who, PATIENT),
    "episodes_of": lambda store, who: courses.episodes_of(store, who, PATIENT),
    "course_row": lambda store, who: courses.course_row(store, who, PATIENT),
    "rulings_of": lambda store, who: rulings.rulings_of(store, who, {PATIENT, "bo"}),
    "assigned_of": lambda store, who: assigned.assigned_of(store, who, {PATIENT, "bo"}),
    "assigned by_id": lambda store, who: assigned.by_id(store, who, "set-1"),
    "assigned find": lambda store, who: assigned.find(store, who, AssignedQuery()),
    "assigned count": lambda store, who: assigned.count(store, who, AssignedQuery()),
}
OF_THE_PATIENT_ALONE = {"draft", "drafts_of"}
WITHOUT_WORDS = {
    "of_entry",
    "of_patient",
    "encounters_of",
    "episodes_of",
    "course_row",
    "rulings_of",
    "assigned_of",
    "assigned by_id",
    "assigned find",
    "assigned count",
}


@pytest.fixture
def journal(writer: Writer, clinic: str) -> str:
    """A clinic with one of everything."""
    seen = EncounterSeen("enc-1", PATIENT, "finished", start=NOW)
    writer.perform(
        Deed(
            clinic,
            changes=(
                SaveEntryVersion(entry(encounter="enc-1", words=PRIVATE)),
                QueueFiling(filing()),
                SaveEntryVersion(entry("entry-2")),
                SaveDraft(draft()),
                RememberEncounters(PATIENT, (seen,), NOW, (EpisodeSeen("episode-1", PATIENT, "active"),)),
                SaveRuling(ruling()),
                KeepAssigned(assigned_set()),
            ),
        )
    )
    return clinic


def answered(store: Store, who: AccessContext) -> set[str]:
    """The questions to which this asker gets any answer."""
    return {name for name, ask in QUESTIONS.items() if ask(store, who)}


def test_a_patient_finds_their_own(store: Store, journal: str) -> None:
    assert answered(store, context(clinic=journal)) == set(QUESTIONS)


@pytest.mark.parametrize(
    "stranger",
    [
        context(clinic="elsewhere"),
        context(patients=frozenset({"bo"})),
        context(patients=frozenset()),
        context(Role.NOBODY, None),
        context(Role.CLINICIAN, frozenset({"bo"})),
        context(Role.CLIENT, frozenset()),
    ],
    ids=["other clinic", "other patient", "no patient", "nobody", "clinician of another", "client of none"],
)
def test_nobody_else_finds_anything(store: Store, journal: str, stranger: AccessContext) -> None:
    who = stranger if stranger.clinic == "elsewhere" else replace(stranger, clinic=journal)
    assert answered(store, who) == set()


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.CLIENT, Role.WORKER, Role.OFFICER])
def test_what_each_role_finds_of_any_patient(store: Store, journal: str, role: Role) -> None:
    """Drafts are the patient's alone; officers find no words."""
    allowed = WITHOUT_WORDS if role is Role.OFFICER else set(QUESTIONS) - OF_THE_PATIENT_ALONE
    assert answered(store, context(role, None, journal)) == allowed


def test_private_answers_come_to_the_patient_alone(store: Store, journal: str) -> None:
    own = entries.by_id(store, context(clinic=journal), "entry-1")
    seen = entries.by_id(store, context(Role.CLINICIAN, clinic=journal), "entry-1")
    delivered = entries.for_delivery(store, journal, "entry-1", 1)
    assert own is not None
    assert seen is not None
    assert own.answers == PRIVATE
    assert seen.answers == PRIVATE[:1]
    assert delivered == seen


def test_a_stopped_entry_is_the_patients_alone(store: Store, writer: Writer, clinic: str) -> None:
    writer.perform(Deed(clinic, changes=(SaveEntryVersion(entry(status=EntryStatus.STOPPED)),)))
    assert entries.by_id(store, context(clinic=clinic), "entry-1") is not None
    assert entries.by_id(store, context(Role.CLINICIAN, clinic=clinic), "entry-1") is None


def test_delivery_asks_for_what_exists(store: Store, journal: str) -> None:
    assert entries.for_delivery(store, journal, "entry-1", 2) is None
    assert entries.for_delivery(store, "elsewhere", "entry-1", 1) is None


@pytest.fixture
def many(writer: Writer, clinic: str) -> str:
    """Six entries, two of one instant, the third amended; the last is another patient's."""
    hours = (0, 1, 2, 2, 3, 4)
    sent = [
        entry(
            f"e{number}",
            patient="bo" if number == 5 else PATIENT,
            encounter=f"enc-{number}",
            authored=NOW + timedelta(hours=hour),
        )
        for number, hour in enumerate(hours)
    ]
    amended = replace(sent[2], version=2, status=EntryStatus.AMENDED)
    writer.perform(Deed(clinic, changes=tuple(SaveEntryVersion(one) for one in (*sent, amended))))
    return clinic


def asked(*conditions: Condition) -> EntryQuery:
    return EntryQuery(conditions=conditions)


def ids(store: Store, clinic: str, query: EntryQuery) -> list[str]:
    return [one.id for one in entries.find(store, context(Role.CLINICIAN, None, clinic), query)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (EntryQuery(), ["e5", "e4", "e3", "e2", "e1", "e0"]),
        (EntryQuery(order=(Sort("authored"),)), ["e0", "e1", "e2", "e3", "e4", "e5"]),
        (EntryQuery(limit=2), ["e5", "e4"]),
        (asked(Among("id", frozenset({"e1", "e9"}))), ["e1"]),
        (asked(Among("id", frozenset())), []),
        (EntryQuery(patient_ids=("bo",)), ["e5"]),
        (asked(Among("status", frozenset({"amended"}))), ["e2"]),
        (replace(asked(Versioned("questionnaire", frozenset({QUESTIONNAIRE}))), limit=1), ["e5"]),
        (asked(Versioned("questionnaire", frozenset({"another"}))), []),
        (asked(Among("encounter_id", frozenset({"enc-3", "enc-1"}))), ["e3", "e1"]),
        (asked(Among("key", frozenset({"key-of-e4"}))), ["e4"]),
        (
            asked(
                During("authored", (Comparison("ge", NOW + timedelta(hours=2), NOW + timedelta(hours=3)),))
            ),
            ["e5", "e4", "e3", "e2"],
        ),
        (
            asked(
                During("authored", (Comparison("lt", NOW + timedelta(hours=2), NOW + timedelta(hours=3)),))
            ),
            ["e1", "e0"],
        ),
    ],
)
def test_a_query_finds_what_it_asks_for(
    store: Store, many: str, query: EntryQuery, expected: list[str]
) -> None:
    assert ids(store, many, query) == expected
    total = entries.count(store, context(Role.CLINICIAN, None, many), replace(query, limit=1))
    assert total == len(ids(store, many, replace(query, limit=50)))


@pytest.mark.parametrize("oldest_first", [False, True])
def test_pages_meet_without_gap_or_overlap(store: Store, many: str, oldest_first: bool) -> None:
    """Two entries of one instant at the edge of a page: the id breaks the tie."""
    who = context(Role.CLINICIAN, None, many)
    query = EntryQuery(limit=1, order=(Sort("authored", descending=not oldest_first),))
    seen: list[str] = []
    while page := entries.find(store, who, query):
        seen += [one.id for one in page]
        query = replace(query, behind=Place((page[-1].authored,), page[-1].id))
    assert seen == sorted(seen, reverse=not oldest_first)
    assert len(seen) == 6


def test_every_version_stays_readable(store: Store, many: str) -> None:
    who = context(clinic=many)
    assert [one.version for one in entries.versions_of(store, who, "e2")] == [2, 1]
    first = entries.version_of(store, who, "e2", 1)
    assert first is not None
    assert first.status is EntryStatus.COMPLETED


def test_drafts_begun_last_come_first(store: Store, writer: Writer, clinic: str) -> None:
    begun = [draft(f"key-{n}", started_at=NOW + timedelta(minutes=n)) for n in range(3)]
    writer.perform(Deed(clinic, changes=tuple(SaveDraft(one) for one in begun)))
    assert [one.key for one in drafts.drafts_of(store, context(clinic=clinic))] == ["key-2", "key-1", "key-0"]


def test_what_was_sent_without_an_infusion_is_found(store: Store, writer: Writer, clinic: str) -> None:
    """The newest version counts; what was stopped, attached since, or entered in error is none of them."""
    waiting = [
        entry("late", authored=NOW + timedelta(hours=1)),
        entry("early"),
        entry("wrong"),
        entry("found"),
        entry("stopped", status=EntryStatus.STOPPED),
        entry("elsewhere", encounter="enc-9"),
        entry("of another", patient="bo"),
    ]
    moved_on = (
        replace(entry("wrong", 2), status=EntryStatus.ENTERED_IN_ERROR),
        entry("found", 2, encounter="enc-1"),
        entry("late", 2, authored=NOW + timedelta(hours=1), status=EntryStatus.AMENDED),
    )
    writer.perform(Deed(clinic, changes=tuple(SaveEntryVersion(one) for one in (*waiting, *moved_on))))
    found = entries.unattached(store, context(clinic=clinic))
    assert [(one.id, one.version) for one in found] == [("early", 1), ("late", 2)]
    everybody = entries.unattached(store, context(Role.CLINICIAN, None, clinic))
    assert {one.id for one in everybody} == {"early", "late", "of another"}


def test_the_private_answers_of_an_unattached_entry_stay_private(
    store: Store, writer: Writer, clinic: str
) -> None:
    writer.perform(Deed(clinic, changes=(SaveEntryVersion(entry(words=PRIVATE)),)))
    assert entries.unattached(store, context(clinic=clinic))[0].answers == PRIVATE
    assert entries.unattached(store, context(Role.CLINICIAN, clinic=clinic))[0].answers == PRIVATE[:1]
