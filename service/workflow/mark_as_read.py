"""A person of the care team says that they have read an entry: once, and only the words they were shown (rule 17)."""

from service.access.context import AccessContext
from service.audit.record import Deed, Record
from service.journal.entries import EntryVersion
from service.journal.problems import ChangedElsewhere, NotYours
from service.journal.unread import ReadMark, ReadState, said_in
from service.store import deeds, entries, read_marks
from service.store.deeds import GuardFailed
from service.workflow.decide import is_care_team
from service.workflow.desk import Desk
from service.workflow.look_up_readings import look_up_readings
from service.workflow.remember import record

_TRIES = 8  # each repeats only because the same entry changed, or was marked, meanwhile


def mark_as_read(desk: Desk, context: AccessContext, entry_id: str, shown: int) -> bool:
    """Keep that whoever asks has read this entry as it was `shown`; False where somebody had said so before.

    NotYours out of reach, and for whoever is not on the care team. ChangedElsewhere where its patient changed
    the words since that version, took them back into their own journal, or marked the entry as a mistake.
    """
    if context.person is None or not is_care_team(desk, context):
        raise NotYours
    for _ in range(_TRIES):
        try:
            return _mark(desk, context, context.person, entry_id, shown)
        except GuardFailed:
            continue
    raise ChangedElsewhere


def _mark(desk: Desk, context: AccessContext, person: str, entry_id: str, shown: int) -> bool:
    entry = entries.by_id(desk.store, context, entry_id)
    if entry is None:
        raise NotYours
    causes = read_marks.causes_of(desk.store, context, [entry_id])[entry_id]
    words = said_in(causes)
    if shown not in causes or shown < words:
        raise ChangedElsewhere
    state = look_up_readings(desk, context, [entry])[entry_id].state
    if state is ReadState.NOTHING:
        raise ChangedElsewhere
    if state is ReadState.READ:
        return False
    mark = ReadMark(entry_id, entry.patient_id, shown, person, desk.now())
    guards = (
        deeds.EntryIsAt(entry_id, entry.patient_id, entry.version),
        deeds.NotReadSince(entry_id, words),
    )
    remembered = _remembered(desk, context, entry, shown)
    desk.writer.perform(deeds.Deed(context.clinic, guards, (deeds.KeepReadMark(mark),), (remembered,)))
    return True


def _remembered(desk: Desk, context: AccessContext, entry: EntryVersion, shown: int) -> Record:
    what = f"QuestionnaireResponse/{entry.id}/_history/{shown}"
    return record(desk, context, Deed.DECIDE, patient=entry.patient_id, what=what, reason="marked-as-read")
