"""Who reaches which rows: the access context as predicates that stand in the SQL of every question (T7, rule 29)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, Table, and_, case, exists, false, or_

from service.access.context import AccessContext, Limit, Role
from service.journal.conditions import Among, Condition, Versioned
from service.journal.entries import EntryStatus
from service.store import conditions as asked
from service.store.tables import entries, entry_versions, filings

SENT = tuple(status.value for status in EntryStatus if status.is_sent)

# Officers and operators see no patient's words (rule 29); nobody sees nothing.
_WORDLESS = frozenset({Role.NOBODY, Role.OFFICER})

# The tables whose rows are resources that a scope may narrow (SMART B-14).
_RESOURCES = {
    "entries": "QuestionnaireResponse",
    "entry_versions": "QuestionnaireResponse",
    "drafts": "QuestionnaireResponse",
    "assigned_sets": "Task",
}

_OWING = entry_versions.alias("owing")
_OF_FILING = (
    _OWING.c.clinic == filings.c.clinic,
    _OWING.c.entry_id == filings.c.entry_id,
    _OWING.c.version == filings.c.entry_version,
)


def own_rows(context: AccessContext, table: Table) -> list[ColumnElement[bool]]:
    """The rows of this clinic and of the patients within reach, as far as the scopes that narrow it go."""
    conditions: list[ColumnElement[bool]] = [table.c.clinic == context.clinic]
    if context.patients is not None:
        conditions.append(table.c.patient_id.in_(sorted(context.patients)))
    if context.role is Role.NOBODY:
        conditions.append(false())
    return [*conditions, *_narrowed(context, table)]


def sent_words(context: AccessContext, table: Table) -> list[ColumnElement[bool]]:
    """The rows with words in them that this asker may read: what was sent, or anything where it is their own."""
    conditions = own_rows(context, table)
    if context.role in _WORDLESS:
        conditions.append(false())
    if not context.sees_drafts:
        conditions.append(table.c.status.in_(SENT))
    return [*conditions, *_released(context, table)]


def owed_rows(context: AccessContext) -> list[ColumnElement[bool]]:
    """The filings within reach, without those of versions that are held from this asker (rule 15)."""
    conditions = own_rows(context, filings)
    if context.sees_held:
        return conditions
    return [*conditions, exists().where(*_OF_FILING, *_released(context, _OWING))]


def still_held(at: datetime) -> ColumnElement[bool]:
    """Whether a filing's version is held from others at this instant."""
    return exists().where(*_OF_FILING, _OWING.c.held_until > at)


def released_or(table: FromClause, at: datetime | None) -> ColumnElement[datetime]:
    """When a version was released by this instant, else when it was written (rule 15)."""
    written: ColumnElement[datetime] = table.c.recorded_at
    if at is None:
        return written
    return case(
        (and_(table.c.held_until <= at, table.c.held_until > written), table.c.held_until), else_=written
    )


def own_words(context: AccessContext, table: Table) -> list[ColumnElement[bool]]:
    """The rows with words that are the patient's alone: drafts, stopped or not (rule 13)."""
    conditions = own_rows(context, table)
    if not context.sees_drafts:
        conditions.append(false())
    return conditions


def _released(context: AccessContext, table: FromClause) -> list[ColumnElement[bool]]:
    """What is held is the patient's alone until its release (rule 15)."""
    if context.sees_held:
        return []
    never = table.c.held_until.is_(None)
    return [never if context.at is None else or_(never, table.c.held_until <= context.at)]


def _narrowed(context: AccessContext, table: Table) -> list[ColumnElement[bool]]:
    """What the row itself must meet (T16); a past version also what the newest one does, which the resource is now."""
    kind = _RESOURCES.get(table.name)
    narrowings = [one for one in context.narrowings if one.resource_type == kind]
    met = [_one_of(narrowing.ways, table) for narrowing in narrowings]
    if table is not entry_versions or not narrowings:
        return met
    now = entries.alias("now")
    head = (now.c.clinic == table.c.clinic, now.c.id == table.c.entry_id)
    return [*met, exists().where(*head, *(_one_of(narrowing.ways, now) for narrowing in narrowings))]


def _one_of(ways: Iterable[tuple[Limit, ...]], table: FromClause) -> ColumnElement[bool]:
    columns = {name: table.c[name] for name in ("status", "questionnaire", "encounter_id")}
    return or_(false(), *(and_(*asked.said(map(_condition, way), columns)) for way in ways))


def _condition(limit: Limit) -> Condition:
    """A canonical without a version is met by each of its versions, as in a search (fhir-rest I-85)."""
    return (Versioned if limit.field == "questionnaire" else Among)(limit.field, limit.values)
