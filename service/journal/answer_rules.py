"""What each single answer must keep: its type, its bounds, its options, its characters (V7, V10-V12, V20, V21)."""

import re
from collections.abc import Mapping
from decimal import Decimal

from service.journal.enabling import comparable, compared
from service.journal.items import Attachment, GivenAnswer, QuestionItem, ResponseItem
from service.journal.problems import Fault

# Questionnaire item type -> the types its answers may have (R4 questionnaire, question types; R-13).
ANSWER_TYPES: Mapping[str, frozenset[str]] = {
    "boolean": frozenset({"Boolean"}),
    "decimal": frozenset({"Decimal"}),
    "integer": frozenset({"Integer"}),
    "date": frozenset({"Date"}),
    "dateTime": frozenset({"DateTime"}),
    "time": frozenset({"Time"}),
    "string": frozenset({"String"}),
    "text": frozenset({"String"}),
    "url": frozenset({"Uri"}),
    "choice": frozenset({"Coding"}),
    "open-choice": frozenset({"Coding", "String"}),
    "attachment": frozenset({"Attachment"}),
    "reference": frozenset({"Reference"}),
    "quantity": frozenset({"Quantity"}),
}
ATTACHMENT_TYPES = frozenset({"image/jpeg", "image/png", "application/pdf", "text/plain"})
LARGEST_ATTACHMENT = 5 * 1024 * 1024
LARGEST_STRING = 1024 * 1024
# R4 allows tab, line feed and carriage return of the C0 controls.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def item_text_faults(item: ResponseItem, question: QuestionItem, here: str, softness: str) -> list[Fault]:
    """Whether the text copied into the response is one that was shown: any published language will do (V12, V21)."""
    faults = []
    if item.text is not None and item.text not in (question.texts or {question.text}):
        text = "The text is not the questionnaire's."
        faults.append(Fault("value", text, f"{here}.text", softness))
    return faults


def answer_faults(item: ResponseItem, question: QuestionItem, here: str, softness: str) -> list[Fault]:
    """What is wrong with the answers of one question."""
    faults = _occurrence(item, question, here, softness)
    for index, answer in enumerate(item.answers):
        place = f"{here}.answer[{index}].value"
        if answer.type not in ANSWER_TYPES.get(question.type, frozenset()):
            faults.append(Fault("value", "The answer is of another type than the question asks for.", place))
        else:
            faults += [*_always(answer, place), *_bounds(answer, question, place, softness)]
    return faults


def _occurrence(item: ResponseItem, question: QuestionItem, here: str, softness: str) -> list[Fault]:
    count = sum(not answer.is_blank for answer in item.answers)
    few = question.min_occurs is not None and 0 < count < question.min_occurs
    many = question.max_occurs is not None and count > question.max_occurs
    if few or many:
        text = f"There are too {'few' if few else 'many'} answers."
        return [Fault("value", text, f"{here}.answer", softness)]
    return []


def _always(answer: GivenAnswer, place: str) -> list[Fault]:
    if isinstance(answer.value, Attachment):
        return _attachment(answer.value, place)
    if isinstance(answer.value, str) and _CONTROL.search(answer.value):
        return [Fault("value", "The answer holds a control character.", place)]
    if isinstance(answer.value, str) and len(answer.value.encode(errors="replace")) > LARGEST_STRING:
        return [Fault("value", "The answer is longer than FHIR allows (1 MiB).", place)]
    return []


def _attachment(given: Attachment, place: str) -> list[Fault]:
    media = (given.content_type or "").partition(";")[0].strip().lower()
    if media not in ATTACHMENT_TYPES:
        return [Fault("value", "A file of this type cannot be taken.", place)]
    if given.size is None or given.size > LARGEST_ATTACHMENT:
        return [Fault("value", "The file is too large, or its size is not told.", place)]
    return []


def _bounds(answer: GivenAnswer, question: QuestionItem, place: str, softness: str) -> list[Fault]:
    faults = [*_length(answer, question, place, softness)]
    if _outside(answer, question):
        faults.append(Fault("value", "The answer lies outside the question's bounds.", place, softness))
    if _off_the_list(answer, question):
        faults.append(Fault("code-invalid", "The answer is none of the choices.", place, softness))
    return faults


def _length(answer: GivenAnswer, question: QuestionItem, place: str, softness: str) -> list[Fault]:
    if not isinstance(answer.value, str | int | Decimal) or isinstance(answer.value, bool):
        return []
    length = len(str(answer.value))
    if question.max_length is not None and length > question.max_length:
        text = f"The answer has more than {question.max_length} characters."
        return [Fault("too-long", text, place, softness)]
    if question.min_length is not None and length < question.min_length:
        text = f"The answer has fewer than {question.min_length} characters."
        return [Fault("value", text, place, softness)]
    return []


def _outside(answer: GivenAnswer, question: QuestionItem) -> bool:
    low = None if question.min_value is None else compared(answer.value, question.min_value)
    high = None if question.max_value is None else compared(answer.value, question.max_value)
    return low == -1 or high == 1


def _off_the_list(answer: GivenAnswer, question: QuestionItem) -> bool:
    if not question.options or (question.type == "open-choice" and answer.type == "String"):
        return False
    return comparable(answer.value) not in [comparable(option) for option in question.options]
