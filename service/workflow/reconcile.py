"""Holds what patients sent against what was filed and against what stands in the record system (product rule 24).

Nothing is mended here: each difference is named, and a person decides.
"""

from collections.abc import Iterable, Iterator

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed
from service.ehr.filed_there import summaries_of
from service.ehr.problems import RecordSystemProblem
from service.ehr.write_back import find_version
from service.journal.reconciling import Line, Standing, SubmittedEntry, compare, unknown
from service.r4.document_reference import FoundDocument
from service.smart.problems import SmartProblem
from service.store import course_filings, courses
from service.store.submitted import submitted_entries
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.remember import before_answering, record

_PATIENT = "Patient/"


def reconcile(desk: Desk, clinic_key: str) -> Iterator[Line]:
    """A line for each version of each entry of the clinic, as `compare` says, then one for each document of an entry
    that is unknown here; each patient's look is remembered first.

    NotYours where there is no such clinic. Where the record system does not answer, its side is told as not searched.
    """
    clinic = desk.clinic(clinic_key)
    context = AccessContext(
        clinic=clinic_key, role=Role.OPERATOR, origin=Origin(desk.new_id()), client="command-line"
    )
    known: set[str] = set(course_filings.identifiers(desk.store, clinic_key))
    patients = set(courses.known_patients(desk.store, clinic_key, desk.now()))
    for entry in submitted_entries(desk.store, clinic_key, desk.now()):
        known.add(entry.identifier)
        patients.update(entry.records)
        _remember(desk, context, entry.patient_id, f"QuestionnaireResponse/{entry.id}")
        yield from compare(entry, _found(clinic, entry))
    for patient in sorted(patients):
        _remember(desk, context, patient, "DocumentReference")
        yield from unknown(patient, known, _summaries(clinic, patient))


def _remember(desk: Desk, context: AccessContext, patient: str, what: str) -> None:
    looked = record(desk, context, Deed.SEARCH, patient=patient, what=what, reason="reconciled")
    before_answering(desk, context, [looked])


def _found(clinic: ClinicDesk, entry: SubmittedEntry) -> list[Standing] | None:
    """What stands there under the entry's identifier, which every version of its document carries."""
    try:
        return _standing(clinic, find_version(clinic.for_delivery, entry.identifier))
    except (RecordSystemProblem, SmartProblem):
        return None


def _summaries(clinic: ClinicDesk, patient: str) -> list[Standing] | None:
    """The summaries that stand in the patient's record, whichever entries they are of."""
    kind = clinic.filing.document_type
    try:
        return _standing(clinic, summaries_of(clinic.for_delivery, patient, f"{kind.system}|{kind.code}"))
    except (RecordSystemProblem, SmartProblem):
        return None


def _standing(clinic: ClinicDesk, found: Iterable[FoundDocument]) -> list[Standing]:
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
