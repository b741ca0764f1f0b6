"""The care team says what it has read: once, only of the words it saw, and what is not read is listed (rule 17)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from service.audit.record import Deed
from service.journal.entries import Answer, EntryVersion
from service.journal.problems import ChangedElsewhere, NotYours
from service.journal.unread import Reading, ReadState
from service.store import entries, read_marks
from service.store.writer import Writer
from service.workflow.amend_entry import begin_amending, enter_in_error
from service.workflow.desk import Desk
from service.workflow.look_up_readings import look_up_readings, readings_told_to_the_patient
from service.workflow.mark_as_read import mark_as_read
from service.workflow.open_unread import open_unread
from service.workflow.save_draft import save_draft
from service.workflow.submit_entry import submit_entry
from service.workflow.take_back import take_back
from tests.front_desk import FrontDesk
from tests.people import clinician, patient
from tests.web.changing import answered, made, put, writer
from tests.workflow import holding as held
from tests.workflow import test_merged_records as merging
from tests.workflow.contexts import as_clinician, as_officer, as_patient
from tests.workflow.deciding import id_of, move
from tests.workflow.remembered import log
from tests.world import NOON, World, WorldWith

holding = held.holding
NAME, OTHER_NAME = "patient-six-done", "patient-two-in"
DOCTOR = as_clinician(NAME)


def written(world: World, number: int = 1, private: tuple[int, ...] = (2,), name: str = NAME) -> str:
    """An entry that its patient sent after this infusion; its key."""
    words = {f"ai{number}.1": "the harbour lay still", f"ai{number}.2": "kept for nobody else"}
    place = f"six-done-{number}" if name == NAME else FrontDesk(world).book(name, NOON - timedelta(hours=5))
    return patient(world, name).write(place, words, tuple(f"ai{number}.{one}" for one in private))


def newest(world: World, key: str) -> EntryVersion:
    found = entries.by_key(world.desk.store, as_patient(NAME), key)
    assert found is not None
    return found


def amend(world: World, key: str, *words: Answer) -> EntryVersion:
    ada = as_patient(NAME)
    draft = begin_amending(world.desk, ada, key)
    saved = save_draft(world.desk, ada, key, draft.revision, list(words))
    return submit_entry(world.desk, ada, key, saved.revision).entry


def mark(world: World, key: str, shown: int | None = None, desk: Desk | None = None) -> bool:
    """Whether it was kept that the version shown, or the newest, was read."""
    return mark_as_read(desk or world.desk, DOCTOR, id_of(world, key), shown or newest(world, key).version)


def reading(world: World, key: str) -> Reading:
    entry = newest(world, key)
    return look_up_readings(world.desk, as_patient(NAME), [entry])[entry.id]


def listed(world: World) -> list[str]:
    return [one.entry.key for one in open_unread(world.desk, as_clinician(OTHER_NAME)).entries]


def marked(world: World) -> list[tuple[str | None, str | None, str | None]]:
    return [(one.patient, one.what, one.agent.person) for one in log(world) if one.reason == "marked-as-read"]


# --- marking ----------------------------------------------------------------------------------------------------


def test_it_is_not_read_until_somebody_says_so_and_the_log_names_them(world: World) -> None:
    key = written(world)
    assert (reading(world, key).state, listed(world)) == (ReadState.NOT_YET, [key])

    assert mark(world, key)

    found = reading(world, key)
    assert found.state is ReadState.READ
    assert found.mark is not None
    assert (found.mark.read_by, found.mark.version) == ("Practitioner/clinician-1", 1)
    assert NOON < found.mark.read_at <= world.clock()
    assert listed(world) == []
    what = f"QuestionnaireResponse/{id_of(world, key)}/_history/1"
    assert marked(world) == [(NAME, what, "Practitioner/clinician-1")]


def test_said_again_the_first_mark_stands_and_nothing_is_kept(world: World) -> None:
    key = written(world)
    mark(world, key)
    first = reading(world, key)

    assert not mark(world, key)

    assert reading(world, key) == first
    assert len(marked(world)) == 1


def test_what_the_patient_changed_meanwhile_is_not_marked_and_is_to_be_read_anew(world: World) -> None:
    key = written(world)
    mark(world, key)
    amend(world, key, Answer("ai1.1", "the harbour was never still"))

    found = reading(world, key)
    assert found.state is ReadState.BEFORE_CHANGE
    assert found.mark is not None
    assert listed(world) == [key]
    with pytest.raises(ChangedElsewhere):
        mark(world, key, shown=1)
    assert reading(world, key) == found
    assert mark(world, key, shown=2)
    assert (reading(world, key).state, listed(world)) == (ReadState.READ, [])


def test_moved_to_another_infusion_the_same_words_stay_read(world: World) -> None:
    key = written(world)
    mark(world, key)
    move(world, NAME, key, None)
    assert newest(world, key).version == 2
    assert (reading(world, key).state, listed(world)) == (ReadState.READ, [])
    assert not mark(world, key)


def test_what_an_app_changes_after_a_move_is_to_be_read_anew(world: World) -> None:
    """Its version is the patient's word, whatever made the one before it."""
    app = writer(world)
    body, _ = made(world, app, "completed")
    key = body["identifier"]["value"].removeprefix("urn:uuid:")
    mark(world, key)
    move(world, NAME, key, None)
    assert reading(world, key).state is ReadState.READ

    stands = app.get(f"QuestionnaireResponse/{body['id']}")
    changed = answered(stands.json(), "said anew") | {"status": "amended"}
    assert put(app, changed, stands.headers["etag"]).status_code == 200

    assert (reading(world, key).state, listed(world)) == (ReadState.BEFORE_CHANGE, [key])


