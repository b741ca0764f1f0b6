"""Parameters, and the skeleton of a response (questionnaires-sdc P-01 to P-09)."""

import json
from datetime import UTC, datetime

import pytest
from fhir.resources.R4B.operationdefinition import OperationDefinition
from fhir.resources.R4B.parameters import Parameters

from service.journal.checking import check
from service.journal.entries import EntryStatus
from service.r4 import parameters, populate, questionnaire_response
from service.r4.parameters import NotParameters
from service.r4.populate import Blank
from tests.r4.answered import QUESTIONS, Value, everything
from tests.r4.published import files, library

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def blank(canonical: str, encounter_id: str | None = None) -> Blank:
    key = "7b0e6d9e-6c1b-4a51-9f0e-2f0c2b8f7a10"
    return Blank(
        canonical=canonical,
        key=key,
        patient_id="pat-1",
        encounter_id=encounter_id,
        authored=NOON,
        language="en",
    )


def items(*questions: Value) -> list[Value]:
    found: list[Value] = json.loads(populate.skeleton({"item": list(questions)}, blank("x|1")))["item"]
    return found


# --- the skeleton ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", files("Questionnaire"))
def test_the_skeleton_of_each_published_set_is_a_draft_without_fault(name: str) -> None:
    raw = json.loads(files("Questionnaire")[name])
    canonical = f"{raw['url']}|{raw['version']}"
    received = questionnaire_response.read(json.loads(populate.skeleton(raw, blank(canonical, "enc-1"))))
    prompt_set = library().by_canonical(canonical)
    assert prompt_set is not None

    faults = check(
        received,
        prompt_set,
        status=EntryStatus.IN_PROGRESS,
        now=NOON,
        patient_id="pat-1",
        encounters={"enc-1"},
    )

    assert faults == ()
    assert [one.link_id for one in received.items] == [one["linkId"] for one in raw["item"]]
    assert not any(one.answers for one in received.walk())


def test_every_kind_of_item_is_there_once_at_its_place() -> None:
    """Those that wait for an answer too, repeating ones once, those of a group below it (P-04)."""
    found = items(*QUESTIONS)

    assert [one["linkId"] for one in found] == [one["linkId"] for one in QUESTIONS]
    by_link = {one["linkId"]: one for one in found}
    assert by_link["why"] == {"linkId": "why", "text": "Why?"}
    assert by_link["part"]["item"] == [
        {"linkId": "part.deep", "text": "Deep?"},
        {"linkId": "part.day", "text": "Day?"},
    ]
    received = questionnaire_response.read(
        json.loads(populate.skeleton({"item": QUESTIONS}, blank(everything().canonical)))
    )
    assert not any(one.answers for one in received.walk())


def test_the_questionnaires_own_defaults_are_filled_in() -> None:
    blue, red = (
        {"system": "https://c.example", "code": "blue"},
        {"system": "https://c.example", "code": "red"},
    )
    below = {"linkId": "below", "type": "string", "text": "Which?"}

    assert items(
        {"linkId": "sure", "type": "boolean", "initial": [{"valueBoolean": False}], "item": [below]},
        {"linkId": "page", "type": "url", "initial": [{"valueUri": "https://c.example"}]},
        {
            "linkId": "colour",
            "type": "choice",
            "answerOption": [{"valueCoding": red}, {"valueCoding": blue, "initialSelected": True}],
        },
        {"linkId": "open", "type": "string", "item": [below]},
    ) == [
        {
            "linkId": "sure",
            "answer": [{"valueBoolean": False, "item": [{"linkId": "below", "text": "Which?"}]}],
        },
        {"linkId": "page", "answer": [{"valueUri": "https://c.example"}]},
        {"linkId": "colour", "answer": [{"valueCoding": blue}]},
        # R4 has no place for an item below a question that nobody has answered.
        {"linkId": "open"},
    ]


def test_without_an_encounter_none_is_named() -> None:
    assert "encounter" not in json.loads(populate.skeleton({}, blank("x|1")))


def test_the_contexts_a_set_declares_are_found() -> None:
    assert populate.launch_contexts(json.loads(files("Questionnaire")["after-infusion-2.json"])) == {
        "patient",
        "encounter",
    }
    assert populate.launch_contexts({}) == frozenset()


# --- Parameters ------------------------------------------------------------------------------------------------


def test_parameters_are_read_with_their_values_parts_and_places() -> None:
    inside: Value = {"resourceType": "QuestionnaireResponse", "id": "x", "anything": 1}
    reference = {"reference": "Patient/pat-1"}
    found = parameters.read(
        {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "resource", "resource": inside},
                {"name": "mode", "valueCode": "create"},
                {"name": "context", "part": [{"name": "content", "valueReference": reference}]},
            ],
        }
    )

    resource, mode, context = found
    assert (resource.resource, resource.reference, resource.word) == (
        inside,
        "QuestionnaireResponse/x",
        None,
    )
    assert (mode.name, mode.kind, mode.word, mode.reference) == ("mode", "Code", "create", None)
    (content,) = context.parts
    assert (content.reference, content.place) == ("Patient/pat-1", "Parameters.parameter[2].part[0]")
    assert parameters.read({"resourceType": "Parameters"}) == ()


BROKEN: dict[str, tuple[Value, str, str]] = {
    "another resource": ({"resourceType": "Patient"}, "invalid", "Parameters"),
    "an unknown element": (
        {"parameter": [{"name": "x", "words": 1}]},
        "structure",
        "Parameters.parameter[0]",
    ),
    "no name": ({"parameter": [{"valueCode": "x"}]}, "required", "Parameters.parameter[0].name"),
    "two values": (
        {"parameter": [{"name": "x", "valueCode": "x", "valueString": "y"}]},
        "value",
        "Parameters.parameter[0]",
    ),
    "a value and a resource, deep": (
        {"parameter": [{"name": "x", "part": [{"name": "y", "valueCode": "x", "resource": {}}]}]},
        "invariant",
        "Parameters.parameter[0].part[0]",
    ),
    "a text for a resource": (
        {"parameter": [{"name": "x", "resource": "{}"}]},
        "invariant",
        "Parameters.parameter[0]",
    ),
    "no list": ({"parameter": {"name": "x"}}, "structure", "Parameters.parameter"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_parameters_is_refused_with_its_place(name: str) -> None:
    value, code, expression = BROKEN[name]

    with pytest.raises(NotParameters) as refused:
        parameters.read({"resourceType": "Parameters"} | value)

    assert [(one.code, one.expression) for one in refused.value.faults] == [(code, expression)]


def test_resources_are_handed_out_with_their_bytes() -> None:
    raw = b'{ "resourceType": "OperationOutcome" , "issue":[{"severity":"error","code":"invalid"}]}'

    written = parameters.write([("response", raw), ("issues", raw)])

    Parameters.model_validate(json.loads(written))
    assert written.count(raw) == 2
    assert [one["name"] for one in json.loads(written)["parameter"]] == ["response", "issues"]


# --- what is published about them ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", files("OperationDefinition"))
def test_an_operation_says_what_it_rests_on_and_every_parameter(name: str) -> None:
    value = json.loads(files("OperationDefinition")[name])

    OperationDefinition.model_validate(value)
    assert value["base"].startswith("http://hl7.org/fhir/")
    assert (value["kind"], value["affectsState"], value["system"]) == ("operation", False, False)
    assert all(one["documentation"] for one in value["parameter"])
