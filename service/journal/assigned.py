"""The sets that were assigned, as they are kept and shown to others: one per infusion, with its evidence (rule 9).

Others read each as a Task that asks for a form (questionnaires-sdc F). It says what was asked and whether it was
answered or declined, never that a patient has begun to write: drafts are the patient's alone (rule 13).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from service.journal.entries import EntryStatus
from service.journal.steps import Standing, Step


class AssignedStatus(StrEnum):
    """Where an assigned set stands, in the codes of R4 task-status."""

    REQUESTED = "requested"
    COMPLETED = "completed"
    REJECTED = "rejected"  # "not today" (T-03)
    CANCELLED = "cancelled"  # its encounter no longer counts, or nothing is asked after it any more
    FAILED = "failed"  # the time for it is over


@dataclass(frozen=True, slots=True)
class AssignedSet:
    """One prompt set assigned after one infusion. `version` counts its changes from 1; `changed_at` is the last one.

    `window_start` is when writing may begin, `window_end` until when it is asked for. `entry_id` answers it.
    """

    id: str
    patient_id: str
    encounter_id: str
    evidence: tuple[str, ...]
    rule_version: str
    series: str
    ordinal: int
    questionnaire: str
    status: AssignedStatus
    authored_on: datetime
    changed_at: datetime
    window_start: datetime
    window_end: datetime
    version: int = 1
    entry_id: str | None = None


def brought_up_to_date(
    kept: Iterable[AssignedSet],
    way: Iterable[Step],
    *,
    patient_id: str,
    now: datetime,
    open_for: timedelta,
    new_id: Callable[[], str],
) -> tuple[AssignedSet, ...]:
    """The assigned sets that have to be kept anew: new ones at version 1, changed ones one version on.

    What was cancelled or declined stays so; an infusion that counts again is a new assignment (T-03). Nothing comes
    back where all is as it was kept.
    """
    living = [one for one in kept if one.status is not AssignedStatus.CANCELLED]
    wanted: dict[str, AssignedSet] = {}
    changed: list[AssignedSet] = []
    for step in sorted(way, key=_precedence):
        before = _before(step, (one for one in living if one.id not in wanted))
        if before is None and _is_wrong(step):
            continue  # what was entered in error ends its own request and begins none
        now_is = _from_step(step, before, patient_id, now, open_for, new_id)
        if now_is is None:
            continue
        wanted[now_is.id] = now_is
        if before is None:
            changed.append(now_is)
        elif now_is != before:
            changed.append(replace(now_is, version=before.version + 1, changed_at=now))
    gone = [one for one in living if one.id not in wanted]
    return (*changed, *(_cancelled(one, now) for one in gone))


def _precedence(step: Step) -> tuple[bool, bool]:
    """What was entered in error ends its own request before another step could take it, then what was written."""
    return not _is_wrong(step), not step.is_started


def _is_wrong(step: Step) -> bool:
    return step.entry is not None and step.entry.status is EntryStatus.ENTERED_IN_ERROR


def _before(step: Step, living: Iterable[AssignedSet]) -> AssignedSet | None:
    """The assigned set that this step has had until now: its own entry's first, then its first encounter's."""
    entry_id = step.entry.id if step.entry else None
    its = [one for one in living if one.encounter_id in step.link.evidence]
    if _is_wrong(step):
        its = [one for one in its if one.entry_id == entry_id]
    return min(
        its,
        key=lambda one: (
            one.entry_id != entry_id,
            one.encounter_id != step.link.encounter_id,
            one.authored_on,
            one.id,
        ),
        default=None,
    )


def _from_step(
    step: Step,
    before: AssignedSet | None,
    patient_id: str,
    now: datetime,
    open_for: timedelta,
    new_id: Callable[[], str],
) -> AssignedSet | None:
    """The assigned set of one step: frozen values where it was begun, today's where it was not; None for nothing."""
    link, questionnaire = step.link, step.questionnaire
    if link.encounter_id is None or link.ordinal is None or questionnaire is None:
        return None
    ready = step.assignment.infusion.ready_at if step.assignment else None
    start = ready or (before.window_start if before else link.infusion_start or now)
    stands = AssignedSet(
        id=before.id if before else new_id(),
        patient_id=patient_id,
        encounter_id=link.encounter_id,
        evidence=link.evidence,
        rule_version=link.rule_version or "",
        series=link.series or (step.assignment.series if step.assignment else ""),
        ordinal=link.ordinal,
        questionnaire=questionnaire,
        status=AssignedStatus.REQUESTED,
        authored_on=before.authored_on if before else now,
        changed_at=before.changed_at if before else now,
        window_start=start,
        window_end=start + open_for,
        version=before.version if before else 1,
        entry_id=step.entry.id if step.entry else None,
    )
    return replace(stands, status=_status(step, before, stands.window_end, now))


def _status(step: Step, before: AssignedSet | None, window_end: datetime, now: datetime) -> AssignedStatus:
    if step.entry is not None:
        return AssignedStatus.CANCELLED if _is_wrong(step) else AssignedStatus.COMPLETED
    declined = before is not None and before.status is AssignedStatus.REJECTED
    if step.standing == Standing.NOT_TODAY or declined:
        return (
            AssignedStatus.REJECTED
        )  # also while it is taken up again: only what is sent is for others to know
    return AssignedStatus.FAILED if now > window_end else AssignedStatus.REQUESTED


def _cancelled(one: AssignedSet, now: datetime) -> AssignedSet:
    return replace(one, status=AssignedStatus.CANCELLED, version=one.version + 1, changed_at=now)
