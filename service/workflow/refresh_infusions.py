"""Looking into the record system for a patient's encounters, and keeping what was seen (rules 7-9)."""

from service.access.context import AccessContext
from service.audit.record import Deed
from service.ehr.client import RecordSystem
from service.ehr.encounters import encounters_of
from service.ehr.problems import RecordSystemProblem
from service.journal.problems import NotYours, RecordSystemSilent
from service.smart.problems import SmartProblem
from service.store import deeds
from service.workflow.desk import Desk
from service.workflow.recognise import Visitor
from service.workflow.remember import record


def refresh_infusions(desk: Desk, context: AccessContext, visitor: Visitor) -> None:
    """Read the patient's encounters with the visit's own token; RecordSystemSilent leaves what was seen before."""
    patient_id = context.only_patient
    if patient_id is None:
        raise NotYours
    clinic = desk.clinic(context.clinic)
    look_again(desk, context, clinic.record_system(lambda: visitor.visit.contents.access_token), patient_id)


def look_again(desk: Desk, context: AccessContext, record_system: RecordSystem, patient_id: str) -> None:
    """Replace what was last seen of this patient's encounters by what the record system says now."""
    try:
        seen = encounters_of(record_system, patient_id)
    except (RecordSystemProblem, SmartProblem):
        raise RecordSystemSilent from None
    kept = deeds.RememberEncounters(patient_id, seen, desk.now())
    remembered = record(desk, context, Deed.READ, patient=patient_id, what="Encounter")
    desk.writer.perform(deeds.Deed(context.clinic, changes=(kept,), records=(remembered,)))
