"""How prompts are found: by canonical, by place in the series, by theme (product rules 2 and 4)."""

import pytest

from service.journal.prompts import REPEATING_THEMES, Prompt, PromptLibrary, PromptSet


def prompt_set(
    ordinal: int | None, version: str = "1.0.0", *themes: str, status: str = "active"
) -> PromptSet:
    prompts = tuple(
        Prompt(f"q{n}", f"{n}.", f"About {theme}?", theme, 100) for n, theme in enumerate(themes, 1)
    )
    url = f"https://clinic.example/fhir/Questionnaire/set-{ordinal}"
    return PromptSet(url, version, "Set", "Set", ordinal, "en", "Clinic", "notice", "crisis", prompts, status)


def test_a_prompt_is_found_by_its_link_id() -> None:
    one = prompt_set(1, "1.0.0", "insights", "growth")
    found = one.prompt("q2")
    assert found is not None
    assert found.theme == "growth"
    assert one.prompt("q3") is None


def test_every_version_is_found_by_its_own_canonical() -> None:
    old, new = prompt_set(1, "1.0.0"), prompt_set(1, "1.1.0")
    library = PromptLibrary((old, new))
    assert library.by_canonical(old.canonical) is old
    assert library.by_canonical(new.canonical) is new
    assert library.by_canonical(old.url) is None
    assert library.by_canonical("https://clinic.example/other|1.0.0") is None


@pytest.mark.parametrize(
    "ascending",
    [
        ("1.0.0", "1.0.1"),
        ("1.9.0", "1.10.0"),
        ("1.0.0-beta", "1.0.0"),
        ("1.0.0-a", "1.0.0-b"),
        ("9.0.0", "10.0.0"),
    ],
)
def test_the_newest_version_is_offered(ascending: tuple[str, str]) -> None:
    older, newer = (prompt_set(1, version) for version in ascending)
    assert PromptLibrary((older, newer)).for_ordinal(1) is newer
    assert PromptLibrary((newer, older)).for_ordinal(1) is newer


def test_only_open_sets_are_offered() -> None:
    """Q-06: drafts and retired sets are not newly answered."""
    sets = (prompt_set(1), prompt_set(1, "2.0.0", status="draft"), prompt_set(1, "3.0.0", status="retired"))
    assert PromptLibrary(sets).for_ordinal(1) is sets[0]
    assert PromptLibrary(sets[1:]).for_ordinal(1) is None


def test_beyond_the_last_set_there_is_none() -> None:
    assert PromptLibrary((prompt_set(1), prompt_set(None))).for_ordinal(7) is None


def test_a_theme_gathers_its_prompts_in_the_order_of_the_series() -> None:
    later = prompt_set(None, "1.0.0", "insights")
    sets = (later, prompt_set(3, "1.0.0", "growth", "insights"), prompt_set(1, "1.0.0", "insights"))
    found = [(one.ordinal, prompt.link_id) for one, prompt in PromptLibrary(sets).of_theme("insights")]
    assert found == [(1, "q1"), (3, "q2"), (None, "q1")]


def test_the_repeating_themes_are_the_clinics_two() -> None:
    assert REPEATING_THEMES == ("insights", "change-since-start")


def test_the_repeating_prompts_are_the_newest_open_set_of_those_two_themes_alone() -> None:
    """Rule 10; known by their themes, in whatever order they stand (rule 2)."""
    old = prompt_set(None, "1.0.0", *REPEATING_THEMES)
    new = prompt_set(None, "1.1.0", *reversed(REPEATING_THEMES))
    retired = prompt_set(None, "2.0.0", *REPEATING_THEMES, status="retired")
    assert PromptLibrary((new, old, retired)).repeating is new
    assert PromptLibrary((old, retired)).repeating is old
    assert PromptLibrary((retired,)).repeating is None


@pytest.mark.parametrize(
    "other",
    [
        prompt_set(None, "1.0.0", "insights"),
        prompt_set(None, "1.0.0", *REPEATING_THEMES, "growth"),
        prompt_set(None, "1.0.0", *REPEATING_THEMES, "insights"),
        prompt_set(4, "1.0.0", *REPEATING_THEMES),
    ],
    ids=["one of them", "one theme more", "one of them twice", "a set of the series"],
)
def test_what_is_not_just_the_two_is_not_the_repeating_prompts(other: PromptSet) -> None:
    assert PromptLibrary((other,)).repeating is None


def test_the_closing_set_is_the_newest_open_one_of_the_highest_ordinal() -> None:
    old, new = prompt_set(10, "1.0.0"), prompt_set(10, "1.1.0")
    before, beside = prompt_set(9, "3.0.0"), prompt_set(None, "4.0.0", *REPEATING_THEMES)
    retired = prompt_set(11, "1.0.0", status="retired")
    assert PromptLibrary((retired, new, old, before, beside)).closing is new
    assert PromptLibrary((before, retired)).closing is before
    assert PromptLibrary((beside, retired)).closing is None


def test_a_set_is_found_by_its_url_in_its_newest_open_version() -> None:
    old, new = prompt_set(None, "1.9.0"), prompt_set(None, "1.10.0")
    draft, other = prompt_set(None, "2.0.0", status="draft"), prompt_set(1, "3.0.0")
    library = PromptLibrary((draft, new, old, other))
    assert library.by_url(new.url) is new
    assert library.by_url(new.canonical) is None
    assert PromptLibrary((draft, other)).by_url(draft.url) is None
