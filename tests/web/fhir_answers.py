"""Reading what our FHIR base answers."""

from typing import Any

QR = "QuestionnaireResponse"
Value = dict[str, Any]


def ids(answer: Any) -> list[str]:
    """The ids of a Bundle's matches, in their order."""
    assert answer.status_code == 200, answer.text
    return [entry["resource"]["id"] for entry in answer.json().get("entry", [])]


def issues(answer: Any) -> list[str]:
    assert answer.headers["content-type"] == "application/fhir+json"
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    return [issue["code"] for issue in outcome["issue"]]
