"""Runs the clinic's questions of situations.toml against the rules, and says in plain words where an answer differs."""

import random
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from service.journal.assigned import AssignedSet, brought_up_to_date
from service.journal.attaching import Waiting, attachments, sets_to_write_now
from service.journal.entries import Draft, EntryStatus, EntryVersion, Link
from service.journal.overview import ClinicRules, Overview, Seen, overview
from service.journal.prompts import PromptLibrary
from service.journal.rulings import Reason, Ruling, RulingKind, Rulings
from service.journal.steps import Step
from service.journal.worklist import WorkItem
from tests.journal import situation_notation as notation
from tests.journal.situation_notation import SAID, SETS, Written, set_name

TABLE = Path(__file__).with_name("situations.toml")

# What rules 7 to 12 say, point by point: each of them has a situation.
POINTS = {
    "7.status": "which statuses count, and which never do",
    "7.lists": "the clinic's lists over type, service type, class, reason, location and appointment type",
    "7.excluded": "the clinic's exclusions",
    "7.proof": "a proof that it was given, where the clinic asks for one",
    "7.un-count": "cancelled and entered in error un-count",
    "7.ready": "from when a set is ready",
    "7.not-given": "a clinician says that it was not given, or that it was",
    "8.part-of": "parts of a visit count once",
    "8.appointment": "visits of one appointment count once",
    "8.overlap": "overlapping visits count once",
    "8.separate": "two separate ones on a day count twice",
    "8.open-end": "an open end reaches no further than the usual stay",
    "8.no-start": "no start: a person decides",
    "8.no-time": "no time on a day with two: a person decides",
    "8.unclear": "tied or overlapping, and too far apart: a person decides",
    "8.said": "a person said one, or separate",
    "9.order": "in the order of their start as an instant",
    "9.ties": "ties by id",
    "9.evidence": "the evidence: encounters and rule version",
    "9.frozen": "what was begun keeps its number and set",
    "9.differs": "a mark for a clinician where it differs today",
    "9.untouched": "what is untouched is counted anew",
    "9.asked-already": "a set that was written is not asked again by recomputing",
    "10.clinician-begins": "a series begins by a clinician's word",
    "10.episode-begins": "or with its episode, where the clinic turned that on",
    "10.first-begins": "or with the first infusion after the last closed series",
    "10.clinician-closes": "a clinician closes it",
    "10.episode-closes": "or the end of its episode",
    "10.never-closes": "never a count, never a gap",
    "10.length": "how many sets a series has",
    "10.beyond": "what is asked beyond the last set",
    "10.closing-early": "the closing set early, or another word on what is asked",
    "11.offered": "the sets offered before the infusion is known",
    "11.attaches": "it attaches by itself to the one infusion it can belong to",
    "11.window": "in the clinic's window before the first word",
    "11.by-person": "else a person decides",
    "11.left": "what somebody left as it is stays away until the facts change",
    "12.why": "why each visit that is left out is left out",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """One question of a clinic with its answer, as the table says it."""

    name: str
    question: str
    points: tuple[str, ...]
    facts: Mapping[str, Any]
    expected: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _World:
    """What stays the same while the record system changes its mind."""

    rules: ClinicRules
    library: PromptLibrary
    facts: Mapping[str, Any]
    now: datetime
    shuffled: Callable[[Iterable[Any]], list[Any]]

    @property
    def zone(self) -> str:
        return self.rules.match.zone


@dataclass(frozen=True, slots=True)
class _Found:
    """Everything the rules say today."""

    view: Overview
    attached: tuple[tuple[str, str], ...] = ()
    assigned: tuple[AssignedSet, ...] = ()
    offered: tuple[str, ...] = ()


def situations(table: Path = TABLE) -> tuple[Situation, ...]:
    """Every situation of the table, in its order; ValueError where one is not understood."""
    return tuple(_situation(name, said) for name, said in tomllib.loads(table.read_text("utf-8")).items())


def _situation(name: str, said: Mapping[str, Any]) -> Situation:
    facts = {key: value for key, value in said.items() if key not in ("question", "rule", "expected")}
    unknown = [
        *(set(facts) - _FACTS),
        *(set(said["expected"]) - set(_ASPECTS)),
        *(set(said["rule"]) - set(POINTS)),
    ]
    if unknown:
        raise ValueError(f"{name}: {', '.join(sorted(unknown))}")
    return Situation(name, said["question"], tuple(said["rule"]), facts, said["expected"])


def differences(situation: Situation, chance: random.Random | None = None) -> list[str]:
    """What the rules answer differently, a sentence each. With `chance`, everything arrives in another order."""
    found = _ask(situation, chance)
    always = [name for name, aspect in _ASPECTS.items() if aspect.always]
    asked = [*always, *(name for name in situation.expected if name not in always)]
    said = {name: (list(situation.expected.get(name, [])), _ASPECTS[name].tell(found)) for name in asked}
    return [
        f"{name}: the clinic says {_listed(clinic)}; the rules say {_listed(rules)}"
        for name, (clinic, rules) in said.items()
        if [" ".join(line.split()) for line in clinic] != rules
    ]


def _listed(lines: Iterable[str]) -> str:
    return "; ".join(lines) or "nothing"


def _ask(situation: Situation, chance: random.Random | None) -> _Found:
    facts = situation.facts
    clinic = facts.get("clinic", {})
    rules = notation.rules(clinic)

    def shuffled(values: Iterable[Any]) -> list[Any]:
        listed = list(values)
        if chance is not None:
            chance.shuffle(listed)
        return listed

    now = notation.moment(facts.get("now", "11-30T12:00"), rules.match.zone)
    world = _World(rules, notation.library(clinic.get("sets", 6)), facts, now, shuffled)
    return _today(world)


def _today(world: _World) -> _Found:
    begun = _look_then(world)
    written = notation.written(world.facts.get("written", []), world.zone)
    links = {one.id: _frozen(one, begun) for one in written}
    drafts = [_draft(one, links[one.id]) for one in written if one.state in ("draft", "put-off")]
    entries = [_entry(one, links[one.id]) for one in written if one.state in ("sent", "wrong")]
    left = _left(world, drafts, entries)
    view = _look(world, world.facts.get("visits", []), drafts, entries, left)
    waiting = [
        Waiting(step.key or "", _first_word(step))
        for step in view.steps
        if step.is_unattached and not _is_wrong(step)
    ]
    attached = attachments(world.shuffled(waiting), view.steps, world.rules.series.attach_within)
    earlier = begun if {"then", "then_rulings"} & set(world.facts) else None
    return _Found(
        view,
        tuple(sorted((key, one.infusion.encounter_id) for key, one in attached)),
        _kept(world, earlier, view),
        tuple(one.name for one in sets_to_write_now(view.steps, world.library, world.rules.series)),
    )


def _look_then(world: _World) -> Overview:
    """What the rules said when the patient began to write."""
    rulings = world.facts.get("then_rulings", world.facts.get("rulings", []))
    world = replace(world, facts={**world.facts, "rulings": rulings})
    return _look(world, world.facts.get("then", world.facts.get("visits", [])), (), ())


def _look(
    world: _World,
    lines: Iterable[str],
    drafts: Iterable[Draft],
    entries: Iterable[EntryVersion],
    left: Iterable[Ruling] = (),
) -> Overview:
    seen = Seen(
        tuple(world.shuffled(notation.visits(lines, world.zone))),
        tuple(world.shuffled(notation.episodes(world.facts.get("episodes", []), world.zone))),
        Rulings(world.shuffled([*notation.rulings(world.facts.get("rulings", []), world.zone), *left])),
    )
    return overview(
        seen,
        world.rules,
        world.library,
        world.now,
        drafts=world.shuffled(drafts),
        entries=world.shuffled(entries),
    )


def _frozen(one: Written, begun: Overview) -> Link:
    if one.after is None:
        return Link()
    return next(a.link for a in begun.assignments if one.after in a.infusion.encounter_ids)


def _draft(one: Written, link: Link) -> Draft:
    status = EntryStatus.STOPPED if one.state == "put-off" else EntryStatus.IN_PROGRESS
    begun = one.words or SAID
    return Draft(one.id, "ada", _canonical(one), link, (), 1, begun, begun, "en", status)


def _entry(one: Written, link: Link) -> EntryVersion:
    status = EntryStatus.ENTERED_IN_ERROR if one.state == "wrong" else EntryStatus.COMPLETED
    begun = one.words or SAID
    return EntryVersion(
        one.id, one.id, 1, status, "ada", _canonical(one), link, (), begun, begun, "en", b"{}", begun_at=begun
    )


def _canonical(one: Written) -> str:
    return f"{SETS}{one.set_name}|1.0.0"


def _left(world: _World, drafts: list[Draft], entries: list[EntryVersion]) -> list[Ruling]:
    """What somebody left as it is, on the day on which the record system showed the visits of `left_when`."""
    if "left_when" not in world.facts:
        return []
    items = _look(world, world.facts["left_when"], drafts, entries).items
    kind = RulingKind.LEFT_AS_IT_IS
    return [
        Ruling(f"left-{one.id}", "ada", kind, "Practitioner/7", SAID, Reason.OTHER, about=one.id)
        for one in items
    ]


def _first_word(step: Step) -> datetime:
    if step.draft is not None:
        return step.draft.started_at
    assert step.entry is not None
    return step.entry.begun_at or step.entry.authored


def _is_wrong(step: Step) -> bool:
    return step.entry is not None and step.entry.status is EntryStatus.ENTERED_IN_ERROR


def _kept(world: _World, earlier: Overview | None, view: Overview) -> tuple[AssignedSet, ...]:
    """The assigned sets as they stand today, kept first when the record system showed what it showed then."""
    numbers = count(1)
    kept: dict[str, AssignedSet] = {}
    for look in (one for one in (earlier, view) if one is not None):
        changed = brought_up_to_date(
            world.shuffled(kept.values()),
            look.steps,
            patient_id="ada",
            now=world.now,
            open_for=world.rules.series.open_for,
            new_id=lambda: f"t{next(numbers)}",
        )
        kept |= {one.id: one for one in changed}
    return tuple(kept.values())


def _infusions(found: _Found) -> list[str]:
    said = []
    for one in found.view.assignments:
        step = next((s for s in found.view.steps if s.assignment is one and not s.is_started), None)
        name = one.prompt_set.name if one.prompt_set else "none"
        ready = step.standing if step else "begun"
        said.append(f"{'+'.join(one.infusion.encounter_ids)} {one.ordinal} set={name} {ready}")
    return said


def _doubts(found: _Found) -> list[str]:
    return [
        " ".join(
            [
                "+".join(one.encounter_ids),
                one.reason,
                *([f"beside={'+'.join(one.beside)}"] if one.beside else []),
            ]
        )
        for one in found.view.course.doubts
    ]


def _marks(found: _Found) -> list[str]:
    return sorted(f"{step.key} {step.difference}" for step in found.view.steps if step.difference)


def _written(found: _Found) -> list[str]:
    return sorted(
        f"{step.key} {step.link.ordinal or 'no-number'} set={set_name(step.questionnaire)} {step.standing}"
        for step in found.view.steps
        if step.is_started
    )


def _item(one: WorkItem) -> str:
    about = one.entry_id or "+".join(one.encounter_ids)
    return f"{about} {one.reason} ways={','.join(one.ways)}"


def _assigned(found: _Found) -> list[str]:
    return sorted(
        f"{one.encounter_id} {one.ordinal} set={set_name(one.questionnaire)} {one.status}"
        for one in found.assigned
    )


@dataclass(frozen=True, slots=True)
class _Aspect:
    """One part of an answer: how it is told, and whether a situation that does not name it expects nothing there."""

    tell: Callable[[_Found], list[str]]
    always: bool = False


_ASPECTS = {
    "infusions": _Aspect(_infusions, always=True),
    "doubts": _Aspect(_doubts, always=True),
    "differs": _Aspect(_marks, always=True),
    "attaches": _Aspect(lambda found: [f"{key} {to}" for key, to in found.attached], always=True),
    "worklist": _Aspect(lambda found: [_item(one) for one in found.view.items], always=True),
    "written": _Aspect(_written),
    "series": _Aspect(lambda found: [one.series for one in found.view.assignments]),
    "left_out": _Aspect(lambda found: [f"{name} {why}" for name, why in found.view.course.left_out]),
    "assigned": _Aspect(_assigned),
    "offered_now": _Aspect(lambda found: list(found.offered)),
    "rule_version": _Aspect(lambda found: [one.rule_version for one in found.view.assignments]),
}
_FACTS = {"clinic", "visits", "then", "then_rulings", "episodes", "rulings", "written", "left_when", "now"}
