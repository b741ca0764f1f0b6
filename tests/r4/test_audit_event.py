"""A remembered deed as an AuditEvent and back: nothing lost, nothing claimed that is not so (audit-and-export A, B)."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from service.audit.record import Agent, Deed, Outcome, Record
from service.r4.audit_event import read, write

WHEN = datetime(2026, 11, 22, 5, 40, 1, 123_000, tzinfo=UTC)
CLINICIAN = Agent("clinician", "Practitioner/prac-2", "portal-app", "192.0.2.10", "ab" * 32)
READING = Record(
    id="rec-1",
    clinic="innerbloom",
    recorded=WHEN,
    deed=Deed.READ,
    outcome=Outcome.SUCCESS,
    agent=CLINICIAN,
    server="https://journal.example/innerbloom/fhir",
    request_id="0f0d",
    patient="pat-07",
    what="QuestionnaireResponse/qr-9/_history/3",
)
PROFILES = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."


def event(record: Record, index: int | None = 7) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(write(record, index))
    AuditEvent.model_validate(value)
    return value


def agent(value: dict[str, Any], code: str) -> dict[str, Any]:
    [found] = [a for a in value["agent"] if a.get("type", {}).get("coding", [{}])[0].get("code") == code]
    return dict(found)


def test_a_read_is_told_as_balp_tells_it() -> None:
    value = event(READING)
    assert value["meta"]["profile"] == [f"{PROFILES}PatientRead"]
    assert value["type"]["code"] == "rest"
    assert [one["code"] for one in value["subtype"]] == ["read", "read"]
    assert (value["action"], value["recorded"], value["outcome"]) == ("R", "2026-11-22T05:40:01.123Z", "0")
    assert agent(value, "110152") == {
        "type": {"coding": [{
            "system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110152",
            "display": "Destination Role ID"}]},
        "who": {"identifier": {"value": "portal-app"}},
        "network": {"address": "192.0.2.10", "type": "2"},
        "requestor": False,
    }  # fmt: skip
    assert agent(value, "110153")["network"] == {"address": READING.server, "type": "5"}
    user = agent(value, "IRCP")
    assert user["who"] == {"reference": "Practitioner/prac-2"}
    assert user["requestor"] is True
    assert "network" not in user
    assert user["policy"] == [f"urn:infusion-journal:token-sha256:{CLINICIAN.token_digest}"]
    assert [entity.get("what") for entity in value["entity"]] == [
        {"reference": "QuestionnaireResponse/qr-9/_history/3"},
        {"reference": "Patient/pat-07"},
        {"identifier": {"value": "0f0d"}},
    ]


@pytest.mark.parametrize(
    ("deed", "client", "server", "action"),
    [
        (Deed.CREATE, "110153", "110152", "C"),
        (Deed.UPDATE, "110153", "110152", "U"),
        (Deed.SAVE_DRAFT, "110153", "110152", "U"),
        (Deed.SEARCH, "110153", "110152", "E"),
        (Deed.READ, "110152", "110153", "R"),
    ],
)
def test_the_ends_of_the_wire_swap_by_interaction(deed: Deed, client: str, server: str, action: str) -> None:
    """B-03."""
    value = event(replace(READING, deed=deed))
    assert value["action"] == action
    assert agent(value, client)["who"] == {"identifier": {"value": "portal-app"}}
    assert agent(value, server)["who"] == {"identifier": {"value": READING.server}}


def test_a_search_keeps_its_question_and_not_its_results() -> None:
    """B-06, B-07."""
    query = "QuestionnaireResponse?patient=pat-07&status=completed"
    value = event(replace(READING, deed=Deed.SEARCH, what=None, query=query))
    assert value["meta"]["profile"] == [f"{PROFILES}PatientQuery"]
    [asked] = [entity for entity in value["entity"] if "query" in entity]
    assert base64.b64decode(asked["query"]).decode() == query
    assert asked["role"]["code"] == "24"
    assert not {"what", "name"} & set(asked)


def test_a_search_for_everything_has_no_empty_query_and_comes_back_without_loss() -> None:
    """R4 ele-1; and without a query it is not what BALP's pattern asks for."""
    asked = replace(READING, deed=Deed.SEARCH, what="QuestionnaireResponse", query="")
    value = event(asked)
    assert "meta" not in value
    assert [entity for entity in value["entity"] if "query" in entity] == []
    assert read(write(asked, 7)) == asked


