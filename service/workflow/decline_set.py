"""A patient's app says "not today" of an assigned set: the one step of a Task that comes from outside (T-03)."""

import json
from collections.abc import Callable

from service.access.context import AccessContext
from service.journal.assigned import AssignedStatus
from service.journal.problems import ChangedElsewhere, Fault, NotAnEntry, NotYours
from service.r4 import task
from service.store import assigned as assigned_sets
from service.workflow.begin_entry import begin_entry
from service.workflow.desk import Desk
from service.workflow.find_responses import Served
from service.workflow.read_assigned import read_task, task_of
from service.workflow.save_draft import stop_entry

# What follows from the step, or is the server's own.
_FOLLOWS = frozenset({"lastModified", "meta", "status", "statusReason"})


class NoSuchStep(NotAnEntry):
    """A Task that is asked for can be rejected, and nothing else of it can be changed."""


def decline_set(
    desk: Desk, context: AccessContext, task_id: str, meant: Callable[[int], bool], wanted: dict[str, object]
) -> Served:
    """The Task after the patient declined it: as on the page, their draft is laid aside and can be taken up again.

    `meant` says whether a version is one the client read: ChangedElsewhere where the newest is not. A Task that stands
    so already stays at its version. NoSuchStep for any other change and for what is no valid Task, NotYours where there
    is none.
    """
    assigned = assigned_sets.by_id(desk.store, context, task_id)
    if assigned is None:
        raise NotYours
    if not meant(assigned.version):
        raise ChangedElsewhere
    if _apart(wanted) != _apart(json.loads(task_of(desk, context, assigned).raw)):
        raise _no_step()
    if faults := task.faults_in(wanted):
        raise NoSuchStep(*faults)
    if wanted.get("status") != assigned.status:
        if (assigned.status, wanted.get("status")) != (AssignedStatus.REQUESTED, AssignedStatus.REJECTED):
            raise _no_step()
        _lay_aside(desk, context, assigned.encounter_id)
    return read_task(desk, context, task_id)


def _lay_aside(desk: Desk, context: AccessContext, encounter_id: str) -> None:
    try:
        draft = begin_entry(desk, context, desk.new_id(), encounter_id)
    except NotYours:
        raise _no_step() from None  # it cannot be written yet, or nothing is asked after it any more
    stop_entry(desk, context, draft.key)


def _apart(value: dict[str, object]) -> dict[str, object]:
    return {name: said for name, said in value.items() if name not in _FOLLOWS}


def _no_step() -> NoSuchStep:
    return NoSuchStep(Fault("business-rule", NoSuchStep().sentence))
