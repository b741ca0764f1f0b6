"""Where the reading of sent entries stands, by the rule, from what was marked: the same for chart, list and patient."""

from collections.abc import Collection

from service.access.context import AccessContext
from service.journal.entries import EntryVersion
from service.journal.unread import Reading, reading
from service.store import read_marks
from service.workflow.desk import Desk


def look_up_readings(
    desk: Desk, context: AccessContext, entries: Collection[EntryVersion]
) -> dict[str, Reading]:
    """By id, where the reading of these newest versions stands. Leaves no record: whoever shows them leaves one."""
    ids = [one.id for one in entries]
    marks = read_marks.marks_of(desk.store, context, ids)
    causes = read_marks.causes_of(desk.store, context, ids)
    return {one.id: reading(one, causes[one.id], marks[one.id]) for one in entries}


def readings_told_to_the_patient(
    desk: Desk, context: AccessContext, entries: Collection[EntryVersion]
) -> dict[str, Reading]:
    """The same for the patient of these entries; nothing where the clinic does not tell when it has read."""
    return look_up_readings(desk, context, entries) if desk.clinic(context.clinic).tell_when_read else {}
