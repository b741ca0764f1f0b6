"""What one version of an entry owes the record system: stated where the version is made, in the same deed (rule 19)."""

from service.journal.entries import EntryVersion, Filing, FilingState, shared_answers
from service.workflow.desk import Desk


def owed_for(desk: Desk, clinic_key: str, entry: EntryVersion) -> Filing | None:
    """The filing of this version; None where every answer is kept private (rule 16).

    It is due once the entry is released (rule 15). An entry without an encounter waits where the record system takes
    none without one (rule 11).
    """
    if not shared_answers(entry.answers):
        return None
    waits = entry.link.encounter_id is None and desk.clinic(clinic_key).filing.needs_encounter
    return Filing(
        id=desk.new_id(),
        patient_id=entry.patient_id,
        entry_id=entry.id,
        entry_version=entry.version,
        version_identifier=f"urn:uuid:{desk.new_id()}",
        state=FilingState.WAITING if waits else FilingState.DUE,
        due_at=max(entry.recorded_at, entry.held_until or entry.recorded_at),
    )
