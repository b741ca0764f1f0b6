"""What the summary of a series says, in which order, and that private looks like skipped (rules 2, 6, 16, 20)."""

from dataclasses import replace

import pytest

from service.summary.blocks import Block, Role
from service.summary.content import AnsweredPrompt
from service.summary.course_content import CourseAnswer, CourseSummary, course_document, repeating
from service.summary.renditions import Rendition, render
from tests.summary.courses import course, entry, infusion
from tests.summary.samples import PROMPTS
from tests.summary.taken_back import take_back

INSIGHTS = ("insights", PROMPTS[1])
THREE = (
    infusion(1, entry(1, "First insight.", "Own one.")),
    infusion(2, entry(2, None, "Own two.")),
    infusion(3, entry(3, "Third insight.", None)),
)
every_form = pytest.mark.parametrize("rendition", Rendition)


def blocks(summary: CourseSummary, *roles: Role) -> list[str]:
    return [block.text for block in course_document(summary).blocks if block.role in roles]


def after(summary: CourseSummary, text: str) -> list[Block]:
    """The blocks from the one that says this on."""
    said = course_document(summary).blocks
    return list(said[[block.text for block in said].index(text) :])


def test_a_repeating_prompt_stands_once_with_its_answers_in_order() -> None:
    found = after(course(*THREE), PROMPTS[1])[:7]
    assert [(block.role, block.text) for block in found] == [
        (Role.PROMPT, PROMPTS[1]),
        (Role.WHEN, "Infusion 1 · Friday, 23 October 2026"),
        (Role.ANSWER, "First insight."),
        (Role.WHEN, "Infusion 2 · Friday, 30 October 2026"),
        (Role.ABSENT, "No answer shared"),
        (Role.WHEN, "Infusion 3 · Friday, 6 November 2026"),
        (Role.ANSWER, "Third insight."),
    ]


def test_the_other_answers_stand_under_their_infusion() -> None:
    found = [
        block
        for block in after(course(*THREE), "After Infusion 2: Looking Around")
        if block.role is not Role.FACT
    ]
    assert [block.text for block in found[:3]] == [
        "After Infusion 2: Looking Around",
        "What stayed with you from infusion 2?",
        "Own two.",
    ]


def test_the_same_theme_in_other_words_is_not_put_side_by_side() -> None:
    """Each answer stands under the words it answered (rule 2)."""
    other = CourseAnswer("insights", AnsweredPrompt("2.", "Any insights?", "Yes."))
    changed = entry(2, None, None, answers=(other,))
    assert repeating((THREE[0], infusion(2, changed))) == ()
    assert repeating((THREE[0], infusion(2, changed), THREE[2])) == (INSIGHTS,)


def test_the_same_words_under_another_theme_are_not_either() -> None:
    other = CourseAnswer("sleep", AnsweredPrompt("2.", PROMPTS[1], "Yes."))
    assert repeating((THREE[0], infusion(2, entry(2, None, None, answers=(other,))))) == ()


def test_an_infusion_without_an_entry_says_nothing_shared_whatever_the_reason() -> None:
    said = blocks(course(*THREE, infusion(4, None)), Role.FACT)
    assert "Friday, 13 November 2026 · Nothing shared" in said
    assert not [
        text for text in blocks(course(*THREE, infusion(4, None)), Role.SECTION) if "Infusion 4" in text
    ]


@every_form
def test_a_private_answer_is_refused_in_what_others_read(rendition: Rendition) -> None:
    private = CourseAnswer("own", AnsweredPrompt("1.", "How was it?", "Only mine.", kept_private=True))
    mine = infusion(1, entry(1, None, None, answers=(private,)))
    with pytest.raises(ValueError, match="own copy"):
        course(mine)
    assert take_back(rendition, render(course(mine, private_copy=True), rendition)).answers == ("Only mine.",)
    assert "Kept in my journal only" in blocks(course(mine, private_copy=True), Role.PRIVATE)


@every_form
def test_its_first_line_says_who_wrote_it_and_what_it_replaces(rendition: Rendition) -> None:
    taken = take_back(rendition, render(course(*THREE, replaces="urn:uuid:earlier"), rendition))
    assert taken.first == "Written by the patient · replaces the earlier version urn:uuid:earlier"
    assert taken.answers == ("First insight.", "Third insight.", "Own one.", "Own two.")


def test_the_notice_and_the_crisis_line_stand_in_it() -> None:
    notice = blocks(course(*THREE), Role.NOTICE)
    assert notice[0].startswith("Nobody at the clinic watches")
    assert "988" in notice[1]


def test_every_version_it_was_made_of_is_named() -> None:
    about = blocks(course(*THREE), Role.ABOUT)
    for number in (1, 2, 3):
        assert [text for text in about if f"{number:012} · https://example.org" in text]
    assert "urn:uuid:7d0b5f9e-8f0c-4a44-9b0e-52a1a3f0c002" in about


def test_an_infusion_without_ordinal_or_start_says_so() -> None:
    loose = replace(infusion(1, entry(1, "x", "y")), ordinal=None, infusion_start=None)
    assert (
        blocks(course(loose), Role.FACT)[0]
        == "Not linked to an infusion yet · After Infusion 1: Looking Around"
    )


def test_spanish_words_stand_around_it_and_foreign_prompts_keep_their_language() -> None:
    said = course_document(course(*THREE, language="es"))
    assert said.title == "Todas las infusiones de una serie – Escrito por el paciente"
    assert {block.language for block in said.blocks if block.role in (Role.PROMPT, Role.ANSWER)} == {"en"}
    assert {block.language for block in said.blocks if block.role is Role.ABSENT} == {None}
