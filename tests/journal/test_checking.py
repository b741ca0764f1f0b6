"""The parts of checking that need no FHIR: status steps, canonicals, enableWhen (questionnaires-sdc B2, R-30)."""

from decimal import Decimal
from itertools import product

import pytest

from service.journal.checking import check_canonical, check_items, check_step
from service.journal.enabling import answers_by_link, enabled_links
from service.journal.entries import EntryStatus
from service.journal.items import AnswerValue, Condition, GivenAnswer, Quantity, QuestionItem, ResponseItem
from service.journal.match import Coding
from service.journal.prompts import PromptLibrary, PromptSet

ALLOWED = {
    (None, "in-progress"),
    (None, "completed"),
    ("in-progress", "in-progress"),
    ("in-progress", "completed"),
    ("in-progress", "stopped"),
    ("in-progress", "entered-in-error"),
    ("stopped", "in-progress"),
    ("stopped", "entered-in-error"),
    ("completed", "amended"),
    ("completed", "entered-in-error"),
    ("amended", "amended"),
    ("amended", "entered-in-error"),
}


@pytest.mark.parametrize(("before", "after"), [*product((None, *EntryStatus), EntryStatus)])
@pytest.mark.parametrize("held", [False, True])
def test_every_step_is_allowed_or_refused_by_the_table(
    before: EntryStatus | None, after: EntryStatus, held: bool
) -> None:
    """V18. An entry held before release may be taken back to a draft; a released one never."""
    taken_back = held and (before, after) == ("completed", "in-progress")
    faults = check_step(before, after, held=held)
    assert (faults == ()) == (taken_back or (before, after) in ALLOWED)
    assert all(fault.code == "business-rule" for fault in faults)


def prompt_set(version: str, status: str = "active") -> PromptSet:
    return PromptSet("https://c.example/q", version, "Q", "Q", 1, "en", "", "n", "c", (), status)


def test_a_response_names_a_known_version() -> None:
    """V1."""
    library = PromptLibrary((prompt_set("1.0.0"), prompt_set("2.0.0", "retired")))
    assert check_canonical(library, "https://c.example/q|1.0.0") == ()
    assert [f.code for f in check_canonical(library, "https://c.example/q|2.0.0")] == ["business-rule"]
    for unknown in ("https://c.example/q|3.0.0", "https://c.example/q", "", None):
        assert [f.code for f in check_canonical(library, unknown)] == ["not-found"]


def answered(link_id: str, *values: AnswerValue) -> ResponseItem:
    return ResponseItem(link_id, answers=tuple(GivenAnswer(type(v).__name__, v) for v in values))


BLUE, RED = Coding("s", "blue"), Coding("s", "red")

CONDITIONS: list[tuple[str, AnswerValue, tuple[AnswerValue, ...], bool]] = [
    ("exists", True, ("x",), True),
    ("exists", True, (), False),
    ("exists", True, ("  ",), False),
    ("exists", False, (), True),
    ("exists", False, (False,), False),
    ("=", True, (True,), True),
    ("=", False, (), False),  # unanswered is not false
    ("=", True, (1,), False),
    ("=", BLUE, (BLUE,), True),
    ("=", BLUE, (RED, BLUE), True),
    ("!=", BLUE, (RED,), True),
    ("!=", BLUE, (BLUE,), False),
    ("!=", BLUE, (), False),
    (">", 3, (4,), True),
    (">", 3, (3,), False),
    (">=", 3, (3,), True),
    ("<", Decimal("2.5"), (Decimal("2.49"),), True),
    ("<=", 3, (4,), False),
    ("<=", 3, (4, 2), True),
    (">", "2026-01-01", ("2026-02-01",), True),
    ("=", "2026-01-01T10:00:00Z", ("2026-01-01T11:00:00+01:00",), True),
    (">", "2026-01-01T10:00:00Z", ("2026-01-01T10:30:00+01:00",), False),
    (">", "10:00:00", ("09:59:59",), False),
    ("=", "Tea", ("Tea",), True),
    ("=", "T?", ("T?",), True),
    (">", Quantity(Decimal(1)), (Quantity(Decimal(2)),), True),
    (">", 3, (BLUE,), False),
]


@pytest.mark.parametrize(("operator", "compared", "given", "enabled"), CONDITIONS)
def test_a_condition_looks_at_every_answer(
    operator: str, compared: AnswerValue, given: tuple[AnswerValue, ...], enabled: bool
) -> None:
    question = QuestionItem("q", "text", enable_when=(Condition("a", operator, "", compared),))
    answers = answers_by_link([answered("a", *given)])
    assert ("q" in enabled_links([question], answers)) == enabled


@pytest.mark.parametrize(("any_of", "enabled"), [(True, True), (False, False)])
def test_several_conditions_are_joined_as_the_questionnaire_says(any_of: bool, enabled: bool) -> None:
    conditions = (Condition("a", "=", "", "x"), Condition("a", "=", "", "y"))
    question = QuestionItem("q", "text", enable_when=conditions, enable_any=any_of)
    assert ("q" in enabled_links([question], answers_by_link([answered("a", "x")]))) == enabled


def test_below_a_disabled_item_nothing_is_enabled() -> None:
    child = QuestionItem("child", "string", required=True)
    never = (Condition("a", "exists", "", True),)
    group = QuestionItem("group", "group", items=(child,), enable_when=never)
    assert enabled_links([group], {}) == frozenset()
    assert check_items((), (group,), sent=True) == ()


def test_a_required_question_below_an_answer_is_asked_with_it() -> None:
    below = QuestionItem("below", "string", required=True)
    asked = (QuestionItem("top", "string", items=(below,)),)
    given = (ResponseItem("top", answers=(GivenAnswer("String", "x"),)),)
    assert [fault.code for fault in check_items(given, asked, sent=True)] == ["required"]
    with_answer = ResponseItem(
        "top",
        answers=(
            GivenAnswer("String", "x", (ResponseItem("below", answers=(GivenAnswer("String", "y"),)),)),
        ),
    )
    assert check_items((with_answer,), asked, sent=True) == ()


def test_a_length_counts_characters_and_not_bytes() -> None:
    """Q-16."""
    asked = (QuestionItem("q", "text", max_length=2),)
    told = ResponseItem("q", answers=(GivenAnswer("String", "🐢🐢"),))
    assert check_items((told,), asked, sent=True) == ()
