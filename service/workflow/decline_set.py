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

# What follows from the step, or is the server's own: it is sent as it was read, or left out.
_FOLLOWS = {
    "lastModified": "When a Task was changed is told here. Please send it as it was read, or leave it out.",
    "meta": "What stands in meta is said here. Please send it as it was read, or leave it out.",
    "statusReason": "A Task that is rejected says here that it is not today, and nothing else. Please leave it out.",
}
_REJECTED = AssignedStatus.REJECTED.value
# R4 http: these two of a client's are passed over by every server.
_OF_META = ("versionId", "lastUpdated")


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
    kept = json.loads(task_of(desk, context, assigned).raw)
    if _apart(wanted) != _apart(kept):
        raise _no_step()
    if faults := task.faults_in(wanted) or _not_theirs(wanted, kept):
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
    return {name: said for name, said in value.items() if name != "status" and name not in _FOLLOWS}


def _not_theirs(wanted: dict[str, object], kept: dict[str, object]) -> tuple[Fault, ...]:
    """What the client says of an element that it cannot say anything of: refused by name, never passed over."""
    return tuple(
        Fault("business-rule", text, f"Task.{name}")
        for name, text in _FOLLOWS.items()
        if name in wanted and _said(name, wanted) not in _may_say(name, wanted, kept)
    )


def _may_say(name: str, wanted: dict[str, object], kept: dict[str, object]) -> tuple[object, ...]:
    """What stands there, and with the step its one reason."""
    of_the_step = (task.NOT_TODAY,) if name == "statusReason" and wanted["status"] == _REJECTED else ()
    return (*([_said(name, kept)] if name in kept else []), *of_the_step)


def _said(name: str, value: dict[str, object]) -> object:
    said = value[name]
    if name != "meta" or not isinstance(said, dict):
        return said
    return {one: what for one, what in said.items() if one not in _OF_META}


def _no_step() -> NoSuchStep:
    return NoSuchStep(Fault("business-rule", NoSuchStep().sentence))
