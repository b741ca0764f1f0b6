"""A deed happens whole or not at all: every guard held and failed, every change, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.journal.entries import Answer, Cause, Draft, EntryStatus, FilingState
from service.journal.match import Coding, EncounterSeen, Proof
from service.store import audit_trail, drafts, entries, filings, infusions, sessions
from service.store.deeds import (
    BeginLaunch,
    Change,
    CloseVisit,
    CourseIsAt,
    Deed,
    DraftIsAt,
    DropDraft,
    EntryIsAt,
    EntryIsNew,
    FilingIsAt,
    FilingIsDue,
    FilingIsUnsent,
    FilingNeverSent,
    Guard,
    GuardFailed,
    InfusionIsFree,
    KeepAssigned,
    LaneIsHeld,
    LaunchIsUnused,
    LinkDraft,
    NoteSendStarted,
    NoteUnchanged,
    OpenVisit,
    OweLook,
    PostponeFiling,
    QueueFiling,
    RememberEncounters,
    RenewVisit,
    SaveDraft,
    SaveEntryVersion,
    SaveRuling,
    SettleFiling,
    TouchVisit,
)
from service.store.engine import Store
from service.store.transaction import NotWritten
from service.store.writer import Writer
from tests.store.builders import (
    NOW,
    PATIENT,
    assigned_set,
    context,
    draft,
    entry,
    filing,
    launch,
    record,
    ruling,
    visit,
)


def do(writer: Writer, clinic: str, *changes: Change, guards: tuple[Guard, ...] = ()) -> None:
    writer.perform(Deed(clinic, guards, changes))


SENT = (SaveEntryVersion(entry(encounter="enc-1")), QueueFiling(filing()))
SEEN = RememberEncounters(PATIENT, (), NOW)


def settled(state: FilingState) -> tuple[Change, ...]:
    return (*SENT, SettleFiling("filing-1", state, None, None, NOW))


# What was done before, the guard, and whether it holds.
GUARDS: tuple[tuple[str, tuple[Change, ...], Guard, bool], ...] = (
    ("no draft yet", (), DraftIsAt("key-1", PATIENT, 0), True),
    ("there is a draft", (SaveDraft(draft()),), DraftIsAt("key-1", PATIENT, 0), False),
    ("the draft as read", (SaveDraft(draft()),), DraftIsAt("key-1", PATIENT, 1), True),
    (
        "the draft moved on",
        (SaveDraft(draft()), SaveDraft(draft(revision=2))),
        DraftIsAt("key-1", PATIENT, 1),
        False,
    ),
    ("somebody else's draft", (SaveDraft(draft()),), DraftIsAt("key-1", "bo", 1), False),
    ("no such draft", (), DraftIsAt("key-1", PATIENT, 1), False),
    ("a new key", (), EntryIsNew("key-of-entry-1"), True),
    ("a known key", SENT, EntryIsNew("key-of-entry-1"), False),
    ("the newest version", SENT, EntryIsAt("entry-1", PATIENT, 1), True),
    (
        "an older version",
        (*SENT, SaveEntryVersion(entry(version=2))),
        EntryIsAt("entry-1", PATIENT, 1),
        False,
    ),
    ("another's entry", SENT, EntryIsAt("entry-1", "bo", 1), False),
    ("a free infusion", (), InfusionIsFree(PATIENT, "enc-1", "key-9"), True),
    ("an infusion with an entry", SENT, InfusionIsFree(PATIENT, "enc-1", "key-9"), False),
    ("its own entry", SENT, InfusionIsFree(PATIENT, "enc-1", "key-of-entry-1"), True),
    ("another patient's entry", SENT, InfusionIsFree("bo", "enc-1", "key-9"), True),
    (
        "an infusion with a draft",
        (SaveDraft(draft(encounter="enc-1")),),
        InfusionIsFree(PATIENT, "enc-1", "key-9"),
        False,
    ),
    (
        "an infusion with a stopped draft",
        (SaveDraft(draft(encounter="enc-1", status=EntryStatus.STOPPED)),),
        InfusionIsFree(PATIENT, "enc-1", "key-9"),
        True,
    ),
    (
        "an entry entered in error",
        (SaveEntryVersion(entry(encounter="enc-1", status=EntryStatus.ENTERED_IN_ERROR)),),
        InfusionIsFree(PATIENT, "enc-1", "key-9"),
        True,
    ),
    ("a lane nobody leased", SENT, LaneIsHeld(PATIENT, 0), False),
    ("a filing still due", SENT, FilingIsDue("filing-1"), True),
    (
        "a cancelled filing",
        (*SENT, SettleFiling("filing-1", FilingState.CANCELLED, None, None, NOW)),
        FilingIsDue("filing-1"),
        False,
    ),
    ("a filing nobody sent", SENT, FilingIsUnsent("filing-1"), True),
    ("a send that was begun", (*SENT, NoteSendStarted("filing-1", NOW)), FilingIsUnsent("filing-1"), False),
    ("a begun send is still due", (*SENT, NoteSendStarted("filing-1", NOW)), FilingIsDue("filing-1"), True),
    ("due and never sent", SENT, FilingNeverSent("filing-1"), True),
    ("no such filing", (), FilingNeverSent("filing-1"), False),
    ("waiting and never sent", settled(FilingState.WAITING), FilingNeverSent("filing-1"), True),
    ("refused and never sent", settled(FilingState.REFUSED), FilingNeverSent("filing-1"), True),
    ("parked and never sent", settled(FilingState.PARKED), FilingNeverSent("filing-1"), True),
    (
        "parked with an unknown outcome",
        (*settled(FilingState.PARKED), NoteSendStarted("filing-1", NOW)),
        FilingNeverSent("filing-1"),
        False,
    ),
    ("as it was seen", SENT, FilingIsAt("filing-1", FilingState.DUE), True),
    ("settled since", settled(FilingState.FILED), FilingIsAt("filing-1", FilingState.DUE), False),
    ("filed", settled(FilingState.FILED), FilingNeverSent("filing-1"), False),
    ("held there", settled(FilingState.HELD_THERE), FilingNeverSent("filing-1"), False),
    ("cancelled already", settled(FilingState.CANCELLED), FilingNeverSent("filing-1"), False),
    (
        "refused, but a send has no known end",
        (*settled(FilingState.REFUSED), NoteSendStarted("filing-1", NOW)),
        FilingNeverSent("filing-1"),
        False,
    ),
    (
        "refused, and the send's end is known",
        (*settled(FilingState.REFUSED), NoteSendStarted("filing-1", NOW), NoteSendStarted("filing-1", None)),
        FilingNeverSent("filing-1"),
        True,
    ),
    ("nothing known", (), CourseIsAt(PATIENT, 0), True),
    ("nothing known, and more thought", (), CourseIsAt(PATIENT, 1), False),
    ("a look that is owed tells nothing yet", (OweLook(PATIENT, NOW),), CourseIsAt(PATIENT, 0), True),
    ("somebody looked", (SEEN,), CourseIsAt(PATIENT, 0), False),
    ("the course as read", (SEEN,), CourseIsAt(PATIENT, 1), True),
    ("another's course", (SEEN,), CourseIsAt("bo", 1), False),
    ("the course moved on by a look", (SEEN, SEEN), CourseIsAt(PATIENT, 1), False),
    ("by a ruling", (SEEN, SaveRuling(ruling())), CourseIsAt(PATIENT, 1), False),
    ("by an assigned set", (SEEN, KeepAssigned(assigned_set())), CourseIsAt(PATIENT, 1), False),
    (
        "not by a look that found no change",
        (SEEN, NoteUnchanged(PATIENT, NOW, NOW)),
        CourseIsAt(PATIENT, 1),
        True,
    ),
)


@pytest.mark.parametrize(("before", "guard", "held"), [g[1:] for g in GUARDS], ids=[g[0] for g in GUARDS])
def test_a_deed_happens_exactly_if_its_guard_holds(
    store: Store, writer: Writer, clinic: str, before: tuple[Change, ...], guard: Guard, held: bool
) -> None:
    if before:
        do(writer, clinic, *before)
    happens(store, writer, clinic, guard, held)


def happens(store: Store, writer: Writer, clinic: str, guard: Guard, held: bool) -> None:
    """The deed that rests on this guard happens whole, or raises it and leaves nothing."""
    deed = Deed(clinic, (guard,), (OpenVisit(visit(clinic, clinic)),), (record(clinic=clinic),))
    if held:
        writer.perform(deed)
    else:
        with pytest.raises(GuardFailed) as failed:
            writer.perform(deed)
        assert failed.value.guard == guard
    assert (sessions.visit(store, clinic) is not None) is held
    assert audit_trail.head(store, clinic).size == (1 if held else 0)


def test_a_guard_sees_its_own_clinic_only(writer: Writer, clinic: str) -> None:
    """The same key, id and patient at two clinics are two things (T7)."""
    guards = (
        DraftIsAt("key-1", PATIENT, 0),
        EntryIsNew("key-of-entry-1"),
        InfusionIsFree(PATIENT, "enc-1", "key-9"),
        CourseIsAt(PATIENT, 0),
    )
    do(writer, clinic, SaveDraft(draft()), *SENT, SEEN, guards=guards)
    do(writer, f"{clinic}-too", SaveDraft(draft()), *SENT, SEEN, guards=guards)
    do(writer, clinic, guards=(FilingNeverSent("filing-1"), CourseIsAt(PATIENT, 1)))
    with pytest.raises(GuardFailed):
        do(writer, "elsewhere", guards=(FilingNeverSent("filing-1"),))
    with pytest.raises(GuardFailed):
        do(writer, clinic, guards=guards)


@pytest.mark.parametrize(
    ("state", "after", "held"),
    [("known", timedelta(), True), ("known", timedelta(hours=1), False), ("unknown", timedelta(), False)],
)
def test_a_launch_has_to_be_pending(
    store: Store, writer: Writer, clinic: str, state: str, after: timedelta, held: bool
) -> None:
    do(writer, clinic, BeginLaunch(launch(f"known at {clinic}", clinic)))
    happens(store, writer, clinic, LaunchIsUnused(f"{state} at {clinic}", NOW + after), held)


def test_a_launch_is_used_once(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, BeginLaunch(launch(clinic, clinic)))
    do(writer, clinic, guards=(LaunchIsUnused(clinic, NOW),))
    assert sessions.pending_launch(store, clinic) is None
    with pytest.raises(GuardFailed):
        do(writer, clinic, guards=(LaunchIsUnused(clinic, NOW),))


def test_a_launch_is_used_at_its_own_clinic(writer: Writer, clinic: str) -> None:
    do(writer, clinic, BeginLaunch(launch(clinic, clinic)))
    with pytest.raises(GuardFailed):
        do(writer, "another", guards=(LaunchIsUnused(clinic, NOW),))


def test_a_launch_is_not_used_up_by_a_deed_that_fails(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, BeginLaunch(launch(clinic, clinic)))
    with pytest.raises(GuardFailed):
        do(writer, clinic, guards=(LaunchIsUnused(clinic, NOW), EntryIsAt("none", PATIENT, 1)))
    assert sessions.pending_launch(store, clinic) == launch(clinic, clinic)


def test_an_infusion_takes_one_live_entry_even_without_a_guard(writer: Writer, clinic: str) -> None:
    do(writer, clinic, SaveEntryVersion(entry("entry-1", encounter="enc-1")))
    with pytest.raises(NotWritten):
        do(writer, clinic, SaveEntryVersion(entry("entry-2", encounter="enc-1")))
    do(
        writer,
        clinic,
        SaveEntryVersion(entry("entry-1", 2, encounter="enc-1", status=EntryStatus.ENTERED_IN_ERROR)),
    )
    do(writer, clinic, SaveEntryVersion(entry("entry-2", encounter="enc-1")))


@pytest.mark.parametrize("version", [1, 3])
def test_versions_follow_one_another(writer: Writer, clinic: str, version: int) -> None:
    do(writer, clinic, SaveEntryVersion(entry()))
    with pytest.raises((LookupError, NotWritten)):
        do(writer, clinic, SaveEntryVersion(entry(version=version)))


@pytest.mark.parametrize("changed", [draft(revision=3), draft(revision=2, patient="bo")])
def test_a_draft_follows_its_own_last_revision(
    store: Store, writer: Writer, clinic: str, changed: Draft
) -> None:
    do(writer, clinic, SaveDraft(draft()))
    with pytest.raises(LookupError):
        do(writer, clinic, SaveDraft(changed))
    assert drafts.draft(store, context(clinic=clinic), "key-1") == draft()


def test_a_version_cannot_move_to_another_patient(writer: Writer, clinic: str) -> None:
    do(writer, clinic, SaveEntryVersion(entry()))
    with pytest.raises(LookupError):
        do(writer, clinic, SaveEntryVersion(entry(version=2, patient="bo")))


def test_every_version_keeps_its_cause(store: Store, writer: Writer, clinic: str) -> None:
    """What Provenance says of each: when it began, who made it, why (rule 11)."""
    first = replace(entry(), begun_at=NOW - timedelta(minutes=9))
    attached = replace(entry(version=2, encounter="enc-1"), cause=Cause.ATTACHED, begun_at=first.begun_at)
    moved = replace(
        entry(version=3, encounter="enc-2"), cause=Cause.MOVED, made_by="Practitioner/7", why="wrong-visit"
    )
    do(writer, clinic, *(SaveEntryVersion(one) for one in (first, attached, moved)))
    assert entries.versions_of(store, context(clinic=clinic), "entry-1") == [moved, attached, first]


def test_a_link_keeps_its_series(store: Store, writer: Writer, clinic: str) -> None:
    begun = replace(draft(), link=replace(draft().link, encounter_id="enc-1", series="episode:7"))
    sent = replace(entry(), link=replace(entry().link, series="episode:7"))
    do(writer, clinic, SaveDraft(begun), SaveEntryVersion(sent))
    assert drafts.draft(store, context(clinic=clinic), begun.key) == begun
    assert entries.by_id(store, context(clinic=clinic), "entry-1") == sent


def test_a_draft_gets_its_infusion_while_it_is_written(store: Store, writer: Writer, clinic: str) -> None:
    """Words and revision stay, so the next save finds what it rests on."""
    link = replace(draft().link, encounter_id="enc-1", ordinal=3, evidence=("enc-1",), series="episode:7")
    do(writer, clinic, SaveDraft(draft(revision=1)), LinkDraft("key-1", link))
    assert drafts.draft(store, context(clinic=clinic), "key-1") == replace(draft(), link=link)
    do(writer, clinic, SaveDraft(replace(draft(revision=2), link=link)))
    with pytest.raises(LookupError):
        do(writer, clinic, LinkDraft("none", link))
    with pytest.raises(LookupError):
        do(writer, "elsewhere", LinkDraft("key-1", link))


def test_the_service_itself_reads_whole(store: Store, writer: Writer, clinic: str) -> None:
    """To make the next version, or to attach a draft: every answer, of its own clinic alone."""
    words = (Answer("q0", "for everybody"), Answer("q1", "for me alone", private=True))
    newest = entry(version=2, words=words)
    do(writer, clinic, SaveEntryVersion(entry()), SaveEntryVersion(newest), SaveDraft(draft()))
    assert entries.whole(store, clinic, "entry-1") == newest
    assert drafts.for_upkeep(store, clinic, {PATIENT, "bo"}) == (draft(),)
    assert drafts.for_upkeep(store, clinic, {"bo"}) == ()
    assert entries.whole(store, "elsewhere", "entry-1") is None
    assert drafts.for_upkeep(store, "elsewhere", {PATIENT}) == ()


def test_what_was_sent_is_read_back_as_it_was(store: Store, writer: Writer, clinic: str) -> None:
    sent = entry(encounter="enc-1")
    do(writer, clinic, SaveEntryVersion(sent))
    assert entries.by_id(store, context(clinic=clinic), "entry-1") == sent
    assert entries.by_key(store, context(clinic=clinic), sent.key) == sent


def test_a_draft_goes_with_its_sending(store: Store, writer: Writer, clinic: str) -> None:
    begun = draft(encounter="enc-1")
    do(writer, clinic, SaveDraft(begun))
    assert drafts.draft(store, context(clinic=clinic), begun.key) == begun
    do(writer, clinic, SaveEntryVersion(entry(key=begun.key, encounter="enc-1")), DropDraft(begun.key))
    assert drafts.draft(store, context(clinic=clinic), begun.key) is None


def test_a_filing_is_settled_and_sent_on_its_way_again(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, *SENT)
    do(writer, clinic, SettleFiling("filing-1", FilingState.REFUSED, "no such encounter", None, NOW))
    assert filings.of_entry(store, context(clinic=clinic), "entry-1")[0].state is FilingState.REFUSED
    later = NOW + timedelta(hours=1)
    do(writer, clinic, PostponeFiling("filing-1", later, 3, "asked for again"))
    expected = replace(filing(), due_at=later, attempts=3, reason="asked for again")
    assert filings.of_patient(store, context(clinic=clinic), PATIENT) == [expected]
    assert filings.open_filings(store, clinic, NOW) == [expected]
    do(writer, clinic, SettleFiling("filing-1", FilingState.FILED, None, "doc-1", NOW))
    assert filings.open_filings(store, clinic, NOW) == []


def test_a_waiting_filing_is_open(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, *settled(FilingState.WAITING))
    assert [one.state for one in filings.open_filings(store, clinic, NOW)] == [FilingState.WAITING]


def test_a_change_of_nothing_is_an_error(writer: Writer, clinic: str) -> None:
    with pytest.raises(LookupError):
        do(writer, clinic, SettleFiling("none", FilingState.FILED, None, None, NOW))


def test_encounters_seen_now_take_the_place_of_those_before(
    store: Store, writer: Writer, clinic: str
) -> None:
    coding = Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB")
    full = EncounterSeen(
        "enc-1",
        PATIENT,
        "finished",
        class_=coding,
        types=(coding,),
        locations=("Location/1",),
        start=NOW,
        end=NOW + timedelta(hours=2),
        part_of="Encounter/0",
        version="3",
        appointment_types=(coding,),
        proofs=(Proof("Procedure", "7", "completed", (coding,)), Proof("Procedure", "8", "not-done")),
    )
    day_only = EncounterSeen("enc-2", PATIENT, "planned", start_day=NOW.date())
    do(writer, clinic, RememberEncounters(PATIENT, (day_only, full), NOW))
    assert infusions.encounters_of(store, context(clinic=clinic), PATIENT) == (full, day_only)
    do(writer, clinic, RememberEncounters(PATIENT, (full,), NOW))
    assert infusions.encounters_of(store, context(clinic=clinic), PATIENT) == (full,)
    assert infusions.encounters_of(store, context(patients=frozenset({"bo"}), clinic=clinic), PATIENT) == ()


def test_the_life_of_a_visit(store: Store, writer: Writer, clinic: str) -> None:
    begun = visit(clinic, clinic)
    do(writer, clinic, OpenVisit(begun))
    assert sessions.visit(store, clinic) == begun
    later = NOW + timedelta(minutes=5)
    do(writer, clinic, TouchVisit(clinic, later, later))
    renewed = replace(begun.contents, access_token="another", birth_date=NOW.date())
    do(writer, clinic, RenewVisit(clinic, renewed, later))
    assert sessions.visit(store, clinic) == replace(begun, seen_at=later, expires_at=later, contents=renewed)
    do(writer, clinic, CloseVisit(clinic))
    assert sessions.visit(store, clinic) is None


def test_another_clinic_cannot_close_a_visit(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, OpenVisit(visit(clinic, clinic)))
    do(writer, "another", CloseVisit(clinic), TouchVisit(clinic, NOW, NOW))
    assert sessions.visit(store, clinic) == visit(clinic, clinic)


def test_expired_visits_and_launches_are_forgotten(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, OpenVisit(visit(clinic, clinic)), BeginLaunch(launch(clinic, clinic)))
    writer.run_alone(lambda connection: sessions.forget_expired(connection, NOW + timedelta(minutes=15)))
    assert sessions.visit(store, clinic) is not None
    assert sessions.pending_launch(store, clinic) is None


@pytest.mark.parametrize(
    "change", [OpenVisit(visit(clinic="another")), BeginLaunch(launch(clinic="another"))]
)
def test_a_deed_stays_in_its_clinic(writer: Writer, clinic: str, change: Change) -> None:
    with pytest.raises(ValueError, match="clinic of its deed"):
        do(writer, clinic, change)
