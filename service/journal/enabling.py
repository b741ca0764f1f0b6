"""Which questions of a questionnaire are put at all, given the answers so far (R4 enableWhen; R-30).

Conditions look at every answer of the named question, wherever it stands: in a repeating group, one matching
repetition is enough.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from service.journal.items import AnswerValue, Condition, GivenAnswer, Quantity, QuestionItem, ResponseItem

Answers = Mapping[str, tuple[GivenAnswer, ...]]

_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": lambda given, compared: given > compared,
    "<": lambda given, compared: given < compared,
    ">=": lambda given, compared: given >= compared,
    "<=": lambda given, compared: given <= compared,
}


def answers_by_link(items: Iterable[ResponseItem]) -> Answers:
    """Every answer that says something, by linkId, at whatever depth it was given."""
    found: dict[str, tuple[GivenAnswer, ...]] = {}
    for top in items:
        for item in top.walk():
            spoken = tuple(answer for answer in item.answers if not answer.is_blank)
            found[item.link_id] = found.get(item.link_id, ()) + spoken
    return found


def enabled_links(questions: Iterable[QuestionItem], answers: Answers) -> frozenset[str]:
    """The linkIds of all items that are enabled; below a disabled item nothing is."""
    found: set[str] = set()
    for question in questions:
        if is_enabled(question, answers):
            found |= {question.link_id} | enabled_links(question.items, answers)
    return frozenset(found)


def is_enabled(question: QuestionItem, answers: Answers) -> bool:
    """Whether the item's own conditions hold; without conditions they do."""
    met = [_holds(condition, answers) for condition in question.enable_when]
    return not met or (any(met) if question.enable_any else all(met))


def _holds(condition: Condition, answers: Answers) -> bool:
    given = answers.get(condition.question, ())
    if condition.operator == "exists":
        return bool(given) == condition.value
    return any(_matches(condition, answer) for answer in given)


def _matches(condition: Condition, answer: GivenAnswer) -> bool:
    if condition.operator in ("=", "!="):
        same = comparable(answer.value) == comparable(condition.value)
        return bool(same == (condition.operator == "="))
    order = compared(answer.value, condition.value)
    return order is not None and _ORDERED[condition.operator](order, 0)


def compared(a: AnswerValue, b: AnswerValue) -> int | None:
    """-1, 0 or 1 as `a` is before, at or after `b`; None where the two cannot be ordered."""
    left, right = comparable(a), comparable(b)
    try:
        return int(left > right) - int(left < right)
    except TypeError:
        return None


def comparable(value: AnswerValue) -> Any:
    """A form in which equal answers are equal and ordered ones ordered: numbers as Decimal, instants as instants."""
    if isinstance(value, Quantity):
        return value.value
    if isinstance(value, bool):
        return (value,)  # in Python True equals 1; as answers they differ
    if isinstance(value, int | Decimal):
        return Decimal(value)
    return _instant(value) if isinstance(value, str) and "T" in value else value


def _instant(value: str) -> datetime | str:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value
