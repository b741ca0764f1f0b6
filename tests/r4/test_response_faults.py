"""From one good response one bad one per fault, each yielding exactly its fault (questionnaires-sdc C, G2)."""

from collections.abc import Callable
from typing import Any

import pytest

from service.journal.entries import EntryStatus
from tests.r4.answered import COLOURS, Value, faults_of, good, item

MARK = "unicorn-violet"
UNKNOWN = "https://elsewhere.example/ext"
MODIFIER = [{"url": UNKNOWN, "valueString": MARK}]
R5_SOURCE = "http://hl7.org/fhir/5.0/StructureDefinition/extension-QuestionnaireResponse.source"


def answers(link_id: str, *given: Value) -> Callable[[Value], Any]:
    return lambda value: item(value, link_id).update(answer=list(given))


def insert(at: int, **members: Any) -> Callable[[Value], Any]:
    return lambda value: value["item"].insert(at, members)


def attachment(**members: Any) -> Callable[[Value], Any]:
    return answers("file", {"valueAttachment": members})


def nothing_at_all(value: Value) -> None:
    value["item"] = [{"linkId": "free", "answer": [{"valueString": " \n "}]}]


ITEM = "QuestionnaireResponse.item"

# what is done to the good response -> (code, expression) of the one fault
MUTATIONS: dict[str, tuple[Callable[[Value], Any], str, str]] = {
    "V2 unknown linkId": (
        insert(2, linkId=MARK, answer=[{"valueString": MARK}]), "invalid", f"{ITEM}[2].linkId"),
    "V3 wrong place": (
        insert(2, linkId="part.day", answer=[{"valueDate": "2026-01-01"}]), "structure", f"{ITEM}[2]"),
    "V3 wrong order": (
        lambda v: v["item"].insert(0, v["item"].pop(2)), "structure", f"{ITEM}[1]"),
    "V3 item below a question without an answer": (
        lambda v: item(v, "free").update(answer=[], item=[{"linkId": "part.day"}]) or item(v, "free").pop("answer"),
        "structure", f"{ITEM}[2].item"),
    "V4 answer and item": (
        lambda v: item(v, "part").update(answer=[{"valueString": MARK}]), "invariant", f"{ITEM}[10]"),
    "V5 twice": (
        insert(3, linkId="free", answer=[{"valueString": MARK}]), "invariant", f"{ITEM}[3]"),
    "V6 two answers": (
        answers("needed", {"valueString": "a"}, {"valueString": MARK}), "structure", f"{ITEM}[3].answer"),
    "V7 wrong type": (
        answers("free", {"valueInteger": 77123}), "value", f"{ITEM}[2].answer[0].value"),
    "V7 no value": (
        answers("sure", {"extension": [{"url": UNKNOWN, "valueString": MARK}]}), "value",
        f"{ITEM}[4].answer[0].value"),
    "V8 missing": (
        lambda v: v["item"].remove(item(v, "needed")), "required",
        "QuestionnaireResponse.item.where(linkId='needed')"),
    "V8 white space": (
        answers("needed", {"valueString": " \t\n"}), "required",
        "QuestionnaireResponse.item.where(linkId='needed')"),
    "V8 missing in a group": (
        lambda v: v["item"].remove(item(v, "part")), "required",
        "QuestionnaireResponse.item.where(linkId='part').item.where(linkId='part.deep')"),
    "V8 missing deep down": (
        lambda v: item(v, "part").update(item=[{"linkId": "part.day"}]), "required",
        "QuestionnaireResponse.item[10].item.where(linkId='part.deep')"),
    "V9 not enabled": (
        insert(5, linkId="why", answer=[{"valueString": MARK}]), "business-rule", f"{ITEM}[5]"),
    "V10 off the list": (
        answers("colour", {"valueCoding": COLOURS | {"code": MARK}}), "code-invalid",
        f"{ITEM}[5].answer[0].value"),
    "V10 off the list of an open choice": (
        answers("taste", {"valueCoding": COLOURS | {"code": MARK}}), "code-invalid",
        f"{ITEM}[6].answer[0].value"),
    "V11 too long": (
        answers("free", {"valueString": MARK * 2}), "too-long", f"{ITEM}[2].answer[0].value"),
    "V11 too short": (
        answers("free", {"valueString": "ab"}), "value", f"{ITEM}[2].answer[0].value"),
    "V11 above the maximum": (
        answers("score", {"valueInteger": 11}), "value", f"{ITEM}[7].answer[0].value"),
    "V11 below the minimum": (
        answers("score", {"valueInteger": -1}), "value", f"{ITEM}[7].answer[0].value"),
    "V11 too often": (
        answers("many", *({"valueString": MARK},) * 3), "value", f"{ITEM}[8].answer"),
    "V12 other text": (
        lambda v: item(v, "needed").update(text=MARK), "value", f"{ITEM}[3].text"),
    "V13 answer on display": (
        lambda v: item(v, "x.notice").update(answer=[{"valueString": MARK}]), "structure", f"{ITEM}[0].answer"),
    "V14 no subject": (lambda v: v.pop("subject"), "value", "QuestionnaireResponse.subject"),
    "V14 not a patient": (
        lambda v: v.update(subject={"reference": "Group/pat-1"}), "value", "QuestionnaireResponse.subject"),
    "V14 another patient": (
        lambda v: v.update(subject={"reference": f"Patient/{MARK}"}), "forbidden", "QuestionnaireResponse.subject"),
    "V14 another patient's server": (
        lambda v: v.update(subject={"reference": "https://elsewhere.example/Patient/pat-1"}), "value",
        "QuestionnaireResponse.subject"),
    "V14 written by another patient": (
        lambda v: v.update(author={"reference": f"Patient/{MARK}"}), "forbidden", "QuestionnaireResponse.author"),
    "V15 foreign encounter": (
        lambda v: v.update(encounter={"reference": f"Encounter/{MARK}"}), "business-rule",
        "QuestionnaireResponse.encounter"),
    "V16 no time": (lambda v: v.pop("authored"), "value", "QuestionnaireResponse.authored"),
    "V16 only a day": (
        lambda v: v.update(authored="2026-11-21"), "value", "QuestionnaireResponse.authored"),
    "V16 future": (
        lambda v: v.update(authored="2026-11-22T12:05:01Z"), "value", "QuestionnaireResponse.authored"),
    "V17 two sources": (
        lambda v: v.update(extension=[{"url": R5_SOURCE, "valueReference": {"reference": "Device/1"}}]),
        "invariant", "QuestionnaireResponse.source"),
    "V19 implicit rules": (
        lambda v: v.update(implicitRules=f"https://{MARK}.example"), "not-supported",
        "QuestionnaireResponse.implicitRules"),
    "V19 modifier extension": (
        lambda v: v.update(modifierExtension=MODIFIER), "not-supported",
        "QuestionnaireResponse.modifierExtension"),
    "V19 modifier extension inside": (
        lambda v: item(v, "part.deep").update(modifierExtension=MODIFIER), "not-supported",
        "QuestionnaireResponse.item[10].item[0].modifierExtension"),
    "V20 file type": (
        attachment(contentType="text/html", data="aGk="), "value", f"{ITEM}[9].answer[0].value"),
    "V20 file size": (
        attachment(contentType="image/png", url="https://x.example/1", size=6_000_000), "value",
        f"{ITEM}[9].answer[0].value"),
    "V20 unknown size": (
        attachment(contentType="image/png", url="https://x.example/1"), "value", f"{ITEM}[9].answer[0].value"),
    "V21 control character": (
        answers("needed", {"valueString": f"{MARK}\x07"}), "value", f"{ITEM}[3].answer[0].value"),
    "V21 longer than a string": (
        answers("needed", {"valueString": "é" * 600_000}), "value", f"{ITEM}[3].answer[0].value"),
}  # fmt: skip

