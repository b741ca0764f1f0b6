"""Proving on the clinic's test patient how its record system keeps a summary from being filed twice (rule 23).

Only ever on the patient whom the clinic named for it. Everything is remembered: that it was begun, each document that
was made there, and what was proven.
"""

from collections.abc import Callable

from service.access.context import AccessContext
from service.audit.record import Deed, Outcome, Record
from service.ehr.outcome import Rung
from service.ehr.probe import Means, Probed, probe
from service.r4.document_reference import PROGRESS_NOTE
from service.store import deeds
from service.workflow.desk import Desk
from service.workflow.practice_document import Practice, encounter_for, operator, practice_summary
from service.workflow.remember import before_answering, record


def prove(
    desk: Desk, clinic_key: str, patient_id: str, pause: Callable[[float], None], tries: frozenset[Rung]
) -> Probed:
    """Send small documents twice to this test patient's record, see what becomes of them, and strike them all.

    CannotProve where the patient or the encounter that is needed is not there; RecordSystemProblem and SmartProblem
    while they are looked up; CannotRender. After that every failure is part of what was seen.
    """
    clinic, context = desk.clinic(clinic_key), operator(desk, clinic_key, patient_id)
    before_answering(desk, context, [_told(desk, context, Deed.CONFIGURATION, reason="probe-begun")])
    encounter_id = encounter_for(clinic, clinic.for_delivery, patient_id)
    form = clinic.filing.renditions[0]
    data = desk.render(practice_summary(clinic, desk.now()), form)
    entry = f"urn:uuid:{desk.new_id()}"
    practice = Practice(clinic, entry, patient_id, encounter_id, form, data, desk.now())
    usual = clinic.filing.document_type.code == PROGRESS_NOTE.code
    means = Means(
        record=clinic.for_delivery,
        patient=patient_id,
        document=practice.document,
        as_progress_note=None if usual else practice.of_type(PROGRESS_NOTE),
        new_identifier=lambda: f"urn:uuid:{desk.new_id()}",
        now=desk.now,
        pause=pause,
    )
    seen = probe(means, tries)
    desk.writer.perform(deeds.Deed(clinic_key, records=_remembered(desk, context, seen)))
    return seen


def _remembered(desk: Desk, context: AccessContext, seen: Probed) -> tuple[Record, ...]:
    made = tuple(
        _told(desk, context, Deed.FILING, what=f"DocumentReference/{id_}", reason="probe")
        for id_ in seen.made
    )
    outcome = Outcome.SUCCESS if not seen.left else Outcome.FAILED
    end = _told(
        desk, context, Deed.CONFIGURATION, reason=f"probe-proved-{seen.proven[0].value}", outcome=outcome
    )
    return (*made, end)


def _told(
    desk: Desk,
    context: AccessContext,
    deed: Deed,
    *,
    what: str | None = None,
    reason: str,
    outcome: Outcome = Outcome.SUCCESS,
) -> Record:
    patient_id = next(iter(context.patients or ()), None)
    return record(desk, context, deed, patient=patient_id, what=what, reason=reason, outcome=outcome)
