"""A patient's way through a course: what was written for which infusion, what is asked, and what no longer fits."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from service.journal.entries import Draft, EntryStatus, EntryVersion, Link
from service.journal.infusions import Course
from service.journal.prompts import PromptLibrary
from service.journal.series import Asked, Assignment


class Standing:
    """Where the writing for one infusion stands, in the order of a course: the states a patient reads."""

    NOT_YET = "not-yet"
    READY = "ready"
    IN_PROGRESS = "in-progress"
    NOT_TODAY = "not-today"
    SENT = "sent"
    NO_SET = "no-set"


class Difference:
    """How today's reading of the record system differs from what an entry froze when it was begun (rule 9)."""

    ORDINAL = "ordinal"  # the infusion counts, under another number
    WITHDRAWN = "withdrawn"  # its encounters no longer count
    IN_DOUBT = "in-doubt"  # its encounters count, and wait for a person
    SPLIT = "split"  # its encounters now document several infusions
    TWO_ENTRIES = "two-entries"  # another entry was written for what is now the same infusion


@dataclass(frozen=True, slots=True)
class Step:
    """One infusion on a patient's way: what was written for it, if anything, and where that stands.

    `assignment` is today's for the same infusion, where there is one. A started step keeps its frozen `link`;
    `difference` names what speaks against it today. `asked_already` marks an untouched infusion whose set was
    already written in its series: nothing is asked until a person decides (rule 9).
    """

    link: Link
    set_title: str | None
    standing: str
    assignment: Assignment | None = None
    draft: Draft | None = None
    entry: EntryVersion | None = None
    difference: str | None = None
    asked_already: bool = False

    @property
    def is_started(self) -> bool:
        """Whether the patient has begun to write."""
        return self.draft is not None or self.entry is not None

    @property
    def is_unattached(self) -> bool:
        """Whether something was written that belongs to no infusion yet (rule 11)."""
        return self.is_started and self.link.encounter_id is None

    @property
    def key(self) -> str | None:
        """The key of what was written."""
        started = self.draft or self.entry
        return started.key if started else None

    @property
    def questionnaire(self) -> str | None:
        """The set that is pinned, else the one that would be asked: url|version."""
        started = self.draft or self.entry
        if started is not None:
            return started.questionnaire
        asked = self.assignment.prompt_set if self.assignment and self.set_title else None
        return asked.canonical if asked else None


def steps(
    course: Course,
    assignments: Collection[Assignment],
    drafts: Iterable[Draft],
    entries: Iterable[EntryVersion],
    library: PromptLibrary,
    now: datetime,
) -> tuple[Step, ...]:
    """A patient's course: started writing keeps its frozen link, untouched infusions follow today's assignment.

    A set that was already written in the series is not asked again by recomputing (rule 9): such an infusion
    stands there without a set. Entries entered in error claim nothing.
    """
    started = _Started(course, assignments, library)
    written = [started.entry(entry) for entry in entries]
    begun = [started.draft(draft) for draft in drafts]
    claimed = started.with_doubles([*written, *begun])
    asked = {(started.series_of(step), _url(step.questionnaire)) for step in claimed if _claims(step)}
    taken = {
        one for step in claimed if _claims(step) for one in (*step.link.evidence, step.link.encounter_id)
    }
    untouched = [
        _untouched(one, _asked_for(one) in asked, now)
        for one in assignments
        if taken.isdisjoint(one.infusion.encounter_ids)
    ]
    return tuple(sorted([*claimed, *untouched], key=_by_start))