def test_no_entity_has_both_a_name_and_a_query() -> None:
    """sev-1."""
    for deed in Deed:
        for entity in event(replace(READING, deed=deed, query="q"))["entity"]:
            assert not {"name", "query"} <= set(entity)


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize("nobody", [Agent("nobody"), Agent("client", client="c"), CLINICIAN])
def test_exactly_one_agent_asked(deed: Deed, nobody: Agent) -> None:
    """A-01, B-04: the person, else the client, else the service itself."""
    agents = event(replace(READING, deed=deed, agent=nobody))["agent"]
    asked = [one for one in agents if one["requestor"]]
    assert len(asked) == 1
    assert asked[0]["role"] == [{"text": nobody.role}]


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": Outcome.REFUSED},
        {"agent": replace(CLINICIAN, address=None)},
        {"agent": replace(CLINICIAN, client=None)},
        {"what": None},
        {"what": "AuditEvent"},
        {"deed": Deed.LOGIN},
        {"deed": Deed.REFUSAL},
    ],
)
def test_a_profile_is_claimed_only_for_what_meets_it(change: dict[str, Any]) -> None:
    """B-01, B-02: the profiles describe successes with both ends known."""
    assert "meta" not in event(replace(READING, **change))


def test_without_a_patient_the_plain_profile_is_claimed() -> None:
    value = event(replace(READING, patient=None, what="Questionnaire/after-infusion-1"))
    assert value["meta"]["profile"] == [f"{PROFILES}Read"]


def test_a_whole_type_is_named_but_no_reference() -> None:
    value = event(replace(READING, deed=Deed.EXPORT, what="AuditEvent"))
    assert value["entity"][0]["what"] == {"identifier": {"value": "AuditEvent"}}


def test_a_reason_and_a_place_in_the_log_are_there_when_known() -> None:
    value = event(replace(READING, outcome=Outcome.REFUSED, reason="NotAllowed"))
    assert value["outcomeDesc"] == "NotAllowed"
    assert value["extension"][0]["valueInteger"] == 7
    assert not {"extension", "outcomeDesc"} & set(event(READING, index=None))


words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=20)
ids = st.from_regex(r"[A-Za-z0-9\-.]{1,20}", fullmatch=True)
addresses = st.one_of(st.ip_addresses().map(str), st.just("host.example"))
agents = st.builds(
    Agent,
    role=words,
    person=st.none() | ids.map("Practitioner/".__add__) | ids,
    client=st.none() | words,
    address=st.none() | addresses,
    token_digest=st.none() | st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
)
records = st.builds(
    Record,
    id=ids,
    clinic=words,
    recorded=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - the zone comes next
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    ),
    deed=st.sampled_from(Deed),
    outcome=st.sampled_from(Outcome),
    agent=agents,
    server=ids.map("https://journal.example/".__add__),
    request_id=words,
    patient=st.none() | ids,
    what=st.none() | ids.map("QuestionnaireResponse/".__add__) | ids,
    query=st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    reason=st.none() | words,
)


@given(records, st.none() | st.integers(0, 2**31 - 1))
@settings(max_examples=300, deadline=None)
def test_every_record_comes_back_as_it_was(record: Record, index: int | None) -> None:
    raw = write(record, index)
    AuditEvent.model_validate(json.loads(raw))
    assert read(raw) == record
    assert read(raw).canonical() == record.canonical()