# Faults that a draft may have: told, but not in the way (C, last paragraph).
SOFT = {"V8", "V9", "V10", "V11", "V12"}
# Not asked of a draft at all.
SENT_ONLY = {"V16"}


def test_the_good_response_has_no_fault() -> None:
    assert faults_of(good()) == ()
    assert faults_of(good(), EntryStatus.AMENDED) == ()
    assert faults_of(good(), EntryStatus.IN_PROGRESS) == ()


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_offence_yields_exactly_its_fault(name: str) -> None:
    change, code, expression = MUTATIONS[name]
    value = good()
    change(value)
    found = [(fault.code, fault.expression, fault.severity) for fault in faults_of(value)]
    if name.startswith("V4"):  # a group with an answer is both: qrs-1, and an answer where none belongs
        found.remove(("structure", f"{expression}.answer", "error"))
    assert found == [(code, expression, "error")]


@pytest.mark.parametrize("name", MUTATIONS)
@pytest.mark.parametrize("status", [EntryStatus.IN_PROGRESS, EntryStatus.STOPPED])
def test_a_draft_is_judged_more_gently(name: str, status: EntryStatus) -> None:
    """The same incomplete response passes as a draft and fails as completed (G3)."""
    change = MUTATIONS[name][0]
    value = good() | {"status": status.value}
    change(value)
    rule = name.split()[0]
    severities = {fault.severity for fault in faults_of(value, status)}
    assert severities == (set() if rule in SENT_ONLY else {"information"} if rule in SOFT else {"error"})


