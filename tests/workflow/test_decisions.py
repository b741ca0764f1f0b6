"""A clinician's word: what each one does to the course, that it is kept with who and why, and that it can go again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.access.context import AccessContext, Role
from service.audit.record import Deed
from service.journal.problems import ChangedElsewhere, InfusionTaken, NotAllowed, NotYours
from service.journal.rulings import Reason, RulingKind
from service.journal.worklist import Way
from service.store import rulings
from service.workflow import decide
from service.workflow.decide import Decision, NotThisWay, TimeMissing
from service.workflow.filings_by_command import owed, try_again
from service.workflow.open_worklist import open_worklist
from tests.front_desk import FrontDesk
from tests.people import patient
from tests.workflow.contexts import ORIGIN, as_clinician, as_officer, as_patient
from tests.workflow.courses import asked, course, living, versions
from tests.workflow.deciding import (
    begin_at_once,
    capture,
    encounters_of,
    id_of,
    item,
    open_items,
    remembered,
    settle,
    states,
)
from tests.world import CLINIC, NOON, OTHER, World

NAME = "patient-none-yet"
WORDS = {"ai1.1": "kept out of every log"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def known(world: World) -> None:
    """The worker looked at this patient."""
    patient(world, NAME).post("refresh")


def infusions(world: World) -> list[tuple[str, ...]]:
    return [one.encounter_ids for one in course(world, NAME).overview.course.infusions]


def sets_asked(world: World) -> list[str]:
    return [step.set_title or "-" for step in course(world, NAME).steps]


def last_ruling(world: World) -> tuple[str, str, str]:
    """Of the newest word: what, who and why."""
    said = rulings.rulings_of(world.desk.store, as_clinician(NAME), [NAME])[-1]
    (told,) = remembered(world, Deed.DECIDE, NAME)[-1:]
    assert told.reason == f"{said.kind}:{said.why}"
    assert told.agent.person == said.said_by
    assert NOON < said.said_at <= world.clock()
    return said.kind.value, said.said_by, said.why.value


def take_last_back(world: World) -> None:
    (last,) = course(world, NAME).overview.rulings.standing[-1:]
    decide.take_back(world.desk, as_clinician(NAME), NAME, last.id, Reason.OTHER)


def listed(world: World) -> list[str]:
    """Whether this patient stands on the care team's list, opened from another chart."""
    found = open_worklist(world.desk, as_clinician("patient-two-in"))
    return [one.opened.patient_id for one in found if one.opened.patient_id == NAME]


# --- every way of settling an item -------------------------------------------------------------------------------


def no_start(world: World) -> None:
    FrontDesk(world).book(NAME, None)


def no_start_beside_one(world: World) -> None:
    FrontDesk(world).book(NAME, NOON - 5 * HOUR, id="near")
    FrontDesk(world).book(NAME, None)


def long_overlap(world: World) -> None:
    desk = FrontDesk(world)
    desk.book(NAME, NOON - 12 * HOUR, minutes=600)
    desk.book(NAME, NOON - 5 * HOUR, minutes=50)


def written_out_of_turn(world: World) -> None:
    """The second infusion was written as the first one; an earlier one was noted late: its set was written already."""
    desk = FrontDesk(world)
    second = desk.book(NAME, NOON - 5 * HOUR)
    patient(world, NAME).write(second, WORDS)
    desk.book(NAME, NOON - 3 * DAY)


