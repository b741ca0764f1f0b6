"""What a clinician's lists are made of: nothing offered that cannot be done, nothing missing that can."""

from dataclasses import replace

from service.journal.prompts import PromptLibrary
from service.web import cards
from tests.pages.courses import LIBRARY, open_course


def card(seen: cards.Seen, reason: str) -> cards.Card:
    """The first item on the list for this reason."""
    return next(one for one in cards.cards(seen) if one.reason == reason)


def test_what_is_not_published_is_not_offered() -> None:
    """A clinic without the repeating prompts cannot ask them."""
    seen = open_course()
    without = replace(seen, library=PromptLibrary(LIBRARY.sets[:6]))

    assert [way.way for way in card(seen, "set-written-already").ways] == [
        "ask-repeating",
        "ask-closing",
        "ask-nothing",
    ]
    assert [way.way for way in card(without, "set-written-already").ways] == ["ask-closing", "ask-nothing"]


def test_an_entry_can_go_only_where_nothing_was_sent() -> None:
    free = cards.free_places(open_course().overview.steps)

    assert [one.encounter_id for one in free] == ["enc-late", "enc-4", "enc-long"]


def test_a_visit_without_a_start_names_the_infusion_it_is_part_of() -> None:
    """Each place is one that the workflow takes: an encounter the item itself stands beside."""
    item = next(one for one in open_course().overview.items if one.reason == "no-start")
    (way,) = [one for one in card(open_course(), "no-start").ways if one.way == "one-infusion"]

    assert len(way.places) == 6
    assert {one.encounter_id for one in way.places} <= set(item.beside)


def test_a_day_without_a_time_stands_in_the_field() -> None:
    (way,) = [one for one in card(open_course(), "no-time-on-a-day-with-two").ways if one.asks_time]

    assert way.day is not None
    assert way.day.isoformat() == "2026-11-02"


def test_the_visit_in_question_is_told_from_the_one_beside_it() -> None:
    rows = card(open_course(), "overlap-beyond-the-usual-stay").visits

    assert [(one.id, one.in_question) for one in rows] == [("enc-short", True), ("enc-long", False)]


def test_a_visit_that_is_gone_is_still_named() -> None:
    seen = replace(open_course(), visits={})
    row = seen.visit("enc-1")

    assert (row.id, row.status, row.began) == ("enc-1", "", None)


def test_visits_that_wait_for_a_person_are_not_said_to_be_left_out() -> None:
    left = {one.id: one.why for one in cards.left_out(open_course())}

    assert left == {
        "enc-intake": "type",
        "enc-cancelled": "cancelled",
        "enc-not-given": "not-given",
        "enc-planned": "planned",
    }
