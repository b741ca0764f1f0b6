"""Claims about the question put to the validator: it knows what is ours, and one answer belongs to one resource."""

from pathlib import Path

import pytest

from tests.validator.asked import Issue, issues_of

FHIR = Path(__file__).parents[2] / "fhir"
DEFINITION = (FHIR / "StructureDefinition" / "log-index.json").read_text("utf-8")
URL = "https://infusion-journal.example/fhir/StructureDefinition/log-index"


def event(extensions: str) -> str:
    """A sound AuditEvent with these extensions."""
    return (
        '{"resourceType": "AuditEvent", "extension": [' + extensions + "],\n"
        '"type": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110100"},\r\n'
        '"recorded": "2026-11-20T20:00:00Z", "agent": [{"name": "a\u2028b", "requestor": true}],'
        '"source": {"observer": {"display": "x"}}}'
    )


def errors(issues: list[Issue]) -> list[str]:
    return [issue.message for issue in issues if issue.is_error]


@pytest.mark.java
def test_each_resource_has_its_own_answer() -> None:
    """All in one question: a start of the validator takes seconds."""
    sound, wrong_type, unknown, foreign, no_place, no_json = issues_of(
        [
            event(f'{{"url": "{URL}", "valueInteger": 7}}'),
            event(f'{{"url": "{URL}", "valueString": "7"}}'),
            event('{"url": "https://other.example/x", "valueInteger": 7}'),
            event('{"url": "http://app.example/x", "valueInteger": 7}'),
            DEFINITION.replace('"AuditEvent"', '"AuditEvents"'),
            "no resource",
        ],
        FHIR,
        ["http://app.example/"],
    )
    assert errors(sound) == []
    assert "found type string" in errors(wrong_type)[0]
    assert "other.example/x could not be found" in errors(unknown)[0]
    assert errors(foreign) == []
    assert errors(no_place) == ["The element AuditEvents is not valid"]
    assert [issue.severity for issue in no_json] == ["fatal"]
