"""The worker lets others see what was held until this morning: Tasks and worklists say from now on what was written.

The entries themselves need nobody for that: their release stands in every question (rule 15).
"""

from service.store import deeds, entries
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.desk import Desk

_AT_ONCE = 20


def release_entries(desk: Desk, clinic_key: str) -> int:
    """Do what follows from each release that has come at this clinic; how many there were. It may be done again."""
    found = entries.released_by(desk.store, desk.clinic(clinic_key).key, desk.now(), _AT_ONCE)
    for entry_id, patient_id in found:
        bring_up_to_date(desk, clinic_key, patient_id)
        desk.writer.perform(deeds.Deed(clinic_key, changes=(deeds.NoteReleased(entry_id),)))
    return len(found)
