"""The document with which a clinic's record system is tried: about its test patient, with nobody's words in it.

Shared by the proof, which sends it, and the rehearsal, which sends nothing; both make it as the clinic's summaries are
made.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from service.access.context import AccessContext, Origin, Role
from service.ehr.client import RecordSystem
from service.ehr.encounters import encounters_of, patient_of
from service.r4 import document_reference
from service.r4.document_reference import DocumentType, FiledDocument
from service.summary.content import PatientHeader, Summary
from service.summary.renditions import Rendition
from service.workflow.desk import ClinicDesk, Desk

TITLE = "A check of the connection: nobody wrote this"
_NOTICE = "Made by a check of the connection on the clinic's test patient, and marked as entered in error at its end."


class CannotProve(Exception):
    """The test patient cannot be used for a check."""


@dataclass(frozen=True, slots=True)
class Practice:
    """What such a document says beside its version's identifier, and the file in it."""

    clinic: ClinicDesk
    entry_identifier: str
    patient_id: str
    encounter_id: str | None
    form: Rendition
    data: bytes
    written_at: datetime

    def document(self, identifier: str, replaces: str | None = None) -> bytes:
        """The DocumentReference of this version."""
        return document_reference.write(replace(self._filed(identifier), replaces=replaces))

    def of_type(self, kind: DocumentType) -> Callable[[str], bytes]:
        """The same as a note of another type."""
        return lambda identifier: document_reference.write(replace(self._filed(identifier), type=kind))

    def _filed(self, identifier: str) -> FiledDocument:
        rules = self.clinic.filing
        return FiledDocument(
            entry_identifier=self.entry_identifier,
            version_identifier=identifier,
            patient_id=self.patient_id,
            date=self.written_at,
            created=self.written_at,
            content_type=self.form.media_type,
            data=self.data,
            title=TITLE,
            author=f"Patient/{self.patient_id}" if rules.patient_author else None,
            encounter_id=self.encounter_id,
            period_start=self.written_at,
            period_end=self.written_at,
            type=rules.document_type,
            doc_status=rules.doc_status,
            custodian=self.clinic.title,
            patient_asserted=rules.patient_asserted,
            language=self.clinic.language,
        )


def encounter_for(clinic: ClinicDesk, record_system: RecordSystem, patient_id: str) -> str | None:
    """An encounter of the test patient's, where documents need one; CannotProve where that or they are missing."""
    if patient_of(record_system, patient_id) is None:
        raise CannotProve(f"Patient/{patient_id} is not in the record system.")
    if not clinic.filing.needs_encounter:
        return None
    seen = encounters_of(record_system, patient_id, clinic.rules.match)
    if not seen:
        raise CannotProve(f"Patient/{patient_id} has no encounter, and documents need one there.")
    return seen[-1].id


def practice_summary(clinic: ClinicDesk, written_at: datetime) -> Summary:
    """A summary that says it is a check."""
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


def operator(desk: Desk, clinic: str, patient_id: str) -> AccessContext:
    """Whoever checks, at the command line, for the test patient alone."""
    return AccessContext(
        clinic=clinic,
        role=Role.OPERATOR,
        origin=Origin(desk.new_id()),
        client="command-line",
        patients=frozenset({patient_id}),
    )
