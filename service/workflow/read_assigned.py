"""A client reads or searches assigned sets as Tasks, within its reach; each read is remembered before it is answered.

A Task says what was asked and whether it was answered or declined. Nothing here looks at drafts (rule 13).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.assigned import AssignedSet
from service.journal.conditions import Place, Sort, values_asked
from service.journal.problems import NotYours
from service.journal.questions import AssignedQuery
from service.r4 import task
from service.store import assigned as assigned_sets
from service.workflow.desk import Desk
from service.workflow.find_responses import (
    FoundVersions,
    HistoryQuery,
    Served,
    about,
    as_version_number,
    remember_search,
)
from service.workflow.hand_over_tasks import group_of
from service.workflow.remember import before_answering, record


@dataclass(frozen=True, slots=True)
class FoundTasks:
    """One page of Tasks, where it ended if there are more, and how many there are on all pages where asked."""

    served: tuple[Served, ...]
    ended: Place | None
    total: int | None = None


def read_task(desk: Desk, context: AccessContext, task_id: str) -> Served:
    """The Task of one assigned set by its id; NotYours where it is out of reach, or is not."""
    assigned = assigned_sets.by_id(desk.store, context, task_id)
    if assigned is None:
        raise NotYours
    return _read(desk, context, assigned)


def read_task_version(desk: Desk, context: AccessContext, task_id: str, written: str) -> Served:
    """One version of a Task, named as in its versionId; NotYours for all but the newest, as no other is kept."""
    assigned = assigned_sets.by_id(desk.store, context, task_id)
    if assigned is None or as_version_number(written) != assigned.version:
        raise NotYours
    return _read(desk, context, assigned)


def read_task_history(
    desk: Desk, context: AccessContext, task_id: str, wanted: HistoryQuery
) -> FoundVersions:
    """What is kept of a Task's past: its newest version, where it falls into what is asked for (I-60)."""
    assigned = assigned_sets.by_id(desk.store, context, task_id)
    if assigned is None:
        raise NotYours
    # That nothing changed since tells of it, too.
    served = _read(desk, context, assigned)
    since = wanted.since is None or assigned.changed_at >= wanted.since
    shown = since and (wanted.below is None or assigned.version < wanted.below)
    return FoundVersions((served,) if shown else (), int(since), None)


def find_tasks(
    desk: Desk, context: AccessContext, wanted: AssignedQuery, query: str, *, counted: bool = False
) -> FoundTasks:
    """The matches of a search, those changed first coming first unless it has its own order.

    `query` is the search as it was asked. No match for limit 0.
    """
    total = assigned_sets.count(desk.store, context, wanted) if counted else None
    ahead = replace(wanted, limit=wanted.limit + 1)
    found = assigned_sets.find(desk.store, context, ahead) if wanted.limit else ()
    page = found[: wanted.limit]
    served = tuple(task_of(desk, context, one) for one in page)
    asked = values_asked(wanted.conditions, "patient_id")
    touched = {one.patient_id for one in served} | about(context, asked, total)
    remember_search(desk, context, "Task", query, touched)
    order = wanted.order or (Sort("changed_at"),)
    more = len(found) > wanted.limit
    return FoundTasks(served, _place(page[-1], order) if more else None, total)


def _read(desk: Desk, context: AccessContext, assigned: AssignedSet) -> Served:
    served = task_of(desk, context, assigned)
    what = f"Task/{served.id}/_history/{served.version}"
    before_answering(desk, context, [record(desk, context, Deed.READ, patient=served.patient_id, what=what)])
    return served


def _place(last: AssignedSet, order: Iterable[Sort]) -> Place:
    values = {"authored_on": last.authored_on, "changed_at": last.changed_at, "status": last.status.value}
    return Place(tuple(values[one.field] for one in order), last.id)


def task_of(desk: Desk, context: AccessContext, assigned: AssignedSet) -> Served:
    """An assigned set as its Task; whoever answers with it remembers that."""
    clinic = desk.clinic(context.clinic)
    raw = task.write(assigned, base=clinic.base, group=group_of(clinic.key, assigned), clinic=clinic.title)
    return Served(assigned.id, assigned.version, assigned.changed_at, assigned.patient_id, raw)
