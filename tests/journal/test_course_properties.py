"""What holds for every calendar, in whatever order the record system shows it (rules 7-11).

The examples are the same in every run; one that failed once is a situation of situations.toml.
"""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from service.journal.assigned import AssignedSet, AssignedStatus
from service.journal.attaching import Waiting, attachments
from service.journal.entries import Draft, EntryStatus, EntryVersion, Link
from service.journal.infusions import DoubtReason, course
from service.journal.match import EncounterSeen, Why
from service.journal.overview import Overview
from service.journal.rulings import Reason, Ruling, RulingKind, Rulings
from service.journal.steps import Standing
from tests.journal.calendars import (
    NEVER,
    NOW,
    RULES,
    Keeper,
    calendars,
    look,
    said,
    waiting_words,
    written_after,
)

STEADY = settings(derandomize=True, max_examples=80)


def living(keeper: Keeper) -> list[AssignedSet]:
    """What stands assigned, without what tells only of its own making."""
    plain = [
        replace(one, id="", version=1, authored_on=NOW, changed_at=NOW)
        for one in keeper.kept.values()
        if one.status is not AssignedStatus.CANCELLED
    ]
    return sorted(plain, key=lambda one: (one.encounter_id, one.entry_id or ""))


def told(view: Overview) -> list[tuple[object, ...]]:
    return [
        (step.link, step.set_title, step.standing, step.difference, step.asked_already) for step in view.steps
    ]


def as_begun(drafts: list[Draft], entries: list[EntryVersion]) -> dict[str | None, tuple[Link, str | None]]:
    begun: dict[str | None, tuple[Link, str | None]] = {}
    begun |= {one.key: (one.link, one.questionnaire) for one in drafts}
    return begun | {one.key: (one.link, one.questionnaire) for one in entries}


@given(st.data())
@STEADY
def test_the_order_of_arrival_changes_no_assignment(data: st.DataObject) -> None:
    seen = data.draw(calendars())
    at_once, one_by_one = Keeper(), Keeper()
    at_once.keep(look(seen))

    arriving = data.draw(st.permutations(seen))
    for number in range(1, len(arriving) + 1):
        one_by_one.keep(look(arriving[:number]))

    assert living(one_by_one) == living(at_once)


@given(st.data())
@STEADY
def test_what_one_look_says_does_not_rest_on_the_order_of_its_facts(data: st.DataObject) -> None:
    seen, words = data.draw(calendars()), data.draw(said())
    drafts, entries = data.draw(written_after(look(seen, words).assignments))
    in_order = look(seen, words, drafts, entries)

    other = look(
        data.draw(st.permutations(seen)),
        data.draw(st.permutations(words)),
        data.draw(st.permutations(drafts)),
        data.draw(st.permutations(entries)),
    )

    assert other.course == in_order.course
    assert told(other) == told(in_order)
    assert [one.id for one in other.items] == [one.id for one in in_order.items]


@given(calendars(), said(), st.sampled_from(NEVER[:3]), st.data())
@STEADY
def test_a_visit_that_never_counted_changes_nothing(
    seen: list[EncounterSeen], words: list[Ruling], status: str, data: st.DataObject
) -> None:
    like = data.draw(st.sampled_from(seen)) if seen else EncounterSeen("v0", "ada", status)
    more = replace(like, id="never", status=status, part_of="Encounter/v0", appointments=("Appointment/1",))

    with_it, without = look([*seen, more], words), look(seen, words)

    assert (with_it.course.infusions, with_it.course.doubts) == (
        without.course.infusions,
        without.course.doubts,
    )
    assert with_it.assignments == without.assignments


@given(st.data())
@STEADY
def test_cancelling_un_counts_what_is_untouched_and_leaves_what_was_written(data: st.DataObject) -> None:
    seen = data.draw(calendars())
    before = look(seen)
    drafts, entries = data.draw(written_after(before.assignments))
    gone = data.draw(st.sets(st.sampled_from([one.id for one in seen]))) if seen else set()
    now = [replace(one, status="cancelled") if one.id in gone else one for one in seen]

    after = look(now, (), drafts, entries)

    untouched = [step for step in after.steps if not step.is_started]
    assert not any(gone & set(step.link.evidence) for step in untouched)
    begun = {step.key: (step.link, step.questionnaire) for step in after.steps if step.is_started}
    assert begun == as_begun(drafts, entries)


