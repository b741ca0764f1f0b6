"""What waits for a clinician's decision about one patient, with its evidence and the ways to settle it (rules 8-11).

An item names visits, numbers and sets, never a patient's words; drafts are not looked at.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.journal.entries import EntryStatus
from service.journal.infusions import Course, Doubt, DoubtReason
from service.journal.rulings import Rulings
from service.journal.series import Assignment
from service.journal.steps import Difference, Step


class Waits(StrEnum):
    """Why something is on the list."""

    DOUBT = "doubtful-visit"
    UNATTACHED = "entry-without-infusion"
    DIFFERENCE = "entry-differs"
    ASKED_ALREADY = "set-written-already"


class Way(StrEnum):
    """One step by which a clinician settles an item."""

    GIVEN = "given"
    NOT_GIVEN = "not-given"
    ONE = "one-infusion"
    SEPARATE = "separate-infusions"
    ATTACH = "attach"
    DETACH = "detach"
    LEAVE = "leave"
    ASK_REPEATING = "ask-repeating"
    ASK_CLOSING = "ask-closing"
    ASK_NOTHING = "ask-nothing"


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing to decide. `id` is its signature: the same facts give the same id, changed facts a new one.

    `encounter_ids` are what it is about, `beside` what they stand against. `entry_id` and `link` name the entry,
    `now` today's assignment for its infusion. `targets` are the infusions an entry could be attached to.
    """

    id: str
    waits: Waits
    reason: str
    ways: tuple[Way, ...]
    encounter_ids: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    entry_id: str | None = None
    was_ordinal: int | None = None
    was_start: datetime | None = None
    set_title: str | None = None
    now: Assignment | None = None
    targets: tuple[Assignment, ...] = ()

    @property
    def asks_for_time(self) -> bool:
        """Whether "it was given" needs to say when: the record system names no time that could be used."""
        return self.reason in (DoubtReason.NO_START, DoubtReason.NO_TIME)


_WAYS_OF_DOUBT = {
    DoubtReason.NO_START: (Way.GIVEN, Way.NOT_GIVEN, Way.ONE),
    DoubtReason.NO_TIME: (Way.GIVEN, Way.ONE, Way.NOT_GIVEN),
    DoubtReason.LONG_OVERLAP: (Way.ONE, Way.SEPARATE, Way.NOT_GIVEN),
    DoubtReason.TIED_APART: (Way.ONE, Way.SEPARATE, Way.NOT_GIVEN),
    DoubtReason.NO_PROOF: (Way.GIVEN, Way.NOT_GIVEN),
}


def worklist(course: Course, way: Iterable[Step], rulings: Rulings) -> tuple[WorkItem, ...]:
    """What is open for this patient: doubtful visits first, then entries, then infusions without a set."""
    steps = tuple(way)
    free = tuple(step.assignment for step in steps if not step.is_started and step.assignment is not None)
    items = [
        *(_doubt(doubt, course) for doubt in course.doubts),
        *_entries(steps, free),
        *(_asked_already(step) for step in steps if step.asked_already),
    ]
    return tuple(item for item in items if not rulings.left(item.id))


def _doubt(doubt: Doubt, course: Course) -> WorkItem:
    ways = _WAYS_OF_DOUBT[doubt.reason]
    beside = doubt.beside
    if Way.ONE in ways and not beside:
        beside = tuple(infusion.encounter_id for infusion in course.infusions)
        ways = ways if beside else tuple(one for one in ways if one is not Way.ONE)
    signature = _signature(Waits.DOUBT, doubt.reason, *doubt.encounter_ids, "|", *doubt.beside)
    return WorkItem(signature, Waits.DOUBT, doubt.reason, ways, doubt.encounter_ids, beside)


def _entries(steps: Iterable[Step], free: tuple[Assignment, ...]) -> Iterator[WorkItem]:
    for step in steps:
        if step.entry is None or step.entry.status is EntryStatus.ENTERED_IN_ERROR:
            continue
        if step.is_unattached:
            yield _entry(step, Waits.UNATTACHED, "no-infusion", (Way.ATTACH, Way.LEAVE), free)
        elif step.difference == Difference.ORDINAL:
            yield _entry(step, Waits.DIFFERENCE, step.difference, (Way.LEAVE, Way.ATTACH), free)
        elif step.difference is not None:
            yield _entry(step, Waits.DIFFERENCE, step.difference, (Way.ATTACH, Way.DETACH, Way.LEAVE), free)


def _entry(
    step: Step, waits: Waits, reason: str, ways: tuple[Way, ...], free: tuple[Assignment, ...]
) -> WorkItem:
    entry, link, now = step.entry, step.link, step.assignment
    entry_id = entry.id if entry else ""
    ordinal = str(now.ordinal) if now else ""
    # Several visits are what these two are about: another one beside them is another fact.
    visits = (
        now.infusion.encounter_ids if now and reason in (Difference.SPLIT, Difference.TWO_ENTRIES) else ()
    )
    signature = _signature(waits, reason, entry_id, link.encounter_id or "", ordinal, *visits)
    offered = ways if free else tuple(one for one in ways if one is not Way.ATTACH)
    return WorkItem(
        signature,
        waits,
        reason,
        offered,
        encounter_ids=link.evidence,
        entry_id=entry_id,
        was_ordinal=link.ordinal,
        was_start=link.infusion_start or (entry.begun_at or entry.authored if entry else None),
        set_title=step.set_title,
        now=now,
        targets=free,
    )


def _asked_already(step: Step) -> WorkItem:
    ways = (Way.ASK_REPEATING, Way.ASK_CLOSING, Way.ASK_NOTHING)
    evidence, ordinal = step.link.evidence, step.link.ordinal
    signature = _signature(Waits.ASKED_ALREADY, *evidence, str(ordinal))
    return WorkItem(
        signature,
        Waits.ASKED_ALREADY,
        "set-written-already",
        ways,
        encounter_ids=evidence,
        was_ordinal=ordinal,
        was_start=step.link.infusion_start,
        now=step.assignment,
    )


def _signature(*facts: str) -> str:
    return hashlib.sha256("\x1f".join(facts).encode()).hexdigest()[:32]
