"""What our FHIR door answers with: OperationOutcome, Bundle, CapabilityStatement (fhir-rest H-09, I-71, I-101)."""

import json
from datetime import date

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome

from service.journal.problems import Fault
from service.r4 import bundle, capability_statement, operation_outcome

BASE = "https://journal.example/clinic/fhir"


def test_each_fault_is_one_issue() -> None:
    faults = [
        Fault("required", "This question needs an answer.", "QuestionnaireResponse.item[1]"),
        Fault("value", "Too long.", severity="information"),
    ]
    value = json.loads(operation_outcome.write(faults))
    OperationOutcome.model_validate(value)
    assert value["issue"] == [
        {
            "severity": "error",
            "code": "required",
            "details": {"text": "This question needs an answer."},
            "expression": ["QuestionnaireResponse.item[1]"],
        },
        {"severity": "information", "code": "value", "details": {"text": "Too long."}},
    ]


def test_without_a_fault_all_is_well() -> None:
    value = json.loads(operation_outcome.write([]))
    OperationOutcome.model_validate(value)
    assert [issue["severity"] for issue in value["issue"]] == ["information"]


def test_of_anothers_outcome_only_the_codes_are_taken() -> None:
    theirs = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "invalid", "diagnostics": "words"}, {"code": 7}, "x"],
    }
    assert operation_outcome.read_codes(theirs) == ("invalid",)
    assert operation_outcome.read_codes({"resourceType": "Patient"}) == ()


STORED = b'{"resourceType":"Questionnaire","id":"a","status":"active","date":"2026-01-01T00:00:00.100+00:00"}'


def test_found_resources_keep_their_bytes() -> None:
    raw = bundle.searchset(
        BASE,
        f"{BASE}/Questionnaire?status=active",
        [("Questionnaire/a", STORED)] * 2,
        7,
        f"{BASE}?page=x&y=é",
    )
    value = json.loads(raw)
    Bundle.model_validate(value)
    assert raw.count(STORED) == 2
    assert (value["type"], value["total"]) == ("searchset", 7)
    assert [entry["fullUrl"] for entry in value["entry"]] == [f"{BASE}/Questionnaire/a"] * 2
    assert {entry["search"]["mode"] for entry in value["entry"]} == {"match"}
    assert value["link"] == [
        {"relation": "self", "url": f"{BASE}/Questionnaire?status=active"},
        {"relation": "next", "url": f"{BASE}?page=x&y=é"},
    ]


def test_a_search_without_matches_has_no_entry() -> None:
    value = json.loads(bundle.searchset(f"{BASE}/", BASE, [], 0, None))
    Bundle.model_validate(value)
    assert value["total"] == 0
    assert "entry" not in value
    assert [link["relation"] for link in value["link"]] == ["self"]


def test_an_absolute_place_and_an_unknown_total_are_kept() -> None:
    value = json.loads(bundle.searchset(BASE, BASE, [("urn://x", STORED)], None, None))
    assert "total" not in value
    assert value["entry"][0]["fullUrl"] == "urn://x"


def test_the_statement_describes_the_instance() -> None:
    value = json.loads(capability_statement.write(BASE, "0.1.0", date(2026, 11, 22), cors=True))
    CapabilityStatement.model_validate(value)
    assert (value["status"], value["kind"], value["fhirVersion"]) == ("active", "instance", "4.0.1")
    assert value["date"] == "2026-11-22"
    assert value["software"]["version"] == "0.1.0"
    assert value["implementation"]["url"] == BASE
    assert {"json", "application/fhir+json"} == set(value["format"])
    [rest] = value["rest"]
    assert rest["mode"] == "server"
    assert rest["security"]["cors"] is True
    assert rest["security"]["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"


def test_the_statement_tells_exactly_what_is_offered() -> None:
    [rest] = json.loads(capability_statement.write(BASE, "1", date(2026, 1, 1)))["rest"]
    told = {
        one["type"]: (
            tuple(interaction["code"] for interaction in one["interaction"]),
            tuple(parameter["name"] for parameter in one.get("searchParam", ())),
        )
        for one in rest["resource"]
    }
    assert told == {
        one.type: (one.interactions, tuple(parameter.name for parameter in one.search))
        for one in capability_statement.OFFERED
    }