@given(calendars(), said())
@STEADY
def test_no_counted_visit_is_lost_and_none_stands_in_two_places(
    seen: list[EncounterSeen], words: list[Ruling]
) -> None:
    found = course(seen, RULES.match, Rulings(words))
    left_out = {name for name, why in found.left_out if why is not Why.NO_PROOF}

    groups = [*(one.encounter_ids for one in found.infusions), *(one.encounter_ids for one in found.doubts)]
    placed = Counter(name for group in groups for name in group)

    assert placed == Counter(one.id for one in seen if one.id not in left_out)


@given(calendars(), said())
@STEADY
def test_infusions_stand_in_the_order_of_their_start_and_each_has_the_next_number_of_its_series(
    seen: list[EncounterSeen], words: list[Ruling]
) -> None:
    view = look(seen, words)

    starts = [(one.infusion.start, one.infusion.encounter_id) for one in view.assignments]
    numbers: dict[str, list[int]] = {}
    for one in view.assignments:
        numbers.setdefault(one.series, []).append(one.ordinal)
    assert starts == sorted(starts)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


@given(calendars(), said())
@STEADY
def test_the_same_list_twice_is_the_same_course(seen: list[EncounterSeen], words: list[Ruling]) -> None:
    assert course([*seen, *seen], RULES.match, Rulings(words)) == course(seen, RULES.match, Rulings(words))


@given(calendars(), said())
@STEADY
def test_the_visits_of_one_infusion_alone_are_that_infusion(
    seen: list[EncounterSeen], words: list[Ruling]
) -> None:
    by_id = {one.id: one for one in seen}

    for infusion in course(seen, RULES.match, Rulings(words)).infusions:
        alone = course([by_id[name] for name in infusion.encounter_ids], RULES.match, Rulings(words))

        assert alone.infusions == (infusion,)
        assert alone.doubts == ()


@given(st.data())
@STEADY
def test_what_was_begun_keeps_set_number_and_link_whatever_comes(data: st.DataObject) -> None:
    keeper = Keeper()
    before = look(data.draw(calendars()), data.draw(said()))
    drafts, entries = data.draw(written_after(before.assignments))
    keeper.keep(look(data.draw(calendars()), (), drafts, entries))

    after = look(data.draw(calendars()), data.draw(said()), drafts, entries)

    begun = {step.key: (step.link, step.questionnaire) for step in after.steps if step.is_started}
    assert begun == as_begun(drafts, entries)
    keeper.keep(after)
    frozen = {one.id: (one.link.encounter_id, one.link.ordinal, one.questionnaire) for one in entries}
    kept = [one for one in living(keeper) if one.entry_id is not None]
    assert [(one.encounter_id, one.ordinal, one.questionnaire) for one in kept] == [
        frozen[one.entry_id] for one in kept if one.entry_id
    ]


@given(st.data())
@STEADY
def test_no_set_is_asked_twice_in_a_series_by_recomputing(data: st.DataObject) -> None:
    before = look(data.draw(calendars()))
    drafts, entries = data.draw(written_after(before.assignments))

    after = look(data.draw(calendars()), (), drafts, entries)

    asked = Counter(
        (step.assignment.series, step.questionnaire)
        for step in after.steps
        if step.assignment and step.standing in (Standing.READY, Standing.NOT_YET)
        if step.assignment.prompt_set and step.assignment.prompt_set.ordinal is not None
    )
    written = {
        (step.assignment.series, step.questionnaire)
        for step in after.steps
        if step.assignment and step.is_started and step.standing != Standing.SENT
    }
    assert [one for one, times in asked.items() if times > 1] == []
    assert written.isdisjoint(asked)


