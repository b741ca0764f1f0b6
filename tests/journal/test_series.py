"""Which set follows which infusion, and that nothing already begun ever changes its name (rules 9 and 10)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from service.journal.entries import Draft, EntryStatus, EntryVersion, Link
from service.journal.infusions import course
from service.journal.match import EncounterSeen
from service.journal.series import Asked, Assignment, assign
from service.journal.steps import Standing, Step, steps
from tests.journal.writing import NOON, RULE, draft, entry, visit
from tests.r4.published import library

LATER = NOON + timedelta(days=100)


def assigned(*seen: EncounterSeen) -> tuple[Assignment, ...]:
    return assign(course(seen, RULE), library())


def way(
    seen: Iterable[EncounterSeen],
    drafts: Iterable[Draft] = (),
    entries: Iterable[EntryVersion] = (),
    now: datetime = LATER,
) -> tuple[Step, ...]:
    """The patient's course, long after its infusions unless the test says when."""
    found = course(seen, RULE)
    return steps(found, assign(found, library()), drafts, entries, library(), now)


def told(found: Iterable[Step]) -> list[tuple[str | None, int | None, str]]:
    return [(step.link.encounter_id, step.link.ordinal, step.standing) for step in found]


def test_each_infusion_has_its_ordinal_and_the_set_of_that_ordinal() -> None:
    found = assigned(*(visit(f"e{day}", day) for day in range(6)))

    assert [one.ordinal for one in found] == [1, 2, 3, 4, 5, 6]
    assert [one.prompt_set.ordinal if one.prompt_set else None for one in found] == [1, 2, 3, 4, 5, 6]


def test_beyond_the_last_set_the_repeating_prompts_are_asked_each_time() -> None:
    found = assigned(*(visit(f"e{day}", day) for day in range(8)))

    assert [(one.ordinal, one.prompt_set, one.asked) for one in found[6:]] == [
        (7, library().repeating, Asked.BEYOND),
        (8, library().repeating, Asked.BEYOND),
    ]


def test_an_ordinal_carries_its_evidence() -> None:
    first, second = assigned(visit("a", 0), visit("b", 3), visit("c", 3, part_of="Encounter/b"))

    assert (first.link.evidence, first.link.rule_version) == (("a",), "7")
    assert (second.link.evidence, second.link.encounter_id) == (("b", "c"), "b")
    assert second.link.infusion_start == second.infusion.start


def test_an_infusion_that_is_not_over_is_not_offered_yet() -> None:
    assert told(way([visit("a", 0), visit("b", 3)], now=NOON + timedelta(days=2))) == [
        ("a", 1, Standing.READY),
        ("b", 2, Standing.NOT_YET),
    ]


def test_what_was_begun_sent_and_put_off_stands_there_as_such() -> None:
    a, b, c = assigned(visit("a", 0), visit("b", 3), visit("c", 6))

    found = way(
        [visit("a", 0), visit("b", 3), visit("c", 6), visit("d", 9)],
        drafts=[draft(b.link, 2), draft(c.link, 3, status=EntryStatus.STOPPED)],
        entries=[entry(a.link, 1)],
    )

    assert told(found) == [
        ("a", 1, Standing.SENT),
        ("b", 2, Standing.IN_PROGRESS),
        ("c", 3, Standing.NOT_TODAY),
        ("d", 4, Standing.READY),
    ]


def test_a_begun_entry_keeps_its_ordinal_and_set_when_an_earlier_infusion_turns_up() -> None:
    begun = draft(assigned(visit("b", 3))[0].link, 1)

    found = way([visit("a", 0), visit("b", 3), visit("c", 6)], drafts=[begun])

    # "a" would be the first now, but the first set is being written after "b": it is not asked twice.
    assert told(found) == [
        ("a", 1, Standing.NO_SET),
        ("b", 1, Standing.IN_PROGRESS),
        ("c", 3, Standing.READY),
    ]
    assert found[1].draft is begun


def test_a_sent_entry_keeps_its_ordinal_when_its_visit_is_cancelled_afterwards() -> None:
    sent = entry(assigned(visit("a", 0), visit("b", 3))[1].link, 2)

    found = way([visit("a", 0), visit("b", 3, status="cancelled"), visit("c", 6)], entries=[sent])

    # "c" is the second now; the second set was answered already and is not asked again.
    assert told(found) == [("a", 1, Standing.READY), ("b", 2, Standing.SENT), ("c", 2, Standing.NO_SET)]


def test_an_entry_without_a_link_takes_no_infusions_set_away() -> None:
    found = way([visit("a", 0), visit("b", 3)], entries=[entry(Link(), 1)])

    assert told(found) == [("a", 1, Standing.READY), ("b", 2, Standing.READY), (None, None, Standing.SENT)]


def test_a_new_version_of_a_set_asks_nothing_twice() -> None:
    link = assigned(visit("z", 9))[0].link
    old = entry(link, 1)
    older = entry(link, 1, questionnaire=old.questionnaire.split("|")[0] + "|0.9.0")

    assert way([visit("a", 0)], entries=[older])[0].standing == Standing.NO_SET


def test_a_visit_found_to_be_part_of_a_written_one_is_not_asked_for_again() -> None:
    sent = entry(assigned(visit("a", 0))[0].link, 1)

    found = way([visit("a", 0), visit("a-recovery", 0, part_of="Encounter/a")], entries=[sent])

    assert told(found) == [("a", 1, Standing.SENT)]


def test_the_titles_are_those_of_the_set_that_each_one_pins() -> None:
    a, b = assigned(visit("a", 0), visit("b", 3))
    second = library().for_ordinal(2)
    assert second is not None

    found = way([visit("a", 0), visit("b", 3)], drafts=[draft(a.link, 2)])

    # A draft of the second set after the first infusion stays one of the second set.
    assert found[0].set_title == second.title
    assert found[1].standing == Standing.NO_SET
    assert b.ordinal == 2
