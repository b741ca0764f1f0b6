"""A clinic whose days go as they like: whatever its people do, in whatever order, some things always hold.

A failure names its seed and the steps that led there; ids are the world's own, so ties may fall otherwise again.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from service.journal.entries import EntryVersion, Link
from service.journal.problems import Problem
from service.journal.questions import EntryQuery
from service.journal.rulings import Reason
from service.journal.worklist import Way
from service.store import assigned, drafts, entries
from service.workflow import decide
from service.workflow.begin_entry import begin_entry, begin_now
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.decide import Decision
from service.workflow.open_course import look
from service.workflow.refresh_infusions import look_again
from service.workflow.save_draft import Answer, save_draft, stop_entry
from service.workflow.submit_entry import submit_entry
from tests.front_desk import FrontDesk
from tests.workflow.contexts import as_clinician, as_patient
from tests.workflow.courses import as_worker, course
from tests.workflow.deciding import encounters_of, owed_by, version_names
from tests.world import CLINIC, World

NAME = "patient-none-yet"
SEEDS, STEPS = 25, 60


class Walk:
    """One walk through a clinic's days, and what its people remember of it."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = Random(seed)
        self.desk = FrontDesk(world)
        self.visits: list[str] = []
        self.told: list[str] = []
        self.begun: dict[str, tuple[str, Link]] = {}

    def step(self) -> None:
        """Somebody does something; what cannot be done is refused with a sentence, never otherwise."""
        act = self.random.choices(list(ACTS), weights=list(ACTS.values()))[0]
        self.told.append(act.__name__)
        try:
            act(self)
        except Problem as problem:
            self.told.append(type(problem).__name__)

    # the front desk

    def books(self) -> None:
        start = self.world.clock() - timedelta(hours=self.random.uniform(-2, 60))
        minutes = self.random.choice([None, 55, 90, 600])
        status = self.random.choice(["finished", "finished", "in-progress", "planned"])
        when = self.random.choice([start, start, start, start.date(), None])
        part = {}
        if self.visits and self.random.random() < 0.2:
            part = {"partOf": {"reference": f"Encounter/{self.random.choice(self.visits)}"}}
        self.visits.append(self.desk.book(NAME, when, minutes, status, **part))

    def changes(self) -> None:
        if not self.visits:
            return
        visit = self.random.choice(self.visits)
        move = self.world.clock() - timedelta(hours=self.random.uniform(1, 40))
        self.random.choice(
            [
                lambda: self.desk.cancel(visit),
                lambda: self.desk.mark_wrong(visit),
                lambda: self.desk.change(visit, status="finished", period={"start": move.isoformat()}),
                lambda: self.desk.change(visit, partOf=None),
            ]
        )()

    # the patient

    def begins(self) -> None:
        steps = look(self.world.desk, as_patient(NAME)).steps
        if steps:
            begin_entry(
                self.world.desk,
                as_patient(NAME),
                self.key(),
                self.random.choice(steps).link.encounter_id or "",
            )

    def captures(self) -> None:
        offered = look(self.world.desk, as_patient(NAME)).to_write_now
        begin_now(self.world.desk, as_patient(NAME), self.key(), self.random.choice(offered).url)

    def writes(self) -> None:
        for draft in self.drafts()[:1]:
            prompt_set = self.world.desk.library.by_canonical(draft.questionnaire)
            assert prompt_set is not None
            said = {prompt.link_id: f"words {self.random.random()}" for prompt in prompt_set.prompts[:2]}
            private = self.random.random() < 0.3
            answers = [Answer(one, text, private) for one, text in said.items()]
            save_draft(self.world.desk, as_patient(NAME), draft.key, draft.revision, answers)

    def sends(self) -> None:
        for draft in self.drafts()[:1]:
            submit_entry(self.world.desk, as_patient(NAME), draft.key, draft.revision)

    def stops(self) -> None:
        for draft in self.drafts()[:1]:
            stop_entry(self.world.desk, as_patient(NAME), draft.key)

    # the clinician

    def settles(self) -> None:
        open_ = course(self.world, NAME).overview.items
        if not open_:
            return
        item = self.random.choice(open_)
        way = self.random.choice(item.ways)
        infusions = [one.infusion.encounter_id for one in item.targets] or [None]
        target = (
            self.random.choice(infusions) if way is Way.ATTACH else self.random.choice([None, *item.beside])
        )
        at = self.world.clock() - timedelta(hours=self.random.uniform(1, 50)) if way is Way.GIVEN else None
        chosen = Decision(item.id, way, self.random.choice(list(Reason)), target, at)
        decide.settle(self.world.desk, as_clinician(NAME), NAME, chosen)

    def moves(self) -> None:
        sent = self.entries()
        if sent:
            to = self.random.choice([None, *self.visits])
            entry = self.random.choice(sent)
            decide.move_entry_to(self.world.desk, as_clinician(NAME), NAME, entry.id, to, Reason.OTHER)

    # the worker

    def finds(self) -> None:
        clinic = self.world.desk.clinics[CLINIC]
        look_again(self.world.desk, as_worker(NAME), clinic.for_delivery, NAME)

    def delivers(self) -> None:
        self.world.deliver()

    def time_passes(self) -> None:
        self.world.clock.pass_time(hours=self.random.uniform(0.2, 12))

    # what is there

    def key(self) -> str:
        return self.world.desk.new_id()

    def drafts(self) -> list[Any]:
        found = drafts.drafts_of(self.world.desk.store, as_patient(NAME))
        return self.random.sample(found, len(found))

    def entries(self) -> list[EntryVersion]:
        return entries.find(self.world.desk.store, as_patient(NAME), EntryQuery(limit=500))

    # what always holds

    def holds(self) -> None:
        sent = self.entries()
        linked = [one.link.encounter_id for one in sent if one.link.encounter_id is not None]
        begun = [
            one.link.encounter_id
            for one in self.drafts()
            if one.link.encounter_id is not None and one.status.value != "stopped"
        ]
        live = linked + begun
        assert len(set(live)) == len(live), "two live entries for one encounter"
        for draft in self.drafts():
            self.stays_as_begun(draft.key, draft.questionnaire, draft.link)
        for one in sent:
            self.no_word_is_lost(one)
            self.nothing_is_renamed(one)

    def no_word_is_lost(self, entry: EntryVersion) -> None:
        versions = entries.versions_of(self.world.desk.store, as_patient(NAME), entry.id)
        assert [one.version for one in versions] == list(range(len(versions), 0, -1))
        assert len({one.answers for one in versions}) == 1
        for one in versions:
            assert not any(answer.private and answer.text.encode() in one.shared for answer in one.answers)

    def nothing_is_renamed(self, entry: EntryVersion) -> None:
        """Set and number stay, unless a version says that a person, or the attaching of what had none, changed them."""
        versions = entries.versions_of(self.world.desk.store, as_patient(NAME), entry.id)[::-1]
        assert len({one.questionnaire for one in versions}) == 1
        for before, after in pairwise(versions):
            by_rule = before.link.encounter_id is None and after.cause == "attached"
            assert after.made_by is not None or by_rule
        self.stays_as_begun(entry.key, versions[0].questionnaire, versions[0].link)

    def stays_as_begun(self, key: str, questionnaire: str, link: Link) -> None:
        """What was begun keeps set and infusion; only what had no infusion may come to one (rules 9 and 11)."""
        was = self.begun.get(key, (questionnaire, Link()))
        assert was[0] == questionnaire
        assert was[1] in (link, Link())
        self.begun[key] = questionnaire, link

    def documents_are_right(self) -> None:
        """After all is delivered: each on the encounter of its version, and one current for each entry at most."""
        self.world.deliver()
        owed = {one.version_identifier: one for one in owed_by(self.world, NAME)}
        documents = self.desk.documents(NAME)
        assert len(set(version_names(documents))) == len(documents)
        current: list[str] = []
        for document in documents:
            filing = owed[document["masterIdentifier"]["value"]]
            version = entries.version_of(
                self.world.desk.store, as_patient(NAME), filing.entry_id, filing.entry_version
            )
            assert version is not None
            encounter = version.link.encounter_id
            assert encounters_of(document) == ([encounter] if encounter else [])
            assert not any(one.private and one.text in str(document) for one in version.answers)
            current += [filing.entry_id] if document["status"] == "current" else []
        assert len(set(current)) == len(current)

    def sets_are_kept_once(self) -> None:
        store = self.world.desk.store
        kept = assigned.assigned_of(store, as_worker(NAME), [NAME])
        bring_up_to_date(self.world.desk, CLINIC, NAME)
        settled = assigned.assigned_of(store, as_worker(NAME), [NAME])
        bring_up_to_date(self.world.desk, CLINIC, NAME)
        assert assigned.assigned_of(store, as_worker(NAME), [NAME]) == settled
        asked = [one.encounter_id for one in settled if one.status.value != "cancelled"]
        assert len(set(asked)) == len(asked), "two assigned sets for one infusion"
        assert {one.id for one in kept} <= {one.id for one in settled}


ACTS: dict[Callable[[Walk], None], int] = {
    Walk.books: 9,
    Walk.changes: 6,
    Walk.begins: 8,
    Walk.captures: 4,
    Walk.writes: 10,
    Walk.sends: 9,
    Walk.stops: 2,
    Walk.settles: 9,
    Walk.moves: 4,
    Walk.finds: 12,
    Walk.delivers: 6,
    Walk.time_passes: 8,
}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_clinic_at_random(world: World, seed: int) -> None:
    walk = Walk(world, seed)
    try:
        for number in range(STEPS):
            walk.step()
            walk.holds()
            if number % 10 == 9:
                walk.documents_are_right()
                walk.sets_are_kept_once()
    except AssertionError as found:
        found.add_note(f"seed {seed}: {' '.join(walk.told)}")
        raise
    walk.finds()
    walk.holds()
    walk.documents_are_right()
    walk.sets_are_kept_once()