@given(st.data())
@STEADY
def test_an_entry_attaches_only_where_it_can_belong_to_nothing_else(data: st.DataObject) -> None:
    seen, words = data.draw(calendars()), data.draw(said())
    drafts, entries = data.draw(written_after(look(seen, words).assignments))
    late: list[EntryVersion] = data.draw(waiting_words())
    within = RULES.series.attach_within
    view = look(seen, words, drafts, [*entries, *late])
    first_words = {one.key: one.authored for one in late}

    found = attachments(
        [Waiting(key, at) for key, at in data.draw(st.permutations(sorted(first_words.items())))],
        view.steps,
        within,
    )

    infusions = [one.infusion for _, one in found]
    right = [one.link for one in entries if one.status is not EntryStatus.ENTERED_IN_ERROR]
    claimed = {name for link in (*right, *(one.link for one in drafts)) for name in link.evidence}
    assert len({one.encounter_id for one in infusions}) == len(found) == len({key for key, _ in found})
    assert claimed.isdisjoint(name for one in infusions for name in one.encounter_ids)
    for key, one in found:
        since = first_words[key] - one.infusion.start
        others = [
            other
            for other in view.assignments
            if other is not one and claimed.isdisjoint(other.infusion.encounter_ids)
        ]
        assert one.infusion.has_time
        assert 0 <= since.total_seconds() <= within.total_seconds()
        assert not any(
            0 <= (first_words[key] - o.infusion.start).total_seconds() <= within.total_seconds()
            for o in others
        )


@given(st.data())
@STEADY
def test_keeping_again_changes_nothing_and_versions_only_grow(data: st.DataObject) -> None:
    keeper = Keeper()
    drafts, entries = data.draw(written_after(look(data.draw(calendars()), data.draw(said())).assignments))

    for _ in range(3):
        view = look(data.draw(calendars()), data.draw(said()), drafts, entries)
        before = {one.id: one.version for one in keeper.kept.values()}
        changed = keeper.keep(view)

        assert {one.id: one.version for one in changed} == {
            one.id: before.get(one.id, 0) + 1 for one in changed
        }
        keeper.kept = dict(data.draw(st.permutations(sorted(keeper.kept.items()))))
        assert keeper.keep(view) == ()


@given(st.data())
@STEADY
def test_what_was_cancelled_never_comes_back(data: st.DataObject) -> None:
    keeper = Keeper()
    drafts, entries = data.draw(written_after(look(data.draw(calendars())).assignments))
    cancelled: dict[str, AssignedSet] = {}

    for _ in range(3):
        keeper.keep(look(data.draw(calendars()), (), drafts, entries))

        assert {name: keeper.kept[name] for name in cancelled} == cancelled
        cancelled = {name: one for name, one in keeper.kept.items() if one.status is AssignedStatus.CANCELLED}


@given(st.data())
@STEADY
def test_what_was_settled_stays_away_and_the_rest_stays_as_it_was(data: st.DataObject) -> None:
    words = data.draw(said())
    drafts, entries = data.draw(written_after(look(data.draw(calendars()), words).assignments))
    late = data.draw(waiting_words())
    seen = data.draw(calendars())
    items = look(seen, words, drafts, [*entries, *late]).items
    assert len({one.id for one in items}) == len(items)
    settled = data.draw(st.sets(st.sampled_from(items), max_size=3)) if items else set()
    left = [
        Ruling(
            f"left-{one.id}",
            "ada",
            RulingKind.LEFT_AS_IT_IS,
            "Practitioner/7",
            NOW,
            Reason.OTHER,
            about=one.id,
        )
        for one in settled
    ]

    after = look(seen, [*words, *left], drafts, [*entries, *late]).items

    assert after == tuple(one for one in items if one not in settled)


@given(calendars(), said())
@STEADY
def test_every_doubt_is_on_the_list_with_a_way_to_settle_it(
    seen: list[EncounterSeen], words: list[Ruling]
) -> None:
    view = look(seen, words)

    assert [one.encounter_ids for one in view.items] == [one.encounter_ids for one in view.course.doubts]
    assert all(one.ways and one.reason in set(DoubtReason) for one in view.items)
