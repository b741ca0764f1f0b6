"""The summary as it is filed: patient-asserted, named twice, its bytes accounted for (rule 20, W-01 to W-06)."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from fhir.resources.R4B.documentreference import DocumentReference

from service.r4.document_reference import DocumentType, FiledDocument, read, write

PDF = b"%PDF-1.7 a summary"
SHA1 = base64.b64encode(hashlib.sha1(PDF).digest()).decode()
ENTRY, VERSION = "urn:uuid:entry", "urn:uuid:version-2"


def filing(**changes: Any) -> FiledDocument:
    members: dict[str, Any] = {
        "entry_identifier": ENTRY,
        "version_identifier": VERSION,
        "patient_id": "pat-07",
        "date": datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
        "created": datetime(2026, 11, 21, 8, 59, 30, 500_000, tzinfo=UTC),
        "content_type": "application/pdf",
        "data": PDF,
        "title": "Written by the patient: After Infusion 2",
        "author": "Patient/pat-07",
        "encounter_id": "enc-2",
        "period_start": datetime(2026, 11, 20, 15, 0, tzinfo=UTC),
        "period_end": datetime(2026, 11, 20, 16, 0, tzinfo=UTC),
        "custodian": "Innerbloom",
        "related_response": "QuestionnaireResponse/qr-1",
        "doc_status": "final",
    }
    return FiledDocument(**(members | changes))


BARE = dict.fromkeys(
    [
        "author",
        "encounter_id",
        "period_start",
        "period_end",
        "custodian",
        "related_response",
        "doc_status",
    ]
)


def written(**changes: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(write(filing(**changes)))
    DocumentReference.model_validate(value)
    return value


def test_it_is_a_patient_asserted_clinical_note() -> None:
    """U-02, U-03."""
    value = written()
    assert value["meta"]["security"][0]["code"] == "PATAST"
    assert value["category"][0]["coding"][0]["code"] == "clinical-note"
    assert value["type"]["coding"] == [
        {"system": "http://loinc.org", "code": "74465-6", "display": "Questionnaire response Document"}
    ]
    assert (value["status"], value["docStatus"]) == ("current", "final")
    assert value["subject"] == {"reference": "Patient/pat-07"}
    assert value["author"] == [{"reference": "Patient/pat-07"}]
    assert value["custodian"] == {"display": "Innerbloom"}


def test_it_carries_one_identifier_for_the_entry_and_one_for_this_version() -> None:
    """W-02: masterIdentifier is the version's; servers may drop it, so identifier holds both."""
    value = written()
    assert value["masterIdentifier"] == {"system": "urn:ietf:rfc:3986", "value": VERSION}
    assert [one["value"] for one in value["identifier"]] == [ENTRY, VERSION]


def test_the_file_is_there_with_size_and_hash() -> None:
    """W-03: R4's hash is SHA-1 in base64."""
    attachment = written()["content"][0]["attachment"]
    assert base64.b64decode(attachment["data"]) == PDF
    assert (attachment["size"], attachment["hash"]) == (len(PDF), SHA1)
    assert attachment["contentType"] == "application/pdf"
    assert attachment["creation"] == "2026-11-21T08:59:30+00:00"


def test_it_belongs_to_the_infusion_and_its_response() -> None:
    assert written()["context"] == {
        "encounter": [{"reference": "Encounter/enc-2"}],
        "period": {"start": "2026-11-20T15:00:00+00:00", "end": "2026-11-20T16:00:00+00:00"},
        "related": [{"reference": "QuestionnaireResponse/qr-1"}],
    }


def test_what_is_not_known_is_left_out() -> None:
    """No link, no encounter on the document (rule 11); no author where only practitioners are taken (W-06)."""
    value = written(**BARE)
    assert not {"author", "context", "custodian", "docStatus", "relatesTo"} & set(value)


def test_an_amendment_names_what_it_replaces() -> None:
    """Rule 21, W-30: by the id it has in the record system."""
    assert written(replaces="d1")["relatesTo"] == [
        {"code": "replaces", "target": {"reference": "DocumentReference/d1"}}
    ]


def test_the_clinic_may_choose_another_type() -> None:
    value = written(type=DocumentType("11506-3", "Progress note"), patient_asserted=False)
    assert value["type"]["coding"][0]["code"] == "11506-3"
    assert "meta" not in value


def test_the_same_filing_gives_the_same_bytes() -> None:
    """W-01."""
    assert write(filing()) == write(filing())


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        write(filing(date=datetime(2026, 1, 1)))  # noqa: DTZ001 - the very thing refused


def test_what_was_filed_is_found_again() -> None:
    found = read(written() | {"id": "doc-1"})
    assert (found.id, found.status) == ("doc-1", "current")
    assert (found.subject, found.encounter) == ("Patient/pat-07", "Encounter/enc-2")
    assert found.identifiers == (("urn:ietf:rfc:3986", ENTRY), ("urn:ietf:rfc:3986", VERSION))
    assert (found.sha1, found.size, found.url) == (SHA1, len(PDF), None)
    assert found.date == "2026-11-21T09:00:00+00:00"


def test_the_data_counts_more_than_what_is_said_of_it() -> None:
    value = written() | {"id": "doc-1"}
    value["content"][0]["attachment"] |= {"hash": "d3Jvbmc=", "size": 1}
    assert (read(value).sha1, read(value).size) == (SHA1, len(PDF))


def test_a_document_kept_elsewhere_is_known_by_what_is_said_of_it() -> None:
    value = written() | {"id": "doc-1"}
    attachment = value["content"][0]["attachment"]
    del attachment["data"]
    attachment["url"] = "https://ehr.example/fhir/Binary/1"
    found = read(value)
    assert (found.sha1, found.size, found.url) == (SHA1, len(PDF), "https://ehr.example/fhir/Binary/1")


def test_a_dropped_identifier_is_found_in_the_master_identifier() -> None:
    value = written() | {"id": "doc-1", "identifier": []}
    assert read(value).identifiers == (("urn:ietf:rfc:3986", VERSION),)


def test_a_spoiled_document_is_read_as_far_as_it_goes() -> None:
    found = read({"resourceType": "DocumentReference", "id": "x", "content": [{"attachment": {"data": "?"}}]})
    assert (found.sha1, found.size, found.status, found.identifiers) == (None, None, "", ())
    assert read({"resourceType": "DocumentReference", "id": "x"}).url is None


@pytest.mark.parametrize(
    "value", [{}, {"resourceType": "DocumentReference"}, {"resourceType": "Binary", "id": "x"}]
)
def test_what_is_no_document_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="DocumentReference"):
        read(value)
