"""Earlier words beside the prompts that ask for them: one's own, all of them, under the words they answered."""

from datetime import timedelta

from service.journal.entries import Answer, EntryVersion, Link
from service.journal.lookback import Remembered, remembered
from service.journal.prompts import Prompt, PromptSet
from tests.journal.writing import NOON, answers, entry
from tests.r4.published import library


def prompt(ordinal: int, link_id: str) -> Prompt:
    prompt_set = library().for_ordinal(ordinal)
    found = prompt_set.prompt(link_id) if prompt_set else None
    assert found is not None
    return found


def repeating() -> PromptSet:
    found = library().repeating
    assert found is not None
    return found


def later(ordinal: int, words: tuple[Answer, ...]) -> EntryVersion:
    """An entry in the repeating prompts, after an infusion beyond the last set."""
    link = Link(f"e{ordinal}", ordinal, NOON + timedelta(days=ordinal))
    return entry(link, 1, words, questionnaire=repeating().canonical)


def after(ordinal: int, words: tuple[Answer, ...]) -> EntryVersion:
    start = NOON + timedelta(days=ordinal)
    return entry(Link(f"e{ordinal}", ordinal, start), ordinal, words)


def test_a_prompt_that_looks_back_at_one_theme_shows_its_answer_alone() -> None:
    first = after(1, answers(ai1_1="to sleep", ai1_5="long walks"))

    assert remembered(prompt(2, "ai2.5"), [first], library()) == (
        Remembered(1, NOON + timedelta(days=1), prompt(1, "ai1.5").text, "long walks"),
    )


def test_a_prompt_that_looks_back_at_a_whole_set_shows_every_answer_in_order() -> None:
    first = after(1, answers(ai1_1="to sleep", ai1_3="", ai1_5="long walks"))

    found = remembered(prompt(2, "ai2.3"), [first], library())

    assert [one.answer for one in found] == ["to sleep", "long walks"]


def test_ones_own_private_words_are_there_too() -> None:
    first = after(1, (Answer("ai1.5", "secret", private=True),))

    assert [one.answer for one in remembered(prompt(2, "ai2.5"), [first], library())] == ["secret"]


def test_over_several_sets_the_words_stand_in_the_order_of_the_entries() -> None:
    entries = [
        after(n, answers(**{name: f"insight {n}"})) for n, name in ((1, "ai1_3"), (3, "ai3_3"), (5, "ai5_3"))
    ]

    found = remembered(prompt(6, "ai6.2"), entries, library())

    assert [(one.ordinal, one.answer) for one in found] == [
        (1, "insight 1"),
        (3, "insight 3"),
        (5, "insight 5"),
    ]
    assert {one.prompt for one in found} == {prompt(1, "ai1.3").text}


def test_a_prompt_that_looks_back_at_nothing_shows_nothing() -> None:
    assert remembered(prompt(3, "ai3.2"), [after(2, answers(ai2_2="lighter"))], library()) == ()


def test_an_entry_of_a_set_that_is_not_looked_back_at_stays_out() -> None:
    assert remembered(prompt(2, "ai2.3"), [after(3, answers(ai3_1="cooking"))], library()) == ()


def test_the_set_decides_and_not_the_ordinal_of_the_infusion() -> None:
    """The first set, written after what counts as the second infusion today, is still the first set."""
    moved = entry(Link("e9", 2, NOON), 1, answers(ai1_5="long walks"))

    assert [one.ordinal for one in remembered(prompt(2, "ai2.5"), [moved], library())] == [2]


def test_a_repeating_prompt_shows_every_earlier_answer_of_its_theme() -> None:
    """Those of the six, under the words they answered, and those after later infusions (rules 2 and 10)."""
    insights, change = repeating().prompts
    entries = [
        after(1, answers(ai1_1="to sleep", ai1_3="insight 1")),
        after(2, answers(ai2_2="change 2")),
        after(6, answers(ai6_1="growth", ai6_2="insight 6")),
        later(7, answers(ali_1="insight 7", ali_2="change 7")),
        later(8, answers(ali_1="insight 8", ali_2="  ")),
    ]

    found = remembered(insights, entries, library())

    assert [(one.ordinal, one.answer) for one in found] == [
        (1, "insight 1"),
        (6, "insight 6"),
        (7, "insight 7"),
        (8, "insight 8"),
    ]
    assert [one.prompt for one in found[1:]] == [prompt(6, "ai6.2").text, insights.text, insights.text]
    assert [one.answer for one in remembered(change, entries, library())] == ["change 2", "change 7"]


def test_the_six_do_not_look_back_at_what_was_written_after_later_infusions() -> None:
    """A second series begins with the first set again; its prompts look at the sets that they name."""
    assert remembered(prompt(6, "ai6.2"), [later(7, answers(ali_1="insight 7"))], library()) == ()
