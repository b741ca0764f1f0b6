"""Holds what patients sent against what was filed and against what stands in the record system (product rule 24).

Nothing is mended here: each difference is named, and a person decides.
"""

from collections.abc import Iterator

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed
from service.ehr.problems import RecordSystemProblem
from service.ehr.write_back import find_version
from service.journal.reconciling import Line, Standing, SubmittedEntry, compare
from service.smart.problems import SmartProblem
from service.store.submitted import submitted_entries
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.remember import before_answering, record

_PATIENT = "Patient/"


def reconcile(desk: Desk, clinic_key: str) -> Iterator[Line]:
    """A line for each version of each entry of the clinic, as `compare` says; each patient's look is remembered first.

    NotYours where there is no such clinic. Where the record system does not answer, its side is told as not searched.
    """
    clinic = desk.clinic(clinic_key)
    context = AccessContext(
        clinic=clinic_key, role=Role.OPERATOR, origin=Origin(desk.new_id()), client="command-line"
    )
    for entry in submitted_entries(desk.store, clinic_key, desk.now()):
        what = f"QuestionnaireResponse/{entry.id}"
        looked = record(desk, context, Deed.SEARCH, patient=entry.patient_id, what=what, reason="reconciled")
        before_answering(desk, context, [looked])
        yield from compare(entry, _found(clinic, entry))


def _found(clinic: ClinicDesk, entry: SubmittedEntry) -> list[Standing] | None:
    """What stands there under the entry's identifier, which every version of its document carries."""
    try:
        found = find_version(clinic.for_delivery, entry.identifier)
    except (RecordSystemProblem, SmartProblem):
        return None
    return [
        Standing(
            one.id,
            _patient(one.subject, clinic.iss),
            frozenset(value for _, value in one.identifiers),
            one.status,
        )
        for one in found
    ]


def _patient(subject: str | None, base: str) -> str | None:
    relative = (subject or "").removeprefix(f"{base.rstrip('/')}/")
    return relative.removeprefix(_PATIENT) if relative.startswith(_PATIENT) else None
