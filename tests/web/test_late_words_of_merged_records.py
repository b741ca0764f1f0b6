"""Words that came late belong to the draft's record, whichever record of the patient's the visits were of (F52)."""

import pytest

from tests.people import Patient, patient
from tests.web.kept_words import draft_of
from tests.web.test_late_words import fields_of, late_page, over, prompt, shown
from tests.workflow.test_merged_records import NEW, OLD, ON, merged, unmerged
from tests.world import World, WorldWith

LATE = "and then the window was opened"


@pytest.fixture
def joining(world_with: WorldWith) -> World:
    return world_with(ON)


def begun_under_the_old(world: World) -> tuple[Patient, str]:
    """A visit of the old record before the merge, with a draft begun in it."""
    unmerged(world)
    visit = patient(world, OLD)
    return visit, visit.begin("merged-old-1")


def given_back(world: World, visit: Patient, key: str) -> None:
    """Carrying on in this visit shows the late words, and chosen they are the draft's."""
    page = late_page(visit, key)
    assert shown(page) == [LATE]
    assert visit.post(f"entry/{key}/before/", **fields_of(page, "mine")).status_code == 303
    assert draft_of(world, key, OLD) == {"ai1.1": LATE}


def test_held_before_the_merge_they_are_given_back_under_the_standing_record(joining: World) -> None:
    visit, key = begun_under_the_old(joining)
    over(joining)
    assert "kept for you" in prompt(visit, key, 1, LATE).text

    merged(joining)

    given_back(joining, patient(joining, NEW), key)


def test_a_form_that_comes_after_the_merge_is_held_too(joining: World) -> None:
    visit, key = begun_under_the_old(joining)
    over(joining)
    merged(joining)
    patient(joining, NEW)

    assert "kept for you" in prompt(visit, key, 1, LATE).text

    given_back(joining, patient(joining, NEW), key)


def test_a_visit_of_the_standing_record_that_wrote_on_in_the_old_ones_draft(joining: World) -> None:
    _, key = begun_under_the_old(joining)
    merged(joining)
    visit = patient(joining, NEW)
    over(joining)

    assert "kept for you" in prompt(visit, key, 1, LATE).text

    given_back(joining, patient(joining, NEW), key)


def test_parted_again_they_stay_with_the_record_of_the_draft(joining: World) -> None:
    _, key = begun_under_the_old(joining)
    merged(joining)
    visit = patient(joining, NEW)
    over(joining)
    assert "kept for you" in prompt(visit, key, 1, LATE).text

    unmerged(joining)

    assert patient(joining, NEW).get(f"entry/{key}/before/").status_code == 404
    given_back(joining, patient(joining, OLD), key)


def test_where_the_clinic_joins_no_records_another_records_draft_is_nobodys(world: World) -> None:
    _, key = begun_under_the_old(world)
    merged(world)
    visit = patient(world, NEW)
    over(world)

    assert "kept for you" not in prompt(visit, key, 1, LATE).text
