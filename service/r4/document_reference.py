"""DocumentReference: the summary as it is filed and as we serve it, and as it is found again in the record system.

Shaped after US Core 9 "Writing Clinical Notes" (patient-asserted) and W-02: one identifier for the entry, one for
this very version; exactly-once rests on the latter alone.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from fhir.resources.R4B.documentreference import DocumentReference

from service.journal.problems import Fault
from service.r4 import canonical
from service.r4.elements import (
    Json,
    identifier,
    identifiers,
    part,
    parts,
    reference,
    references,
    text,
    whole_number,
)
from service.r4.raw_json import compact
from service.r4.search_parameters import Parameter
from service.r4.validity import faults_of

CLINICAL_NOTE: Json = {
    "system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
    "code": "clinical-note",
    "display": "Clinical Note",
}
PATIENT_ASSERTED: Json = {
    "system": canonical.OBSERVATION_VALUE,
    "code": "PATAST",
    "display": "patient asserted",
}
# IHE's format for documents that their media type says everything about.
BY_MEDIA_TYPE: Json = {
    "system": "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
    "code": "urn:ihe:iti:xds:2017:mimeTypeSufficient",
    "display": "mimeType Sufficient",
}

_PATIENT = ("Patient",)
# What a search for the documents that we serve may ask (fhir-rest F).
SEARCHED = (
    Parameter("_id", "token", "id"),
    Parameter("_lastUpdated", "date", "changed_at", sorts=True),
    # Each summary has its patient as author (W-06).
    Parameter("author", "reference", "patient_id", targets=_PATIENT),
    Parameter("category", "token", "category", None),
    Parameter("date", "date", "date", sorts=True),
    Parameter("encounter", "reference", "encounter_id", targets=("Encounter",)),
    Parameter("identifier", "token", "identifier", canonical.URI_IDENTIFIER),
    Parameter("patient", "reference", "patient_id", targets=_PATIENT),
    Parameter("period", "date", "period"),
    Parameter("relatesto", "reference", "replaces", targets=("DocumentReference",), versioned=True),
    Parameter(
        "status",
        "token",
        "status",
        "http://hl7.org/fhir/document-reference-status",
        frozenset({"current", "entered-in-error", "superseded"}),
        sorts=True,
    ),
    Parameter("subject", "reference", "patient_id", targets=_PATIENT),
    Parameter("type", "token", "type", None),
)


@dataclass(frozen=True, slots=True)
class DocumentType:
    """What kind of note it is filed as; the clinic may choose another (U-07)."""

    code: str
    display: str
    system: str = "http://loinc.org"


QUESTIONNAIRE_RESPONSE_DOCUMENT = DocumentType("74465-6", "Questionnaire response Document")


# What every server of US Core takes, for those that refuse the usual one (U-07).
PROGRESS_NOTE = DocumentType("11506-3", "Progress note")


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledDocument:
    """One summary to be filed. Identifiers are URIs ("urn:uuid:…"), instants carry a zone, `data` is the file.

    `author` is the patient's reference, or None where the record system takes no patient as author (W-06);
    `related_response` is a literal reference. `replaces` is the id of the record system's document whose place this
    one takes (W-30); `description` is a remark on the file. `status` is a code of R4 document-reference-status. With
    `url` the data stands there, and not in the resource.
    """

    entry_identifier: str
    version_identifier: str
    patient_id: str
    date: datetime
    created: datetime
    content_type: str
    data: bytes
    title: str
    author: str | None
    encounter_id: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    type: DocumentType = QUESTIONNAIRE_RESPONSE_DOCUMENT
    doc_status: str | None = None
    custodian: str | None = None
    related_response: str | None = None
    replaces: str | None = None
    patient_asserted: bool = True
    language: str | None = None
    status: str = "current"
    url: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document as the record system holds it. `sha1` (base64) and `size` are the inline data's where there is any."""

    id: str
    status: str
    identifiers: tuple[tuple[str, str], ...]
    subject: str | None
    encounter: str | None
    sha1: str | None
    size: int | None
    url: str | None
    date: str | None


TITLE_OF_A_SERIES = "Written by the patient: journal of one series of infusions"


def title_after(ordinal: int | None) -> str:
    """What an entry's document is called: by the ordinal of its infusion, where it has one."""
    about = "Written by the patient: journal"
    return f"{about} after infusion {ordinal}" if ordinal else about