def test_the_words_shown_before_a_move_may_be_marked_after_it(world: World) -> None:
    key = written(world)
    move(world, NAME, key, None)
    assert mark(world, key, shown=1)
    assert (reading(world, key).state, listed(world)) == (ReadState.READ, [])


@pytest.mark.parametrize("shown", [-1, 0, 2, 10**9])
def test_a_version_that_is_not_there_is_not_marked(world: World, shown: int) -> None:
    key = written(world)
    with pytest.raises(ChangedElsewhere):
        mark_as_read(world.desk, DOCTOR, id_of(world, key), shown)
    assert marked(world) == []


def test_of_a_mistake_there_is_nothing_to_read(world: World) -> None:
    key = written(world)
    enter_in_error(world.desk, as_patient(NAME), key)
    assert (reading(world, key).state, listed(world)) == (ReadState.NOTHING, [])
    with pytest.raises(ChangedElsewhere):
        mark(world, key)


def test_what_is_kept_to_oneself_is_on_no_list_and_cannot_be_marked(world: World) -> None:
    private = written(world, private=(1, 2))
    assert (reading(world, private).state, listed(world)) == (ReadState.NOTHING, [])
    with pytest.raises(ChangedElsewhere):
        mark(world, private)
    amend(world, private, Answer("ai1.1", "shared after all"))
    assert listed(world) == [private]


def test_what_is_held_is_on_no_list_cannot_be_marked_and_can_still_be_taken_back(holding: World) -> None:
    key = written(holding)
    at_noon = replace(DOCTOR, at=holding.clock())
    assert listed(holding) == []
    for context in (DOCTOR, at_noon):
        with pytest.raises(NotYours):
            mark_as_read(holding.desk, context, id_of(holding, key), 1)
    assert marked(holding) == []
    take_back(holding.desk, as_patient(NAME), key)


def test_on_the_morning_of_its_release_it_is_on_the_list(holding: World) -> None:
    key = written(holding)
    held.until_morning(holding)
    later = replace(as_clinician(OTHER_NAME), at=holding.clock())
    assert [one.entry.key for one in open_unread(holding.desk, later).entries] == [key]
    assert mark_as_read(holding.desk, replace(DOCTOR, at=holding.clock()), id_of(holding, key), 1)
    assert open_unread(holding.desk, later).entries == ()


def test_only_the_care_team_with_the_chart_open_may_say_so(world: World) -> None:
    key = written(world)
    for context in (
        as_clinician(NAME, name="clinician-2"),
        replace(DOCTOR, person=None),
        as_patient(NAME),
        as_officer(),
        as_clinician(OTHER_NAME),
        as_clinician(NAME, clinic="cedar-hill"),
    ):
        with pytest.raises(NotYours):
            mark_as_read(world.desk, context, id_of(world, key), 1)
    assert marked(world) == []
    assert reading(world, key).state is ReadState.NOT_YET


# --- at once ----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def anywhere(request: pytest.FixtureRequest) -> World:
    name = "world_on_postgresql" if request.param == "postgresql" else "world"
    found = request.getfixturevalue(name)
    assert isinstance(found, World)
    return found


