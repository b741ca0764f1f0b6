"""Conditions compare as R4 says, one matching answer is enough, and below an item that is not put nothing is.
[FHIR R4 questionnaire, enableWhen; SDC 4.0 behavior, enableWhen]
"""

import pytest

from service.journal.checking import check_items
from service.journal.enabling import answers_by_link, enabled_links
from service.journal.items import AnswerValue, Condition, GivenAnswer, QuestionItem, ResponseItem

CONDITIONS: list[tuple[str, AnswerValue, tuple[AnswerValue, ...], bool]] = [
    ("exists", True, ("x",), True),
    ("exists", True, (), False),
    ("exists", False, (), True),
    ("exists", False, ("x",), False),
    ("=", 3, (3,), True),
    ("=", 3, (4,), False),
    ("!=", 3, (4,), True),
    ("!=", 3, (3,), False),
    (">", 3, (4,), True),
    (">", 3, (3,), False),
    ("<", 3, (2,), True),
    ("<", 3, (3,), False),
    (">=", 3, (3,), True),
    (">=", 3, (2,), False),
    ("<=", 3, (3,), True),
    ("<=", 3, (4,), False),
    ("=", 3, (1, 2, 3), True),
    (">", 3, (1, 9), True),
]
NEVER = (Condition("a", "exists", "Boolean", True),)


@pytest.mark.parametrize(("operator", "compared", "given", "put"), CONDITIONS)
def test_each_operator_looks_at_every_answer(
    operator: str, compared: AnswerValue, given: tuple[AnswerValue, ...], put: bool
) -> None:
    question = QuestionItem("q", "text", enable_when=(Condition("a", operator, "", compared),))
    answers = answers_by_link([ResponseItem("a", answers=tuple(GivenAnswer("", one) for one in given))])

    assert ("q" in enabled_links([question], answers)) == put


def test_below_what_is_not_put_nothing_is_asked_for() -> None:
    child = QuestionItem("child", "string", required=True)
    group = QuestionItem("group", "group", items=(child,), enable_when=NEVER)

    assert enabled_links([group], {}) == frozenset()
    assert check_items((), (group,), sent=True) == ()


def test_its_own_bounds_do_not_count() -> None:
    question = QuestionItem("q", "string", required=True, min_occurs=2, repeats=True, enable_when=NEVER)
    assert check_items((), (question,), sent=True) == ()
