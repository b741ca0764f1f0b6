"""Who reaches which rows: the access context as predicates that stand in the SQL of every question (T7, rule 29)."""

from sqlalchemy import ColumnElement, Table, false

from service.access.context import AccessContext, Role
from service.journal.entries import EntryStatus

SENT = tuple(status.value for status in EntryStatus if status.is_sent)

# Officers and operators see no patient's words (rule 29); nobody sees nothing.
_WORDLESS = frozenset({Role.NOBODY, Role.OFFICER})


def own_rows(context: AccessContext, table: Table) -> list[ColumnElement[bool]]:
    """The rows of this clinic and of the patients within reach."""
    conditions: list[ColumnElement[bool]] = [table.c.clinic == context.clinic]
    if context.patients is not None:
        conditions.append(table.c.patient_id.in_(sorted(context.patients)))
    if context.role is Role.NOBODY:
        conditions.append(false())
    return conditions


def sent_words(context: AccessContext, table: Table) -> list[ColumnElement[bool]]:
    """The rows with words in them that this asker may read: what was sent, or anything where it is their own."""
    conditions = own_rows(context, table)
    if context.role in _WORDLESS:
        conditions.append(false())
    if not context.sees_drafts:
        conditions.append(table.c.status.in_(SENT))
    return conditions


def own_words(context: AccessContext, table: Table) -> list[ColumnElement[bool]]:
    """The rows with words that are the patient's alone: drafts, stopped or not (rule 13)."""
    conditions = own_rows(context, table)
    if not context.sees_drafts:
        conditions.append(false())
    return conditions