AT = NOON - 2 * HOUR
WAYS = {
    "given": (no_start, Way.GIVEN, {"at": AT}, [("ordinal", 1)]),
    "not given": (no_start, Way.NOT_GIVEN, {}, []),
    "one": (long_overlap, Way.ONE, {}, [("ordinal", 1)]),
    "separate": (long_overlap, Way.SEPARATE, {}, [("ordinal", 1), ("ordinal", 2)]),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_doubt_is_settled_kept_and_taken_back(world: World, name: str) -> None:
    arrange, way, more, expected = WAYS[name]
    arrange(world)
    known(world)
    before = infusions(world), asked(world, NAME)
    doubt = item(world, NAME, way)

    settle(world, NAME, way, Reason.DOCUMENTED_TWICE, **more)

    assert open_items(world, NAME) == ()
    assert [number for number, _, _ in living(world, NAME)] == [number for _, number in expected]
    assert last_ruling(world)[1:] == ("Practitioner/clinician-1", "documented-twice")

    take_last_back(world)

    assert [one.id for one in open_items(world, NAME)] == [doubt.id]
    assert infusions(world) == before[0]
    assert last_ruling(world) == ("withdrawn", "Practitioner/clinician-1", "other")


def test_a_doubtful_visit_is_one_with_the_infusion_that_was_named(world: World) -> None:
    desk = FrontDesk(world)
    near, far = desk.book(NAME, NOON - 5 * HOUR), desk.book(NAME, NOON - 3 * DAY)
    unclear = desk.book(NAME, None)
    known(world)

    settle(world, NAME, Way.ONE, target=near)

    assert infusions(world) == [(far,), (near, unclear)]


def test_a_difference_is_left_and_comes_back_only_with_other_facts(world: World) -> None:
    written_out_of_turn(world)
    known(world)

    settle(world, NAME, Way.LEAVE)

    assert [one.waits for one in open_items(world, NAME)] == ["set-written-already"]
    assert last_ruling(world)[0] == "left-as-it-is"
    (told,) = remembered(world, Deed.DECIDE, NAME)
    assert (told.what or "").startswith("QuestionnaireResponse/")
    FrontDesk(world).book(NAME, NOON - 6 * DAY)
    known(world)
    assert "entry-differs" in [one.waits for one in open_items(world, NAME)]


def test_the_repeating_prompts_or_the_closing_set_or_nothing_instead_of_what_was_written(
    world: World,
) -> None:
    written_out_of_turn(world)
    known(world)
    assert sets_asked(world)[0] == "-"

    titles = []
    for way in (Way.ASK_REPEATING, Way.ASK_CLOSING, Way.ASK_NOTHING):
        settle(world, NAME, way, Reason.TREATMENT_PLAN)
        titles.append(sets_asked(world)[0])
        assert not [one for one in open_items(world, NAME) if one.waits == "set-written-already"]
        take_last_back(world)
        assert sets_asked(world)[0] == "-"

    library = world.desk.library
    assert library.repeating
    assert library.closing
    assert titles == [library.repeating.title, library.closing.title, "-"]


def test_attach_and_detach_by_a_person(world: World) -> None:
    desk = FrontDesk(world)
    key = capture(patient(world, NAME), WORDS)
    desk.book(NAME, NOON - 20 * HOUR)
    infusion = desk.book(NAME, NOON - 2 * HOUR)
    known(world)

    settle(world, NAME, Way.ATTACH, Reason.SAID_BY_PATIENT, target=infusion)

    assert [(one.cause, one.why, one.made_by) for one in versions(world, NAME, key)][1:] == [
        ("attached", "said-by-patient", "Practitioner/clinician-1")
    ]
    assert remembered(world, Deed.DECIDE, NAME) == []
    desk.cancel(infusion)
    known(world)
    settle(world, NAME, Way.DETACH, Reason.WRONG_VISIT)
    assert versions(world, NAME, key)[-1].cause == "detached"
    world.find(minutes=6)
    # A person took it off: nothing attaches it by itself again, though one infusion alone is left.
    assert versions(world, NAME, key)[-1].link.encounter_id is None


def test_attaching_wants_an_infusion_that_is_free(world: World) -> None:
    desk = FrontDesk(world)
    chidera = patient(world, NAME)
    capture(chidera, WORDS)
    taken, begun = desk.book(NAME, NOON - 50 * HOUR), desk.book(NAME, NOON - 30 * HOUR)
    known(world)
    chidera.write(taken, WORDS)
    chidera.begin(begun)

    for target, problem in ((taken, NotThisWay), ("six-done-1", NotThisWay), (None, NotThisWay)):
        with pytest.raises(problem):
            settle(world, NAME, Way.ATTACH, target=target)
    with pytest.raises(InfusionTaken):
        settle(world, NAME, Way.ATTACH, target=begun)


# --- words of one's own ------------------------------------------------------------------------------------------


def three(world: World) -> list[str]:
    desk = FrontDesk(world)
    made = [desk.book(NAME, NOON - days * DAY) for days in (9, 6, 3)]
    known(world)
    return made


@pytest.mark.parametrize(
    ("kind", "ordinals", "reason"),
    [
        (RulingKind.NOT_GIVEN, [1, 2], "not-given:treatment-plan"),
        (RulingKind.SERIES_BEGINS, [1, 1, 2], "series-begins:treatment-plan"),
        (RulingKind.SERIES_CLOSED, [1, 2, 1], "series-closed:treatment-plan"),
        (RulingKind.ASK_SET, [1, 2, 3], "ask-set:treatment-plan"),
        (RulingKind.ASK_NOTHING, [1, 3], "ask-nothing:treatment-plan"),
    ],
)
def test_a_word_about_the_second_infusion(
    world: World, kind: RulingKind, ordinals: list[int], reason: str
) -> None:
    _, second, _ = three(world)
    closing = world.desk.library.closing
    assert closing is not None
    set_url = closing.url if kind is RulingKind.ASK_SET else None
    before = sets_asked(world)

    decide.decide(world.desk, as_clinician(NAME), NAME, kind, second, Reason.TREATMENT_PLAN, set_url)

    assert [number for number, _, _ in living(world, NAME)] == ordinals
    assert (closing.title in sets_asked(world)) == (kind is RulingKind.ASK_SET)
    (told,) = remembered(world, Deed.DECIDE, NAME)
    assert (told.what, told.reason) == (f"Encounter/{second}", reason)

    take_last_back(world)

    assert sets_asked(world) == before
    assert [number for number, _, _ in living(world, NAME)] == [1, 2, 3]


def test_what_is_no_word_of_one_s_own_is_refused(world: World) -> None:
    first, *_ = three(world)
    closing = world.desk.library.closing
    assert closing is not None
    for kind, set_url in (
        (RulingKind.GIVEN, None),
        (RulingKind.WITHDRAWN, None),
        (RulingKind.LEFT_AS_IT_IS, None),
        (RulingKind.ASK_SET, None),
        (RulingKind.ASK_SET, "https://elsewhere.example/Questionnaire/x"),
        (RulingKind.NOT_GIVEN, closing.url),
    ):
        with pytest.raises(NotThisWay):
            decide.decide(world.desk, as_clinician(NAME), NAME, kind, first, Reason.OTHER, set_url)
    assert rulings.rulings_of(world.desk.store, as_clinician(NAME), [NAME]) == ()


def test_what_was_given_by_a_clinician_s_word_and_then_cancelled_does_not_count(world: World) -> None:
    no_start(world)
    known(world)
    settle(world, NAME, Way.GIVEN, at=AT)
    ((_, encounter, _),) = living(world, NAME)
    patient(world, NAME).write(encounter, WORDS)

    FrontDesk(world).cancel(encounter)
    known(world)
    world.deliver()

    assert infusions(world) == []
    assert states(world, NAME) == [(1, "refused")]
    assert FrontDesk(world).documents(NAME) == []


def test_not_given_keeps_what_was_written_out_of_the_record(world: World) -> None:
    first, *_ = three(world)
    patient(world, NAME).write(first, WORDS)

    decide.decide(world.desk, as_clinician(NAME), NAME, RulingKind.NOT_GIVEN, first, Reason.SEEN_IN_CHART)
    world.deliver()

    assert states(world, NAME) == [(1, "refused")]
    take_last_back(world)
    try_again(world.desk, CLINIC, owed(world.desk, CLINIC)[0].id)
    world.deliver()
    assert [encounters_of(one) for one in FrontDesk(world).documents(NAME)] == [[first]]


# --- what cannot be ----------------------------------------------------------------------------------------------


def test_an_item_that_changed_or_a_way_that_is_not_offered(world: World) -> None:
    no_start(world)
    known(world)
    chosen = item(world, NAME, Way.GIVEN)

    with pytest.raises(TimeMissing):
        settle(world, NAME, Way.GIVEN)
    for way in set(Way) - set(chosen.ways):
        with pytest.raises(NotThisWay):
            decide.settle(world.desk, as_clinician(NAME), NAME, Decision(chosen.id, way, Reason.OTHER, at=AT))
    settle(world, NAME, Way.NOT_GIVEN)
    with pytest.raises(ChangedElsewhere):
        decide.settle(world.desk, as_clinician(NAME), NAME, Decision(chosen.id, Way.NOT_GIVEN, Reason.OTHER))
    assert len(remembered(world, Deed.DECIDE, NAME)) == 1


Asking = Callable[[World, AccessContext, str], None]


def _settle(world: World, context: AccessContext, name: str) -> None:
    decide.settle(world.desk, context, name, Decision("0" * 32, Way.LEAVE, Reason.OTHER))


def _decide(world: World, context: AccessContext, name: str) -> None:
    decide.decide(world.desk, context, name, RulingKind.NOT_GIVEN, "two-in-1", Reason.OTHER)


def _take_back(world: World, context: AccessContext, name: str) -> None:
    decide.take_back(world.desk, context, name, "some-ruling", Reason.OTHER)


def _move(world: World, context: AccessContext, name: str) -> None:
    decide.move_entry_to(world.desk, context, name, "some-entry", None, Reason.OTHER)


@pytest.mark.parametrize("asking", [_settle, _decide, _take_back, _move])
def test_who_may_not(world: World, asking: Asking) -> None:
    patient(world, "patient-two-in")
    for context in (
        as_officer(),
        as_clinician(NAME, name="clinician-2"),
        as_clinician("patient-two-in", OTHER),
        AccessContext(CLINIC, Role.NOBODY, ORIGIN),
        AccessContext(
            CLINIC, Role.CLINICIAN, ORIGIN, person="Practitioner/clinician-2", patients=frozenset()
        ),
    ):
        with pytest.raises((NotYours, NotAllowed, ChangedElsewhere)):
            asking(world, context, "patient-two-in")
    assert remembered(world, Deed.DECIDE, "patient-two-in") == []
    assert [one[2] for one in living(world, "patient-two-in")] == ["requested", "requested"]


def test_the_care_team_goes_over_patients_and_other_clinicians_have_their_launched_one(world: World) -> None:
    no_start(world)
    known(world)

    with pytest.raises(NotYours):
        open_worklist(world.desk, as_clinician(NAME, name="clinician-2"))
    assert listed(world) == [NAME]
    settle(world, NAME, Way.NOT_GIVEN, context=as_clinician("patient-two-in"))
    take_last_back(world)
    settle(world, NAME, Way.NOT_GIVEN, context=as_clinician(NAME, name="clinician-2"))
    assert last_ruling(world)[1] == "Practitioner/clinician-2"
    assert listed(world) == []


def test_what_a_patient_is_writing_stands_on_no_list_and_in_no_task(world: World) -> None:
    """Begun at once, begun after an infusion, and withdrawn under the pen: others see nothing of it (rule 13)."""
    desk = FrontDesk(world)
    chidera = patient(world, NAME)
    first = desk.book(NAME, NOON - 3 * DAY)
    known(world)
    before = asked(world, NAME), open_items(world, NAME)

    at_once = begin_at_once(chidera)
    chidera.type(at_once, 1, WORDS)
    chidera.type(chidera.begin(first), 1, WORDS)
    world.find(minutes=6)

    assert (asked(world, NAME), open_items(world, NAME)) == before
    desk.cancel(first)
    world.find(minutes=6)
    assert open_items(world, NAME) == ()
    assert listed(world) == []
    assert asked(world, NAME) == [(1, first, "cancelled")]


def test_two_clinicians_at_once_settle_it_once(world: World) -> None:
    no_start(world)
    known(world)
    chosen = item(world, NAME, Way.NOT_GIVEN)

    def settle_as(number: int) -> bool:
        way = Way.NOT_GIVEN if number % 2 else Way.GIVEN
        try:
            decide.settle(
                world.desk,
                as_clinician(NAME, name=f"clinician-{1 + number % 2}"),
                NAME,
                Decision(chosen.id, way, Reason.SEEN_IN_CHART, at=AT if way is Way.GIVEN else None),
            )
        except ChangedElsewhere:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        settled = list(pool.map(settle_as, range(12)))

    assert settled.count(True) == 1
    assert len(rulings.rulings_of(world.desk.store, as_clinician(NAME), [NAME])) == 1


def test_a_look_that_came_between_takes_no_decision_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The course moved on while the clinician decided; what they decided about stands there still."""
    no_start(world)
    known(world)
    look, looks = decide.look, []

    def looked(*asked_: object) -> object:
        found = look(*asked_)  # type: ignore[arg-type]
        if not looks:
            looks.append(1)
            FrontDesk(world).book(NAME, NOON - 3 * DAY, type="follow-up-visit")
            known(world)
        return found

    monkeypatch.setattr(decide, "look", looked)
    settle(world, NAME, Way.NOT_GIVEN)

    assert open_items(world, NAME) == ()
    assert len(remembered(world, Deed.DECIDE, NAME)) == 1


def test_no_word_of_anybody_goes_into_the_log_of_a_decision(world: World) -> None:
    key = capture(patient(world, NAME), WORDS)
    desk = FrontDesk(world)
    infusion = desk.book(NAME, NOON - 30 * HOUR)
    known(world)
    settle(world, NAME, Way.ATTACH, target=infusion)

    said = " ".join(map(str, (one for deed in Deed for one in remembered(world, deed, NAME))))

    assert id_of(world, key) in said
    assert "kept out of every log" not in said
    assert as_patient(NAME).person in said
