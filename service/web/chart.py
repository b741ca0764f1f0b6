"""What stands around every page of a chart: the list of infusions, how much is open, and which views there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.journal.steps import Step
from service.journal.unread import Reading
from service.web import wording
from service.web.guards import context, desk
from service.workflow.decide import is_care_team
from service.workflow.look_up_readings import look_up_readings
from service.workflow.open_course import OpenedCourse
from service.workflow.open_filings import waits_for_a_person


@dataclass(frozen=True, slots=True)
class CourseRow:
    """One infusion in the list beside: an entry is named only once it was sent, by its day where it has no infusion."""

    ordinal: int | None
    when: datetime | None
    entry_id: str | None
    state: str
    written_at: datetime | None = None
    reading: Reading | None = None


def around(opened: OpenedCourse) -> dict[str, object]:
    """The frame of a page about this patient.

    `open_items` counts what waits for a decision, `open_filings` what is not in the record and waits for a person.
    """
    sent = [step.entry for step in opened.steps if step.entry is not None]
    readings = look_up_readings(desk(), context(), sent)
    return {
        "infusions": [_row(step, opened, readings) for step in opened.steps],
        "open_items": len(opened.overview.items),
        "open_filings": sum(map(waits_for_a_person, opened.owed)),
        "care_team": is_care_team(desk(), context()),
    }


def _row(step: Step, opened: OpenedCourse, readings: Mapping[str, Reading]) -> CourseRow:
    entry = step.entry
    if entry is None:
        return CourseRow(step.link.ordinal, step.link.infusion_start, None, wording.asked_state(step))
    state = wording.delivery_state(opened.filings.get(entry.id))
    written_at = (entry.begun_at or entry.authored) if step.is_unattached else None
    reading = readings[entry.id]
    return CourseRow(step.link.ordinal, step.link.infusion_start, entry.id, state, written_at, reading)