class _Started:
    """What was begun or sent, held against today's reading of the record system."""

    def __init__(self, course: Course, assignments: Iterable[Assignment], library: PromptLibrary) -> None:
        self._by_encounter = {i: one for one in assignments for i in one.infusion.encounter_ids}
        self._doubtful = {i for doubt in course.doubts for i in doubt.encounter_ids}
        self._library = library

    def entry(self, entry: EntryVersion) -> Step:
        title = _title(entry.questionnaire, self._library)
        today, difference = self._today(entry.link)
        if entry.status is EntryStatus.ENTERED_IN_ERROR:
            difference = None
        return Step(entry.link, title, Standing.SENT, today, entry=entry, difference=difference)

    def draft(self, draft: Draft) -> Step:
        standing = Standing.NOT_TODAY if draft.status is EntryStatus.STOPPED else Standing.IN_PROGRESS
        title = _title(draft.questionnaire, self._library)
        today, difference = self._today(draft.link)
        return Step(draft.link, title, standing, today, draft=draft, difference=difference)

    def series_of(self, step: Step) -> str | None:
        """The series that the infusion is in today; the frozen one where it no longer counts."""
        return step.assignment.series if step.assignment else step.link.series

    def with_doubles(self, started: list[Step]) -> list[Step]:
        """Mark entries for infusions that today are one and the same, all of them."""
        on: dict[str, int] = {}
        for step in started:
            if step.assignment is not None and _is_live(step):
                name = step.assignment.infusion.encounter_id
                on[name] = on.get(name, 0) + 1
        return [self._marked(step, on) for step in started]

    def _marked(self, step: Step, on: dict[str, int]) -> Step:
        if step.assignment is None or not _is_live(step) or on[step.assignment.infusion.encounter_id] < 2:
            return step
        return Step(
            step.link,
            step.set_title,
            step.standing,
            step.assignment,
            step.draft,
            step.entry,
            Difference.TWO_ENTRIES,
        )

    def _today(self, link: Link) -> tuple[Assignment | None, str | None]:
        if link.encounter_id is None:
            return None, None
        found = {one.infusion.encounter_id: one for i in link.evidence if (one := self._by_encounter.get(i))}
        own = self._by_encounter.get(link.encounter_id) or next(iter(found.values()), None)
        if own is None:
            doubtful = not self._doubtful.isdisjoint(link.evidence)
            return None, Difference.IN_DOUBT if doubtful else Difference.WITHDRAWN
        if len(found) > 1:
            return own, Difference.SPLIT
        return own, Difference.ORDINAL if own.ordinal != link.ordinal else None


def _untouched(assignment: Assignment, asked_already: bool, now: datetime) -> Step:
    prompt_set = assignment.prompt_set
    # The repeating prompts recur by their nature; every other set is written once in a series, unless a clinician
    # asks for it again: only recomputing may not.
    recurs = prompt_set is not None and (prompt_set.ordinal is None or assignment.asked is Asked.CLINICIAN)
    if prompt_set is None or (asked_already and not recurs):
        nothing = Step(assignment.link, None, Standing.NO_SET, assignment)
        return (
            nothing
            if prompt_set is None
            else Step(assignment.link, None, Standing.NO_SET, assignment, asked_already=True)
        )
    standing = Standing.READY if assignment.infusion.is_ready(now) else Standing.NOT_YET
    return Step(assignment.link, prompt_set.title, standing, assignment)


def _is_live(step: Step) -> bool:
    """Whether it claims its infusion against others; what was put off leaves it free."""
    return _claims(step) and step.standing != Standing.NOT_TODAY


def _asked_for(assignment: Assignment) -> tuple[str, str]:
    prompt_set = assignment.prompt_set
    return assignment.series, _url(prompt_set.canonical if prompt_set else None)


def _claims(step: Step) -> bool:
    """Whether it stands for its infusion: not what was entered in error, nor what waits for one."""
    wrong = step.entry is not None and step.entry.status is EntryStatus.ENTERED_IN_ERROR
    return step.link.encounter_id is not None and not wrong


def _title(canonical: str, library: PromptLibrary) -> str | None:
    found = library.by_canonical(canonical)
    return found.title if found else None


def _url(canonical: str | None) -> str:
    """The set's URL without its version: a new version asks nothing twice."""
    return (canonical or "").split("|")[0]


def _by_start(step: Step) -> tuple[bool, float, str, str]:
    start = step.link.infusion_start
    return start is None, start.timestamp() if start else 0.0, step.link.encounter_id or "", step.key or ""
