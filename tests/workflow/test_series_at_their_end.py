"""A series that is over gets one document of all of it, kept true from then on, where the clinic wants it (rule 20)."""

from typing import Any

import httpx2
import pytest

from service.ehr.outcome import Rung
from service.journal.entries import Filing, FilingKind, FilingState
from service.journal.rulings import Reason, RulingKind
from service.workflow import decide
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.look_after_filings import look_after_filings
from service.workflow.reconcile import reconcile
from tests.front_desk import FrontDesk
from tests.people import Patient, clinician, patient
from tests.workflow.contexts import as_clinician
from tests.workflow.courses import course
from tests.workflow.deciding import owed_by, text_of
from tests.workflow.filing import HEALING, Trouble, fails, keep_rules
from tests.workflow.holding import holding_table, until_morning
from tests.world import CLINIC, NOON, World, WorldWith

NAME = "patient-six-done"
FIRST, SECOND, MINE = "the lake lay still", "a door stood open", "for nobody else"
WANTING = f'[clinic.{CLINIC}.filing]\nrung = "B"\ncourse_summaries = true\n'
Document = dict[str, Any]


@pytest.fixture
def wanting(world_with: WorldWith) -> World:
    """A clinic that wants such documents, and files at once."""
    return world_with(WANTING)


def two_written(world: World) -> tuple[Patient, list[str]]:
    """Two of the six entries, one answer of them kept private, and both in the record."""
    tamsin = patient(world)
    keys = [
        tamsin.write("six-done-1", {"ai1.1": FIRST, "ai1.2": MINE}, private=("ai1.2",)),
        tamsin.write("six-done-2", {"ai2.1": SECOND}),
    ]
    world.deliver()
    return tamsin, keys


def close(world: World, encounter: str = "six-done-6") -> None:
    """A clinician says that the series ends with this infusion."""
    decide.decide(
        world.desk, as_clinician(), NAME, RulingKind.SERIES_CLOSED, encounter, Reason.TREATMENT_PLAN
    )


def take_last_back(world: World) -> None:
    """The clinician takes the last word back: the series is open again."""
    (last,) = course(world, NAME).overview.rulings.standing[-1:]
    decide.take_back(world.desk, as_clinician(), NAME, last.id, Reason.OTHER)


def owed(world: World) -> list[Filing]:
    return [one for one in owed_by(world, NAME) if one.kind is FilingKind.COURSE]


def states(world: World) -> list[str]:
    return [one.state.value for one in owed(world)]


def of_the_series(world: World, status: str = "current") -> list[Document]:
    """The documents of series that stand in the record."""
    found = FrontDesk(world).documents(NAME)
    return [one for one in found if "series" in _title(one) and one["status"] == status]


def _title(document: Document) -> str:
    title: str = document["content"][0]["attachment"]["title"]
    return title


def change(who: Patient, key: str, words: str, prompt: str = "ai2.1") -> None:
    who.post(f"entry/{key}/change")
    assert who.type(key, 1, {prompt: words}).status_code == 200
    assert who.send(key, 2).status_code == 303


# --- owed and filed ------------------------------------------------------------------------------------------------


def test_the_end_of_a_series_files_all_of_it_in_one_document(wanting: World) -> None:
    two_written(wanting)
    assert owed(wanting) == []

    close(wanting)
    wanting.deliver()

    (document,) = of_the_series(wanting)
    words = text_of(document)
    assert [words.count(one) for one in (FIRST, SECOND, MINE)] == [1, 1, 0]
    assert words.index(FIRST) < words.index(SECOND)
    assert document["subject"] == {"reference": f"Patient/{NAME}"}
    assert document["meta"]["security"][0]["code"] == "PATAST"
    period = document["context"]["period"]
    assert period["start"] < period["end"]
    assert "relatesTo" not in document
    assert states(wanting) == ["filed"]


def test_nothing_of_the_kind_where_the_clinic_does_not_want_it(world: World) -> None:
    two_written(world)
    close(world)
    world.deliver()
    assert (owed(world), of_the_series(world)) == ([], [])


def test_a_series_of_which_nothing_is_shared_gets_none(wanting: World) -> None:
    patient(wanting).write("six-done-1", {"ai1.1": MINE}, private=("ai1.1",))
    close(wanting)
    wanting.deliver()
    assert of_the_series(wanting) == []


def test_doing_it_again_owes_nothing_new(wanting: World) -> None:
    two_written(wanting)
    close(wanting)
    for _ in range(3):
        bring_up_to_date(wanting.desk, CLINIC, NAME)
        wanting.deliver()
    assert states(wanting) == ["filed"]
    assert len(of_the_series(wanting)) == 1


def test_what_is_held_is_not_in_it_until_its_release(world_with: WorldWith) -> None:
    """Rule 15: until the morning nobody but its patient knows that anything was written."""
    world = world_with(f"{holding_table()}\n\n{WANTING}")
    two_written(world)
    close(world)
    assert owed(world) == []
    until_morning(world)
    world.deliver()
    (document,) = of_the_series(world)
    assert (FIRST in text_of(document), SECOND in text_of(document)) == (True, True)