def write(filing: FiledDocument) -> bytes:
    """The DocumentReference to be created; the same filing gives the same bytes (W-01)."""
    return compact(_filled(_resource(filing)))


def faults(raw: bytes) -> tuple[Fault, ...]:
    """What makes this JSON no valid R4 DocumentReference, with its places."""
    return faults_of(DocumentReference, json.loads(raw))


def _resource(filing: FiledDocument) -> Json:
    version = {"system": canonical.URI_IDENTIFIER, "value": filing.version_identifier}
    entry = {"system": canonical.URI_IDENTIFIER, "value": filing.entry_identifier}
    return {
        "resourceType": "DocumentReference",
        "meta": {"security": [PATIENT_ASSERTED]} if filing.patient_asserted else None,
        "language": filing.language,
        "masterIdentifier": version,
        "identifier": [entry, version],
        "status": filing.status,
        "docStatus": filing.doc_status,
        "type": {"coding": [_type(filing.type)], "text": filing.type.display},
        "category": [{"coding": [CLINICAL_NOTE]}],
        "subject": {"reference": f"Patient/{filing.patient_id}"},
        "date": _instant(filing.date),
        "author": [{"reference": filing.author}] if filing.author else None,
        "custodian": {"display": filing.custodian} if filing.custodian else None,
        "description": filing.description,
        "relatesTo": _replaced(filing.replaces) if filing.replaces else None,
        "content": [{"attachment": _attachment(filing), "format": BY_MEDIA_TYPE}],
        "context": _context(filing),
    }


def _replaced(document_id: str) -> list[Json]:
    return [{"code": "replaces", "target": {"reference": f"DocumentReference/{document_id}"}}]


def _type(kind: DocumentType) -> Json:
    return {"system": kind.system, "code": kind.code, "display": kind.display}


def _attachment(filing: FiledDocument) -> Json:
    where = {"data": base64.b64encode(filing.data).decode()} if filing.url is None else {"url": filing.url}
    return {
        "contentType": filing.content_type,
        **where,
        "size": len(filing.data),
        "hash": sha1_of(filing.data),
        "title": filing.title,
        "creation": _instant(filing.created),
    }


def sha1_of(data: bytes) -> str:
    """The hash of a file as R4 writes it (Attachment.hash), in base64."""
    # R4 Attachment.hash is SHA-1 (W-03): a checksum for finding the document again, never a proof.
    return base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def _context(filing: FiledDocument) -> Json | None:
    period = _filled({"start": _instant(filing.period_start), "end": _instant(filing.period_end)})
    return (
        _filled(
            {
                "encounter": [{"reference": f"Encounter/{filing.encounter_id}"}]
                if filing.encounter_id
                else None,
                "period": period or None,
                "related": [{"reference": filing.related_response}] if filing.related_response else None,
            }
        )
        or None
    )


def _instant(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return moment.isoformat(timespec="seconds")


def _filled(value: Json) -> Json:
    return {name: member for name, member in value.items() if member is not None}


def read(value: Json) -> FoundDocument:
    """The document found; ValueError where this is no DocumentReference with an id."""
    if value.get("resourceType") != "DocumentReference" or not text(value, "id"):
        raise ValueError("not a DocumentReference")
    contents = parts(value, "content")
    attachment = part(contents[0], "attachment") if contents else {}
    master = identifier(part(value, "masterIdentifier"))
    others = identifiers(value, "identifier")
    encounters = references(part(value, "context"), "encounter")
    sha1, size = _content(attachment)
    return FoundDocument(
        id=value["id"],
        status=text(value, "status") or "",
        identifiers=others if master is None or master in others else (master, *others),
        subject=reference(value, "subject"),
        encounter=encounters[0] if encounters else None,
        sha1=sha1,
        size=size,
        url=text(attachment, "url"),
        date=text(value, "date"),
    )


def _content(attachment: Json) -> tuple[str | None, int | None]:
    # What is really there counts more than what the record says about it.
    written = text(attachment, "data")
    try:
        data = None if written is None else base64.b64decode(written, validate=True)
    except binascii.Error:
        data = None
    if data is None:
        return text(attachment, "hash"), whole_number(attachment, "size")
    return sha1_of(data), len(data)
