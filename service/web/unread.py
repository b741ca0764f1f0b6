"""The rows of what nobody of the care team has read yet: whose it is, after which infusion, and since when it waits.

Without a word that a patient wrote, and without links: over patients this is nobody's chart.
"""

from dataclasses import dataclass
from datetime import datetime

from service.journal.prompts import PromptLibrary
from service.journal.unread import ReadState
from service.r4.patient import PatientSeen
from service.workflow.open_unread import Unread, UnreadEntry


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """One entry that waits.

    `written_at` is the day of the first word where it has no infusion; `since` when the patient sent these words.
    """

    patient_id: str
    patient: PatientSeen | None
    set_title: str | None
    ordinal: int | None
    when: datetime | None
    written_at: datetime | None
    since: datetime
    changed: bool


def unread_rows(found: Unread, library: PromptLibrary) -> tuple[UnreadRow, ...]:
    """The rows in the list's order."""
    return tuple(_row(one, found, library) for one in found.entries)


def _row(one: UnreadEntry, found: Unread, library: PromptLibrary) -> UnreadRow:
    entry, prompt_set = one.entry, library.by_canonical(one.entry.questionnaire)
    return UnreadRow(
        patient_id=one.patient_id,
        patient=found.patients.get(one.patient_id),
        set_title=prompt_set.title if prompt_set else None,
        ordinal=entry.link.ordinal,
        when=entry.link.infusion_start,
        written_at=(entry.begun_at or entry.authored) if entry.link.encounter_id is None else None,
        since=entry.authored,
        changed=one.reading.state is ReadState.BEFORE_CHANGE,
    )