def test_the_end_of_the_episode_that_opened_it_ends_it(world_with: WorldWith) -> None:
    world = world_with(f"{WANTING}\n[clinic.{CLINIC}.series]\nepisodes = true\n")
    desk, name = FrontDesk(world), "patient-none-yet"
    episode = desk.episode(name, start=NOON.replace(day=1))
    named = [{"reference": f"EpisodeOfCare/{episode}"}]
    visit = desk.book(name, NOON.replace(hour=9), episodeOfCare=named)
    world.find(minutes=6)
    chidera = patient(world, name)
    chidera.write(visit, {"ai1.1": FIRST})
    world.deliver()
    assert [one for one in owed_by(world, name) if one.kind is FilingKind.COURSE] == []

    desk.put("EpisodeOfCare", episode, status="finished")
    world.find(minutes=60 * 25)
    world.deliver()

    (course,) = [one for one in owed_by(world, name) if one.kind is FilingKind.COURSE]
    assert course.state is FilingState.FILED


# --- kept true -----------------------------------------------------------------------------------------------------


def test_an_entry_that_is_changed_afterwards_replaces_it(wanting: World) -> None:
    tamsin, (_, key) = two_written(wanting)
    close(wanting)
    wanting.deliver()
    (before,) = of_the_series(wanting)

    change(tamsin, key, "a door stood wide open")
    wanting.deliver()

    (now,) = of_the_series(wanting)
    assert now["relatesTo"][0]["target"]["reference"] == f"DocumentReference/{before['id']}"
    assert "a door stood wide open" in text_of(now)
    assert "replaces the earlier version" in text_of(now)
    assert now["identifier"][0] == before["identifier"][0]
    assert [one["id"] for one in of_the_series(wanting, "superseded")] == [before["id"]]


def test_what_was_owed_and_never_left_is_not_filed_twice(wanting: World) -> None:
    tamsin, (_, key) = two_written(wanting)
    close(wanting)
    change(tamsin, key, "other words")
    assert states(wanting) == ["cancelled", "due"]
    wanting.deliver()
    (document,) = of_the_series(wanting)
    assert "other words" in text_of(document)


def test_an_entry_entered_in_error_is_not_in_it_any_more_and_its_strike_leaves_it_alone(
    wanting: World,
) -> None:
    tamsin, (_, key) = two_written(wanting)
    close(wanting)
    wanting.deliver()

    tamsin.post(f"entry/{key}/mistake")
    wanting.deliver()

    (now,) = of_the_series(wanting)
    assert (FIRST in text_of(now), SECOND in text_of(now)) == (True, False)
    assert of_the_series(wanting, "entered-in-error") == []
    assert states(wanting) == ["filed", "filed"]


def test_where_nothing_is_told_any_more_the_last_one_says_so(wanting: World) -> None:
    tamsin, keys = two_written(wanting)
    close(wanting)
    wanting.deliver()
    for key in keys:
        tamsin.post(f"entry/{key}/mistake")
    wanting.deliver()
    (now,) = of_the_series(wanting)
    assert (FIRST in text_of(now), SECOND in text_of(now)) == (False, False)
    assert "Nothing shared" in text_of(now)


def test_a_series_that_is_opened_anew_keeps_it_and_what_never_left_is_not_sent(wanting: World) -> None:
    two_written(wanting)
    close(wanting)
    take_last_back(wanting)
    assert states(wanting) == ["cancelled"]
    close(wanting)
    wanting.deliver()
    take_last_back(wanting)
    wanting.deliver()
    assert states(wanting) == ["cancelled", "filed"]
    assert len(of_the_series(wanting)) == 1
    tamsin = patient(wanting)
    tamsin.write("six-done-3", {"ai3.1": "later on"})
    wanting.deliver()
    (now,) = of_the_series(wanting)
    assert "later on" in text_of(now)


# --- as safe as every other filing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HEALING)
def test_whatever_happens_on_the_way_it_stands_there_once(wanting: World, name: str) -> None:
    two_written(wanting)
    close(wanting)
    wanting.net.meddler = Trouble(HEALING[name])
    for _ in range(40):
        wanting.deliver()
        wanting.clock.pass_time(minutes=10)
    assert len(of_the_series(wanting)) == 1
    assert states(wanting) == ["filed"]


def test_on_d_an_unknown_outcome_waits_for_a_person_and_holds_up_the_next_of_its_series(
    wanting: World,
) -> None:
    tamsin, (key, _) = two_written(wanting)
    keep_rules(wanting, rung=Rung.NONE)
    close(wanting)
    wanting.net.meddler = trouble = Trouble(fails(httpx2.ReadError))
    wanting.deliver()
    wanting.clock.pass_time(minutes=30)
    wanting.deliver()
    assert states(wanting) == ["parked"]
    assert "Summary of the series" in clinician(wanting).get("not-in-record").text

    change(tamsin, key, "other words", "ai1.1")
    for _ in range(20):
        wanting.deliver()
        wanting.clock.pass_time(minutes=10)
    assert states(wanting) == ["parked", "due"]
    assert of_the_series(wanting) == []
    assert trouble.writes == 2  # the course that got lost, and the changed entry's own


def test_looks_find_it_and_reconcile_knows_it(wanting: World) -> None:
    two_written(wanting)
    close(wanting)
    wanting.deliver()
    wanting.clock.pass_time(days=1)
    assert look_after_filings(wanting.desk, CLINIC) > 0
    assert [one.trouble for one in owed(wanting)] == [None]
    assert {line.difference for line in reconcile(wanting.desk, CLINIC)} == {None}
