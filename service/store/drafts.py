"""Drafts: words not yet sent, which only the patient who writes them can ask for (product rule 13)."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from service.access.context import AccessContext
from service.journal.entries import Draft, EntryStatus, Link
from service.store.engine import Store
from service.store.reach import own_words
from service.store.row_security import of_patients
from service.store.sealing import Place, Seal
from service.store.tables import drafts
from service.store.words import as_link, link_columns, opened_answers, sealed_answers


def draft(store: Store, context: AccessContext, key: str) -> Draft | None:
    """The patient's draft under this key, or None: where there is none, and where somebody else asks."""
    wanted = select(drafts).where(*own_words(context, drafts), drafts.c.key == key)
    with store.asking(context) as connection:
        row = connection.execute(wanted).one_or_none()
    return None if row is None else _as_draft(store.seal, row)


def drafts_of(store: Store, context: AccessContext) -> list[Draft]:
    """All drafts of the patient who asks, those begun last first; stopped ones too."""
    wanted = select(drafts).where(*own_words(context, drafts))
    with store.asking(context) as connection:
        rows = connection.execute(wanted.order_by(drafts.c.started_at.desc(), drafts.c.key)).all()
    return [_as_draft(store.seal, row) for row in rows]


def for_upkeep(store: Store, clinic: str, patient_ids: Collection[str]) -> tuple[Draft, ...]:
    """Every draft of these patients: for the service itself, which attaches them and shows them to nobody."""
    wanted = select(drafts).where(drafts.c.clinic == clinic, drafts.c.patient_id.in_(sorted(patient_ids)))
    with store.asking(of_patients(clinic, frozenset(patient_ids))) as connection:
        rows = connection.execute(wanted.order_by(drafts.c.started_at.desc(), drafts.c.key)).all()
    return tuple(_as_draft(store.seal, row) for row in rows)


def save(connection: Connection, seal: Seal, clinic: str, new: Draft) -> None:
    """Keep the draft. Revision 1 is new; any other replaces exactly the one before it, else LookupError."""
    row = _as_row(seal, clinic, new)
    if new.revision == 1:
        connection.execute(insert(drafts), row)
        return
    before = (
        drafts.c.clinic == clinic,
        drafts.c.key == new.key,
        drafts.c.patient_id == new.patient_id,
        drafts.c.revision == new.revision - 1,
    )
    replaced = connection.execute(update(drafts).where(*before).values(row).returning(drafts.c.key))
    if replaced.one_or_none() is None:
        raise LookupError("the draft is not at the revision before this one")


def relink(connection: Connection, clinic: str, key: str, link: Link) -> None:
    """The draft belongs to this infusion. LookupError where there is no such draft."""
    this = (drafts.c.clinic == clinic, drafts.c.key == key)
    changed = connection.execute(
        update(drafts).where(*this).values(link_columns(link)).returning(drafts.c.key)
    )
    if changed.one_or_none() is None:
        raise LookupError("there is no such draft")


def drop(connection: Connection, clinic: str, key: str) -> None:
    """The draft goes, where there is one."""
    connection.execute(delete(drafts).where(drafts.c.clinic == clinic, drafts.c.key == key))


def renumber(connection: Connection, seal: Seal, clinic: str, ahead: int) -> None:
    """Every draft of the clinic goes on so many revisions ahead, its words as they were."""
    for row in connection.execute(select(drafts).where(drafts.c.clinic == clinic)).all():
        draft = _as_draft(seal, row)
        moved = _as_row(seal, clinic, replace(draft, revision=draft.revision + ahead))
        this = (drafts.c.clinic == clinic, drafts.c.key == draft.key)
        connection.execute(update(drafts).where(*this).values(moved))


def _place(clinic: str, patient_id: str, key: str, revision: int) -> Place:
    # The revision is part of the place: an older text put back into the row does not open.
    return Place(clinic, "drafts.answers", (patient_id, key, revision))


def _as_row(seal: Seal, clinic: str, new: Draft) -> dict[str, object]:
    place = _place(clinic, new.patient_id, new.key, new.revision)
    return {
        "clinic": clinic,
        "key": new.key,
        "patient_id": new.patient_id,
        "questionnaire": new.questionnaire,
        "answers": sealed_answers(seal, place, new.answers),
        "revision": new.revision,
        "started_at": new.started_at,
        "saved_at": new.saved_at,
        "language": new.language,
        "status": new.status.value,
        "resume_at": new.resume_at,
        "sitting": new.sitting,
        "follows": new.follows,
    } | link_columns(new.link)


def _as_draft(seal: Seal, row: Row[Any]) -> Draft:
    return Draft(
        key=row.key,
        patient_id=row.patient_id,
        questionnaire=row.questionnaire,
        link=as_link(row),
        answers=opened_answers(seal, _place(row.clinic, row.patient_id, row.key, row.revision), row.answers),
        revision=row.revision,
        started_at=row.started_at,
        saved_at=row.saved_at,
        language=row.language,
        status=EntryStatus(row.status),
        resume_at=row.resume_at,
        sitting=row.sitting,
        follows=row.follows,
    )