@contextmanager
def several(world: World) -> Iterator[list[Desk]]:
    """Three processes' desks on PostgreSQL; SQLite has one process, and its threads share the desk."""
    if world.desk.store.dialect == "sqlite":
        yield [world.desk] * 3
        return
    writers = [Writer(world.desk.store) for _ in range(2)]
    for one in writers:
        one.start()
    try:
        yield [world.desk, *(replace(world.desk, writer=one) for one in writers)]
    finally:
        for one in writers:
            one.stop()


def test_of_many_who_say_so_at_once_one_is_kept(anywhere: World) -> None:
    key = written(anywhere)
    with several(anywhere) as desks, ThreadPoolExecutor(len(desks)) as pool:
        kept = list(pool.map(lambda number: mark(anywhere, key, 1, desks[number % 3]), range(24)))
    assert kept.count(True) == 1
    entry_id = id_of(anywhere, key)
    assert len(read_marks.marks_of(anywhere.desk.store, DOCTOR, [entry_id])[entry_id]) == 1
    assert len(marked(anywhere)) == 1


def test_marks_and_a_move_at_once_leave_one_mark(anywhere: World) -> None:
    key = written(anywhere)

    def act(number: int) -> bool:
        if number == 6:
            move(anywhere, NAME, key, None)
            return False
        return mark(anywhere, key, 1, desks[number % 3])

    with several(anywhere) as desks, ThreadPoolExecutor(len(desks)) as pool:
        assert list(pool.map(act, range(16))).count(True) == 1
    assert reading(anywhere, key).state is ReadState.READ


# --- the list ---------------------------------------------------------------------------------------------------


def test_the_list_is_the_care_teams_and_each_read_of_it_is_remembered(world: World) -> None:
    key = written(world)
    for stranger in (as_clinician(NAME, name="clinician-2"), as_patient(NAME), as_officer()):
        with pytest.raises(NotYours):
            open_unread(world.desk, stranger)
    before = len(log(world))
    found = open_unread(world.desk, as_clinician(OTHER_NAME))
    assert [(one.patient_id, one.entry.key) for one in found.entries] == [(NAME, key)]
    assert found.patients[NAME].name
    assert [(one.deed, one.patient, one.what) for one in log(world)[before:]] == [(Deed.READ, NAME, "Unread")]
    mark(world, key)
    assert open_unread(world.desk, as_clinician(OTHER_NAME)).entries == ()
    assert (log(world)[-1].deed, log(world)[-1].patient) == (Deed.SEARCH, None)


def test_the_oldest_comes_first_over_patients_and_what_is_private_takes_no_place(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.workflow.open_unread.MOST", 2)
    private = [written(world, number, (1, 2)) for number in (1, 2, 3)]
    first, second, third = written(world, 4), written(world, name="patient-none-yet"), written(world, 5)
    assert listed(world) == [first, second]
    assert open_unread(world.desk, DOCTOR).are_more
    mark(world, first)
    assert listed(world) == [second, third]
    assert not open_unread(world.desk, DOCTOR).are_more
    assert not set(private) & set(listed(world))


def test_what_was_written_under_a_merged_record_is_listed_and_marked_in_the_chart_that_goes_on(
    world_with: WorldWith,
) -> None:
    world = world_with(merging.ON)
    key = merging.written_under_the_old(world)
    merging.merged(world)
    doctor = clinician(world, merging.NEW)
    assert [one.patient_id for one in open_unread(world.desk, DOCTOR).entries] == [merging.NEW]
    assert doctor.post(f"entry/{id_of(world, key)}/read", version="1").status_code == 303
    assert listed(world) == []
    assert [one[:1] for one in marked(world)] == [(merging.OLD,)]


# --- the patient ------------------------------------------------------------------------------------------------


def test_a_clinic_may_keep_to_itself_when_it_has_read(world_with: WorldWith) -> None:
    world = world_with(f"{first_table()}tell_when_read = false\n")
    key = written(world)
    mark(world, key)
    assert readings_told_to_the_patient(world.desk, as_patient(NAME), [newest(world, key)]) == {}
    assert reading(world, key).state is ReadState.READ


def first_table() -> str:
    """The first clinic's own table as the demo has it."""
    return held.holding_table().replace('release = "next-morning"', 'release = "on-submit"') + "\n"
