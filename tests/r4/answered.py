"""A questionnaire with every kind of item, and one good response to it: what the fault tests start from."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

from service.journal.checking import check
from service.journal.entries import EntryStatus
from service.journal.problems import Fault
from service.journal.prompts import PromptSet
from service.r4 import questionnaire_response
from service.r4.questionnaire import read_prompt_set
from tests.r4.published import files

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Value = dict[str, Any]
EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
COLOURS = {"system": "https://clinic.example/colours", "code": "blue"}

QUESTIONS: list[Value] = [
    {
        "linkId": "free",
        "type": "text",
        "text": "Free words?",
        "_text": {
            "extension": [
                {
                    "url": f"{EXTENSION}translation",
                    "extension": [
                        {"url": "lang", "valueCode": "es"},
                        {"url": "content", "valueString": "¿Palabras libres?"},
                    ],
                }
            ]
        },
        "maxLength": 20,
        "extension": [{"url": f"{EXTENSION}minLength", "valueInteger": 3}],
    },
    {"linkId": "needed", "type": "string", "text": "Needed?", "required": True},
    {"linkId": "sure", "type": "boolean", "text": "Sure?"},
    {
        "linkId": "why",
        "type": "string",
        "text": "Why?",
        "enableWhen": [{"question": "sure", "operator": "=", "answerBoolean": False}],
    },
    {"linkId": "colour", "type": "choice", "text": "Colour?", "answerOption": [{"valueCoding": COLOURS}]},
    {"linkId": "taste", "type": "open-choice", "text": "Taste?", "answerOption": [{"valueCoding": COLOURS}]},
    {
        "linkId": "score",
        "type": "integer",
        "text": "0 to 10?",
        "extension": [
            {"url": f"{EXTENSION}minValue", "valueInteger": 0},
            {"url": f"{EXTENSION}maxValue", "valueInteger": 10},
        ],
    },
    {
        "linkId": "many",
        "type": "string",
        "text": "Up to two?",
        "repeats": True,
        "required": True,
        "extension": [{"url": f"{EXTENSION}questionnaire-maxOccurs", "valueInteger": 2}],
    },
    {"linkId": "file", "type": "attachment", "text": "A picture?"},
    {
        "linkId": "part",
        "type": "group",
        "text": "A part",
        "item": [
            {"linkId": "part.deep", "type": "string", "text": "Deep?", "required": True},
            {"linkId": "part.day", "type": "date", "text": "Day?"},
        ],
    },
    {"linkId": "rounds", "type": "group", "text": "Rounds", "repeats": True, "item": [
        {"linkId": "rounds.one", "type": "decimal", "text": "How much?"}]},
]  # fmt: skip

GOOD: Value = {
    "resourceType": "QuestionnaireResponse",
    "questionnaire": "https://clinic.example/fhir/Questionnaire/everything|2.0.0",
    "status": "completed",
    "subject": {"reference": "Patient/pat-1"},
    "encounter": {"reference": "Encounter/enc-1"},
    "authored": "2026-11-22T11:59:00Z",
    "author": {"reference": "Patient/pat-1"},
    "source": {"reference": "Patient/pat-1"},
    "item": [
        {"linkId": "x.notice", "text": "Nobody watches."},
        {"linkId": "x.crisis", "text": "Call."},
        {"linkId": "free", "text": "¿Palabras libres?", "answer": [{"valueString": "ocean"}]},
        {"linkId": "needed", "text": "Needed?", "answer": [{"valueString": "yes"}]},
        {"linkId": "sure", "answer": [{"valueBoolean": True}]},
        {"linkId": "colour", "answer": [{"valueCoding": COLOURS}]},
        {"linkId": "taste", "answer": [{"valueString": "sweet"}]},
        {"linkId": "score", "answer": [{"valueInteger": 7}]},
        {"linkId": "many", "answer": [{"valueString": "a"}, {"valueString": "b"}]},
        {"linkId": "file", "answer": [{"valueAttachment": {"contentType": "image/png", "data": "aGk="}}]},
        {"linkId": "part", "item": [{"linkId": "part.deep", "answer": [{"valueString": "down"}]}]},
        {"linkId": "rounds", "item": [{"linkId": "rounds.one", "answer": [{"valueDecimal": 1.5}]}]},
        {"linkId": "rounds", "item": [{"linkId": "rounds.one", "answer": [{"valueDecimal": 2}]}]},
    ],
}


def everything() -> PromptSet:
    """A prompt set of the clinic's own with all these questions."""
    value = json.loads(files("Questionnaire")["after-infusion-1.json"])
    displays = [
        {"linkId": "x.notice", "type": "display", "text": "Nobody watches."},
        {"linkId": "x.crisis", "type": "display", "text": "Call."},
    ]
    url = "https://clinic.example/fhir/Questionnaire/everything"
    value |= {"url": url, "version": "2.0.0", "item": [*displays, *QUESTIONS]}
    return read_prompt_set(json.dumps(value).encode())


def good() -> Value:
    """A fresh copy of the good response."""
    return copy.deepcopy(GOOD)


def item(value: Value, link_id: str) -> Value:
    """The first item with this linkId, at any depth below groups."""

    def found(items: list[Value]) -> Value | None:
        for one in items:
            deeper = one if one["linkId"] == link_id else found(one.get("item", []))
            if deeper is not None:
                return deeper
        return None

    one = found(value["item"])
    assert one is not None
    return one


def faults_of(value: Value, status: EntryStatus = EntryStatus.COMPLETED) -> tuple[Fault, ...]:
    """What reading and checking find wrong with a response by pat-1, whose encounters are enc-1 and enc-2."""
    try:
        received = questionnaire_response.read(value)
    except questionnaire_response.NotAResponse as refused:
        return refused.faults
    return check(
        received, everything(), status=status, now=NOW, patient_id="pat-1", encounters={"enc-1", "enc-2"}
    )
