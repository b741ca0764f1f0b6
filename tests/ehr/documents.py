"""The document that these tests file, made as the delivery makes it."""

from datetime import UTC, datetime
from typing import Any

from service.r4.document_reference import FiledDocument, write

ENTRY = "urn:uuid:6c1f0d7e-6a3e-4f0a-9a57-0d6f6f2f0001"
FIRST = "urn:uuid:6c1f0d7e-6a3e-4f0a-9a57-0d6f6f2f0101"
SECOND = "urn:uuid:6c1f0d7e-6a3e-4f0a-9a57-0d6f6f2f0102"
WHEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def document(
    version: str = FIRST, patient: str = "pat-1", data: bytes = b"%PDF-1.7 my words", **more: Any
) -> bytes:
    filing = FiledDocument(
        entry_identifier=ENTRY,
        version_identifier=version,
        patient_id=patient,
        date=WHEN,
        created=WHEN,
        content_type="application/pdf",
        data=data,
        title="After infusion 3. Written by the patient",
        author=f"Patient/{patient}",
        **more,
    )
    return write(filing)