def test_nothing_written_is_no_completed_response() -> None:
    """V22: blank answers count as none, whatever else is missing; a draft may be empty."""
    value = good()
    nothing_at_all(value)
    assert ("business-rule", "QuestionnaireResponse.item") in [
        (fault.code, fault.expression) for fault in faults_of(value)
    ]
    assert "error" not in {fault.severity for fault in faults_of(value, EntryStatus.IN_PROGRESS)}


@pytest.mark.parametrize("name", MUTATIONS)
def test_no_fault_repeats_what_was_sent(name: str) -> None:
    """Neither text nor place of a fault holds anything the sender wrote (product rule 28)."""
    value = good()
    MUTATIONS[name][0](value)
    for fault in faults_of(value):
        assert MARK not in fault.text
        assert MARK not in fault.expression
        assert "77123" not in fault.text


BROKEN: dict[str, tuple[Callable[[Value], Any], str, str]] = {
    "no resource type": (lambda v: v.pop("resourceType"), "invalid", "QuestionnaireResponse"),
    "other resource type": (lambda v: v.update(resourceType="Patient"), "invalid", "QuestionnaireResponse"),
    "no status": (lambda v: v.pop("status"), "required", "QuestionnaireResponse.status"),
    "invented status": (lambda v: v.update(status=MARK), "code-invalid", "QuestionnaireResponse.status"),
    "unknown element": (lambda v: v.update({MARK: MARK}), "structure", "QuestionnaireResponse"),
    "unknown element inside": (lambda v: item(v, "free").update({MARK: 1}), "structure", f"{ITEM}[2]"),
    "no linkId": (lambda v: item(v, "free").pop("linkId"), "required", f"{ITEM}[2].linkId"),
    "two values": (
        answers("free", {"valueString": MARK, "valueInteger": 1}), "value", f"{ITEM}[2].answer[0]"),
    "number as text": (answers("score", {"valueInteger": "7"}), "structure", f"{ITEM}[7].answer[0].value"),
    "truth as text": (answers("sure", {"valueBoolean": "true"}), "structure", f"{ITEM}[4].answer[0].value"),
    "object as text": (
        lambda v: v.update(subject='{"reference":"Patient/pat-1"}'), "structure", "QuestionnaireResponse.subject"),
    "empty object": (lambda v: v.update(encounter={}), "structure", "QuestionnaireResponse.encounter"),
    "empty list": (lambda v: v.update(basedOn=[]), "structure", "QuestionnaireResponse.basedOn"),
    "null": (lambda v: v.update(language=None), "structure", "QuestionnaireResponse.language"),
    "empty string": (answers("free", {"valueString": ""}), "value", f"{ITEM}[2].answer[0].value"),
    "time without zone": (
        lambda v: v.update(authored="2026-11-22T11:00:00"), "value", "QuestionnaireResponse.authored"),
    "item as object": (lambda v: v.update(item={"linkId": MARK}), "structure", "QuestionnaireResponse.item"),
    "contained of unknown type": (
        lambda v: v.update(contained=[{"resourceType": MARK}]), "structure", "QuestionnaireResponse"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_r4_is_refused_with_its_place(name: str) -> None:
    change, code, expression = BROKEN[name]
    value = good()
    change(value)
    found = faults_of(value)
    assert [(fault.code, fault.expression) for fault in found] == [(code, expression)]
    assert MARK not in repr(found)


def test_deep_nesting_is_a_fault_and_no_crash() -> None:
    value = good()
    deepest: Value = {"linkId": "a"}
    for _ in range(900):
        deepest = {"linkId": "a", "item": [deepest]}
    value["item"] = [deepest]
    assert [fault.code for fault in faults_of(value)] == ["too-costly"]


def test_what_is_no_object_is_refused() -> None:
    assert [fault.code for fault in faults_of([])] == ["structure"]  # type: ignore[arg-type]
