"""Proving on the clinic's test patient how its record system keeps a summary from being filed twice (rule 23).

Only ever on the patient whom the clinic named for it. Everything is remembered: that it was begun, each document that
was made there, and what was proven.
"""

from collections.abc import Callable
from datetime import datetime

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed, Outcome, Record
from service.ehr.encounters import encounters_of, patient_of
from service.ehr.outcome import Rung
from service.ehr.probe import Means, Probed, probe
from service.r4 import document_reference
from service.store import deeds
from service.summary.content import PatientHeader, Summary
from service.summary.renditions import Rendition
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.remember import before_answering, record

TITLE = "A check of the connection: nobody wrote this"
_NOTICE = "Made by a check of the connection on the clinic's test patient, and marked as entered in error at its end."


class CannotProve(Exception):
    """The test patient cannot be used for a check."""


def prove(
    desk: Desk, clinic_key: str, patient_id: str, pause: Callable[[float], None], tries: frozenset[Rung]
) -> Probed:
    """Send small documents twice to this test patient's record, see what becomes of them, and strike them all.

    CannotProve where the patient or the encounter that is needed is not there; RecordSystemProblem and SmartProblem
    while they are looked up; CannotRender. After that every failure is part of what was seen.
    """
    clinic, context = desk.clinic(clinic_key), _operator(desk, clinic_key, patient_id)
    before_answering(desk, context, [_told(desk, context, Deed.CONFIGURATION, reason="probe-begun")])
    encounter_id = _encounter(clinic, patient_id)
    form = clinic.filing.renditions[0]
    data = desk.render(_summary(clinic, desk.now()), form)
    means = Means(
        record=clinic.for_delivery,
        patient=patient_id,
        document=_writer(
            clinic, f"urn:uuid:{desk.new_id()}", patient_id, encounter_id, form, data, desk.now()
        ),
        new_identifier=lambda: f"urn:uuid:{desk.new_id()}",
        now=desk.now,
        pause=pause,
    )
    seen = probe(means, tries)
    desk.writer.perform(deeds.Deed(clinic_key, records=_remembered(desk, context, seen)))
    return seen


def _encounter(clinic: ClinicDesk, patient_id: str) -> str | None:
    """An encounter of the test patient's, where documents need one."""
    if patient_of(clinic.for_delivery, patient_id) is None:
        raise CannotProve(f"Patient/{patient_id} is not in the record system.")
    if not clinic.filing.needs_encounter:
        return None
    seen = encounters_of(clinic.for_delivery, patient_id, clinic.rules.match)
    if not seen:
        raise CannotProve(f"Patient/{patient_id} has no encounter, and documents need one there.")
    return seen[-1].id


def _summary(clinic: ClinicDesk, written_at: datetime) -> Summary:
    return Summary(
        clinic_name=clinic.title,
        zone=clinic.zone,
        patient=PatientHeader("Test patient", None, None),
        set_title=TITLE,
        ordinal=None,
        infusion_start=None,
        written_at=written_at,
        entry_version=1,
        entry_id="check",
        version_identifier="urn:infusion-journal:check",
        questionnaire=TITLE,
        prompts=(),
        notice=_NOTICE,
        crisis_line=_NOTICE,
        language=clinic.language,
        replaces=None,
        private_copy=False,
    )


def _writer(
    clinic: ClinicDesk,
    entry_identifier: str,
    patient_id: str,
    encounter_id: str | None,
    form: Rendition,
    data: bytes,
    written_at: datetime,
) -> Callable[[str], bytes]:
    """Makes the document for a version's identifier, as the clinic's summaries are written."""
    rules = clinic.filing

    def write(identifier: str) -> bytes:
        return document_reference.write(
            document_reference.FiledDocument(
                entry_identifier=entry_identifier,
                version_identifier=identifier,
                patient_id=patient_id,
                date=written_at,
                created=written_at,
                content_type=form.media_type,
                data=data,
                title=TITLE,
                author=f"Patient/{patient_id}" if rules.patient_author else None,
                encounter_id=encounter_id,
                period_start=written_at,
                period_end=written_at,
                type=rules.document_type,
                doc_status=rules.doc_status,
                custodian=clinic.title,
                patient_asserted=rules.patient_asserted,
                language=clinic.language,
            )
        )

    return write


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


def _operator(desk: Desk, clinic: str, patient_id: str) -> AccessContext:
    return AccessContext(
        clinic=clinic,
        role=Role.OPERATOR,
        origin=Origin(desk.new_id()),
        client="command-line",
        patients=frozenset({patient_id}),
    )
