"""A client reads or searches assigned sets as Tasks, within its reach; each read is remembered before it is answered.

A Task says what was asked and whether it was answered or declined. Nothing here looks at drafts (rule 13).
"""

from dataclasses import dataclass, replace

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.assigned import AssignedSet
from service.journal.problems import NotYours
from service.journal.questions import AssignedQuery, Cursor
from service.r4 import task
from service.store import assigned as assigned_sets
from service.workflow.desk import Desk
from service.workflow.find_responses import Served, about, remember_search
from service.workflow.hand_over_tasks import group_of
from service.workflow.remember import before_answering, record


@dataclass(frozen=True, slots=True)
class FoundTasks:
    """One page of Tasks in the order of their last change, the cursor of the next, and how many on all pages there are.

    The last only where it was asked.
    """

    served: tuple[Served, ...]
    next_after: Cursor | None
    total: int | None = None


def read_task(desk: Desk, context: AccessContext, task_id: str) -> Served:
    """The Task of one assigned set by its id; NotYours where it is out of reach, or is not."""
    assigned = assigned_sets.by_id(desk.store, context, task_id)
    if assigned is None:
        raise NotYours
    served = _serve(desk, context, assigned)
    what = f"Task/{served.id}/_history/{served.version}"
    before_answering(desk, context, [record(desk, context, Deed.READ, patient=served.patient_id, what=what)])
    return served


def find_tasks(
    desk: Desk, context: AccessContext, wanted: AssignedQuery, query: str, *, counted: bool = False
) -> FoundTasks:
    """The matches of a search, those changed first coming first; `query` is the search as it was asked.

    No match for limit 0.
    """
    total = assigned_sets.count(desk.store, context, wanted) if counted else None
    ahead = replace(wanted, limit=wanted.limit + 1)
    found = assigned_sets.find(desk.store, context, ahead) if wanted.limit else ()
    page = found[: wanted.limit]
    served = tuple(_serve(desk, context, one) for one in page)
    touched = {one.patient_id for one in served} | about(context, wanted.patient_ids, total)
    remember_search(desk, context, "Task", query, touched)
    more = len(found) > wanted.limit
    return FoundTasks(served, Cursor(page[-1].changed_at, page[-1].id) if more else None, total)


def _serve(desk: Desk, context: AccessContext, assigned: AssignedSet) -> Served:
    clinic = desk.clinic(context.clinic)
    raw = task.write(assigned, base=clinic.base, group=group_of(clinic.key, assigned), clinic=clinic.title)
    return Served(assigned.id, assigned.version, assigned.changed_at, assigned.patient_id, raw)
