"""How an entry version stands in the tables: its row, the entry's head, and the way back to the value."""

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from service.journal.entries import Answer, Cause, EntryStatus, EntryVersion
from service.store.sealing import Place, Seal, Sealed
from service.store.tables import entries, entry_versions, filings, summaries
from service.store.words import as_link, link_columns, opened_answers, sealed_answers


def keep_version(
    connection: Connection, seal: Seal, clinic: str, new: EntryVersion, anew: bool = False
) -> None:
    """Keep the version and make it the entry's newest. LookupError where it does not follow the newest one.

    `anew`: there is no version before it any more, and it begins the entry under its own number.
    """
    if new.version == 1 or anew:
        connection.execute(insert(entries), _as_head(clinic, new))
    else:
        _move_head(connection, clinic, new)
    connection.execute(insert(entry_versions), _as_row(seal, clinic, new))


def take_back(connection: Connection, clinic: str, entry_id: str) -> None:
    """Every version of the entry goes, with its filings and what was rendered for them; its audit records stay."""
    owed = select(filings.c.id).where(filings.c.clinic == clinic, filings.c.entry_id == entry_id)
    rendered = (summaries.c.clinic == clinic, summaries.c.filing_id.in_(owed))
    connection.execute(delete(summaries).where(*rendered))
    for table in (filings, entry_versions):
        connection.execute(delete(table).where(table.c.clinic == clinic, table.c.entry_id == entry_id))
    connection.execute(delete(entries).where(entries.c.clinic == clinic, entries.c.id == entry_id))


def note_released(connection: Connection, clinic: str, entry_id: str) -> None:
    """The entry waits for its release no longer; its versions still say until when they were held."""
    this = (entries.c.clinic == clinic, entries.c.id == entry_id)
    connection.execute(update(entries).where(*this).values(held_until=None))


def as_version(seal: Seal, row: Row[Any], with_private: bool) -> EntryVersion:
    """The version in this row; its private answers only where the patient asks (rule 16)."""
    names = (row.clinic, row.patient_id, row.entry_id, row.version)
    answers = opened_answers(seal, _place("answers", *names), row.answers)
    return EntryVersion(
        id=row.entry_id,
        key=row.key,
        version=row.version,
        status=EntryStatus(row.status),
        patient_id=row.patient_id,
        questionnaire=row.questionnaire,
        link=as_link(row),
        answers=answers if with_private else _without_private(answers),
        authored=row.authored,
        recorded_at=row.recorded_at,
        language=row.language,
        shared=seal.open(_place("shared", *names), row.shared),
        through=row.through,
        begun_at=row.begun_at,
        cause=Cause(row.cause),
        made_by=row.made_by,
        why=row.why,
        held_until=row.held_until,
        follows=row.follows,
        because=_because(seal, names, row.because),
    )


def _move_head(connection: Connection, clinic: str, new: EntryVersion) -> None:
    before = (
        entries.c.clinic == clinic,
        entries.c.id == new.id,
        entries.c.key == new.key,
        entries.c.patient_id == new.patient_id,
        entries.c.version == new.before,
    )
    moved = connection.execute(
        update(entries).where(*before).values(_as_head(clinic, new)).returning(entries.c.id)
    )
    if moved.one_or_none() is None:
        raise LookupError("the entry is not at the version before this one")


def _place(column: str, clinic: str, patient_id: str, entry_id: str, version: int) -> Place:
    return Place(clinic, f"entry_versions.{column}", (patient_id, entry_id, version))


def _because(seal: Seal, names: tuple[str, str, str, int], sealed: Sealed | None) -> str | None:
    return None if sealed is None else seal.open(_place("because", *names), sealed).decode()


def _without_private(answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    return tuple(answer for answer in answers if not answer.private)


def _as_head(clinic: str, new: EntryVersion) -> dict[str, object]:
    return {
        "clinic": clinic,
        "id": new.id,
        "key": new.key,
        "patient_id": new.patient_id,
        "questionnaire": new.questionnaire,
        "encounter_id": new.link.encounter_id,
        "status": new.status.value,
        "version": new.version,
        "authored": new.authored,
        "held_until": new.held_until,
    }


def _as_row(seal: Seal, clinic: str, new: EntryVersion) -> dict[str, object]:
    names = (clinic, new.patient_id, new.id, new.version)
    return {
        "clinic": clinic,
        "entry_id": new.id,
        "version": new.version,
        "key": new.key,
        "status": new.status.value,
        "patient_id": new.patient_id,
        "questionnaire": new.questionnaire,
        "answers": sealed_answers(seal, _place("answers", *names), new.answers),
        "shared": seal.seal(_place("shared", *names), new.shared),
        "authored": new.authored,
        "recorded_at": new.recorded_at,
        "language": new.language,
        "through": new.through,
        "begun_at": new.begun_at,
        "cause": new.cause.value,
        "made_by": new.made_by,
        "why": new.why,
        "held_until": new.held_until,
        "follows": new.follows,
        "because": None
        if new.because is None
        else seal.seal(_place("because", *names), new.because.encode()),
    } | link_columns(new.link)
