"""Two clinics whose patients have the same names, in one database, and every question that may be asked there.

`unguarded` takes the application's own predicates out of questions: what comes back then, PostgreSQL let through.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, event, true
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnClause
from sqlalchemy.sql.selectable import Select

from service.access.context import AccessContext
from service.audit.log_query import LogQuery
from service.journal.conditions import Sort
from service.journal.entries import EntryVersion, Filing, FilingKind, FilingState
from service.journal.match import EncounterSeen
from service.journal.questions import AssignedQuery, EntryQuery
from service.journal.series import EpisodeSeen
from service.journal.unread import ReadMark
from service.store import (
    assigned,
    audit_trail,
    client_tokens,
    course_filings,
    courses,
    documents,
    drafts,
    entries,
    filings,
    finding,
    generations,
    held_words,
    infusions,
    log_search,
    merges,
    read_marks,
    rulings,
    submitted,
)
from service.store.deeds import (
    BeginGeneration,
    BeginLaunch,
    Change,
    Deed,
    EndVisit,
    HoldWords,
    KeepAssigned,
    KeepCheckpoint,
    KeepFinding,
    KeepMerge,
    KeepNotice,
    KeepReadMark,
    KeepSummary,
    NoteOpenItems,
    OpenVisit,
    OweLook,
    QueueFiling,
    RememberEncounters,
    SaveDraft,
    SaveEntryVersion,
    SaveRuling,
    SettleFiling,
)
from service.store.engine import Store
from service.store.writer import Writer
from tests.store.builders import NOW, assigned_set, draft, entry, filing, held, launch, record, ruling, visit

CLINICS = ("heron", "marigold")
PATIENTS = ("ada", "bo")
LATER = NOW + timedelta(days=1)
MORNING = NOW + timedelta(hours=15)  # when what is held is released


def settle(store: Store) -> None:
    """Rows in every table, for two patients of two clinics; what is unique in a clinic is the same in both."""
    writer = Writer(store)
    writer.start()
    for clinic in CLINICS:
        for patient in PATIENTS:
            records = (record(patient, clinic), record(patient, clinic, person=None))
            writer.perform(Deed(clinic, (), _of_patient(clinic, patient), records))
        writer.perform(Deed(clinic, (), _of_clinic(clinic)))
        writer.perform(Deed(clinic, (), (BeginGeneration(CLINICS.index(clinic) + 1, NOW),)))
        writer.perform(Deed(clinic, (), _signed_in(clinic) + _signed_out(clinic)))
        writer.run_alone(partial(_give_token, clinic))
    writer.stop()


def _of_patient(clinic: str, patient: str) -> tuple[Change, ...]:
    name = f"entry of {patient}"
    seen = EncounterSeen(f"enc of {patient}", patient, "finished", start=NOW)
    episode = EpisodeSeen(f"episode of {patient}", patient, "active", NOW)
    return (
        SaveDraft(draft(f"draft of {patient}", patient=patient)),
        HoldWords(held(f"held of {patient}", patient)),
        SaveEntryVersion(_explained(name, patient=patient, encounter=f"enc of {patient}")),
        SaveEntryVersion(_explained(name, 2, patient=patient, encounter=f"enc of {patient}")),
        SaveEntryVersion(_explained(f"loose {name}", patient=patient)),
        QueueFiling(filing(f"filing of {patient}", name, patient=patient)),
        KeepSummary(f"filing of {patient}", b"%PDF", "sha"),
        QueueFiling(_response(f"response of {patient}", name, patient)),
        SettleFiling(f"response of {patient}", FilingState.FILED, None, "response", NOW),
        RememberEncounters(patient, (seen,), NOW, (episode,)),
        KeepReadMark(ReadMark(name, patient, 2, "Practitioner/7", NOW)),
        SaveRuling(ruling(f"ruling of {patient}", patient)),
        KeepAssigned(assigned_set(f"set of {patient}", patient=patient)),
        SettleFiling(f"filing of {patient}", FilingState.FILED, None, "doc", NOW),
        QueueFiling(filing(f"filing of loose {patient}", f"loose {name}", patient=patient)),
        SaveEntryVersion(_explained(f"held {name}", patient=patient, held_until=MORNING)),
        QueueFiling(filing(f"filing of held {patient}", f"held {name}", patient=patient)),
        QueueFiling(_course(f"course of {patient}", name, patient)),
        SettleFiling(f"course of {patient}", FilingState.FILED, None, "course", NOW),
        NoteOpenItems(patient, 1),
    )


def _explained(*named: Any, **parts: Any) -> EntryVersion:
    """An entry with something in every sealed column."""
    return replace(entry(*named, **parts), because="why it was changed")


def _signed_in(clinic: str) -> tuple[Change, ...]:
    """Who signed in since the generation began."""
    visits = (OpenVisit(visit(f"visit of {patient} at {clinic}", clinic)) for patient in PATIENTS)
    launches = (BeginLaunch(launch(f"launch of {patient} at {clinic}", clinic)) for patient in PATIENTS)
    return (*visits, *launches)


def _signed_out(clinic: str) -> tuple[Change, ...]:
    """Whose visit ran out."""
    return (OpenVisit(visit(f"ended at {clinic}", clinic)), EndVisit(f"ended at {clinic}", NOW))


def _response(name: str, entry_id: str, patient: str) -> Filing:
    return replace(filing(name, entry_id, patient=patient), kind=FilingKind.RESPONSE)


def _course(name: str, entry_id: str, patient: str) -> Filing:
    owed = filing(name, entry_id, patient=patient)
    return replace(owed, kind=FilingKind.COURSE, series="first-match:1", says="digest")


def _of_clinic(clinic: str) -> tuple[Change, ...]:
    return (
        OweLook("ada", NOW),
        KeepMerge(f"old at {clinic}", "ada", NOW),
        KeepNotice("enc of ada", NOW),
        KeepFinding(since=NOW, looked_at=NOW, due_at=NOW),
        KeepCheckpoint(4, f"note of {clinic}", NOW),
    )


def _give_token(clinic: str, connection: Connection) -> None:
    shown = client_tokens.SpentAssertion("client", "jti", LATER)
    given = client_tokens.ClientToken("token", "client", f"scope at {clinic}", LATER)
    client_tokens.spend(connection, clinic, shown, given, None, NOW)


# --- every question -----------------------------------------------------------------------------------------------

# Asked for one patient, by whoever asks.
OF_PATIENT: dict[str, Callable[[Store, AccessContext, str], object]] = {
    "assigned.assigned_of": lambda store, who, name: assigned.assigned_of(store, who, [name]),
    "assigned.by_id": lambda store, who, name: assigned.by_id(store, who, f"set of {name}"),
    "assigned.find": lambda store, who, _: assigned.find(store, who, AssignedQuery()),
    "assigned.count": lambda store, who, _: assigned.count(store, who, AssignedQuery()),
    "courses.course_row": courses.course_row,
    "courses.episodes_of": courses.episodes_of,
    "documents.of_entry": lambda store, who, name: documents.of_entry(store, who, f"entry of {name}"),
    "documents.version_of": lambda store, who, name: documents.version_of(store, who, f"entry of {name}", 1),
    "documents.rendered_from": lambda store, who, name: documents.rendered_from(
        store, who, f"entry of {name}", 1
    ),
    "documents.versions_of": lambda store, who, name: documents.versions_of(store, who, f"entry of {name}"),
    "documents.find": lambda store, who, _: documents.find(store, who, (), (Sort("date"),), None, 9),
    "documents.count": lambda store, who, _: documents.count(store, who, ()),
    "drafts.draft": lambda store, who, name: drafts.draft(store, who, f"draft of {name}"),
    "drafts.drafts_of": lambda store, who, _: drafts.drafts_of(store, who),
    "entries.by_id": lambda store, who, name: entries.by_id(store, who, f"entry of {name}"),
    "entries.by_key": lambda store, who, name: entries.by_key(store, who, f"key-of-entry of {name}"),
    "entries.version_of": lambda store, who, name: entries.version_of(store, who, f"entry of {name}", 1),
    "entries.versions_of": lambda store, who, name: entries.versions_of(store, who, f"entry of {name}"),
    "entries.newest_first": lambda store, who, _: entries.newest_first(store, who),
    "entries.find": lambda store, who, _: entries.find(store, who, EntryQuery()),
    "entries.unattached": lambda store, who, _: entries.unattached(store, who),
    "entries.count": lambda store, who, _: entries.count(store, who, EntryQuery()),
    "entries.count_versions": lambda store, who, _: entries.count_versions(store, who, ()),
    "filings.of_entry": lambda store, who, name: filings.of_entry(store, who, f"entry of {name}"),
    "filings.of_patient": filings.of_patient,
    "held_words.held_of": lambda store, who, _: held_words.held_of(store, who, NOW),
    "infusions.encounters_of": infusions.encounters_of,
    "infusions.find": lambda store, who, _: infusions.find(store, who),
    "infusions.count": lambda store, who, _: infusions.count(store, who),
    "read_marks.marks_of": lambda store, who, name: _any(
        read_marks.marks_of(store, who, [f"entry of {name}"])
    ),
    "read_marks.causes_of": lambda store, who, name: _any(
        read_marks.causes_of(store, who, [f"entry of {name}"])
    ),
    "rulings.rulings_of": lambda store, who, name: rulings.rulings_of(store, who, [name]),
}

# Asked by the service itself, of one clinic.
OF_CLINIC: dict[str, Callable[[Store, str], object]] = {
    "assigned.writing_of": lambda store, clinic: assigned.writing_of(store, clinic, "set of ada"),
    "audit_trail.head": audit_trail.head,
    "audit_trail.records": audit_trail.records,
    "audit_trail.newest": audit_trail.newest,
    "audit_trail.count": audit_trail.count,
    "audit_trail.snapshot": lambda store, clinic: _whole_log(store, clinic),
    "audit_trail.leaves": lambda store, clinic: _all_leaves(store, clinic),
    "audit_trail.last_checkpoint": audit_trail.last_checkpoint,
    "audit_trail.checkpoint_at": lambda store, clinic: audit_trail.checkpoint_at(store, clinic, 4),
    "client_tokens.token": lambda store, clinic: client_tokens.token(store, clinic, "token"),
    "course_filings.of_series": lambda store, clinic: course_filings.of_series(store, clinic, ["ada"]),
    "course_filings.predecessor": lambda store, clinic: course_filings.predecessor(store, clinic, _later()),
    "course_filings.is_followed": lambda store, clinic: course_filings.is_followed(store, clinic, _earlier()),
    "course_filings.identifiers": course_filings.identifiers,
    "courses.looks_due": lambda store, clinic: courses.looks_due(store, clinic, LATER, 9),
    "courses.with_open_items": lambda store, clinic: courses.with_open_items(store, clinic, 9),
    "courses.known_patients": lambda store, clinic: courses.known_patients(store, clinic, LATER),
    "drafts.for_upkeep": lambda store, clinic: drafts.for_upkeep(store, clinic, ["ada"]),
    "entries.for_delivery": lambda store, clinic: entries.for_delivery(store, clinic, "entry of ada", 1),
    "entries.released_by": lambda store, clinic: entries.released_by(store, clinic, LATER, 9),
    "entries.whole": lambda store, clinic: entries.whole(store, clinic, "entry of ada"),
    "filings.key_of": lambda store, clinic: filings.key_of(store, clinic, "entry of ada"),
    "filings.response_there": lambda store, clinic: filings.response_there(store, clinic, "entry of ada"),
    "filings.summary_of": lambda store, clinic: filings.summary_of(store, clinic, "filing of ada"),
    "filings.of_one_entry": lambda store, clinic: filings.of_one_entry(store, clinic, "entry of ada"),
    "filings.open_filings": lambda store, clinic: filings.open_filings(store, clinic, LATER),
    "filings.predecessor": lambda store, clinic: filings.predecessor(store, clinic, "entry of ada", 2),
    "finding.take_notices": lambda store, clinic: finding.take_notices(store, clinic, 9),
    "finding.finding_of": finding.finding_of,
    "generations.generation": generations.generation,
    "log_search.find": lambda store, clinic: log_search.find(store, clinic, LogQuery(), 9, 9),
    "log_search.count": lambda store, clinic: log_search.count(store, clinic, LogQuery(), 9),
    "merges.merged_into": lambda store, clinic: merges.merged_into(store, clinic, "ada"),
    "merges.directly_into": lambda store, clinic: merges.directly_into(store, clinic, "ada"),
    "read_marks.not_read": lambda store, clinic: read_marks.not_read(store, clinic, LATER, 9),
    "submitted.submitted_entries": lambda store, clinic: list(
        submitted.submitted_entries(store, clinic, LATER)
    ),
    "merges.survivor": lambda store, clinic: merges.survivor(store, clinic, f"old at {clinic}"),
}


def _any(found: Mapping[str, object]) -> list[object]:
    """What was found of anything, without the names it was asked by."""
    return [one for one in found.values() if one]


def _later() -> Filing:
    """The next filing of the series that one is there of."""
    return _course("course to come", "entry of ada", "ada")


def _earlier() -> Filing:
    """One that was owed before it."""
    return _course("filing of ada", "entry of ada", "ada")


def _whole_log(store: Store, clinic: str) -> object:
    with audit_trail.snapshot(store, clinic) as (head, log):
        return head, list(log)


def _all_leaves(store: Store, clinic: str) -> object:
    with audit_trail.leaves(store, clinic, 4) as leaves:
        return list(leaves)


# --- without the first wall ---------------------------------------------------------------------------------------


@contextmanager
def unguarded(engine: Engine, *columns: str) -> Iterator[None]:
    """While the block runs, no question on this engine says which clinic, or patient, these columns must name."""

    def strip(_connection: object, asked: Any, several: Any, one: Any, _options: object) -> Any:
        if isinstance(asked, Select):
            asked = visitors.replacement_traverse(asked, {}, partial(_without, columns))
        return asked, several, one

    event.listen(engine, "before_execute", strip, retval=True)
    try:
        yield
    finally:
        event.remove(engine, "before_execute", strip)


def _without(columns: tuple[str, ...], element: Any, **_: Any) -> Any:
    if not isinstance(element, BinaryExpression) or not isinstance(element.left, ColumnClause):
        return None
    return true() if element.left.name in columns and isinstance(element.right, BindParameter) else None
